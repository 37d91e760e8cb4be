"""Made worlds: the same seed, the same events; what was put in is told; the folder is a city like any other."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rules import canonical
from rules.calendar import DAY_MS
from streams import replay
from streams.city import City
from streams.cli import app
from streams.clock import HandClock
from streams.contract import decode_event
from streams.opened import city_of, intake_of
from streams.simulate import Faults, Plan, make, write
from streams.simulate.faults import NONE
from tests.streams.town import make_town

BEGIN = 1_772_409_600_000
RULE = """
id: many
names: {en: Many, zh-CN: 集中}
counts: {category: traffic}
areas: district
window: [30m, 1h]
step: 10m
detector: {kind: threshold, parameters: {n: 12}}
keep: 1h
once: none
owner: duty
guidance: {en: Look., zh-CN: 查看。}
"""
BUSY = Plan(120.0, spikes_a_week=14.0, faults=Faults(gaps=7.0, bulks=7.0, clocks=7.0))


@pytest.fixture
def town(tmp_path: Path) -> City:
    folder = make_town(tmp_path / "town")
    (folder / "rules" / "many.yaml").write_text(RULE, encoding="utf-8")
    return city_of(folder)


def test_the_same_seed_makes_the_same_world(town: City) -> None:
    assert make(town, 3, BEGIN, 5, BUSY) == make(town, 3, BEGIN, 5, BUSY)
    assert make(town, 3, BEGIN, 5, BUSY) != make(town, 4, BEGIN, 5, BUSY)


def test_events_come_by_arrival_and_are_events_of_the_contract(town: City) -> None:
    made = make(town, 1, BEGIN, 3, BUSY)
    arrivals = [sent.arrived_at for sent in made.sent]
    assert arrivals == sorted(arrivals)
    for sent in made.sent:
        assert decode_event(sent.line()).id == sent.id


def test_a_gap_holds_nothing_and_a_bulk_load_comes_at_its_end(town: City) -> None:
    faults = replace(NONE, gaps=7.0, bulks=7.0)
    made = make(town, 2, BEGIN, 7, Plan(480.0, 0.0, faults=faults))
    assert {truth.kind for truth in made.truths} == {"gap", "bulk"}
    for truth in made.truths:
        inside = [sent for sent in made.sent if truth.begin <= sent.occurred_at < truth.end]
        if truth.kind == "gap":
            assert inside == []
        else:
            assert all(sent.arrived_at >= truth.end for sent in inside)


def test_a_spike_brings_as_many_more_as_is_told(town: City) -> None:
    calm = Plan(1.0, 0.0, faults=NONE)
    spiky = replace(calm, spikes_a_week=7.0)
    made = make(town, 5, BEGIN, 7, spiky)
    assert made.truths
    for truth in made.truths:
        inside = [s for s in made.sent if s.area == truth.area and truth.begin <= s.occurred_at < truth.end]
        assert len(inside) >= truth.size


def test_calm_days_hold_neither_spikes_nor_faults(town: City) -> None:
    made = make(town, 6, BEGIN, 6, replace(BUSY, calm_days=3.0))
    assert all(truth.begin >= BEGIN + 3 * DAY_MS for truth in made.truths)
    early = [sent for sent in made.sent if sent.occurred_at < BEGIN + 3 * DAY_MS]
    assert len(early) == len({sent.id for sent in early}), "nothing is repeated or revised"


def test_the_folder_is_a_city_and_its_large_spikes_are_heard(town: City, tmp_path: Path) -> None:
    made = make(town, 7, BEGIN, 7, Plan(60.0, 10.0, faults=NONE))
    write(tmp_path / "made", town, made)
    city = city_of(tmp_path / "made")
    found = replay.read_past(city, intake_of(city, replay.REPLAY_KEY), replay.files_of(city, [], []))
    assert not found.refused
    assert found.events == len(made.sent)
    told = replay.run(city.book, found, HandClock())
    alerts = canonical.final_states(told.signals).values()
    large = [truth for truth in made.truths if truth.size >= 40 and truth.end - truth.begin <= 3 * 3_600_000]
    assert large
    for truth in large:
        assert any(a.area == truth.area and a.first < truth.end and truth.begin < a.last for a in alerts), truth


def test_the_command_writes_the_same_folder_for_the_same_seed(town: City, tmp_path: Path) -> None:
    for name in ("one", "two"):
        arguments = ["simulate", str(town.folder), "--seed", "1", "--days", "2", "--out", str(tmp_path / name)]
        assert CliRunner().invoke(app, arguments).exit_code == 0
    one, two = ((tmp_path / name / "made" / "calls.jsonl").read_bytes() for name in ("one", "two"))
    assert one == two
    first = json.loads(one.splitlines()[0])
    assert first["occurred_at"] <= first["arrived_at"]


def test_what_lies_there_already_is_left_alone(town: City, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("kept")
    with pytest.raises(FileExistsError):
        write(tmp_path / "full", town, make(town, 1, BEGIN, 1))
