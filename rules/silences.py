"""Silences of feeds, and stopped rules, as signals: the watcher's own alerts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rules.book import Book, MatterRule, Rule
from rules.signals import Evidence, Signal
from rules.silence import FeedWatch, Gap
from rules.speech import Speaker, Told, key_of

FEED_SILENCE: Final = "feed-silence"
"""The rule id of feed silence: built in, one for every feed that does not say `silence: false`."""

RULE_STOPPED: Final = "rule-stopped"

_MINUTE: Final = 60_000
_BUCKET: Final = 600_000


class Silences:
    """What has been said of silent feeds and of rules that raised."""

    def __init__(self) -> None:
        self.told: dict[str, Told] = {}  # feed -> its silence
        self.rules: dict[str, tuple[str, Told]] = {}  # rule -> (version, that it has stopped)
        self.lifted: list[tuple[str, str, Told]] = []  # (rule, version, told): started again, and not yet said

    def say(self, watches: Mapping[str, FeedWatch], book: Book, speaker: Speaker) -> Iterator[Signal]:
        for name, watch in watches.items():
            for gap in watch.ended:
                yield self._signal(name, gap, book, speaker)
                self.told.pop(name, None)
            watch.ended.clear()
            if (watch.retired or watch.muted_since is not None) and name in self.told:
                told = self.told.pop(name)
                told.state = "over"
                yield speaker.signal(told, "silence", FEED_SILENCE, "", feed=name, over_at=speaker.now)
            elif watch.suspect and watch.gap is not None:
                told_before = self.told.get(name)
                if told_before is None or told_before.summary != (watch.gap.since, watch.gap.rank):
                    yield self._signal(name, watch.gap, book, speaker)

    def _signal(self, feed: str, gap: Gap, book: Book, speaker: Speaker) -> Signal:
        first = gap.since // _BUCKET * _BUCKET
        before = self.told.get(feed)
        key = key_of(FEED_SILENCE, feed, gap.since)
        told = Told(
            alert=key, key=key, first=first, area=book.areas.root, category=book.categories.root,
            said_at=before.said_at if before else speaker.now, late=False, runs=[],
            state="running" if gap.until is None else "over", summary=(gap.since, gap.rank),
            evidence=_evidence(gap, book), last=gap.until or gap.since + gap.limit_ms,
        )  # fmt: skip
        self.told[feed] = told
        return speaker.signal(told, "silence", FEED_SILENCE, "", feed=feed, over_at=gap.until or 0)

    def stopped(self, rule: Rule | MatterRule, book: Book, speaker: Speaker) -> Signal:
        """Law 10, told to the rule's desk."""
        key = key_of(RULE_STOPPED, rule.id, speaker.offset)
        evidence = _bare(book, speaker.now, 0, 0.0, -1, len(book.ladder) - 1)
        told = Told(
            key, key, speaker.now, book.areas.root, rule.selector.category, speaker.now, False, [], "running", (),
            evidence, speaker.now,
        )  # fmt: skip
        self.rules[rule.id] = (rule.version, told)
        return speaker.signal(told, "stopped", rule.id, rule.version)

    def started(self, rule: str) -> None:
        """An Order lifted what was said of the rule; it is said to be over at the next chance."""
        if rule in self.rules:
            self.lifted.append((rule, *self.rules.pop(rule)))

    def say_started(self, speaker: Speaker) -> list[Signal]:
        """Rules that judge again."""
        said = []
        for rule, version, told in self.lifted:
            told.state, told.last = "over", speaker.now
            said.append(speaker.signal(told, "stopped", rule, version, over_at=speaker.now))
        self.lifted = []
        return said


def _evidence(gap: Gap, book: Book) -> Evidence:
    """Minutes of silence against the minutes that speak; `expected` is the usual wait for one event."""
    length = (gap.until - gap.since) if gap.until is not None else gap.limit_ms
    limit = -(-gap.limit_ms // _MINUTE)
    rank = min(gap.rank + 1, len(book.ladder) - 1)
    return _bare(book, gap.since, -(-length // _MINUTE), round(gap.usual_ms / _MINUTE, 1), limit, rank)


def _bare(book: Book, peak: int, observed: int, expected: float, limit: int, rank: int) -> Evidence:
    return Evidence(
        peak=peak, observed=observed, expected=expected, spread=0.0, limit=limit,
        would_not_have_spoken=max(limit - 1, 0) if limit >= 0 else -1, window=0, rank=rank, colour=book.ladder[rank],
        rank_limits=(),
    )  # fmt: skip
