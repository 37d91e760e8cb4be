"""The life of an alert as the engine tells it: a pure table of moves, and which of them the desk is told.

What people and clocks do about it is the other table (`alerts.duty`); what a signal does to that goes through `act_of`.

A signal is the whole present state of an alert, so a move needs nothing but the alert as it was and the
signal that came: repeats and stale signals change nothing, and any gap heals with the next signal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from alerts.alert import Alert, AlertState, Move
from alerts.duty import NOBODY, Act, Heard, fold
from rules.signals import ON_MATTERS, Evidence, Signal, SignalState

MOVES_KEPT: Final = 200
"""Moves that travel with an alert: the first and the latest. The chain keeps every act."""

MOVES: Final[Mapping[tuple[AlertState | None, SignalState], AlertState]] = {
    (None, "running"): "open",
    (None, "over"): "over",
    (None, "withdrawn"): "withdrawn",
    (None, "merged"): "merged",
    ("open", "running"): "open",
    ("open", "over"): "over",
    ("open", "withdrawn"): "withdrawn",
    ("open", "merged"): "merged",
    ("over", "running"): "open",  # late evidence shows that it went on
    ("over", "over"): "over",
    ("over", "withdrawn"): "withdrawn",
    ("over", "merged"): "merged",
    ("withdrawn", "running"): "open",  # late evidence brings back what a correction took
    ("withdrawn", "over"): "over",
    ("withdrawn", "withdrawn"): "withdrawn",
    ("withdrawn", "merged"): "merged",
    ("merged", "running"): "open",  # late evidence parts what had fallen together
    ("merged", "over"): "over",
    ("merged", "withdrawn"): "withdrawn",
    ("merged", "merged"): "merged",
}
"""Where a signal takes an alert. None: not known before."""


def apply(
    alert: Alert | None, signal: Signal, desk: str, wall_at: int, *, widened: bool = False, timed: bool = True
) -> tuple[Alert, Heard | None]:
    """The alert after `signal`, and why its desk is told of the change (None: it is not).

    `desk` is the first desk now; `wall_at` the desk's clock, ms UTC; `widened` says whether the area or
    category that `signal` names holds the one named before (a spread; else a changed name is a correction). Not
    `timed`: nobody is told, so no clock starts.
    A signal whose cause is not later than the last one applied returns the alert as it was.
    """
    if alert is not None and signal.cause <= alert.signal.cause:
        return alert, None
    state = MOVES[alert.state if alert else None, signal.state]
    if alert is None or not alert.moves:
        reason: Heard | None = "first" if state in _TELLING else None
    else:
        news = _News(alert, state, signal, widened)
        reason = next((reason for reason, holds in _CHANGES if holds(news)), None)
    moved = _moved(alert, state, signal, desk, wall_at, reason)
    if reason is None:
        return moved, None
    return msgspec.structs.replace(moved, duty=fold(moved.duty, act_of(moved, reason, timed=timed))), reason


def act_of(alert: Alert, reason: Heard, *, timed: bool) -> Act:
    """What the engine has just done to the duty of `alert`, whose last move was told for `reason`."""
    return Act(reason, alert.moves[-1].wall_at, desk=alert.desk, role="engine", rank=alert.rank, timed=timed)


_TELLING: Final[frozenset[AlertState]] = frozenset(("open", "over"))
"""States worth a first notice: what was taken back before anyone heard of it stays unsaid."""


@dataclass(frozen=True, slots=True)
class _News:
    """What the desk was told of (`alert`), and what came of it."""

    alert: Alert
    state: AlertState
    signal: Signal
    widened: bool

    @property
    def stands(self) -> bool:
        return self.state in _TELLING


def _withdrawn(news: _News) -> bool:
    return news.state == "withdrawn" != news.alert.state


def _merged(news: _News) -> bool:
    return news.state == "merged" != news.alert.state


def _back(news: _News) -> bool:
    """What was said to be withdrawn, merged or over is not."""
    gone = news.alert.state not in _TELLING and news.stands
    return gone or (news.alert.state == "over" and news.state == "open")


def _over(news: _News) -> bool:
    return news.state == "over" != news.alert.state


def _worse(news: _News) -> bool:
    return news.stands and news.signal.evidence.rank > news.alert.rank


def _spread(news: _News) -> bool:
    return news.stands and news.widened and _named(news.signal) != _named(news.alert.signal)


def _corrected(news: _News) -> bool:
    """The key moved, or figures changed in a way that no rising count explains.

    A running count that rises is no correction; one that falls in the same window was taken back, and
    after "over" any change of figures is late evidence. What came to a settled window, or was taken back of it, is
    told when that makes the difference: whether the window would have spoken.
    """
    if not news.stands or news.signal.kind in ON_MATTERS:  # answers make figures fall, as they should
        return False
    was, now = news.alert.signal, news.signal
    before, after = was.evidence, now.evidence
    if now.key != was.key or _named(now) != _named(was) or after.rank < before.rank:
        return True
    if after.would_speak != before.would_speak:
        return True
    if news.state == "over":
        return _figures(before) != _figures(after) or now.last != was.last
    return (before.peak, before.window) == (after.peak, after.window) and after.observed < before.observed


_CHANGES: Final[tuple[tuple[Heard, Callable[[_News], bool]], ...]] = (
    ("withdrawn", _withdrawn),
    ("merged", _merged),
    ("corrected", _back),
    ("over", _over),
    ("worse", _worse),
    ("spread", _spread),
    ("corrected", _corrected),
)
"""The first that holds names the notice: the gravest news leads, and the text tells the rest."""


def _named(signal: Signal) -> tuple[str, str]:
    return signal.area, signal.category


def _figures(evidence: Evidence) -> tuple[int, int, int, int]:
    return evidence.peak, evidence.window, evidence.observed, evidence.limit


def _moved(
    alert: Alert | None, state: AlertState, signal: Signal, desk: str, wall_at: int, reason: Heard | None
) -> Alert:
    evidence = signal.evidence
    moves = alert.moves if alert else ()
    announced_at = alert.announced_at if alert else 0
    if reason:
        observed = evidence.counted_now if reason == "corrected" else evidence.observed
        move = Move(signal.at, wall_at, reason, evidence.colour, observed, signal.area)
        moves = _bounded((*moves, move))
    if reason == "first":
        announced_at = wall_at
    return Alert(
        id=signal.alert,
        city=signal.city,
        state=state,
        desk=desk,
        rank=evidence.rank,
        colour=evidence.colour,
        announced_at=announced_at,
        signal=signal,
        moves=moves,
        duty=alert.duty if alert else NOBODY,
    )


def _bounded(moves: tuple[Move, ...]) -> tuple[Move, ...]:
    return moves if len(moves) <= MOVES_KEPT else (moves[0], *moves[1 - MOVES_KEPT :])
