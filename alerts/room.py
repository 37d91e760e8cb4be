"""The desk's room: signals come in, alerts change, notices lie in the outbox. One city, one writer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alerts import life, routing
from alerts.alert import Alert, Move, Reason
from alerts.notice import Notice, tell
from alerts.store import Change, Store
from rules.book import Book
from rules.signals import Signal


class DeskRoom:
    """Applies signals of one city in the order of their causes, each batch in one transaction.

    `book` is the one in force: assign the new one when it changes. While `shut` (a load of the past) alerts
    and moves are kept and no notice is written. `channels`: desk -> names of its channels, in order; a desk
    without channels is seen on the board alone. `standby`: channel -> ms, for those that stand in for the one before.
    """

    def __init__(
        self,
        book: Book,
        store: Store,
        channels: Mapping[str, Sequence[str]],
        *,
        standby: Mapping[str, int] | None = None,
        shut: bool = False,
    ) -> None:
        self._standby = standby or {}
        self.book = book
        self.shut = shut
        self._store = store
        self._channels = channels

    def apply(self, signals: Sequence[Signal], wall_at: int) -> list[Alert]:
        """The alerts that `signals` changed, as they are now. Repeats, told by their cause, change nothing.

        Raises ValueError for a signal of another city, StaleError where a second writer was faster: both are bugs.
        """
        fresh = self._fresh(signals) if signals else []  # most frames say nothing: they cost no query
        if not fresh:
            return []
        alerts = self._store.alerts({signal.alert for signal in fresh})
        changed: dict[str, Alert] = {}
        moves: list[tuple[Alert, Move]] = []
        notices: list[Notice] = []
        for signal in fresh:
            before = alerts.get(signal.alert)
            after, reason = self._apply(before, signal, wall_at)
            alerts[after.id] = changed[after.id] = after
            if reason:
                moves.append((after, after.moves[-1]))
                notices += self._notices(before, after, reason, wall_at)
        self._store.commit(
            Change(self.book.city, fresh[-1].cause, tuple(changed.values()), tuple(moves), tuple(notices))
        )
        return list(changed.values())

    def _fresh(self, signals: Sequence[Signal]) -> list[Signal]:
        for signal in signals:
            if signal.city != self.book.city:
                raise ValueError(f"a signal of {signal.city} came to the desk of {self.book.city}")
        last = self._store.last_cause(self.book.city)
        fresh = {s.cause: s for s in signals if last is None or s.cause > last}
        return [fresh[cause] for cause in sorted(fresh)]

    def _apply(self, before: Alert | None, signal: Signal, wall_at: int) -> tuple[Alert, Reason | None]:
        desk = routing.desk_for(self.book, before, signal)
        wider = before is not None and routing.widened(self.book, before.signal, signal)
        return life.apply(before, signal, desk, wall_at, widened=wider)

    def _notices(self, before: Alert | None, after: Alert, reason: Reason, wall_at: int) -> list[Notice]:
        """To the first desk, and, when the alert has moved on, also to the desk that had it."""
        if self.shut:
            return []
        desks = [after.desk]
        if before is not None and before.moves and before.desk != after.desk:
            desks.append(before.desk)
        return [
            notice
            for desk in desks
            for notice in tell(after, reason, desk, self._channels.get(desk, ()), self._standby, wall_at)
        ]
