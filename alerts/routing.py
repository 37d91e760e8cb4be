"""Who hears an alert first. Pure: the book says it, at the moment of announcing."""

from __future__ import annotations

from collections.abc import Callable

from alerts.alert import Alert
from rules.book import Book
from rules.signals import Signal
from rules.trees import Tree


def first_desk(book: Book, signal: Signal) -> str:
    """The one first desk of what `signal` names; "" only where the book has a gap.

    A code that the book no longer holds (an area that was replaced, the feed of a silence) is read as
    the root, so that a new tree never leaves an alert without a desk.
    """
    return book.first_desk(_known(book.areas, signal.area), _known(book.categories, signal.category))


def route_of(book: Book) -> Callable[[Alert], str]:
    """Which desk would hear of an alert first, were it new."""
    return lambda alert: first_desk(book, alert.signal)


def desk_for(book: Book, alert: Alert | None, signal: Signal) -> str:
    """The desk of the alert after `signal`: routed anew only when what is named has moved.

    A book that changes under a running alert takes it from nobody.
    """
    if alert and alert.desk and (alert.signal.area, alert.signal.category) == (signal.area, signal.category):
        return alert.desk
    return first_desk(book, signal)


def widened(book: Book, before: Signal, after: Signal) -> bool:
    """Whether what `after` names holds what `before` named, in both trees, and is wider in one."""
    if (before.area, before.category) == (after.area, after.category):
        return False
    return _holds(book.areas, after.area, before.area) and _holds(book.categories, after.category, before.category)


def _known(tree: Tree, code: str) -> str:
    return code if code in tree.by_code else tree.root


def _holds(tree: Tree, ancestor: str, code: str) -> bool:
    return ancestor == code or (code in tree.by_code and tree.holds(ancestor, code))
