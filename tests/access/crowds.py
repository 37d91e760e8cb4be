"""Alerts put into a town by hand, each with the acts that made it what it is."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from alerts.acting import moved_by
from alerts.alert import Alert
from alerts.duty import NOBODY, Act
from alerts.store import Change
from rules.shown import Count
from rules.signals import SignalKind
from tests.access.guarded import NAME, Town

HOUR: Final = 3_600_000
RANKS: Final = ("blue", "yellow", "orange", "red")


def put(
    town: Town, name: str, *acts: Act, area: str = "east", colour: str = "yellow", ago: int = HOUR,
    kind: SignalKind = "threshold",
) -> Alert:  # fmt: skip
    """An alert of `area` that was told `ago` ms before now, and then moved by `acts`."""
    at, rank, signal = town.clock.now() - ago, RANKS.index(colour), town.alert.signal
    evidence = msgspec.structs.replace(signal.evidence, colour=colour, rank=rank)
    signal = msgspec.structs.replace(signal, kind=kind, alert=name, area=area, said_at=at, first=at, evidence=evidence)
    desk = "east" if area == "east" else "city"
    alert = msgspec.structs.replace(
        town.alert, id=name, desk=desk, signal=signal, rank=rank, colour=colour, duty=NOBODY
    )
    made = (Act("first", at, desk=desk, role="engine", rank=rank), *acts)
    for act in made:
        alert = moved_by(alert, act)
    town.station.store.commit(Change(NAME, None, (alert,), tuple((name, act) for act in made), was={name: 0}))
    return alert


def held(town: Town, name: str, *, area: str = "east", colour: str = "yellow", ago: int = HOUR) -> Alert:
    """One that the budget holds since it was told."""
    rank, desk = RANKS.index(colour), "east" if area == "east" else "city"
    hold = Act("hold", town.clock.now() - ago, desk=desk, role="budget", rank=rank)
    return put(town, name, hold, area=area, colour=colour, ago=ago)


def closed(town: Town, name: str, outcome: str, *, area: str = "east", ago: int = HOUR) -> Alert:
    close = Act("close", town.clock.now(), desk="city", role="officer", outcome=outcome, why="seen")  # type: ignore[arg-type]  # one of five
    return put(town, name, close, area=area, ago=ago)


def counted(area: str, now: int, count: int = 19, limit: int | None = 20, **changes: Any) -> Count:
    """An hour of a rule that has no alert; by itself one that came near, and still counts."""
    row = Count("surge", "v1", area, "traffic", now // HOUR * HOUR, HOUR, count, 9.5, 4.0, 15.0, limit, False, False)
    return msgspec.structs.replace(row, **changes)
