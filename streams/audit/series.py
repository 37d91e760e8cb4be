"""The totals of every series, counted plainly from the rows that stand, against what the engine holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rules.book import Book, FeedPolicy, Rule
from rules.counts import Counts
from rules.engine import Engine
from rules.records import EXERCISE, SELF_INITIATED
from rules.sharing import Counted, counts_names
from streams.audit.recount import Change, Row

Cell = tuple[str, str, int]
"""(area, category, bucket)."""

TOLD_AT_MOST: Final = 20
"""Cells of one rule that are told where they differ; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Differs:
    """A bucket of a series whose two countings part."""

    rule: str
    area: str
    category: str
    start: int  # of the bucket, ms
    recounted: int
    engine: int


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of one comparison of counts: buckets × series looked at, and where they part."""

    rules: tuple[str, ...]  # that share these counts
    cells: int
    events: int  # the recounted events in these cells
    differs: tuple[Differs, ...]
    more: int  # that differ beyond those listed


def reaches_back_to(engine: Engine) -> int:
    """The oldest instant that any series of the engine still holds, ms; rows before it need not be kept."""
    oldest = [counts.steps.start(counts.ring.lo) for counts in engine.counts.values() if _begun(counts)]
    within = max((rule.once_within for rule in engine.book.rules), default=0)
    return min(oldest, default=0) - within


def compare(
    engine: Engine, changes: Sequence[Change], begun: Iterable[tuple[int, Book]], first: Book
) -> list[Compared]:
    """Every series of every rule, bucket by bucket. `begun`: the books that followed `first`, with their times."""
    books = [(0, first), *begun]
    births = _births(first, books[1:])
    rules: dict[str, list[Rule]] = defaultdict(list)
    for rule in engine.book.rules:
        rules[engine.rules[rule.id].fingerprint].append(rule)
    return [
        _compared(engine, engine.counts[name], sharing, changes, births.get(name, books[-1][0]))
        for name, sharing in rules.items()
    ]


def _begun(counts: Counts) -> bool:
    return counts.ring.hi >= counts.ring.lo


def _compared(
    engine: Engine, counts: Counts, rules: Sequence[Rule], changes: Sequence[Change], born: int | None
) -> Compared:
    names = tuple(rule.id for rule in rules)
    rule = rules[0]
    if not _begun(counts):
        return Compared(names, 0, 0, (), 0)
    buckets = [b for b in range(counts.ring.lo + 1, counts.ring.hi + 1) if _sure(engine, counts, rule, b, born)]
    wanted = frozenset(buckets)
    ours = {
        cell: n
        for cell, n in recounted(rule, engine.book, counts, changes, engine.tick or 0).items()
        if cell[2] in wanted and n
    }
    theirs = _held(counts, buckets)
    differs = [
        Differs(rule.id, area, category, counts.steps.start(bucket), ours.get(cell, 0), theirs.get(cell, 0))
        for cell in sorted(ours.keys() | theirs.keys())
        for area, category, bucket in [cell]
        if ours.get(cell, 0) != theirs.get(cell, 0)
    ]
    cells = len(buckets) * len(counts.pairs)
    return Compared(
        names, cells, sum(ours.values()), tuple(differs[:TOLD_AT_MOST]), max(0, len(differs) - TOLD_AT_MOST)
    )


def _held(counts: Counts, buckets: Sequence[int]) -> dict[Cell, int]:
    """What the engine's counts hold in each bucket; zeros left out."""
    series = np.arange(len(counts.pairs), dtype=np.int64)
    found: dict[Cell, int] = {}
    for bucket in buckets:
        at = np.full(len(series), bucket, np.int64)
        totals = counts.total(series, at, at)
        for number in np.flatnonzero(totals).tolist():
            found[*counts.pairs[number], bucket] = int(totals[number])
    return found


def recounted(rule: Rule, book: Book, counts: Counts, changes: Sequence[Change], tick: int) -> Counter[Cell]:
    """Events by cell: every row that the rule counts and that stands by `tick`, at its area, category and above."""
    policies = {feed.name: feed for feed in book.feeds if _counts_feed(rule, feed)}
    latest = max((feed.lateness for feed in policies.values()), default=0)
    weight: Counter[int] = Counter()
    rows: dict[int, Row] = {}
    for change in changes:
        row = change.row
        policy = policies.get(row.feed)
        if policy is None or not row.count or not _selects(rule, book, row):
            continue
        if change.at - row.occurred_at > policy.lateness:  # too late: it joins once its bucket has settled
            joins = max(change.at, counts.steps.end(counts.steps.bucket(row.occurred_at)) + latest)
            if joins > tick:
                continue
        weight[id(row)] += change.sign
        rows[id(row)] = row
    standing = [(rows[number], times) for number, times in weight.items() if times]
    cells: Counter[Cell] = Counter()
    for row, times in _counted_once(standing, rule.once_within):
        bucket = counts.steps.bucket(row.occurred_at)
        for area in _area_path(book, rule, row.area):
            for category in _category_path(book, rule, row.category):
                cells[area, category, bucket] += times * row.count
    return cells


def _counts_feed(rule: Rule, feed: FeedPolicy) -> bool:
    chosen = rule.selector
    return (not chosen.feeds or feed.name in chosen.feeds) and chosen.kind in (None, feed.kind)


def _selects(rule: Rule, book: Book, row: Row) -> bool:
    chosen = rule.selector
    if row.flags & EXERCISE or (row.flags & SELF_INITIATED and not chosen.self_initiated):
        return False
    if row.stage not in chosen.stages or row.area not in book.areas.by_code:
        return False
    if chosen.category not in book.categories.paths.get(row.category, ()):
        return False
    return not chosen.severities or row.severity in chosen.severities


def _counted_once(standing: Sequence[tuple[Row, int]], within: int) -> Iterator[tuple[Row, int]]:
    """Rows of one place and leaf category less than `within` after the one before do not count again."""
    by_place: dict[tuple[int, str], list[tuple[Row, int]]] = defaultdict(list)
    for row, times in standing:
        if not within or row.place == 0:
            yield row, times
        else:
            by_place[row.place, row.category].append((row, times))
    for rows in by_place.values():
        rows.sort(key=lambda item: (item[0].occurred_at, *item[0].key, *item[0].version))
        before: int | None = None
        for row, times in rows:
            if before is None or row.occurred_at - before >= within:
                yield row, times
            before = row.occurred_at


def _area_path(book: Book, rule: Rule, area: str) -> list[str]:
    levels = book.areas.levels[: book.areas.levels.index(rule.areas) + 1]
    return [code for code in book.areas.paths[area] if book.areas.by_code[code].level in levels]


def _category_path(book: Book, rule: Rule, category: str) -> list[str]:
    """The selector's node, and what lies below it on the way, down to the rule's level."""
    tree = book.categories
    levels = tree.levels[: tree.levels.index(rule.categories) + 1] if rule.categories else ()
    path = tree.paths[category]
    below = path[: path.index(rule.selector.category)]
    return [code for code in below if tree.by_code[code].level in levels] + [rule.selector.category]


# what may be compared


def _sure(engine: Engine, counts: Counts, rule: Rule, bucket: int, born: int | None) -> bool:
    """Whether the counts have known every row of the bucket, and of its `once`, from the first one on."""
    start = counts.steps.start(bucket)
    if start < counts.steps.start(counts.ring.lo + 1) + rule.once_within:
        return False
    if born is None or start >= born + rule.once_within:
        return True
    settled = counts.steps.end(bucket) + counts.longest_lateness <= (engine.tick or 0)
    remembered = born - min((feed.horizon for feed in engine.book.feeds), default=0)
    return settled and start >= remembered + rule.once_within


def _births(first: Book, begun: Iterable[tuple[int, Book]]) -> dict[str, int | None]:
    """Counts by name -> when a book brought them into the log; None: there from the beginning."""
    names, of = counts_names(first), first
    births: dict[str, int | None] = dict.fromkeys(names.values(), None)
    for at, book in begun:
        names = counts_names(book, {rule.id: Counted(rule, names[rule.id]) for rule in of.rules})
        births, of = {name: births.get(name, at) for name in names.values()}, book
    return births
