"""The judge of each kind of rule on matters."""

from __future__ import annotations

from collections.abc import Callable

from rules.book import Book, Entries, MatterRule
from rules.matters.deadline import Deadline
from rules.matters.look import Judge
from rules.matters.repeat import Repeat
from rules.matters.sequence import AbsenceOf, SequenceOf, Which


def judge_of(rule: MatterRule, book: Book, grace: int, deaf: Callable[[int, int], bool]) -> Judge:
    """`grace`: the longest lateness of its feeds, ms; `deaf`: whether one was not heard in [since, until)."""
    if rule.kind == "deadline":
        return Deadline(book.table, rule.warned, book.calendar, book.categories)
    if rule.kind == "repeat":
        return Repeat(rule.n, rule.within, frozenset(rule.first.stages), frozenset(rule.then.stages))
    first, then = _which(rule.first), _which(rule.then)
    if rule.kind == "sequence":
        return SequenceOf(first, then, rule.n, rule.within, rule.keep, book.categories)
    return AbsenceOf(first, then, rule.within, grace, rule.keep, book.categories, deaf)


def _which(entries: Entries) -> Which:
    return Which(entries.category, frozenset(entries.stages))
