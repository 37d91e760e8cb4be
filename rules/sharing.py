"""Which counts each rule is judged by: rules that count the same share them, as long as they reach back far enough.

Counts bear the name of what they count and how far they reach back. Where a new book makes a rule look further back
than the counts that it shares, that rule alone is given longer ones; the others stay with theirs, and so with what
they have counted, judged and running. Longer counts for all would be cheaper, and would
reset rules that nobody touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rules.book import Book, Rule
from rules.counts import fingerprint
from rules.detectors.register import make
from rules.watch import learns_alike


class Counted(NamedTuple):
    """A rule that was in force, and the name of its counts."""

    rule: Rule
    counts: str


def counts_names(book: Book, before: Mapping[str, Counted] | None = None) -> dict[str, str]:
    """Rule -> the name of its counts. `before`: the rules in force until this book; none: at the beginning."""
    before = before or {}
    marks = {rule.id: fingerprint(rule, book).name for rule in book.rules}
    there = {one.counts for one in before.values()}
    found = {rule.id: _found(rule, marks[rule.id], before.get(rule.id), there) for rule in book.rules}
    longest: dict[str, int] = {}
    for rule in book.rules:
        if not found[rule.id]:
            longest[marks[rule.id]] = max(longest.get(marks[rule.id], 0), reach_of(rule))
    return {rule_id: name or named(marks[rule_id], longest[marks[rule_id]]) for rule_id, name in found.items()}


def goes_on(rule: Rule, book: Book, before: Counted | None) -> bool:
    """Whether a rule stays with the counts that it had: it means the same by them, and they reach back far enough."""
    if before is None or not learns_alike(before.rule, rule):
        return False
    return _serves(before.counts, rule, fingerprint(rule, book).name)


def apart_of(rule: Rule, book: Book) -> str:
    """The name of counts that reach back as far as this rule needs, and the others of the book that count the same."""
    mark = fingerprint(rule, book).name
    others = [one for one in book.rules if one.id != rule.id and fingerprint(one, book).name == mark]
    return named(mark, max(reach_of(one) for one in [rule, *others]))


def reach_of(rule: Rule) -> int:
    """How far back a rule looks from the bucket that it judges, ms."""
    return rule.windows[-1] * make(rule.detector).reach


def named(mark: str, reach: int) -> str:
    return f"{mark}/{reach}"


def reach_in(name: str) -> int:
    """How far back the counts of this name reach, ms."""
    return int(name.rpartition("/")[2])


def _serves(name: str, rule: Rule, mark: str) -> bool:
    return name.rpartition("/")[0] == mark and reach_in(name) >= reach_of(rule)


def _found(rule: Rule, mark: str, before: Counted | None, there: Iterable[str]) -> str:
    """The counts that serve a rule among those there are; empty: none does."""
    fitting = [name for name in there if _serves(name, rule, mark)]
    if before is not None and before.counts in fitting and learns_alike(before.rule, rule):
        return before.counts
    return min(fitting, key=reach_in, default="")
