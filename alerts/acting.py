"""Moves of people and clocks: read, folded, written with their entry in the chain and the notices that they owe.

Every thread may move. Where another was faster the store refuses what was made from an older alert; then it is made
anew from the alert as it is, so that of two officers at once neither move is lost: the second is kept behind the first,
or refused in words because the first has made it impossible.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec

from alerts import clocks, hold
from alerts.alert import Alert, Reason
from alerts.chain import Kept, Missed, Mute, Ordered, Unmute, decode
from alerts.desks import Desk, road, roads
from alerts.duty import BY_HAND, NOBODY, WAITING, Act, MoveRefused, fold
from alerts.inhibit import stands
from alerts.keys import KeyUsedError, repeated
from alerts.mutes import Cost, Standing, cost, standing, told_of
from alerts.notice import Notice, tell
from alerts.store import Change, ConflictError, Store

TRIES: Final = 200
"""How often a move is made anew before the store is called broken: each time somebody else has come further."""


LONG_PAST_MS: Final = 86_400_000
"""What the highest desk should have answered longer ago than that is no news: it is entered, and not sent."""


Route = Callable[[Alert], str]
"""The desk that would hear of an alert first, were it new."""


class Acting:
    """Acts upon the alerts of one city. `desks` by id, `top`: the highest rank of its ladder, `route`: which desk would
    hear of an alert now. Assign the new ones when they change, then call `reckon`. `on_taken(first desk, seconds)`: an
    alert was taken for the first time, so long after it was told; for metrics, from any thread."""

    def __init__(
        self, city: str, store: Store, desks: Mapping[str, Desk], top: int, route: Route = lambda alert: alert.desk
    ) -> None:
        self.route = route
        self.on_taken: Callable[[str, float], None] = lambda _desk, _seconds: None
        self.desks = desks
        self.top = top
        self._city = city
        self._store = store
        self._now: int | None = None  # of the last look
        self._looked: tuple[frozenset[str], int] | None = None
        self._mutes: tuple[int, Mapping[str, Standing]] | None = None  # as of so many entries that are no alert's
        self._entries = 0
        self._keeping = threading.Lock()
        self._let_out_of: dict[str, object] = {}  # desk -> what decided when its held alerts were looked at last

    def by_hand(self, alert_id: str, act: Act, *, seen: int | None = None) -> Alert | None:
        """The alert after a person's move; None: no such alert. Raises MoveRefused.

        `seen`: how many acts the alert had when it was looked at; where it has had others since, nothing is done. An
        act whose `key` is in the chain already is not made again.
        """
        if act.verb not in BY_HAND:
            raise MoveRefused("not_a_hand", "open", act.verb)

        def made(alert: Alert) -> Act | None:
            try:
                made_before = repeated(self._store, act, alert.id)
            except KeyUsedError:
                raise MoveRefused("key_used", alert.duty.stage, act.verb) from None
            if made_before is not None:
                if act.to and act.to != made_before.to:
                    raise MoveRefused("key_used", alert.duty.stage, act.verb)
                return None
            if seen is not None and alert.duty.acts != seen:
                raise MoveRefused("changed", alert.duty.stage, act.verb)
            up, routed = act.to, self.route(alert)
            if up and up not in clocks.desks_above(alert, self.desks, routed):
                raise MoveRefused("desk_elsewhere", alert.duty.stage, act.verb)
            if act.verb == "raise" and not up:
                up = clocks.desk_above(alert, self.desks, routed)
            return msgspec.structs.replace(act, rank=alert.rank, to=up)

        moved = self._write([alert_id], made)
        if moved and act.verb == "take":
            self._measure(moved[0])
        return moved[0] if moved else self._store.alert(alert_id)

    def _measure(self, taken: Alert) -> None:
        """Only the first taking is the answer to being told: later ones renew it, or follow a lapse."""
        verbs = [one.verb for link in self._store.links_of(taken.id) if isinstance(one := decode(link.body).act, Act)]
        if verbs.count("take") == 1 and taken.announced_at:
            self.on_taken(taken.desk, max(0, taken.duty.taken_at - taken.announced_at) / 1000)

    def by_clock(self, now: int, blind: frozenset[str]) -> list[Alert]:
        """Make every move that is due at `now` (ms UTC); `blind`: feeds that are silent just now.

        An alert rises one level a call, so that a long stop tells every level, each with its own time.
        """

        def due(alert: Alert) -> Act | None:
            act = clocks.next_act(alert, self.desks, self.route(alert))
            return msgspec.structs.replace(act, at=now) if act is not None and act.at <= now else None

        moved = (
            self._rewind(now)
            + self._write([alert.id for _, alert in self._store.due_acts(now)], due)
            + self._end_mutes(now)
            + self._let_out(now)
        )
        version = self._store.version()
        if (blind, version) != self._looked:
            owed = [alert.id for _, alert in self._store.owed() if clocks.freeze(alert, blind, now)]
            moved += self._write(owed, lambda alert: clocks.freeze(alert, blind, now))
            self._looked = blind, self._store.version()
        return moved

    def _rewind(self, now: int) -> list[Alert]:
        """Looked at first of all, and whenever the clock went back."""
        before, self._now = self._now, now
        if before is not None and now >= before - clocks.SLACK_MS:
            return []
        ahead = [alert.id for _, alert in self._store.owed() if clocks.rewind(alert, now)]
        return self._write(ahead, lambda alert: clocks.rewind(alert, now))

    @property
    def mutes(self) -> Mapping[str, Standing]:
        """Every mute, by id."""
        while True:
            entries, known = self._entries, self._mutes
            if known is not None and known[0] == entries:
                return known[1]
            self._mutes = entries, standing(self._store.links_of(""))  # none of them where one was written meanwhile

    def running_mutes(self, now: int) -> list[Mute]:
        return [one.mute for one in self.mutes.values() if one.runs(now)]

    def mute(self, mute: Mute) -> Mute:
        """Lay a mute; once, where its `key` is in the chain already. Raises KeyUsedError."""
        with self._keeping:
            known = repeated(self._store, mute)
            if known is None:
                self._keep(mute)
            return known or mute

    def unmute(self, end: Unmute) -> list[Alert]:
        """End a mute: its report is written, and what it hid and still runs is told, as far as budgets have room."""
        with self._keeping:
            if end.id in self.mutes and self.mutes[end.id].end is not None:
                return []
            hid = self._hidden_by(end.id)
            price = cost(end.id, hid)
            report = msgspec.structs.replace(end, hidden=price.hidden, confirmed=price.confirmed)
            waiting = [alert for alert in hid if alert.duty.held_at and alert.state == "open"]
            told = self._reports(report, hid)
            out = self._write(
                self._with_room(waiting, end.at), lambda alert: _release(alert, end.at), (("", report),), told
            )
            self._entries += 1
            return out

    def _reports(self, end: Unmute, hid: Sequence[Alert]) -> list[Notice]:
        """To the desk that laid the mute, and to each from which it hid something. The notice is carried by the worst
        of what was hidden, else by what the desk was told of last; where it never was told, the entry stands alone."""
        mute = self.mutes[end.id].mute if end.id in self.mutes else None
        if mute is None:
            return []
        worst = max(hid, key=lambda alert: (alert.rank, alert.id), default=None)
        told: list[Notice] = []
        for name in sorted({mute.desk, *(alert.desk for alert in hid)} & self.desks.keys()):
            carrier = worst or self._store.last_told(name)
            if carrier is not None:
                ways, about = roads(self.desks[name]), told_of(mute, end)
                mark = f"unmuted-{end.id}"
                told += tell(carrier, "unmuted", name, *ways, end.at, count=end.hidden, mark=mark, about=about)
        return told

    def _with_room(self, waiting: Sequence[Alert], now: int) -> list[str]:
        """Ids of those for which the turns of their desks have room, the most urgent of each desk first."""
        out: list[str] = []
        for name in sorted({alert.desk for alert in waiting}):
            mine = [alert for alert in waiting if alert.desk == name]
            turn = hold.begun(self.desks.get(name), now)
            free = turn[0] - self._store.told_since(name, turn[1], self.top) if turn is not None else len(mine)
            admitted = hold.admitted(mine, free, self.top)
            out += [alert.id for alert in mine if alert.id in admitted]
        return out

    def _hidden_by(self, mute_id: str) -> list[Alert]:
        return [alert for _, alert in self._store.held_by(mute_id)]

    def hidden(self, mute_id: str) -> Cost:
        """What a mute has hidden by now: the counter while it runs."""
        return cost(mute_id, self._hidden_by(mute_id))

    def _keep(self, entry: Missed | Mute | Ordered) -> None:
        self._store.commit(Change(self._city, None, (), acts=(("", entry),)))
        self._entries += 1

    def _end_mutes(self, now: int) -> list[Alert]:
        over = [one.mute for one in self.mutes.values() if one.end is None and one.mute.until <= now]
        return [alert for mute in over for alert in self.unmute(Unmute(now, mute.id, role=clocks.CLOCK))]

    def _let_out(self, now: int) -> list[Alert]:
        """What no running mute hides and budgets have room for by now.

        What is held at a desk that has no budget any more, or is itself no more, comes out whole. A desk is looked at
        where something has changed since the last look.
        """
        moved: list[Alert] = []
        hiding = frozenset(mute.id for mute in self.running_mutes(now))
        for name in sorted(self._store.held_spells()):
            desk = self.desks.get(name)
            bounded = desk is not None and desk.budget is not None
            turn = hold.begun(desk, now)
            if bounded and turn is None:
                continue  # nobody is there: it waits for the next turn
            told = self._store.told_since(name, turn[1], self.top) if turn is not None else 0
            looked = turn, told, hiding, self._store.version()
            if self._let_out_of.get(name) == looked:
                continue
            held = [alert for _, alert in self._store.held(name) if alert.duty.mute not in hiding]
            lifted, held = self._lifted(held)
            out = hold.let_out(held, turn[0] if turn is not None else None, told, self.top)
            moved += self._write(out, lambda alert: _release(alert, now))
            stay = [i for i in lifted if i not in out]
            moved += self._write(stay, lambda alert: _held_by_budget(alert, now))
            self._let_out_of[name] = looked
        return moved

    def _lifted(self, held: Sequence[Alert]) -> tuple[list[str], list[Alert]]:
        """(ids of those that were explained and are not any more, all that nothing but the budget holds)."""
        known = self._store.alerts({alert.duty.by for alert in held if alert.duty.by})
        free = [alert for alert in held if not (alert.duty.by and stands(alert, known.get(alert.duty.by), self.top))]
        return [alert.id for alert in free if alert.duty.by], free

    def missed(self, form: Missed) -> None:
        """Keep what happened and nobody was told of; once, where its `key` is in the chain already. Raises
        KeyUsedError."""
        with self._keeping:
            if repeated(self._store, form) is None:
                self._keep(form)

    def ordered(self, order: Ordered) -> None:
        """Write what was ordered of the engine into the chain; once, where its id is there already."""
        with self._keeping:
            if not self.knows_order(order.id):
                self._keep(order)

    def knows_order(self, order: str) -> bool:
        """Whether an order of this id is in the chain."""
        acts = (decode(one.body).act for one in self._store.links_of(""))
        return any(isinstance(one, Ordered) and one.id == order for one in acts)

    def adopt(self, now: int) -> list[Alert]:
        """Take up what runs and was told before there were duties: its desk owes an answer from `now` (ms UTC) on.

        No notice is written, for it was told. What was over by then stays what it was.
        """

        def taken_up(alert: Alert) -> Act | None:
            return Act("first", now, desk=alert.desk, role="engine", rank=alert.rank) if alert.duty == NOBODY else None

        return self._write([alert.id for alert in self._store.board() if alert.duty == NOBODY], taken_up)

    def reckon(self) -> None:
        """When each clock is due next: at a start, and where desks have changed."""
        done: dict[str, int] = {}
        for _ in range(TRIES):
            moved = {alert.id: (version, alert) for version, alert in self._store.owed()}
            moved = {i: known for i, known in moved.items() if done.get(i) != known[0]}
            if not moved:
                return
            due = dues((alert for _, alert in moved.values()), self.desks, self.route)
            self._store.set_due({i: (version, due[i]) for i, (version, _) in moved.items()})
            done |= {i: version for i, (version, _) in moved.items()}
        raise ConflictError(f"{len(done)} alerts were changed by others {TRIES} times over")

    def _write(
        self,
        ids: Sequence[str],
        made: Callable[[Alert], Act | None],
        before: Sequence[tuple[str, Kept]] = (),
        told: Sequence[Notice] = (),
    ) -> list[Alert]:
        """One transaction for all of `ids`, made anew where it met another; the alerts that were moved. Entries
        `before` theirs, and what was `told` of these, are written in the same, also where no alert moves."""
        for _ in range(TRIES):
            known = self._store.known(ids)
            acts = {i: (found, act) for i, found in known.items() if (act := made(found[1])) is not None}
            if not acts and not before:
                return []
            moved = {i: moved_by(alert, act) for i, ((_, alert), act) in acts.items()}
            change = Change(
                self._city,
                None,
                tuple(moved.values()),
                (*before, *((i, act) for i, (_, act) in acts.items())),
                (
                    *told,
                    *(notice for i, (_, act) in acts.items() for notice in self._notices(known[i][1], moved[i], act)),
                ),
                was={i: version for i, ((version, _), _) in acts.items()},
                due=dues(moved.values(), self.desks, self.route),
            )
            try:
                self._store.commit(change)
            except ConflictError:
                continue
            return list(moved.values())
        raise ConflictError(f"{len(ids)} alerts were changed by others {TRIES} times over")

    def _notices(self, before: Alert, alert: Alert, act: Act) -> list[Notice]:
        """A desk hears of the alert for the first time when it is raised to it, or let out of what is held. It is
        reminded when it did not answer in time, and when nobody has the alert any more; so is the highest. Who was
        asked in vain, several of them, hears once that somebody has it."""
        if alert.duty.held_at:
            return []
        again = f"reminder-{alert.duty.acts}"
        if act.verb == "call":
            desk = self.desks.get(act.desk)
            return list(tell(alert, "reminder", act.desk, *road(desk, act.to), act.at, mark=again)) if desk else []
        told: list[tuple[str, Reason, str]] = []
        if act.verb in ("raise", "release"):
            told.append((act.to or alert.desk, "first", ""))
        if act.verb == "raise" and act.why == "unanswered" and act.role == clocks.CLOCK:
            told.append((act.desk, "reminder", again))
        late = act.verb == "remind" and act.at - clocks.answer_due(alert, self.desks) > LONG_PAST_MS
        if act.verb in ("lapse", "leave", "reopen", "remind") and not late:
            told.append((alert.duty.asked, "reminder", again))
        if act.verb in ("take", "close") and before.duty.stage in WAITING and (before.duty.above or before.duty.called):
            told += [(name, "taken", f"taken-{alert.duty.acts}") for name in before.duty.desks]
        return [
            notice
            for name, reason, mark in told
            if (desk := self.desks.get(name)) is not None
            for notice in tell(alert, reason, name, *roads(desk, alert.duty.called), act.at, mark=mark)
        ]


def moved_by(alert: Alert, act: Act) -> Alert:
    """The alert after `act`. Raises MoveRefused."""
    return msgspec.structs.replace(alert, duty=fold(alert.duty, act))


def _release(alert: Alert, now: int) -> Act | None:
    if not alert.duty.held_at:
        return None
    return Act("release", now, desk=alert.desk, role="budget", rank=alert.rank)


def _held_by_budget(alert: Alert, now: int) -> Act | None:
    """What explained it is over: from now on nothing but the budget holds it."""
    if not alert.duty.by:
        return None
    return Act("hold", now, desk=alert.desk, role="budget", rank=alert.rank)


def due_at(alert: Alert, desks: Mapping[str, Desk], routed: str = "") -> int:
    """When a clock has something to do about the alert, ms UTC; 0: never."""
    act = clocks.next_act(alert, desks, routed)
    return act.at if act is not None else 0


def dues(alerts: Iterable[Alert], desks: Mapping[str, Desk], route: Route) -> dict[str, int]:
    """The same for several."""
    return {alert.id: due_at(alert, desks, route(alert)) for alert in alerts}
