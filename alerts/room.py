"""The desk's room: signals come in, alerts change, notices lie in the outbox. One city, one writer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from alerts import hold, inhibit, life, routing
from alerts.acting import TRIES, dues, moved_by
from alerts.alert import Alert, Reason
from alerts.chain import Mute
from alerts.desks import Desk, told
from alerts.duty import Act, Heard
from alerts.mutes import covers
from alerts.notice import Notice, tell
from alerts.offsets import ReadTo
from alerts.store import Change, ConflictError, Store
from rules.book import Book
from rules.signals import Signal

EXPLAINERS_LOOKED: Final = 200
"""Running alerts, the gravest first, among which one that explains is looked for; a storm is for the budget."""


class DeskRoom:
    """Applies signals of one city in the order of their causes, each batch in one transaction.

    `book` is the one in force: assign the new one when it changes. While `shut` (a load of the past) alerts
    and moves are kept and no notice is written; shut from the beginning, no clock starts. `channels`: desk ->
    names of its channels, in order; a desk without channels is seen on the board alone. `standby`: channel -> ms, for
    those that stand in for the one before. `untaken`: channels that hear of an alert once they were called. `desks`:
    whose clocks run; assign the new ones when they change. `mutes`: those that run at a time, ms UTC.
    """

    def __init__(
        self,
        book: Book,
        store: Store,
        channels: Mapping[str, Sequence[str]],
        *,
        standby: Mapping[str, int] | None = None,
        untaken: Collection[str] = (),
        desks: Mapping[str, Desk] | None = None,
        mutes: Callable[[int], Sequence[Mute]] = lambda _: (),
        shut: bool = False,
    ) -> None:
        self._standby = standby or {}
        self._untaken = frozenset(untaken)
        self._mutes = mutes
        self.book = book
        self.desks = desks or {}
        self.shut = shut
        self._timed = not shut
        self._store = store
        self._channels = channels

    def apply(self, signals: Sequence[Signal], wall_at: int, read: Sequence[ReadTo] = ()) -> list[Alert]:
        """The alerts that `signals` changed, as they are now. Repeats, told by their cause, change nothing. `read`: how
        far their reader has read, kept in the same transaction.

        Raises ValueError for a signal of another city, StaleError where a second writer was faster: both are bugs.
        """
        fresh = self._fresh(signals) if signals else []  # most frames say nothing: they cost no query
        if not fresh:
            self._store.read_on(read)
            return []
        for _ in range(TRIES):
            try:
                return self._write(fresh, wall_at, read)
            except ConflictError:  # an officer moved one of them meanwhile: from there, then
                continue
        raise ConflictError(f"{len(fresh)} signals met other moves {TRIES} times over")

    def _write(self, fresh: Sequence[Signal], wall_at: int, read: Sequence[ReadTo]) -> list[Alert]:
        """One transaction. Raises ConflictError, and nothing is written."""
        known = self._store.known({signal.alert for signal in fresh})
        alerts = {i: alert for i, (_, alert) in known.items()}
        changed: dict[str, Alert] = {}
        acts: list[tuple[str, Act]] = []
        notices: dict[str, list[Notice]] = {}
        new: list[str] = []
        for signal in fresh:
            before = alerts.get(signal.alert)
            after, reason = self._apply(before, signal, wall_at)
            if reason:
                acts.append((after.id, life.act_of(after, reason, timed=self._timed)))
                if after.duty.told_at and not (before and before.duty.told_at):
                    new.append(after.id)
                    reason = "first"  # also of what was held, went, and is back
                elif after.duty.held_at and after.rank >= self._top and not self._hidden(after, wall_at):
                    after, reason = self._let_out(after, acts, wall_at), "first"
                notices.setdefault(after.id, []).extend(self._notices(before, after, reason, wall_at))
            alerts[after.id] = changed[after.id] = after
        muted = self._muted([changed[i] for i in new], wall_at)
        explained = self._explained([changed[i] for i in new if i not in muted])
        over = self._over_budget([changed[i] for i in new if i not in muted and i not in explained], wall_at)
        for kept in (*(changed[i] for i in muted), *(changed[i] for i in explained), *over):
            act = Act("hold", wall_at, desk=kept.desk, role="budget", rank=kept.rank)
            if kept.id in muted:
                act = Act("hold", wall_at, desk=kept.desk, role="mute", rank=kept.rank, mute=muted[kept.id])
            elif kept.id in explained:
                by, why = explained[kept.id]
                act = Act("hold", wall_at, desk=kept.desk, role="explained", rank=kept.rank, by=by, why=why)
            acts.append((kept.id, act))
            changed[kept.id], notices[kept.id] = moved_by(kept, act), []
        floods = self._floods([changed[alert.id] for alert in over], wall_at)
        self._store.commit(
            Change(
                self.book.city,
                fresh[-1].cause,
                tuple(changed.values()),
                tuple(acts),
                tuple(notice for several in (*notices.values(), floods) for notice in several),
                was={i: known[i][0] if i in known else 0 for i in changed},
                due=dues(changed.values(), self.desks, routing.route_of(self.book)),
                read=tuple(read),
            )
        )
        return list(changed.values())

    @property
    def _top(self) -> int:
        return len(self.book.ladder) - 1

    def _let_out(self, held: Alert, acts: list[tuple[str, Act]], wall_at: int) -> Alert:
        """What was held and has worsened to the top rank: its desk hears of it now, for the first time."""
        act = Act("release", wall_at, desk=held.desk, role="budget", rank=held.rank)
        acts.append((held.id, act))
        return moved_by(held, act)

    def _hidden(self, held: Alert, wall_at: int) -> bool:
        """Whether the mute that holds it still does, as it is now. Another one hides only what begins under it."""
        own = next((one for one in self._mutes(wall_at) if one.id == held.duty.mute), None)
        return own is not None and covers(own, held, self.book)

    def _muted(self, alerts: Sequence[Alert], wall_at: int) -> dict[str, str]:
        """Alert -> the mute that hides it."""
        running = self._mutes(wall_at) if self._timed and alerts else ()
        found: dict[str, str] = {}
        for alert in alerts:
            mute = next((one for one in running if covers(one, alert, self.book)), None)
            if mute is not None and alert.duty.stage == "open":
                found[alert.id] = mute.id
        return found

    def _explained(self, new: Sequence[Alert]) -> dict[str, tuple[str, str]]:
        """Alert -> the alert that explains it, and how: one that its desk was told of, or that comes with it."""
        mine = [alert for alert in new if self._inhibits(alert.desk) and alert.duty.stage == "open"]
        if not mine or not self._timed:
            return {}
        told = self._store.running(EXPLAINERS_LOOKED)
        found: dict[str, tuple[str, str]] = {}
        for alert in sorted(new, key=self._widest):
            known = inhibit.explanation(alert, told, self.book) if self._inhibits(alert.desk) else None
            if known is not None:
                found[alert.id] = known[0].id, known[1]
            else:
                told = [alert, *told]
        return found

    def _inhibits(self, desk: str) -> bool:
        known = self.desks.get(desk)
        return known is not None and known.inhibit

    def _widest(self, alert: Alert) -> tuple[int, int, str]:
        """Of what comes together the gravest explains, then the widest."""
        area, category = alert.signal.area, alert.signal.category
        areas, categories = self.book.areas, self.book.categories
        depth = sum(tree.depth(code) for tree, code in ((areas, area), (categories, category)) if code in tree.by_code)
        return -alert.rank, depth, alert.id

    def _over_budget(self, new: Sequence[Alert], wall_at: int) -> list[Alert]:
        """Those of `new` for which the turn of their desk has no room left."""
        kept: list[Alert] = []
        for name in {alert.desk for alert in new} if self._timed else ():
            turn = hold.begun(self.desks.get(name), wall_at)
            if turn is not None:
                budget, since = turn
                mine = [alert for alert in new if alert.desk == name and alert.duty.stage == "open"]
                told = hold.admitted(mine, budget - self._store.told_since(name, since, self._top), self._top)
                kept += [alert for alert in mine if alert.id not in told]
        return kept

    def _floods(self, over: Sequence[Alert], wall_at: int) -> list[Notice]:
        """To a desk for which much is held: one notice, by the worst of `over`, that stands for all of them."""
        told: list[Notice] = []
        for name in sorted({alert.desk for alert in over}):
            turn = hold.begun(self.desks.get(name), wall_at)
            mine = [alert for alert in over if alert.desk == name]
            before = self._store.held_since(name, turn[1]) if turn is not None else 0
            count = before + len(mine)
            step = hold.flood(before, count)
            if step and not self.shut:
                worst = max(mine, key=lambda alert: alert.rank)
                told += self._tell(worst, "flood", name, wall_at, count=count, mark=f"flood-{step}")
        return told

    def _tell(
        self,
        alert: Alert,
        reason: Reason,
        desk: str,
        wall_at: int,
        *,
        count: int = 0,
        mark: str = "",
        called: Collection[str] = (),
    ) -> Iterator[Notice]:
        roads = told(self._channels.get(desk, ()), self._standby, self._untaken.difference(called))
        return tell(alert, reason, desk, roads, self._standby, wall_at, count=count, mark=mark)

    def _fresh(self, signals: Sequence[Signal]) -> list[Signal]:
        for signal in signals:
            if signal.city != self.book.city:
                raise ValueError(f"a signal of {signal.city} came to the desk of {self.book.city}")
        last = self._store.last_cause(self.book.city)
        fresh = {s.cause: s for s in signals if last is None or s.cause > last}
        return [fresh[cause] for cause in sorted(fresh)]

    def _apply(self, before: Alert | None, signal: Signal, wall_at: int) -> tuple[Alert, Heard | None]:
        desk = routing.desk_for(self.book, before, signal)
        wider = before is not None and routing.widened(self.book, before.signal, signal)
        return life.apply(before, signal, desk, wall_at, widened=wider, timed=self._timed)

    def _notices(self, before: Alert | None, after: Alert, reason: Reason, wall_at: int) -> list[Notice]:
        """To the first desk and every desk above that knows it, and, when it has moved on, to those that had it: over
        every channel that knows it."""
        if self.shut or after.duty.held_at:
            return []
        desks, called = [after.desk, *after.duty.above], after.duty.called
        if before is not None and before.moves:
            desks += [desk for desk in (before.desk, *before.duty.above) if desk not in desks]
            called = (*called, *before.duty.called)
        return [notice for desk in desks for notice in self._tell(after, reason, desk, wall_at, called=called)]
