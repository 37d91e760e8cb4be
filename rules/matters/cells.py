"""Matters by area and office: how many are due soon and late, and what was said of each pair.

A bad day is one alert a pair, however many matters it holds. It is said again when its colour changes, when half as
many came to it again, or half are gone, and when as many are due, but the next one on another day: more time was
granted. Else once a day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rules.book import Book, MatterRule
from rules.matters.look import LATE, QUIET, Look
from rules.signals import Evidence, FeedEvidence, OwedAnswers, Share, Signal
from rules.speech import Speaker, Told, key_of

if TYPE_CHECKING:
    from rules.context import Context

Pair = tuple[str, str]
"""(area, office)."""

_SHARES: Final = 8
_HALF: Final = 2


@dataclass(slots=True)
class Alert:
    """What is said of a pair. `said`: whether the desk was told at all; `news`: whether there is something to say."""

    told: Told
    office: str
    over_at: int = 0
    said: bool = False
    news: bool = True


class Cells:
    """The matters that stand out, by area and office, and the alerts on them."""

    def __init__(self, rule: MatterRule, book: Book) -> None:
        self.members: dict[Pair, dict[int, Look]] = {}
        self.late: Counter[Pair] = Counter()
        self.dirty: set[Pair] = set()
        self.running: dict[Pair, Alert] = {}
        self.ended: list[Alert] = []  # over, and not yet said
        self.use(rule, book)

    def use(self, rule: MatterRule, book: Book) -> None:
        self.rule = rule
        self.book = book
        levels = book.areas.levels
        self._depth = levels.index(rule.areas) if rule.areas in levels else 0
        self._areas: dict[str, str] = {}

    def area_of(self, code: str) -> str:
        """The area of the rule's level that holds `code`; a larger one is its own, of an unknown one the city."""
        found = self._areas.get(code)
        if found is None:
            tree = self.book.areas
            path = tree.paths.get(code, (tree.root,))
            under = [one for one in path if tree.levels.index(tree.by_code[one].level) <= self._depth]
            found = self._areas[code] = under[0]
        return found

    def move(self, key: int, before: Look, now: Look) -> None:
        """A matter looked like `before`, and looks like `now`."""
        if before.standing != QUIET:
            pair = self._pair(before)
            self.members[pair].pop(key, None)
            if not self.members[pair]:
                del self.members[pair]
            self.late[pair] -= before.standing == LATE
            self.dirty.add(pair)
        if now.standing != QUIET:
            pair = self._pair(now)
            self.members.setdefault(pair, {})[key] = now
            self.late[pair] += now.standing == LATE
            self.dirty.add(pair)

    def clear(self) -> None:
        """Everything is going to be looked at anew."""
        self.dirty |= self.running.keys() | self.members.keys()
        self.members.clear()
        self.late.clear()

    def _pair(self, look: Look) -> Pair:
        return self.area_of(look.area), look.office

    # what is told

    def tell(self, at: int, context: Context | None, *, whole: bool) -> None:
        """Make up what is to be said at a step; `whole`: refresh also what has changed little."""
        for pair in sorted(self.dirty | (self.running.keys() if whole else set())):
            members = len(self.members.get(pair, ()))
            alert = self.running.get(pair)
            if alert is None:
                if members >= self.rule.at_least and members:
                    self.running[pair] = self._begin(pair, at, context)
            elif members * _HALF < self.rule.at_least or not members:
                alert.told.state, alert.told.last, alert.over_at, alert.news = "over", at, at, True
                self.ended.append(self.running.pop(pair))
            elif self._is_news(pair, alert, whole=whole):
                self._refresh(pair, alert, at, context)
        self.dirty.clear()

    def _begin(self, pair: Pair, at: int, context: Context | None) -> Alert:
        area, office = pair
        category = self.rule.selector.category
        key = key_of(self.rule.id, area, category, office, at)
        evidence = self._evidence(pair, at, self._rank(pair, -1), context)
        told = Told(key, key, at, area, category, 0, False, [], "running", (), evidence, at)
        told.summary = self._figures(pair, evidence.rank)
        return Alert(told, office)

    def _refresh(self, pair: Pair, alert: Alert, at: int, context: Context | None) -> None:
        rank = self._rank(pair, alert.told.evidence.rank)
        alert.told.evidence = self._evidence(pair, at, rank, context)
        alert.told.summary, alert.told.last, alert.news = self._figures(pair, rank), at, True

    def _figures(self, pair: Pair, rank: int) -> tuple[object, ...]:
        return rank, len(self.members.get(pair, ())), self.late[pair]

    def _is_news(self, pair: Pair, alert: Alert, *, whole: bool) -> bool:
        said_rank, said_members, said_late = (int(str(one)) for one in alert.told.summary)
        members, late, rank = len(self.members[pair]), self.late[pair], self._rank(pair, said_rank)
        if rank != said_rank or (late > 0) != (said_late > 0):
            return True
        if (members, late) == (said_members, said_late):
            owed = alert.told.evidence.owed
            return isinstance(owed, OwedAnswers) and self._next_due(pair) != owed.next_due
        if whole:
            return True
        return members * _HALF >= said_members * 3 or members * _HALF <= said_members

    def _next_due(self, pair: Pair) -> int:
        """When the first of those that are due soon is due, ms; 0: none is."""
        return min((look.since for look in self.members.get(pair, {}).values() if look.standing != LATE), default=0)

    def _rank(self, pair: Pair, before: int) -> int:
        """The rank of its late matters; one that was reached stands while half as many are left."""
        late, ladder = self.late[pair], self.book.ladder
        ranks = [(ladder.index(colour), times) for colour, times in self.rule.colours if colour in ladder]
        found = ranks[0][0] if ranks else 0
        for rank, times in ranks:
            if late >= times or (rank <= before and late * _HALF >= times):
                found = rank
        return found

    def _evidence(self, pair: Pair, at: int, rank: int, context: Context | None) -> Evidence:
        looks = self.members.get(pair, {}).values()
        late = [look for look in looks if look.standing == LATE]
        soon = [look for look in looks if look.standing != LATE]
        limit = max(self.rule.at_least, 1)
        heard: Mapping[str, int] = context.heard() if context else {}
        return Evidence(
            peak=at, observed=len(looks), expected=0.0, spread=0.0, limit=limit, would_not_have_spoken=limit - 1,
            window=self.rule.within, rank=rank, colour=self.book.ladder[rank], rank_limits=(),
            areas=_shares(self._child(pair[0], look.area) for look in looks),
            categories=_shares(look.category for look in looks),
            feeds=tuple(FeedEvidence(feed, 0, heard_at) for feed, heard_at in sorted(heard.items())),
            incomplete=context.suspect if context else False,
            owed=OwedAnswers(
                pair[1], len(soon), len(late), sum(look.first for look in late),
                min((look.since for look in late), default=0), self._next_due(pair),
            ),
        )  # fmt: skip

    def _child(self, area: str, code: str) -> str:
        """The part of `area` in which a matter lies; `area` itself where it lies in none."""
        path = self.book.areas.paths.get(code, ())
        place = path.index(area) if area in path else 0
        return path[place - 1] if place else area

    # what is said

    def say(self, context: Context, speaker: Speaker) -> Iterator[Signal]:
        """What is new. While a feed is silent nothing is said to be over."""
        suspect = context.suspect
        ended = [] if suspect else sorted(self.ended, key=_by_key)
        for alert in [*ended, *sorted(self.running.values(), key=_by_key)]:
            if alert.news:
                alert.told.said_at = alert.told.said_at if alert.said else speaker.now
                alert.said, alert.news = True, False
                rule = self.rule
                yield speaker.signal(alert.told, rule.kind, rule.id, rule.version, over_at=alert.over_at)
        if not suspect:
            self.ended = []

    def part(self, now: int) -> list[Told]:
        """The running alerts, over now: their rule was stopped or replaced."""
        parted = []
        for alert in [*self.ended, *sorted(self.running.values(), key=_by_key)]:
            alert.told.state = "over"
            alert.told.said_at = alert.told.said_at if alert.said else now
            parted.append(alert.told)
        self.running, self.ended = {}, []
        return parted


def _by_key(alert: Alert) -> tuple[int, str]:
    return alert.told.first, alert.told.key


def _shares(codes: Iterator[str]) -> tuple[Share, ...]:
    counted = sorted(Counter(codes).items(), key=lambda share: (-share[1], share[0]))
    return tuple(Share(code, many, 0.0) for code, many in counted[:_SHARES]) if len(counted) > 1 else ()
