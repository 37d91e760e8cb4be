"""What rules on matters know of one area at one moment, office by office. No matter is named."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.engine import Engine
from rules.matters.look import LATE
from streams.explain.words import SHORT_ID, Speech


class OfOffice(msgspec.Struct, frozen=True):
    """One office in the area that is named. `since`: when the first of the late ones became late, ms; 0: none."""

    area: str
    office: str
    soon: int
    late: int
    since: int
    alert: str  # "": no alert runs


class OfMatters(msgspec.Struct, frozen=True):
    """One rule on matters: how many it follows in the whole city, and what stands out here."""

    rule: str
    kind: str
    area: str
    stopped: str  # "": it judges
    followed: int
    at_least: int
    offices: tuple[OfOffice, ...]


def explain_matters(engine: Engine, area: str, *, rule: str | None = None) -> Iterator[OfMatters]:
    """What each rule on matters knows of `area`, or of the area of its level that holds it."""
    for name, watch in engine.matters.watches.items():
        if rule not in (None, name):
            continue
        cells, where = watch.cells, watch.cells.area_of(area)
        offices = []
        for pair in sorted(cells.members.keys() | cells.running.keys()):
            if pair[0] != where:
                continue
            looks = list(cells.members.get(pair, {}).values())
            late = [look.since for look in looks if look.standing == LATE]
            running = cells.running.get(pair)
            alert = running.told.alert if running else ""
            offices.append(OfOffice(where, pair[1], len(looks) - len(late), len(late), min(late, default=0), alert))
        stopped = engine.stopped.get(name, (0, ""))[1]
        of = watch.rule
        yield OfMatters(name, of.kind, where, stopped, len(watch.matters), of.at_least, tuple(offices))


def matter_lines(speech: Speech, one: OfMatters, desk: str) -> Iterator[str]:
    """Its name, how many matters it follows, and a line an office."""
    yield speech.say(
        "explain-matters", rule=one.rule, name=speech.rule(one.rule), area=speech.area(one.area),
        followed=one.followed, at_least=one.at_least,
    )  # fmt: skip
    if one.stopped:
        by = speech.say("explain-by-order") if one.stopped == "order" else one.stopped
        yield "  " + speech.say("explain-stopped", by=by)
    for office in one.offices:
        yield "  " + speech.say(
            "explain-office", office=office.office or "-", soon=office.soon, late=office.late,
            since=speech.time(office.since, desk) if office.since else "-", alert=office.alert[:SHORT_ID] or "-",
        )  # fmt: skip
    if not one.offices:
        yield "  " + speech.say("explain-no-office")
