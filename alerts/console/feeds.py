"""The page of feeds: who is heard, up to when, what was refused and why, and what is blind because of whom. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from alerts.alert import Alert
from alerts.api.door import Refused, counted_since
from alerts.console.board import FeedRow, feed_row
from alerts.console.naming import Names
from alerts.console.rows import Row, row
from alerts.console.source import FeedState
from rules.book import Book, FeedPolicy, Rule

FROZEN_SHOWN: Final = 10
"""Alerts of a blind feed that are named; the rest is a number."""
STANDS: Final = {"silent": 0, "covered": 1, "late": 2, "unheard": 3, "well": 4}

State = Literal["silent", "covered", "late", "unheard", "well"]


@dataclass(frozen=True, slots=True)
class Reasoned:
    words: str
    count: int


@dataclass(frozen=True, slots=True)
class FeedLine:
    """`hour` events in the last hour. `would_speak`: when its silence would be said, ms, 0: not known, or never.
    `alert`: of its silence, where it is silent and that was told; `frozen`: running alerts that rest on it, `more` of
    them not named; `blind`: rules that count nothing but what is silent."""

    feed: FeedState
    policy: FeedPolicy
    drawn: FeedRow
    state: State
    hour: int
    would_speak: int
    refused: tuple[Reasoned, ...]
    refused_count: int
    duplicates: int
    late: int
    alert: str
    frozen: tuple[Row, ...]
    more: int
    blind: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FeedFigures:
    """`unread`: what was refused cannot be read just now. `reasons`: over all feeds, the most frequent first;
    `strangers`: refused records of no feed of the city."""

    lines: tuple[FeedLine, ...]
    well: int
    since: int
    unread: bool
    reasons: tuple[Reasoned, ...]
    refused_count: int
    strangers: int


def feed_figures(
    feeds: Sequence[FeedState], alerts: Sequence[Alert], refused: Sequence[Refused] | None, names: Names, now: int
) -> FeedFigures:
    """`alerts`: what runs, cut to what may be seen. What needs somebody stands first."""
    book = names.city.book
    silent = {feed.name for feed in feeds if feed.silent_since or feed.covered}
    lines = [
        _line(feed, alerts, [one for one in refused or () if one.feed == feed.name], names, silent, now)
        for feed in feeds
        if feed.name in book.feed_by_name
    ]
    lines.sort(key=lambda line: STANDS[line.state])
    totals: dict[str, int] = {}
    for one in refused or ():
        words = _meaning(one, names)
        totals[words] = totals.get(words, 0) + one.count
    return FeedFigures(
        tuple(lines),
        sum(line.state == "well" for line in lines),
        counted_since(now),
        refused is None,
        tuple(Reasoned(words, n) for words, n in sorted(totals.items(), key=lambda item: (-item[1], item[0]))),
        sum(totals.values()),
        sum(one.count for one in refused or () if one.feed not in book.feed_by_name),
    )


def _line(
    feed: FeedState, alerts: Sequence[Alert], refused: Sequence[Refused], names: Names, silent: set[str], now: int
) -> FeedLine:
    policy = names.city.book.feed_by_name[feed.name]
    unheard = feed.name in silent
    frozen = [alert for alert in alerts if alert.signal.kind != "silence" and _rests_on(alert, feed.name)]
    told = [alert.id for alert in alerts if alert.signal.kind == "silence" and alert.signal.feed == feed.name]
    shown = sorted(frozen, key=lambda alert: (-alert.rank, alert.id)) if unheard else []
    return FeedLine(
        feed,
        policy,
        feed_row(feed, names, now),
        _state(feed),
        feed.last_hour,
        feed.heard_at + feed.silent_after if feed.heard_at and feed.silent_after else 0,
        tuple(Reasoned(_meaning(one, names), one.count) for one in refused),
        sum(one.count for one in refused),
        feed.boxes.get("duplicate", 0) + feed.boxes.get("redelivered", 0),
        feed.boxes.get("counted_late", 0) + feed.boxes.get("too_late", 0),
        told[0] if told else "",
        tuple(row(alert, names.city, names, silent, now) for alert in shown[:FROZEN_SHOWN]),
        max(0, len(shown) - FROZEN_SHOWN),
        tuple(names.rule_name(rule.id) for rule in blind_rules(names.city.book, feed.name, silent)),
    )


def _state(feed: FeedState) -> State:
    if feed.silent_since:
        return "silent"
    if feed.covered:
        return "covered"
    if feed.late:
        return "late"
    return "well" if feed.heard_at else "unheard"


def _rests_on(alert: Alert, feed: str) -> bool:
    return alert.state == "open" and any(one.feed == feed for one in alert.signal.evidence.feeds)


def blind_rules(book: Book, feed: str, silent: set[str]) -> list[Rule]:
    """Rules that count `feed` and nothing that is heard; none where it is heard."""
    if feed not in silent:
        return []
    counted = [(rule, {one.name for one in book.feeds if _counts(rule, one)}) for rule in book.rules]
    return [rule for rule, feeds in counted if feed in feeds and feeds <= silent]


def _counts(rule: Rule, feed: FeedPolicy) -> bool:
    selector = rule.selector
    return selector.kind in (None, feed.kind) and (not selector.feeds or feed.name in selector.feeds)


def _meaning(one: Refused, names: Names) -> str:
    return one.meaning.get(names.speech.language) or one.meaning.get("en", one.reason)
