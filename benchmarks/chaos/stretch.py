"""The stretch of a real past that is sent: rows as the feed wrote them, cut into bodies of all sizes, ticks in band."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from streams import past
from streams.city import City
from streams.feeds.archive import read_archive
from streams.feeds.readers import records_in
from streams.intake import Intake

MINUTES_A_BODY: Final = (1, 1, 1, 1, 2, 2, 5, 5, 15, 60)
"""Drawn for each body: small ones and large ones. The tick of its last minute ends it."""

Identity = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Body:
    """One request: JSON lines with ticks between them, the identities of its events, the time of its last tick."""

    data: bytes
    identities: tuple[Identity, ...]
    ends: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """What is sent, in order. The last body brings ticks alone, up to the end of the stretch."""

    bodies: tuple[Body, ...]

    @property
    def events(self) -> int:
        return sum(len(body.identities) for body in self.bodies)


def read_stretch(city: City, intake: Intake, since: int, until: int, dice: random.Random) -> Stretch:
    """The rows of the city's one feed that arrived in [since, until), ms."""
    (feed,) = city.feeds
    (path,) = (city.folder / path for path in city.feeds[feed].archive)
    whole = read_archive(intake, feed, [path], city.folder).whole
    if whole is None:
        raise SystemExit(f"{path}: no rows")
    rows = whole.rows[(whole.rows["arrived_at"] >= since) & (whole.rows["arrived_at"] < until)]
    wanted = set(rows["offset"].tolist())
    raw = {
        record.offset: record.data for record in records_in(path, intake.feeds[feed].file) if record.offset in wanted
    }
    lines = [
        (-(-row["arrived_at"] // past.MINUTE), json.dumps(raw[row["offset"]]).encode(), _identity(row)) for row in rows
    ]
    return Stretch(tuple(_bodies(lines, until, dice)))


def _identity(row: object) -> Identity:
    return int(row["id0"]), int(row["id1"]), int(row["revision"])  # type: ignore[index]  # a row of dtype ROW


def _bodies(lines: Sequence[tuple[int, bytes, Identity]], until: int, dice: random.Random) -> Iterator[Body]:
    data: list[bytes] = []
    identities: list[Identity] = []
    last = ends = last_minute = 0
    for minute, arrived in groupby(lines, key=lambda line: line[0]):
        now = int(minute) * past.MINUTE
        if data and now >= ends:
            data += _ticks(last, last_minute)
            yield Body(b"\n".join(data), tuple(identities), last_minute)
            data, identities, last = [], [], last_minute
        if not data:
            ends = now + dice.choice(MINUTES_A_BODY) * past.MINUTE
            data += _ticks(last, now - past.MINUTE)
            last = max(last, now - past.MINUTE) if last else 0
        for _, line, identity in arrived:
            data.append(line)
            identities.append(identity)
        last_minute = now
    yield Body(b"\n".join([*data, *_ticks(last, last_minute)]), tuple(identities), last_minute)
    yield Body(b"\n".join(_ticks(last_minute, until)), (), until)


def _ticks(last: int, until: int) -> list[bytes]:
    return [b'{"tick": %d}' % tick.now for tick in past.ticks(last, until)]
