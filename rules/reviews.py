"""What one operator ordered at once, and no second account has reviewed yet: told when its day is over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from rules.book import Book
from rules.records import ByHand, Exclude, HearFeed, MuteFeed, Review, UseBook
from rules.signals import Evidence, Signal
from rules.speech import Speaker, Told, key_of

REVIEW_OVERDUE: Final = "review-overdue"
"""The rule id of an order about no rule, whose review is overdue: built in."""
REVIEW_WITHIN_MS: Final = 24 * 3_600_000
"""So long may an order of one operator stand before a second account has looked at it."""
KEPT: Final = 1_000
"""Orders that wait for a review, or have been reviewed and might be handed over again: beyond it the oldest leave."""


class Owed(msgspec.Struct, frozen=True):
    """An order that waits for its review. `at`: when it took effect, ms; `kind`: the record's tag."""

    id: str
    kind: str
    by: str
    reason: str
    at: int
    rule: str = ""
    feed: str = ""
    area: str = ""
    category: str = ""
    since: int = 0
    until: int = 0

    @property
    def due(self) -> int:
        return self.at + REVIEW_WITHIN_MS


class Reviews:
    """Orders by their id: those that wait, what was said of them, and the last that were seen."""

    def __init__(self) -> None:
        self.owed: dict[str, Owed] = {}
        self.told: dict[str, Told] = {}
        self.seen: list[str] = []
        self.lapsed: list[Owed] = []  # reviewed after their day, and not yet said to have been overdue

    def __bool__(self) -> bool:
        return bool(self.seen)

    def take(self, order: ByHand | UseBook, at: int) -> bool:
        """Note an order that takes effect at `at`; whether it is a new one. One without an id always is."""
        if not order.id:
            return True
        if order.id in self.seen:
            return False
        self.seen.append(order.id)
        del self.seen[:-KEPT]
        self.owed[order.id] = _owed(order, at)
        return True

    def reviewed(self, review: Review, at: int) -> None:
        """A second account has looked, at `at`; the one that gave the order is no second."""
        owed = self.owed.get(review.order)
        if owed is not None and review.by and review.by != owed.by:
            del self.owed[review.order]
            if owed.due < at and owed.id not in self.told:  # no tick fell between: it was overdue all the same
                self.lapsed.append(owed)

    def next_due(self) -> int | None:
        """When the next of them is overdue and is said to be, ms."""
        return min((owed.due for owed in self.owed.values() if owed.id not in self.told), default=None)

    def say(self, now: int, book: Book, speaker: Speaker) -> Iterator[Signal]:
        """What is overdue by `now`, and what no longer is."""
        for owed in self.owed.values():
            if owed.due <= now and owed.id not in self.told:
                told = self.told[owed.id] = _told(owed, book, speaker)
                yield _signal(owed.id, told, speaker)
        self.told.update({owed.id: _told(owed, book, speaker) for owed in self.lapsed})
        self.lapsed = []
        for gone in [name for name in self.told if name not in self.owed]:
            told = self.told.pop(gone)
            told.state = "over"
            yield _signal(gone, told, speaker, over_at=speaker.now)


def _owed(order: ByHand | UseBook, at: int) -> Owed:
    kind = str(order.__struct_config__.tag)
    owed = Owed(order.id, kind, order.by, order.reason, at)
    if isinstance(order, Exclude):
        about = {"area": order.area, "category": order.category}
        return msgspec.structs.replace(owed, since=order.since, until=order.until, **about)
    if isinstance(order, MuteFeed | HearFeed):
        return msgspec.structs.replace(owed, feed=order.feed)
    return owed if isinstance(order, UseBook) else msgspec.structs.replace(owed, rule=order.rule)


def _told(owed: Owed, book: Book, speaker: Speaker) -> Told:
    """Said to the first desk of what the order is about."""
    rule = next((rule for rule in book.rules if rule.id == owed.rule), None)
    area = owed.area if owed.area in book.areas.by_code else book.areas.root
    category = rule.selector.category if rule is not None else owed.category
    if category not in book.categories.by_code:
        category = book.categories.root
    rank = min(1, len(book.ladder) - 1)
    evidence = Evidence(
        peak=owed.at, observed=0, expected=0.0, spread=0.0, limit=-1, would_not_have_spoken=-1, window=0, rank=rank,
        colour=book.ladder[rank], rank_limits=(),
    )  # fmt: skip
    key = key_of(REVIEW_OVERDUE, owed.id, owed.at)
    summary = (owed.rule or REVIEW_OVERDUE, owed.feed)
    return Told(
        alert=key, key=key, first=owed.due, area=area, category=category, said_at=speaker.now, late=False, runs=[],
        state="running", summary=summary, evidence=evidence, last=owed.due,
    )  # fmt: skip


def _signal(order: str, told: Told, speaker: Speaker, over_at: int = 0) -> Signal:
    rule, feed = told.summary
    return speaker.signal(told, "review", str(rule), order, feed=str(feed), over_at=over_at)
