"""One line to the desk above where alerts are held: so many at that desk, the worst of them since when.

Whoever is above hears nothing of what is held. Half an hour is time enough for the desk to let out what it wants; after
that the desk above is told, once for each spell, so that somebody knows who may send help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from alerts import clocks
from alerts.chain import Line, decode
from alerts.desks import Desk, roads
from alerts.notice import tell
from alerts.store import Change, Store

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
        self._looked: dict[str, object] = {}

    def by_clock(self, now: int) -> bool:
        """Tell of every desk at which something has been held for long by `now` (ms UTC); whether anything was."""
        told = False
        for name, since in self._store.held_spells().items():
            told = (since + HELD_MS <= now and self._tell(name, now)) or told
        return told

    def _tell(self, name: str, now: int) -> bool:
        desks = self._desks()
        above = desks[name].parent if name in desks else ""
        looked = self._store.version(), self._hiding(now), now // HELD_MS
        if above not in desks or self._looked.get(name) == looked:
            return False
        self._looked[name] = looked
        held = [alert for _, alert in self._store.held(name) if alert.duty.mute not in looked[1] and not alert.duty.by]
        since = min((alert.duty.held_at for alert in held), default=now)
        last = self._told(name)
        if since + HELD_MS > now or (since <= last <= now + clocks.SLACK_MS and now < last + AGAIN_MS):
            return False
        worst = min(held, key=lambda alert: (-alert.rank, alert.duty.held_at, alert.id))
        line = Line(now, name, above, len(held), role=clocks.CLOCK)
        mark = f"held-{name}-{now}"
        notices = tell(worst, "flood", above, *roads(desks[above]), now, count=len(held), mark=mark, about=name)
        self._store.commit(Change(self._city, None, (), (("", line),), tuple(notices)))
        return True

    def _told(self, name: str) -> int:
        for one in self._store.links_of("", after=self._read_to):
            self._read_to = one.seq
            act = decode(one.body).act
            if isinstance(act, Line):
                self._last[act.desk] = act.at
        return self._last.get(name, 0)
