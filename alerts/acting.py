"""Moves of people and clocks: read, folded, written with their entry in the chain and the notices that they owe.

Every thread may move. Where another was faster the store refuses what was made from an older alert; then it is made
anew from the alert as it is, so that of two officers at once neither move is lost: the second is kept behind the first,
or refused in words because the first has made it impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from alerts import clocks
from alerts.alert import Alert
from alerts.chain import Missed
from alerts.desks import Desk
from alerts.duty import BY_HAND, Act, MoveRefused, fold
from alerts.notice import Notice, compose
from alerts.store import Change, ConflictError, Store

TRIES: Final = 20
"""How often a move is made anew before the store is called broken."""


class Acting:
    """Acts upon the alerts of one city. `desks` by id: assign the new ones when they change, then call `reckon`."""

    def __init__(self, city: str, store: Store, desks: Mapping[str, Desk]) -> None:
        self.desks = desks
        self._city = city
        self._store = store
        self._looked: tuple[frozenset[str], int] | None = None

    def by_hand(self, alert_id: str, act: Act, *, seen: int | None = None) -> Alert | None:
        """The alert after a person's move; None: no such alert. Raises MoveRefused.

        `seen`: how many acts the alert had when it was looked at; where it has had others since, nothing is done.
        """
        if act.verb not in BY_HAND:
            raise MoveRefused("not_a_hand", "open", act.verb)

        def made(alert: Alert) -> Act:
            if seen is not None and alert.duty.acts != seen:
                raise MoveRefused("changed", alert.duty.stage, act.verb)
            up = clocks.desk_above(alert, self.desks) if act.verb == "raise" and not act.to else act.to
            return msgspec.structs.replace(act, rank=alert.rank, to=up)

        return next(iter(self._write([alert_id], made)), None)

    def by_clock(self, now: int, blind: frozenset[str]) -> list[Alert]:
        """Make every move that is due at `now` (ms UTC); `blind`: feeds that are silent just now.

        An alert rises one level a call, so that a long stop tells every level, each with its own time.
        """

        def due(alert: Alert) -> Act | None:
            act = clocks.next_act(alert, self.desks)
            return msgspec.structs.replace(act, at=now) if act is not None and act.at <= now else None

        moved = self._write([alert.id for _, alert in self._store.due_acts(now)], due)
        version = self._store.version()
        if (blind, version) != self._looked:
            owed = [alert.id for _, alert in self._store.owed() if clocks.freeze(alert, blind, now)]
            moved += self._write(owed, lambda alert: clocks.freeze(alert, blind, now))
            self._looked = blind, self._store.version()
        return moved

    def missed(self, form: Missed) -> None:
        """Keep what happened and nobody was told of."""
        self._store.commit(Change(self._city, None, (), acts=(("", form),)))

    def reckon(self) -> None:
        """When each clock is due next: at a start, and where desks have changed."""
        self._store.set_due({alert.id: due_at(alert, self.desks) for _, alert in self._store.owed()})

    def _write(self, ids: Sequence[str], made: Callable[[Alert], Act | None]) -> list[Alert]:
        """One transaction for all of `ids`, made anew where it met another; the alerts that were moved."""
        for _ in range(TRIES):
            known = self._store.known(ids)
            acts = {i: (found, act) for i, found in known.items() if (act := made(found[1])) is not None}
            if not acts:
                return []
            moved = {i: moved_by(alert, act) for i, ((_, alert), act) in acts.items()}
            change = Change(
                self._city,
                None,
                tuple(moved.values()),
                tuple((i, act) for i, (_, act) in acts.items()),
                tuple(notice for i, (_, act) in acts.items() for notice in self._notices(moved[i], act)),
                was={i: version for i, ((version, _), _) in acts.items()},
                due={i: due_at(alert, self.desks) for i, alert in moved.items()},
            )
            try:
                self._store.commit(change)
            except ConflictError:
                continue
            return list(moved.values())
        raise ConflictError(f"{len(ids)} alerts were changed by others {TRIES} times over")

    def _notices(self, alert: Alert, act: Act) -> list[Notice]:
        """A desk above hears of the alert for the first time when it is raised to it."""
        desk = self.desks.get(act.to) if act.verb == "raise" else None
        if desk is None:
            return []
        return [compose(alert, "first", desk.id, channel.name, act.at) for channel in desk.channels]


def moved_by(alert: Alert, act: Act) -> Alert:
    """The alert after `act`. Raises MoveRefused."""
    return msgspec.structs.replace(alert, duty=fold(alert.duty, act))


def due_at(alert: Alert, desks: Mapping[str, Desk]) -> int:
    """When a clock has something to do about the alert, ms UTC; 0: never."""
    act = clocks.next_act(alert, desks)
    return act.at if act is not None else 0


def dues(alerts: Iterable[Alert], desks: Mapping[str, Desk]) -> dict[str, int]:
    """The same for several."""
    return {alert.id: due_at(alert, desks) for alert in alerts}
