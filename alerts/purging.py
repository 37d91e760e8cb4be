"""What is kept no longer: alerts that are over and owed by nobody, and the oldest part of the chain, each with proof.

An alert goes with its notices once it has ended and has not moved for as long as the city keeps alerts; what somebody
owes is never purged. The chain is cut at an entry whose head was sent outside, once it is older than the city keeps
moves (never less than 180 days) and no alert that it speaks of is left: so `verify` can hold what remains against that
head. Every purge is an entry of the chain: rows before, rows that went, which alerts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from alerts.chain import KEPT_LEAST_MS, Head, Purge
from alerts.purge_rows import PurgeRows

DAY_MS: Final = 86_400_000
BATCH: Final = 500
"""Alerts that go in one transaction: whoever writes meanwhile waits no longer."""

Why = Literal["", "young", "no_head", "alerts", "mute"]
"""Why the chain is cut no further: nothing old is left; all of it is young; no head was sent from so far back; an alert
or a mute that is still there."""


@dataclass(frozen=True, slots=True)
class Keep:
    """How long alerts and moves are kept, ms."""

    alerts: int
    moves: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What would go at `at` (ms UTC). `rows`: of each table now; `gone`: how many of them would go. `owed`: old alerts
    that stay because somebody owes an outcome."""

    at: int
    rows: Mapping[str, int]
    gone: Mapping[str, int]
    alerts: tuple[str, ...]
    owed: int
    cut: Head | None
    why: Why


class Purger:
    """Purges the store of one city. Not for two threads at once, and in the process that writes the store alone."""

    def __init__(self, city: str, store: PurgeRows, keep: Callable[[], Keep]) -> None:
        self._city = city
        self._store = store
        self._keep = keep

    def plan(self, now: int) -> Plan:
        """Everything that may go at `now`; changes nothing. Where alerts go, the chain is cut the next time."""
        alerts, cut, why = self._over(now)
        owed = self._store.old_owed(now - self._keep().alerts)
        return Plan(now, self._store.rows(), self._gone(alerts, cut), alerts, owed, cut, why)

    def _over(self, now: int) -> tuple[tuple[str, ...], Head | None, Why]:
        """Alerts that may go at `now`, and where the chain may be cut; else why not."""
        keep = self._keep()
        alerts = tuple(self._store.old_alerts(now - keep.alerts))
        return alerts, *self._cut(now - max(keep.moves, KEPT_LEAST_MS))

    def _gone(self, alerts: Sequence[str], cut: Head | None) -> dict[str, int]:
        """Table -> rows that would go with them."""
        return {
            "alerts": len(alerts),
            "notices": self._store.count_notices(alerts),
            "chain": cut.seq - self._store.first_seq() + 1 if cut is not None else 0,
            "heads": self._store.count_heads(cut.seq) if cut is not None else 0,
        }

    def _cut(self, old: int) -> tuple[Head | None, Why]:
        bounds: dict[Why, int] = {
            "young": self._store.last_older(old),
            "alerts": self._store.first_of_an_alert() - 1,
            "mute": self._store.first_running_mute() - 1,
        }
        why, bound = min(bounds.items(), key=lambda item: item[1])
        head = self._store.head_at_most(bound, old)
        first = self._store.first_seq()
        if head is None or head.seq < first:
            return None, why if bound < first else "no_head"
        return head, ""

    def step(self, now: int) -> Purge | None:
        """One purge, written in its own transaction; None where nothing may go."""
        over, cut, _ = self._over(now)
        alerts = over[:BATCH]
        if not alerts and cut is None:
            return None
        through, digest = (cut.seq, cut.hash) if cut is not None else (0, "")
        act = Purge(now, self._store.rows(), self._gone(alerts, cut), alerts, through, digest, role="purge")
        return act if self._store.purge(self._city, act) else None

    def run(self, now: int) -> list[Purge]:
        """All that may go, one purge after another."""
        done: list[Purge] = []
        while (act := self.step(now)) is not None:
            done.append(act)
        return done
