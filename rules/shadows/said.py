"""What a rule would have told, and what the one in force told beside it: no signals, so that no desk can take them.

A candidate's sayings leave the engine in no other form. Nothing that opens an alert, tells a channel or counts alerts
takes a value of this kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from rules.signals import Signal

KEPT = 2_000
"""Alerts of one side that a shadow remembers; beyond it the oldest are let go, and counted."""


class Said(msgspec.Struct, frozen=True):
    """The last state of one alert, told first at `said_at`. Times in ms; `limit` -1: none."""

    alert: str
    area: str
    category: str
    state: str  # running or over
    first: int
    last: int
    said_at: int
    rank: int
    observed: int
    expected: float
    limit: int
    office: str = ""  # of alerts on matters

    def is_same_as(self, other: Said) -> bool:
        """Whether both are of one thing: they overlap, and name the same area, category and office."""
        named = (self.area, self.category, self.office) == (other.area, other.category, other.office)
        return named and self.first <= other.last and other.first <= self.last


class Sayings:
    """The alerts of one side since `begun` (ms): what was told before is no part of a comparison."""

    def __init__(self, begun: int) -> None:
        self.begun = begun
        self.alerts: dict[str, Said] = {}
        self.let_go = 0

    def note(self, signals: Iterable[Signal]) -> None:
        """Take in what is said; an alert that is withdrawn or merged was none."""
        for signal in signals:
            if signal.state in ("withdrawn", "merged"):
                self.alerts.pop(signal.alert, None)
            elif signal.said_at >= self.begun:
                self.alerts[signal.alert] = said_of(signal)
        while len(self.alerts) > KEPT:
            del self.alerts[next(iter(self.alerts))]
            self.let_go += 1

    def state(self) -> dict[str, object]:
        """For the engine's memory."""
        return {"alerts": list(self.alerts.values()), "let_go": self.let_go}

    def give(self, state: Mapping[str, object]) -> None:
        """What `state` told."""
        alerts, self.let_go = state["alerts"], int(str(state["let_go"]))
        assert isinstance(alerts, list)
        self.alerts = {said.alert: said for said in alerts}


def said_of(signal: Signal) -> Said:
    """What is kept of a signal."""
    found = signal.evidence
    return Said(
        alert=signal.alert,
        area=signal.area,
        category=signal.category,
        state=signal.state,
        first=signal.first,
        last=signal.last,
        said_at=signal.said_at,
        rank=found.rank,
        observed=found.observed,
        expected=found.expected,
        limit=found.limit,
        office=found.owed.office if found.owed else "",
    )
