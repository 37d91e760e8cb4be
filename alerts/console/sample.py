"""The fake behind the page: a small county on a windy night. Ships with the port for tests and for looking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from alerts.alert import Alert
from alerts.console.bell import Bell
from alerts.console.sample_county import sample_book, sample_shapes
from alerts.console.sample_night import NOW, sample_feeds, sample_night
from alerts.console.source import RECENT, City, FeedState


class SampleBoard:
    """A `BoardSource` by hand: what is put is what is shown; every change rings."""

    def __init__(
        self,
        city: City,
        alerts: Sequence[Alert] = (),
        feeds: Sequence[FeedState] = (),
        shapes: bytes | None = None,
        now: int = NOW,
    ) -> None:
        self._city = city
        self._alerts = {alert.id: alert for alert in alerts}
        self._feeds = tuple(feeds)
        self._shapes = shapes
        self._now = now
        self._bell = Bell()

    def put(self, *alerts: Alert) -> None:
        """Adds alerts, or replaces those of the same id."""
        self._alerts = {**self._alerts, **{alert.id: alert for alert in alerts}}
        self._bell.ring()

    def hear(self, *feeds: FeedState) -> None:
        """Replaces what is known of the feeds."""
        self._feeds = feeds
        self._bell.ring()

    def be(self, city: City) -> None:
        """Another book, other languages, or an exercise."""
        self._city = city
        self._bell.ring()

    def move_to(self, now: int) -> None:
        self._now = now
        self._bell.ring()

    def city(self) -> City:
        return self._city

    def now(self) -> int:
        return self._now

    def alerts(self, now: int) -> Sequence[Alert]:
        return [
            alert
            for alert in self._alerts.values()
            if alert.state == "open" or max(alert.signal.over_at, alert.signal.at, alert.signal.said_at) >= now - RECENT
        ]

    def alert(self, alert_id: str) -> Alert | None:
        return self._alerts.get(alert_id)

    def feeds(self) -> Sequence[FeedState]:
        return self._feeds

    def shapes(self) -> bytes | None:
        return self._shapes

    def version(self) -> int:
        return self._bell.version()

    async def changed(self, after: int) -> int:
        return await self._bell.changed(after)


def sample_board(
    names: Mapping[str, str] | None = None, *, word: str = "sample", exercise: bool = False
) -> SampleBoard:
    """The windy night. `names`: another name for the county, by language; `word`: another one in addresses."""
    book = msgspec.structs.replace(sample_book(), city=word)
    if names is not None:
        book = msgspec.structs.replace(book, names=dict(names))
    return SampleBoard(City(book, exercise=exercise), sample_night(), sample_feeds(), sample_shapes())
