"""How an engine stands, as a worker says it for those who have none: one record a city among the counts, absolute.

A second apart at most while ticks come, so that a desk knows the city's time, its feeds and what was stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rules.book import Book
from rules.feeds import FeedView
from streams.kafka.counted import SEPARATOR

if TYPE_CHECKING:
    from streams.runtime.ports import EngineLike

VIEW: Final = "view"


class View(msgspec.Struct, frozen=True, tag_field="type", tag=VIEW):
    """`tick`: the last, ms; `book`: digest of the one in force; `stopped`: rule -> (offset, why)."""

    tick: int
    book: str
    stopped: dict[str, tuple[int, str]]
    feeds: tuple[FeedView, ...]


def entry(city: str, engine: EngineLike) -> tuple[bytes, bytes]:
    """Key and value of a city's record."""
    view = View(engine.tick or 0, engine.book.digest, dict(engine.stopped), tuple(engine.feeds()))
    return SEPARATOR.join((city, VIEW)).encode(), msgspec.json.encode(view)


def is_view(key: bytes) -> bool:
    """Whether a record among the counts is one."""
    return key.endswith((SEPARATOR + VIEW).encode()) and key.count(SEPARATOR.encode()) == 1


def read(value: bytes) -> View:
    """Raises msgspec.MsgspecError where it is none of ours, or of a format to come."""
    return msgspec.json.decode(value, type=View)


class Seen:
    """An engine as a view shows it (`streams.board.Looked`)."""

    def __init__(self, view: View, book: Book) -> None:
        self._view = view
        self.book = book

    @property
    def tick(self) -> int | None:
        return self._view.tick or None

    @property
    def stopped(self) -> Mapping[str, tuple[int, str]]:
        return self._view.stopped

    def feeds(self) -> tuple[FeedView, ...]:
        return self._view.feeds
