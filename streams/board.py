"""What the page sees of a city: its book, clock and feeds as the writer left them last, its alerts from the store.

The engine belongs to the writer's thread. After every turn that thread lays here what pages may see; pages read
only that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from alerts.alert import Alert
from alerts.console import Bell, City, FeedState
from alerts.console.source import RECENT
from alerts.store import Store
from rules.book import Book
from rules.feeds import FeedView


class Looked(Protocol):
    """What pages ask of an engine, or of what a worker says of one."""

    @property
    def book(self) -> Book: ...
    @property
    def tick(self) -> int | None: ...
    @property
    def stopped(self) -> Mapping[str, tuple[int, str]]: ...  # rule -> (offset, why)
    def feeds(self) -> Sequence[FeedView]: ...


class CityBoard:
    """A `BoardSource` over a store and what `look` saw of the engine."""

    def __init__(
        self, book: Book, languages: tuple[str, ...], shapes: bytes | None, store: Store, *, exercise: bool = False
    ) -> None:
        self._city = City(book, languages, exercise)
        self._shapes = shapes
        self._store = store
        self._bell = Bell()
        self._tick = 0
        self._feeds: tuple[FeedState, ...] = tuple(FeedState(feed.name, 0) for feed in book.feeds)

    # for the writer's thread

    def look(self, engine: Looked, *, catching_up: bool = False) -> None:
        """Take what pages may see; ring where more than the time has changed."""
        self._tick = engine.tick or 0
        known = engine.book.feed_by_name
        feeds = tuple(_state(view) for view in engine.feeds() if view.name in known)
        city = City(engine.book, self._city.languages, self._city.exercise, catching_up)
        known_as = self._city.book.digest, self._city.catching_up
        changed = feeds != self._feeds or (city.book.digest, catching_up) != known_as
        self._feeds = feeds
        if (city.book.digest, catching_up) != known_as:
            self._city = city
        if changed:
            self._bell.ring()

    def ring(self) -> None:
        """Alerts changed."""
        self._bell.ring()

    def reshape(self, shapes: bytes | None) -> None:
        self._shapes = shapes
        self._bell.ring()

    # for pages

    def city(self) -> City:
        return self._city

    def now(self) -> int:
        return self._tick

    def alerts(self, now: int) -> Sequence[Alert]:
        return self._store.board(ended_since=now - RECENT)

    def alert(self, alert_id: str) -> Alert | None:
        return self._store.alert(alert_id)

    def feeds(self) -> Sequence[FeedState]:
        return self._feeds

    def shapes(self) -> bytes | None:
        return self._shapes

    def version(self) -> int:
        return self._bell.version()

    async def changed(self, after: int) -> int:
        return await self._bell.changed(after)


def _state(view: FeedView) -> FeedState:
    return FeedState(
        view.name,
        view.heard_at,
        view.silent_since,
        0,
        view.recent,
        view.silent_after,
        view.newest,
        view.usual,
        view.covered,
        view.boxes,
    )
