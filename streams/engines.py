"""Where the runtime gets its engines: the judge of `rules.engine`, anew or from its own snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rules.book import Book
from rules.engine import Engine

if TYPE_CHECKING:
    from streams.runtime.ports import ClockKind, EngineLike


class RuleEngines:
    """The shipped `Engines`."""

    def make(self, book: Book, epoch: int, clock: ClockKind) -> EngineLike:
        return Engine(book, epoch=epoch, clock=clock)

    def restore(self, rows: Mapping[str, bytes], books: Mapping[str, Book]) -> EngineLike:
        return Engine.of_rows(rows, books)
