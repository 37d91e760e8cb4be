"""Counts for pages on the local road: kept as they settle, over kills and full disks, and only as the city says."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from alerts.counts import MemoryCounts
from alerts.offsets import ReadTo
from rules.records import Frame, Record, Tick
from rules.shown import Count, Recount
from streams.city import read_city
from streams.clock import HandClock
from streams.engines import RuleEngines
from streams.journal import Journal
from streams.metrics import Metrics
from streams.runtime import Parcel, Shard, Shown
from tests.engine.worlds import HOUR, RULES, START, Event, book, log_of
from tests.streams.counting import ListeningDesk
from tests.streams.town import make_town

EVENTS = [Event(id=n + 1, occurred=7 * n, arrived=7 * n + 1, offset=n, area="north") for n in range(60)]
LOG = log_of(EVENTS, range(5, 600, 5))
WHOLE = Shown("district", 35 * 24 * HOUR)


class Full(MemoryCounts):
    """A store whose disk is full for a while."""

    full = False

    def put_counts(self, city: str, rows: Sequence[Count | Recount], read: Sequence[ReadTo] = ()) -> None:
        if self.full:
            fault = sqlite3.OperationalError("database or disk is full")
            fault.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise OperationalError("insert", {}, fault)
        super().put_counts(city, rows, read)


def shard_of(folder: Path, counts: MemoryCounts, shown: Shown = WHOLE) -> tuple[Shard, Metrics]:
    metrics = Metrics()
    journal = Journal.open(folder / "journal.sqlite")
    made = Shard(
        journal, RuleEngines(), ListeningDesk(book(RULES)), HandClock(START), metrics,
        kind="stream", counts=counts, shown=shown,
    )  # fmt: skip
    made.recover(book(RULES))
    return made, metrics


def judged(shard: Shard, records: Sequence[Record]) -> None:
    for record in records:
        if isinstance(record, Frame):
            shard.take([Parcel(frame=record)])
        elif isinstance(record, Tick):
            shard.take([Parcel(tick=record.now)])
        shard.show_counts()


def settled(counts: MemoryCounts) -> list[Count]:
    return [row for row in counts.counts("small", 0, START + 99 * HOUR) if row.settled and row.count]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> list[Count]:
    counts = MemoryCounts()
    shard, _ = shard_of(tmp_path_factory.mktemp("plain"), counts)
    with closing(shard):
        judged(shard, LOG)
    found = settled(counts)
    assert sum(row.count for row in found if (row.rule, row.area, row.category) == ("many", "city", "incident")) > 40
    return found


@pytest.mark.parametrize("remembers", [False, True])
def test_after_a_kill_the_same_counts_are_kept(tmp_path: Path, undisturbed: list[Count], remembers: bool) -> None:
    counts = MemoryCounts()
    shard, _ = shard_of(tmp_path, counts)
    judged(shard, LOG[:70])
    if remembers:
        shard.remember()
    judged(shard, LOG[70:100])
    shard.close()  # nothing is written on the way out
    shard, _ = shard_of(tmp_path, counts)
    with closing(shard):
        judged(shard, LOG[100:])
    assert settled(counts) == undisturbed


def test_no_snapshot_is_written_before_what_has_settled_is_kept(tmp_path: Path, undisturbed: list[Count]) -> None:
    counts = Full()
    shard, metrics = shard_of(tmp_path, counts)
    judged(shard, LOG[:50])
    counts.full = True
    judged(shard, LOG[50:90])
    shard.remember()
    assert shard.unremembered
    assert b'tocsin_journal_full_flag{city="small"} 1.0' in metrics.page()
    counts.full = False
    shard.remember()
    assert not shard.unremembered
    assert shard.breathe()
    with closing(shard):
        judged(shard, LOG[90:])
    assert settled(counts) == undisturbed


def test_a_city_without_counts_keeps_none(tmp_path: Path) -> None:
    counts = MemoryCounts()
    shard, _ = shard_of(tmp_path, counts, Shown())
    with closing(shard):
        judged(shard, LOG[:40])
        assert counts.counts("small", 0, START + 99 * HOUR) == []
        shard.show(Shown("city", HOUR))
        judged(shard, LOG[40:])
    assert {row.area for row in counts.counts("small", 0, START + 99 * HOUR)} == {"city"}


def test_counts_are_let_go_by_age(tmp_path: Path) -> None:
    counts = MemoryCounts()
    shard, _ = shard_of(tmp_path, counts, Shown("city", 2 * HOUR))
    with closing(shard):
        judged(shard, LOG)
        judged(shard, [Tick(START + 48 * HOUR)])
    assert all(row.start >= START + 46 * HOUR for row in counts.counts("small", 0, START + 99 * HOUR))


def test_the_city_says_down_to_which_areas_and_for_how_long(tmp_path: Path) -> None:
    folder = make_town(tmp_path)
    plain = read_city(folder).city
    assert plain is not None
    assert (plain.counts_level, plain.counts_kept) == (plain.display_level, 35 * 24 * HOUR)
    file = folder / "city.yaml"
    before = file.read_text("utf-8")
    file.write_text(before + f"counts: {{level: {plain.book.areas.levels[0]}, kept: 7d}}\n", "utf-8")
    other = read_city(folder).city
    assert other is not None
    assert (other.counts_level, other.counts_kept) == (plain.book.areas.levels[0], 7 * 24 * HOUR)
    file.write_text(before + "counts: {kept: 0s}\n", "utf-8")
    off = read_city(folder).city
    assert off is not None
    assert off.counts_level == ""
    file.write_text(before + "counts: {level: parish}\n", "utf-8")
    assert "parish" in read_city(folder).render()
