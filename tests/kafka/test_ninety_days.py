"""A backtest of what runs is what the Kafka road said, alert by alert: 90 days, five rules, one of them on matters."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path

import pytest

from alerts.export import rfc3339
from rules import canonical
from rules.signals import COUNTED
from streams.kafka import admin
from streams.kafka.topics import partition_of
from streams.opened import city_of
from tests.backtest.test_backtest import BEGAN, DAYS, backtested, ms, town
from tests.kafka.road import PARTITIONS, poured, taken_in
from tests.kafka.test_released import Worker

__all__ = ["town"]  # a fixture
pytestmark = [pytest.mark.xdist_group("kafka"), pytest.mark.nightly, pytest.mark.timeout(1_800)]


def test_a_backtest_of_what_runs_is_what_the_road_said(bare: str, town: Path, tmp_path: Path) -> None:
    city = city_of(town)
    admin.setup(bare, [city], partitions=PARTITIONS)
    since, until = ms(BEGAN), ms(BEGAN + timedelta(days=DAYS))
    poured(bare, city, since, until)
    taken_in(bare, [city])
    worker = Worker(bare, city, partition_of(city.name, PARTITIONS), random.Random(1))
    said = [one for one in worker.said() if one.kind in COUNTED]
    assert {one.rule for one in said} == {rule.id for rule in city.book.all_rules}
    code, _ = backtested(town, "--from", rfc3339(since), "--to", rfc3339(until), "--out", tmp_path)
    assert code == 0
    assert (tmp_path / "old.canonical.jsonl").read_bytes() == canonical.lines(said)
