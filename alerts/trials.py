"""Drafts of rules tried on the past, beside the service: begun, watched, ended, and what came of each. A port.

What is found are alerts of the old rules and of the new, matched by what they are about; what officers found the old
ones to be is put beside them where it is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import msgspec

Past = Literal["archive", "stored"]
"""What is judged: what the feeds name as archive, or the city's own journal."""
TrialState = Literal["waits", "runs", "done", "failed", "canceled"]
TrialFault = Literal["memory", "time", "empty", "no_archive", "ended", "broken"]
"""Why one failed: it wanted too much memory, or time; the past holds nothing of that span; the city has no archive, or
no journal yet; its process ended before it did; it broke."""


class Said(msgspec.Struct, frozen=True):
    """An alert of the past. Times in ms UTC. `other`: the key of the same alert on the other side, "" it is not there;
    `earlier`: minutes that the new rules say it earlier."""

    key: str
    area: str
    category: str
    desk: str
    colour: str
    said_at: int
    observed: int
    limit: int
    other: str = ""
    earlier: float = 0.0
    labelled: bool = False  # a label says that something lay behind it


class MonthRow(msgspec.Struct, frozen=True):
    """Alerts of a desk first said in a local month."""

    desk: str
    month: str
    old: int
    new: int


class LoadRow(msgspec.Struct, frozen=True):
    """Alerts a shift of a desk: median, 95th percentile, most."""

    desk: str
    shifts: int
    old: tuple[float, float, int]
    new: tuple[float, float, int]


class PromiseRow(msgspec.Struct, frozen=True):
    """Alerts a month of 30 days that no label explains, against the promise. None: none is given, or no such rule."""

    desk: str
    promised: float | None
    old: float | None
    new: float | None


class HeightRow(msgspec.Struct, frozen=True):
    """The score from which a rule speaks at one first desk. None: there is no such rule, or it learns nothing."""

    desk: str
    old: float | None
    new: float | None


class CaseFailure(msgspec.Struct, frozen=True):
    """A case that was not as expected: where, and what differs, by language."""

    name: str
    line: int
    told: dict[str, str]


class Tried(msgspec.Struct, frozen=True):
    """What came of a trial. Times in ms."""

    cases: int
    failures: tuple[CaseFailure, ...]
    since: int = 0
    until: int = 0
    events: int = 0
    seconds: float = 0.0
    old: tuple[Said, ...] = ()
    new: tuple[Said, ...] = ()
    months: tuple[MonthRow, ...] = ()
    loads: tuple[LoadRow, ...] = ()
    promises: tuple[PromiseRow, ...] = ()
    heights: tuple[HeightRow, ...] = ()
    labels: int = 0
    labels_lost: int = 0
    labels_gained: int = 0
    stopped: bool = False  # the draft raised an error on the way


@dataclass(frozen=True, slots=True)
class Trial:
    """One of them. `stamp`: of the draft that is tried; `at`: when it was asked for, ms. `done` of `events` in so many
    `seconds` since it was begun."""

    id: str
    rule: str
    stamp: str
    past: Past
    by: str
    at: int
    state: TrialState
    done: int = 0
    events: int = 0
    seconds: float = 0.0
    fault: TrialFault | None = None

    @property
    def share(self) -> float:
        return min(1.0, self.done / self.events) if self.events else 0.0

    @property
    def seconds_left(self) -> float | None:
        """None: not known yet."""
        return self.seconds * (1 - self.share) / self.share if self.share > 0 else None

    @property
    def ended(self) -> bool:
        return self.state not in ("waits", "runs")


class Trials(Protocol):
    """The trials of one city; what is refused raises `alerts.workfaults.WorkRefused`."""

    def begin(self, rule: str, seen: str, past: Past, by: str) -> Trial:
        """Try the draft whose stamp is `seen`: it waits until no other one runs."""
        ...

    def cancel(self, trial: str) -> None:
        """End one that waits or runs; nothing otherwise."""
        ...

    def of(self, rule: str) -> Sequence[Trial]:
        """Those of a rule that are kept, newest first."""
        ...

    def result(self, trial: str) -> Tried | None: ...
