"""Boston's overdue requests: what the rule says, against a plain count over the rows of the source."""

from __future__ import annotations

import csv
import lzma
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import pytest

from rules.engine import Engine
from rules.signals import Signal
from streams import replay
from streams.city import read_city
from streams.opened import intake_of

BOSTON: Final = Path(__file__).parents[2] / "examples" / "boston"
ZONE: Final = ZoneInfo("America/New_York")
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
FOLLOWED: Final = 90 * DAY
REMEMBERED: Final = 7 * DAY + 300_000
REASONS: Final = {
    "Call Inquiry", "Disability", "Employee & General Comments", "Investigations and Enforcement", "Metrolist",
    "Needle Program", "Participatory Budgeting Idea Collection", "Survey",
}  # fmt: skip
TYPES: Final = {"Breathe Easy", "Call Log", "Rat Bite"}
CREWS: Final = {"City Worker App", "Employee Generated"}


class Request(NamedTuple):
    """ms; None: never."""

    office: str
    opened: int
    due: int
    closed: int | None


def _ms(text: str) -> int:
    local = datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=ZONE)
    return round(local.timestamp() * 1000)


def requests() -> Iterator[Request]:
    """What citizens asked, with a date by which it is due, straight from the file."""
    with (BOSTON / "tables" / "offices.csv").open(encoding="utf-8") as file:
        offices = {row["value"]: row["code"] for row in csv.DictReader(file)}
    with lzma.open(BOSTON / "data" / "311.csv.xz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            left_out = row["REASON"] in REASONS or row["TYPE"] in TYPES or row["Source"] in CREWS
            if row["TARGET_DT"] and not left_out:
                closed = _ms(row["CLOSED_DT"]) if row["CLOSED_DT"] else None
                yield Request(offices[row["Department"]], _ms(row["OPEN_DT"]), _ms(row["TARGET_DT"]), closed)


def counted(told: list[Request], office: str, at: int) -> tuple[int, int]:
    """(due soon, overdue) of an office as it was known at `at`."""
    soon = late = 0
    for one in told:
        if one.office != office or one.opened > at or one.opened <= at // DAY * DAY - FOLLOWED:
            continue
        if one.closed is not None and one.closed <= at and one.closed > one.opened - REMEMBERED:
            continue
        if at > one.due:
            late += 1
        elif at >= one.due - max(one.due - one.opened, 0) * 20 // 100:
            soon += 1
    return soon, late


def said(since: int | None, until: int | None) -> list[Signal]:
    """What the one rule says of Boston's past."""
    city = read_city(BOSTON).city
    assert city is not None
    files = replay.files_of(city, [], [])
    told = replay.read_past(city, intake_of(city, replay.REPLAY_KEY), files, since, until)
    engine = Engine(msgspec.structs.replace(city.book, rules=()), clock="stream")
    signals: list[Signal] = []
    offset = 0
    for stretch in replay.stretches(engine, told):
        numbered = list(enumerate((record for _, record in stretch), offset + 1))
        offset += len(numbered)
        signals += engine.apply_all(numbered)
    assert not engine.stopped
    return [signal for signal in signals if signal.rule == "late-answers"]


def differing(signals: list[Signal], told: list[Request]) -> list[tuple[str, int, tuple[int, int], tuple[int, int]]]:
    """(office, when, said, counted) wherever the two differ."""
    found = []
    for signal in signals:
        owed, at = signal.evidence.owed, signal.evidence.peak
        assert owed
        plain = counted(told, owed.office, at)
        if plain != (owed.soon, owed.late):
            found.append((owed.office, at, (owed.soon, owed.late), plain))
    return found


def test_two_months_of_overdue_requests_are_those_of_a_plain_count() -> None:
    since, until = _ms("05/01/2015 12:00:00 AM"), _ms("07/01/2015 12:00:00 AM")
    signals = said(since, until)
    told = [
        one._replace(closed=one.closed if one.closed is None or since <= one.closed < until else None)
        for one in requests()
        if since <= one.opened < until
    ]
    assert len(signals) > 100
    assert differing(signals, told) == []


@pytest.mark.nightly
@pytest.mark.timeout(1800)
def test_a_year_of_overdue_requests_are_those_of_a_plain_count() -> None:
    signals = said(None, None)
    assert Counter(signal.state for signal in signals)["running"] > 2000
    assert differing(signals, list(requests())) == []
