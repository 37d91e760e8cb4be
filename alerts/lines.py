"""What is told of held alerts without letting them out: a list to their own desk, one line to the desk above.

A budget bounds how often a desk is interrupted, not what it may know. So within ten minutes it has a list of what was
held since the last one: one message, each alert by colour and place, no clock. Whoever is above hears nothing of that.
Half an hour is time enough for the desk to let out what it wants; after that the desk above is told, once for each
spell, so that somebody knows who may send help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from alerts import clocks
from alerts.alert import Alert
from alerts.chain import Line, decode
from alerts.desks import Desk, roads
from alerts.listing import listed
from alerts.notice import tell
from alerts.store import Change, Store

LIST_AGAIN_MS: Final = 10 * 60_000
"""Between two lists to one desk: the longest that a held alert stays unnamed. One message in ten minutes is what a desk
is held to bear (EEMUA 191)."""
GATHER_MS: Final = LIST_AGAIN_MS // 2
"""The first list waits so long: what begins together is told together."""
HELD_MS: Final = 30 * 60_000
"""So long something must have been held."""
AGAIN_MS: Final = 8 * 3_600_000
"""A spell that goes on for longer is told of again."""


class Lines:
    """The lines of one city. `desks`: by id; `hiding`: ids of the mutes that run at a time (ms UTC): what they hide is
    held on purpose, and no line speaks of it."""

    def __init__(
        self,
        city: str,
        store: Store,
        desks: Callable[[], Mapping[str, Desk]],
        hiding: Callable[[int], frozenset[str]],
    ) -> None:
        self._city = city
        self._store = store
        self._desks = desks
        self._hiding = hiding
        self._read_to = 0
        self._last: dict[str, int] = {}  # desk -> when the desk above was told last
        self._listed: dict[str, int] = {}  # desk -> when it had its last list
        self._looked: dict[str, object] = {}
        self._gathers: dict[str, int] = {}  # desk -> until when its next list is gathered
        self._looked_for_list: dict[str, object] = {}

    def by_clock(self, now: int) -> bool:
        """Tell of every desk at which something has been held for long by `now` (ms UTC); whether anything was."""
        told = False
        for name, since in self._store.held_spells().items():
            told = (since + GATHER_MS <= now and self._list(name, now)) or told
            told = (since + HELD_MS <= now and self._tell(name, now)) or told
        return told

    def _list(self, name: str, now: int) -> bool:
        """To the desk itself: what has been held since its last list, and runs."""
        self._read()
        last = self._listed.get(name, 0)
        last = 0 if last > now + clocks.SLACK_MS else last  # a clock that was ahead
        looked = self._store.version(), self._hiding(now), last
        desk = self._desks().get(name)
        if desk is None or now < max(last + LIST_AGAIN_MS, self._gathers.get(name, 0)):
            return False
        if self._looked_for_list.get(name) == looked:
            return False
        fresh = [one for one in self._held(name, now) if one.duty.held_at > last and one.state == "open"]
        if not fresh:
            self._looked_for_list[name] = looked
            return False
        self._gathers[name] = min(one.duty.held_at for one in fresh) + GATHER_MS
        if now < self._gathers[name] <= now + GATHER_MS:
            return False
        worst = min(fresh, key=_gravest)
        about = listed(sorted(fresh, key=_gravest))
        line = Line(now, name, name, len(fresh), role=clocks.CLOCK)
        told = tell(worst, "held", name, *roads(desk), now, count=len(fresh), mark=f"list-{name}-{now}", about=about)
        self._store.commit(Change(self._city, None, (), (("", line),), tuple(told)))
        return True

    def _held(self, name: str, now: int) -> list[Alert]:
        """What the budget holds there; what a mute hides is held on purpose, and what is explained was told."""
        hiding = self._hiding(now)
        return [one for _, one in self._store.held(name) if one.duty.mute not in hiding and not one.duty.by]

    def _tell(self, name: str, now: int) -> bool:
        desks = self._desks()
        above = desks[name].parent if name in desks else ""
        looked = self._store.version(), self._hiding(now), now // HELD_MS
        if above not in desks or self._looked.get(name) == looked:
            return False
        self._looked[name] = looked
        held = self._held(name, now)
        since = min((alert.duty.held_at for alert in held), default=now)
        last = self._told(name)
        if since + HELD_MS > now or (since <= last <= now + clocks.SLACK_MS and now < last + AGAIN_MS):
            return False
        worst = min(held, key=_gravest)
        line = Line(now, name, above, len(held), role=clocks.CLOCK)
        mark = f"held-{name}-{now}"
        notices = tell(worst, "flood", above, *roads(desks[above]), now, count=len(held), mark=mark, about=name)
        self._store.commit(Change(self._city, None, (), (("", line),), tuple(notices)))
        return True

    def _told(self, name: str) -> int:
        self._read()
        return self._last.get(name, 0)

    def _read(self) -> None:
        for one in self._store.links_of("", after=self._read_to):
            self._read_to = one.seq
            act = decode(one.body).act
            if isinstance(act, Line):
                (self._listed if act.to == act.desk else self._last)[act.desk] = act.at


def _gravest(alert: Alert) -> tuple[int, int, str]:
    return -alert.rank, alert.duty.held_at, alert.id
