"""The city that is measured: Boston's trees, rules and desk, and a feed that speaks the contract; its events."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from streams.contract import Event
from streams.feeds.mapping import map_records
from streams.feeds.readers import records_in
from streams.opened import city_of, intake_of
from streams.replay import REPLAY_KEY

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "boston"
SAMPLED: Final = 20_000
"""Rows of the example that events are made of; each is sent again and again under new ids and times."""
SOURCE: Final = "boston-311"
_FEED: Final = """names: {{en: Requests, zh-CN: 诉求}}
kind: petition
source: {source}
comes: {{push: true}}
offices: [{offices}]
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What a row of the example says, in the words of the contract."""

    category: str
    area: str
    place: str
    office: str


def samples() -> list[Sample]:
    """The first rows of the example that are for us."""
    city = city_of(EXAMPLE)
    intake = intake_of(city, REPLAY_KEY)
    (name,) = city.feeds
    feed = intake.feeds[name]
    records = [record.data for record in islice(records_in(EXAMPLE / feed.file.archive[0], feed.file), SAMPLED)]
    mapped = map_records(feed, [data for data in records if isinstance(data, dict)], None, intake.place_of)
    columns = zip(mapped.category, mapped.area, mapped.place, mapped.office, mapped.left_out, strict=True)
    return [Sample(*texts) for *texts, left_out in columns if all(texts[:2]) and not left_out]


def make_town(folder: Path, known: list[Sample], rules: int | None = None) -> Path:
    """Boston, with one feed that speaks the contract in place of its own, and the first `rules` of its rules."""
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("data", "feeds", "tables", "*.cases.yaml"))
    offices = ", ".join(sorted({sample.office for sample in known} - {""}))
    (folder / "feeds").mkdir()
    (folder / "feeds" / "requests.yaml").write_text(_FEED.format(source=SOURCE, offices=offices), encoding="utf-8")
    for rule in sorted((folder / "rules").glob("*.yaml"))[rules:] if rules is not None else ():
        rule.unlink()
    return folder


def events(known: list[Sample], sender: int) -> Iterator[Event]:
    """New events without end, as one sender tells them: ids of twelve digits, times of the last half hour."""
    zone = datetime.now(UTC).astimezone().tzinfo
    now = datetime.now(zone).replace(microsecond=0)
    number = 0
    while True:
        sample = known[(number * 7919 + sender) % len(known)]
        at = now - timedelta(seconds=number % 1800)
        yield Event(
            id=f"{sender + 1:02d}{number:010d}",
            source=SOURCE,
            kind="petition",
            category=sample.category,
            area=sample.area,
            occurred_at=at.isoformat(),
            place=sample.place or None,
            office=sample.office or None,
            severity=number % 4 + 1,
        )
        number += 1


def body(batch: list[Event], *, lines: bool) -> bytes:
    """A request's body: JSON lines, or an array."""
    if not lines:
        return msgspec.json.encode(batch)
    return b"".join(msgspec.json.encode(event) + b"\n" for event in batch)
