"""Alerts as they are told to programs: CloudEvents 1.0 in structured form, one a move, with the alert's present state.

Desks and roles are named, never who sat there; words that people wrote (reasons, notes) stay with the desk.
"""

from __future__ import annotations

from typing import Final

import msgspec

from alerts.alert import Alert
from alerts.api.forms import alert_of
from alerts.chain import Link, decode
from alerts.duty import Act
from alerts.export import rfc3339
from rules.book import Book
from streams.cloudevents import VERSION

CONTENT_TYPE: Final = "application/cloudevents+json; charset=UTF-8"
MOVED: Final = "tocsin.alert.moved"
"""Somebody, a clock or the engine has moved it."""
CHANGED: Final = "tocsin.alert.changed"
"""What the engine counts of it has changed, and nothing was moved."""


class ToldMove(msgspec.Struct, frozen=True):
    """The move that an event tells of: the entry `seq` of the desk's chain. Times RFC 3339; null: there is none."""

    seq: int
    verb: str
    at: str
    desk: str | None
    role: str | None
    to: str | None
    outcome: str | None
    rank: int
    held_by: str | None
    """Of a hold: the mute that hides it, or the alert that explains it."""


class ToldDuty(msgspec.Struct, frozen=True):
    """What the desk has done about it."""

    stage: str
    acts: int
    desks: tuple[str, ...]
    waits_since: str | None
    taken_by: str | None
    taken_at: str | None
    closed_at: str | None
    outcome: str | None
    held_since: str | None
    explained_by: str | None
    frozen_since: str | None


class ToldHeard(msgspec.Struct, frozen=True):
    """What the engine said of it, once."""

    at: str
    reason: str
    colour: str
    observed: int


class ToldAlert(msgspec.Struct, frozen=True):
    """The line of `alerts.jsonl`, and its duty. Names in the city's first language."""

    id: str
    key: str
    city: str
    rule: str
    rule_version: str
    kind: str
    state: str
    area: str
    area_name: str
    category: str
    category_name: str
    feed: str | None
    colour: str
    rank: int
    first: str
    last: str
    said_at: str
    over_at: str | None
    observed: int
    expected: float
    limit: int
    would_not_have_spoken: int
    later: int
    taken_back: int
    would_speak: bool
    window_seconds: int
    peak: str
    incomplete: bool
    desk: str
    late: bool
    withdrawn: bool
    exercise: bool
    merged_into: str | None
    moves: tuple[ToldHeard, ...]
    duty: ToldDuty


class AlertData(msgspec.Struct, frozen=True):
    """`version` rises with every change in the city's store: of two states of an alert the higher one is the later."""

    version: int
    alert: ToldAlert
    move: ToldMove | None


class AlertEvent(msgspec.Struct, frozen=True):
    """`id`: the same move has the same; `subject`: the alert; `partitionkey`: the record's key, city/alert."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    datacontenttype: str
    partitionkey: str
    data: AlertData


def key_of(city: str, alert: str) -> str:
    """The key of an alert's records."""
    return f"{city}/{alert}"


def moved(entry: Link, alert: Alert, version: int, book: Book, language: str) -> AlertEvent | None:
    """The event of one entry of the chain; None where it moves no alert."""
    act = decode(entry.body).act
    if not isinstance(act, Act):
        return None
    move = ToldMove(
        seq=entry.seq,
        verb=act.verb,
        at=rfc3339(act.at),
        desk=act.desk or None,
        role=act.role or None,
        to=act.to or None,
        outcome=act.outcome or None,
        rank=act.rank,
        held_by=act.mute or act.by or None,
    )
    return _event(MOVED, f"{alert.id}/{entry.seq}", act.at, AlertData(version, told(alert, book, language), move))


def changed(alert: Alert, version: int, book: Book, language: str) -> AlertEvent:
    """The event of a change that no move made."""
    data = AlertData(version, told(alert, book, language), None)
    return _event(CHANGED, f"{alert.id}/v{version}", alert.signal.at, data)


def told(alert: Alert, book: Book, language: str) -> ToldAlert:
    """An alert as it is now."""
    line = alert_of(alert, book, language)
    return msgspec.convert(line, ToldAlert)


def _event(kind: str, name: str, at: int, data: AlertData) -> AlertEvent:
    city, alert = data.alert.city, data.alert.id
    return AlertEvent(
        specversion=VERSION,
        id=name,
        source=f"/tocsin/{city}",
        type=kind,
        subject=alert,
        time=rfc3339(at),
        datacontenttype="application/json",
        partitionkey=key_of(city, alert),
        data=data,
    )
