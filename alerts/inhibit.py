"""Hushed because another alert explains it: the burst is told already, by another rule, and once is enough. Pure.

Within a rule the engine's attribution sees to that. Between rules the same is asked of the evidence of both alerts, in
the words of attribution: what is left of a node's count, less the excess of what lies in it, does not reach its limit
(`sum`); or a wider node was named as a whole, and this one is a part that it counts (`part`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

from alerts.alert import Alert
from alerts.duty import Outcome
from rules.book import Book
from rules.signals import COUNTED, Evidence, Share
from rules.trees import Tree

Why = Literal["sum", "part"]

_NOTHING: Final[frozenset[Outcome | Literal[""]]] = frozenset(("not_real", "data_fault", "cannot_tell"))
"""Whoever found this of an alert explains nothing by it."""


def explanation(one: Alert, by: Iterable[Alert], book: Book) -> tuple[Alert, Why] | None:
    """The first alert of `by` that explains `one`, and how; None: none does. The top rank is explained by nothing."""
    for other in by:
        why = _how(one, other, book) if stands(one, other, len(book.ladder) - 1) else None
        if why is not None:
            return other, why
    return None


def stands(one: Alert, other: Alert | None, top: int) -> bool:
    """Whether `other` may explain `one` as both are now: it runs, its desk was told of it, it is as grave, and nobody
    has found that it is nothing. `top`: the highest rank, which nothing explains."""
    if other is None or other.state != "open" or not other.duty.told_at or other.duty.held_at:
        return False
    found_nothing = other.duty.stage == "closed" and other.duty.outcome in _NOTHING
    return not found_nothing and one.rank <= other.rank and one.rank < top


def _how(one: Alert, other: Alert, book: Book) -> Why | None:
    """Both count, in the same direction, by different rules, and one's nodes hold the other's."""
    mine, its = one.signal, other.signal
    low = mine.kind == "drop"
    if one.id == other.id or mine.rule == its.rule or mine.kind not in COUNTED or its.kind not in COUNTED:
        return None
    if low != (its.kind == "drop") or mine.evidence.limit < (0 if low else 1):
        return None
    if _within(book.areas, mine.area, its.area) and _within(book.categories, mine.category, its.category):
        return "sum" if _left_is_quiet(mine.evidence, its.evidence, low=low) else None
    if _within(book.areas, its.area, mine.area) and _within(book.categories, its.category, mine.category):
        return "part" if _is_part(one, other, book, low=low) else None
    return None


def _within(tree: Tree, outer: str, inner: str) -> bool:
    return outer in tree.by_code and inner in tree.by_code and tree.holds(outer, inner)


def _left_is_quiet(mine: Evidence, its: Evidence, *, low: bool) -> bool:
    """The excess of `its` lies in my peak window, and without it I would not have spoken."""
    begins, ends = _peak(mine)
    since, until = _peak(its)
    excess = max((its.expected - its.observed) if low else (its.observed - its.expected), 0.0)
    left = mine.observed + excess if low else mine.observed - excess
    return begins <= since and until <= ends and (left > mine.limit if low else left < mine.limit)


def _is_part(one: Alert, other: Alert, book: Book, *, low: bool) -> bool:
    """Its peak window holds mine, and its evidence counts a part, in which I lie, that speaks for me."""
    mine, its = one.signal.evidence, other.signal.evidence
    begins, ends = _peak(its)
    since, until = _peak(mine)
    if not (begins <= since and until <= ends):
        return False
    return any(
        _carries(share, mine, low=low)
        for tree, code, shares in (
            (book.areas, one.signal.area, its.areas),
            (book.categories, one.signal.category, its.categories),
        )
        for share in shares
        if _within(tree, share.code, code)
    )


def _carries(share: Share, mine: Evidence, *, low: bool) -> bool:
    too_much = share.expected - share.observed if low else share.observed - share.expected
    my_own = mine.expected - mine.observed if low else mine.observed - mine.expected
    return too_much >= my_own > 0


def _peak(evidence: Evidence) -> tuple[int, int]:
    """The window that the figures belong to, [since, until) ms."""
    window = next((one for one in evidence.windows if one.length == evidence.window), None)
    return (window.since, window.until) if window else (evidence.peak, evidence.peak)
