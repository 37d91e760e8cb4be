"""What an intake reads at once is mapped together, whatever ticks lie between: the log is as if it came one by one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rules.records import Frame, Record, Tick
from streams.kafka.door import Door
from streams.kafka.wire import ARRIVED, Headers, raw
from streams.opened import city_of, intake_of
from streams.refusals import Refusal
from streams.replay import REPLAY_KEY
from tests.city.scenes import new_city

START = 1_790_000_000_000
SOURCES = (("tocsin.incidents", 0), ("theirs", 0))
Told = tuple[tuple[str, int], bytes, Headers]


def door(folder: Path) -> Door:
    city = city_of(new_city(folder))
    (feed,) = city.feeds
    return Door(intake_of(city, REPLAY_KEY), {source: [feed] for source in SOURCES}, {})


def event(n: int, minute: int, area: str = "east") -> bytes:
    told: dict[str, Any] = {"id": f"e{n}", "source": "calls", "kind": "incident", "category": "traffic", "area": area}
    return msgspec.json.encode(told | {"occurred_at": f"2026-09-21T{minute // 60:02d}:{minute % 60:02d}:00Z"})


def story() -> list[Told]:
    """Both sources, ticks, records of one of them that tell no arrival, and some that are refused."""
    found: list[Told] = []
    for hour in range(6):
        for n in range(4):
            minute = hour * 60 + 13 * n
            area = "nowhere" if n == 3 and hour % 2 else "west"
            arrived: Headers = [(ARRIVED, str(START + minute * 60_000 - 1))] if n % 2 else []
            found.append((SOURCES[n % 2], event(hour * 10 + n, minute, area), arrived))
        found.append((SOURCES[0], event(hour * 10 + 8, hour * 60 + 1), [(ARRIVED, str(START + hour * 3_600_000))]))
        found.append((SOURCES[1], event(hour * 10 + 9, hour * 60 + 2), [(ARRIVED, "soon")]))
        found += [(source, b'{"tick":%d}' % (START + (hour + 1) * 3_600_000), []) for source in SOURCES]
    return found


def said(door: Door, batches: Iterable[Sequence[tuple[int, Told]]]) -> tuple[list[object], list[Refusal]]:
    """The log of what is read in batches, frames between two ticks as rows by source; and what was refused."""
    log: list[object] = []
    rows: list[tuple[object, ...]] = []
    refused: list[Refusal] = []
    for batch in batches:
        for offset, (source, data, headers) in batch:
            door.put(source, raw(offset, data, headers, START))
        told = door.take()
        refused += told.refused
        for record in told.records:
            if isinstance(record, Tick):
                log += [sorted(rows), record]
                rows = []
            else:
                rows += _rows(record)
    return log, sorted(refused, key=lambda one: (one.place.partition, one.place.offset))


def _rows(record: Record) -> list[tuple[object, ...]]:
    assert isinstance(record, Frame)
    return [
        (
            record.partitions[row["partition"]], int(row["offset"]), record.areas[row["area"]], int(row["occurred_at"]),
            int(row["arrived_at"]), int(row["id0"]), int(row["content"]),
        )
        for row in record.rows
    ]  # fmt: skip


@pytest.mark.parametrize("size", [2, 7, 1_000])
def test_a_batch_gives_the_log_that_its_records_give_one_by_one(tmp_path: Path, size: int) -> None:
    told = list(enumerate(story()))
    batches = [told[at : at + size] for at in range(0, len(told), size)]
    one_by_one, refused = said(door(tmp_path / "a"), [[one] for one in told])
    assert sum(isinstance(record, Tick) for record in one_by_one) == 6
    assert len(refused) == 9
    assert said(door(tmp_path / "b"), batches) == (one_by_one, refused)
