"""Counts and thresholds once more, by hand: from what was sent, with nothing of the engine.

What the sender knows of an event (area, category, time, count) is its own; of the log only the arrivals are taken.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rules.book import Book, FeedPolicy, Rule
from streams.simulate import Sent

Cell = tuple[str, str, int]
"""(area, category, bucket)."""


class Came(NamedTuple):
    """An event and the first arrival that the log has of it, ms."""

    sent: Sent
    at: int


@dataclass(frozen=True, slots=True)
class Moved:
    """An event came to stand (+1) or was taken back (-1) at `at`, ms."""

    sent: Sent
    sign: int
    at: int


def moved(came: Iterable[Came], policies: Mapping[str, FeedPolicy]) -> list[Moved]:
    """The story of all identities: a higher revision takes the lower one back when it comes."""
    stories: dict[tuple[str, str, str], dict[int, Came]] = defaultdict(dict)
    for one in came:
        sent = one.sent
        at = one.at if sent.occurred_at <= one.at + policies[sent.feed].skew else sent.occurred_at  # held until then
        versions = stories[sent.feed, sent.id, sent.stage]
        if sent.revision not in versions or at < versions[sent.revision].at:
            versions[sent.revision] = Came(sent, at)
    found = []
    for versions in stories.values():
        stands: Sent | None = None
        for one in sorted(versions.values(), key=lambda c: (c.at, c.sent.revision)):
            if stands is not None and one.sent.revision < stands.revision:
                continue
            if stands is not None:
                found.append(Moved(stands, -1, one.at))
            found.append(Moved(one.sent, +1, one.at))
            stands = one.sent
    return found


def counts(book: Book, rule: Rule, story: Sequence[Moved]) -> Counter[Cell]:
    """What every series holds once all is settled."""
    weight: Counter[Sent] = Counter()
    for move in story:
        if counted(book, rule, move.sent):
            weight[move.sent] += move.sign
    cells: Counter[Cell] = Counter()
    for sent in _once([sent for sent, n in weight.items() if n], rule.once_within):
        for area, category in nodes(book, rule, sent):
            cells[area, category, sent.occurred_at // rule.step] += sent.count
    return +cells


def counted(book: Book, rule: Rule, sent: Sent) -> bool:
    """Whether the rule counts such an event."""
    chosen = rule.selector
    in_feeds = not chosen.feeds or sent.feed in chosen.feeds
    return (
        in_feeds
        and sent.count > 0
        and sent.stage in chosen.stages
        and book.categories.holds(chosen.category, sent.category)
    )


def nodes(book: Book, rule: Rule, sent: Sent) -> Iterator[tuple[str, str]]:
    """The series that the event feeds."""
    areas, categories = book.areas, book.categories
    depth = areas.levels.index(rule.areas)
    deepest = categories.levels.index(rule.categories) if rule.categories else -1
    for area in areas.paths[sent.area]:
        if areas.depth(area) <= depth:
            for category in categories.paths[sent.category]:
                top = category == rule.selector.category
                if top or (
                    categories.holds(rule.selector.category, category) and categories.depth(category) <= deepest
                ):
                    yield area, category


def _once(sents: Sequence[Sent], within: int) -> Iterator[Sent]:
    """Of events of one place and category that follow one another more closely than `within`, the first."""
    by_place: dict[tuple[str, str], list[Sent]] = defaultdict(list)
    for sent in sents:
        if within and sent.place:
            by_place[sent.place, sent.category].append(sent)
        else:
            yield sent
    for mine in by_place.values():
        before: int | None = None
        for sent in sorted(mine, key=lambda s: s.occurred_at):
            if before is None or sent.occurred_at - before >= within:
                yield sent
            before = sent.occurred_at


class Spell(NamedTuple):
    """A threshold was reached in `area` from bucket `first` to bucket `last`."""

    area: str
    first: int
    last: int


class Deaf(NamedTuple):
    """An Order says from `start` on that [since, until) was not heard. Times in ms."""

    start: int
    since: int
    until: int


def spells(book: Book, rule: Rule, story: Sequence[Moved], deaf: Sequence[Deaf], until: int) -> list[Spell]:
    """What a plain threshold without `once` and attribution finds in every series, up to city time `until`."""
    lateness = _longest_lateness(book, rule)
    changes: dict[str, dict[int, list[tuple[int, int]]]] = defaultdict(lambda: defaultdict(list))
    for move in story:
        sent = move.sent
        if not counted(book, rule, sent):
            continue
        bucket = sent.occurred_at // rule.step
        in_time = move.at - sent.occurred_at <= book.feed_by_name[sent.feed].lateness
        joins = 0 if in_time else max(move.at, (bucket + 1) * rule.step + lateness)
        for area in {area for area, _ in nodes(book, rule, sent)}:
            changes[area][bucket].append((joins, move.sign * sent.count))
    return sorted(_Hand(book, rule, changes, lateness, deaf).spells(until))


def _longest_lateness(book: Book, rule: Rule) -> int:
    feeds = rule.selector.feeds
    return max(feed.lateness for feed in book.feeds if not feeds or feed.name in feeds)


@dataclass
class _Run:
    first: int
    last: int
    shortest: int
    quiet: int = 0


class _Hand:
    """Bucket by bucket over all areas; where a run is over, windows beneath it begin after its last bucket."""

    def __init__(
        self, book: Book, rule: Rule, changes: Mapping[str, Mapping[int, Sequence[tuple[int, int]]]], lateness: int,
        deaf: Sequence[Deaf],
    ) -> None:  # fmt: skip
        self.book, self.rule, self.changes, self.lateness, self.deaf = book, rule, changes, lateness, deaf
        self.limit = max(rule.detector.parameters["n"], rule.at_least)
        self.widths = [round(window / rule.step) for window in rule.windows]
        self.keep = max(1, -(-rule.keep // rule.step))
        self.resets = dict.fromkeys(changes, -(10**15))
        self.runs: dict[str, _Run] = {}

    def spells(self, until: int) -> Iterator[Spell]:
        if not self.changes:
            return
        buckets = [bucket for mine in self.changes.values() for bucket in mine]
        bucket = min(buckets)
        while (bucket + 1) * self.rule.step + self.lateness <= until and (bucket <= max(buckets) or self.runs):
            yield from self._bucket(bucket)
            bucket += 1
        yield from (Spell(area, run.first, run.last) for area, run in self.runs.items())

    def _bucket(self, bucket: int) -> Iterator[Spell]:
        resets = dict(self.resets)
        begin, end = bucket * self.rule.step, (bucket + 1) * self.rule.step
        missing = any(one.start <= end + self.lateness and one.since < end and begin < one.until for one in self.deaf)
        for area in self.changes:
            loud = [n for n, width in enumerate(self.widths) if self._total(area, bucket, width, resets) >= self.limit]
            run = self.runs.get(area)
            if loud and self._total(area, bucket, 1, resets):
                run = self.runs.setdefault(area, _Run(bucket, bucket, loud[0]))
                run.last, run.quiet, run.shortest = bucket, 0, min(run.shortest, loud[0])
            elif run is not None:
                calm = self._total(area, bucket, self.widths[run.shortest], resets) < self.limit / 2
                run.quiet = 0 if not calm else run.quiet + (not missing)
                if run.quiet >= self.keep:
                    yield Spell(area, run.first, run.last)
                    self._end(area)

    def _end(self, area: str) -> None:
        run = self.runs.pop(area)
        for below in self.changes:
            if self.book.areas.holds(area, below):
                self.resets[below] = max(self.resets[below], run.last)

    def _total(self, area: str, bucket: int, width: int, resets: Mapping[str, int]) -> int:
        """The window's count as it stands when the bucket settles."""
        settles = (bucket + 1) * self.rule.step + self.lateness
        first = max(bucket - width + 1, resets[area] + 1)
        mine = self.changes[area]
        return sum(n for b in range(first, bucket + 1) for joins, n in mine.get(b, ()) if joins < settles)
