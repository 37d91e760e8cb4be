"""Signals: what the engine says. Each is the whole present state of one alert, evidence included."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

SignalState = Literal["running", "over", "withdrawn", "merged"]
SignalKind = Literal[
    "spike", "threshold", "drop", "accumulated", "first_seen", "deadline", "repeat", "sequence", "absence", "silence",
    "stopped", "review", "exercise",
]  # fmt: skip
ON_MATTERS: Final[frozenset[SignalKind]] = frozenset({"deadline", "repeat", "sequence", "absence"})
"""What rules say of single matters, by office and area."""
COUNTED: Final[frozenset[SignalKind]] = ON_MATTERS | {"spike", "threshold", "drop", "accumulated", "first_seen"}
"""What rules say of what feeds tell; the others are the watcher's own alerts, and exercises."""

EXERCISE_RULE: Final = "exercise"
"""The rule id of exercises: built in."""


class WindowEvidence(msgspec.Struct, frozen=True):
    """One window judged in the peak bucket. `length`, `since`, `until` in ms; counts in events."""

    length: int
    since: int
    until: int
    observed: int
    expected: float
    limit: int  # the smallest count that speaks, of a drop the largest; -1: none does, or not enough history
    spoke: bool


class Share(msgspec.Struct, frozen=True):
    """What a sub-area or sub-category contributed to the peak window."""

    code: str
    observed: int
    expected: float


class Cell(msgspec.Struct, frozen=True):
    """One hour (or step, where that is longer) of the band chart. `limit` -1: no limit drawn."""

    start: int
    observed: int
    expected: float
    low: float
    high: float
    limit: int
    missing: bool = False


class FeedEvidence(msgspec.Struct, frozen=True):
    """A contributing feed: events in the peak window, and when it was last heard (ms; 0: never)."""

    feed: str
    observed: int
    heard_at: int


class OwedAnswers(msgspec.Struct, frozen=True):
    """What an alert on matters counts, of one office in one area. Times in ms; 0: none."""

    office: str  # "": the feed names none
    soon: int  # matters that are due soon
    late: int  # overdue ones; of other kinds: those that speak
    unaccepted: int  # of the late ones: those not accepted in time; the others are not answered
    oldest: int  # since when the first of the late ones is late
    next_due: int  # when the next of the others is due


class Bar(msgspec.Struct, frozen=True):
    """What the peak was worth and what was asked of it when it was said: it spoke as `score` reached `height`."""

    score: float  # of the rarest window, in the scale of the rule's detector
    height: float  # as it was calibrated for the rule and its first desk, or by the detector's bound until then
    promised: float  # false alarms in 30 days at that desk, for which the height stands


class Evidence(msgspec.Struct, frozen=True):
    """Evidence of the peak bucket: the judged bucket with the rarest window."""

    peak: int  # start of the peak bucket, ms
    observed: int
    expected: float
    spread: float  # standard deviation under the baseline
    limit: int  # the smallest count that speaks; of a drop the largest
    would_not_have_spoken: int  # limit - 1; of a drop limit + 1
    window: int  # length of the window that was rarest, ms
    rank: int  # 0 is the lowest of the city's ladder
    colour: str
    rank_limits: tuple[tuple[str, int], ...]  # (colour, smallest count) of the peak window
    windows: tuple[WindowEvidence, ...] = ()
    areas: tuple[Share, ...] = ()
    categories: tuple[Share, ...] = ()
    feeds: tuple[FeedEvidence, ...] = ()
    cells: tuple[Cell, ...] = ()  # the last 24 cells up to the last judged bucket
    buckets: tuple[int, ...] = ()  # starts of the buckets that spoke, ms
    incomplete: bool = False  # a contributing feed was missing: the true count can only be higher
    folded: int = 0  # rows of the peak window that `once` did not count
    history_days: float = 0.0  # how much past the baseline rests on
    later: int = 0  # events that came to the peak window after it had settled: judged in nothing above
    taken_back: int = 0  # events of the peak window that were taken back since then
    would_speak: bool = True  # whether the peak window reached the limit also with what came later
    owed: OwedAnswers | msgspec.UnsetType = msgspec.UNSET  # of alerts on matters
    bar: Bar | msgspec.UnsetType = msgspec.UNSET  # of rules that promise a number of false alarms

    @property
    def counted_now(self) -> int:
        """The peak window's count as it is known now."""
        return self.observed + self.later - self.taken_back


class Cause(msgspec.Struct, frozen=True, order=True):
    """Which record made the engine speak: (epoch, log offset, n)."""

    epoch: int
    offset: int
    n: int


class Signal(msgspec.Struct, frozen=True):
    """The whole present state of an alert. Times in ms UTC; `over_at` 0: still running."""

    id: str  # hash(alert, cause)
    alert: str  # the key as first announced: stays
    key: str  # hash(rule, area, category, first bucket): canonical, may move
    cause: Cause
    city: str
    state: SignalState
    kind: SignalKind
    rule: str
    rule_version: str
    area: str
    category: str
    feed: str  # of a silence; "" otherwise
    first: int  # start of the first judged bucket
    last: int  # end of the last bucket that spoke
    said_at: int  # city time of the record that first announced this alert
    at: int  # city time of this signal's own record
    over_at: int
    late: bool  # first said after its first bucket had settled
    merged_into: str
    evidence: Evidence
