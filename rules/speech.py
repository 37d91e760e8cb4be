"""From the picture of a rule's episodes to signals: what is new, changed, over, merged or withdrawn."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from rules.episodes import Episode, Fold, Peak, Run
from rules.evidence import evidence_of, is_incomplete, windows_of
from rules.hindsight import with_hindsight
from rules.judge import Judge
from rules.signals import Cause, Evidence, Signal, SignalKind, SignalState, WindowEvidence

Interval = tuple[int, int, int]
"""(series, first, last bucket) of a run."""


_WINDOWS_KEPT: Final = 256
"""Peaks whose windows are kept at hand: a running alert is compared with what was said at every look."""

KINDS: Final[Mapping[str, SignalKind]] = MappingProxyType(
    {"threshold": "threshold", "drop": "drop", "accumulated": "accumulated", "first_seen": "first_seen"}
)
"""Detector -> what its signals are called; every other: spike."""


@dataclass(slots=True)
class Told:
    """An alert as last said. `summary` decides whether there is anything new to say."""

    alert: str
    key: str
    first: int
    area: str
    category: str
    said_at: int
    late: bool
    runs: list[Interval]
    state: SignalState
    summary: tuple[object, ...]
    evidence: Evidence
    last: int


def key_of(*parts: object) -> str:
    """16 bytes in hex of a hash over the parts; parts may hold any text."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


@dataclass(slots=True)
class Speaker:
    """Where signals come from: numbers causes within one record of the log."""

    city: str
    epoch: int
    offset: int = 0
    n: int = 0
    now: int = 0  # city time of the record: the larger of the last tick and the largest arrival applied

    def cause(self) -> Cause:
        self.n += 1
        return Cause(self.epoch, self.offset, self.n - 1)

    def signal(
        self, told: Told, kind: SignalKind, rule: str, version: str, *, feed: str = "", over_at: int = 0, into: str = ""
    ) -> Signal:
        cause = self.cause()
        return Signal(
            id=key_of(told.alert, cause.epoch, cause.offset, cause.n), alert=told.alert, key=told.key, cause=cause,
            city=self.city, state=told.state, kind=kind, rule=rule, rule_version=version, area=told.area,
            category=told.category, feed=feed, first=told.first, last=told.last, said_at=told.said_at, at=self.now,
            over_at=over_at, late=told.late, merged_into=into, evidence=told.evidence,
        )  # fmt: skip


class Speech:
    """What one rule has said, and what it must say next."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.told: dict[str, Told] = {}
        self._windows: dict[Peak, tuple[WindowEvidence, ...]] = {}  # as they were last asked for

    def say(
        self, picture: Fold, first_open: int, *, suspect: bool, speaker: Speaker, missing: dict[int, bool],
        heard: Callable[[], dict[str, int]],
    ) -> Iterator[Signal]:  # fmt: skip
        """Compare the picture with what was told; yield what has changed."""
        if not picture.episodes and not self.told:
            return
        episodes = picture.episodes
        heirs = self._heirs(picture, episodes)
        rule = self.judge.rule
        kept: dict[str, Told] = {}
        for number, episode in enumerate(episodes):
            claims = heirs.get(number, [])
            claims.sort(key=lambda told: (told.first, told.area, told.alert))
            mine = claims[0] if claims else None
            for other in claims[1:]:
                assert mine is not None
                if other.state == "running":  # a copy: should the rule raise on the way, it was not said
                    merged = replace(other, state="merged")
                    yield speaker.signal(merged, self.kind, rule.id, rule.version, into=mine.alert)
            told, changed = self._tell(picture, episode, mine, first_open, suspect, speaker, missing, heard)
            kept[told.alert] = told
            if changed:
                over_at = self._over_at(episode) if told.state == "over" else 0
                yield speaker.signal(told, self.kind, rule.id, rule.version, over_at=over_at)
        placed = {id(told) for claims in heirs.values() for told in claims}
        for told in self.told.values():
            if id(told) not in placed and told.state == "running":
                withdrawn = replace(told, state="withdrawn")
                yield speaker.signal(withdrawn, self.kind, rule.id, rule.version)
        self.told = kept

    def part(self) -> list[Told]:
        """The running alerts, over now: their rule was stopped or replaced."""
        running = [told for told in self.told.values() if told.state == "running"]
        for told in running:
            told.state = "over"
        self.told = {}
        return running

    @property
    def kind(self) -> SignalKind:
        """What this rule's signals are called."""
        return KINDS.get(self.judge.rule.detector.kind, "spike")

    def _over_at(self, episode: Episode) -> int:
        assert episode.ended is not None
        return self.judge.counts.steps.end(episode.ended)

    def _heirs(self, picture: Fold, episodes: list[Episode]) -> dict[int, list[Told]]:
        """Which told alerts each episode carries on: those with an overlapping run of the same series."""
        heirs: dict[int, list[Told]] = {}
        spans: dict[int, list[tuple[int, Run]]] = {}
        for number, episode in enumerate(episodes):
            for run_id in episode.runs:
                run = picture.runs[run_id]
                spans.setdefault(run.series, []).append((number, run))
        for told in self.told.values():
            matches = [
                number
                for series, first, last in told.runs
                for number, run in spans.get(series, ())
                if run.first <= last and first <= run.last
            ]
            if matches:  # episodes stand in order of their first bucket
                heirs.setdefault(min(matches), []).append(told)
        return heirs

    def _tell(
        self, picture: Fold, episode: Episode, before: Told | None, first_open: int, suspect: bool, speaker: Speaker,
        missing: dict[int, bool], heard: Callable[[], dict[str, int]],
    ) -> tuple[Told, bool]:  # fmt: skip
        """The episode as an alert, and whether that differs from what was said."""
        steps, rule = self.judge.counts.steps, self.judge.rule
        runs = [picture.runs[run_id] for run_id in episode.runs]
        if before is not None and _is_past(before, episode, runs, first_open):
            return before, False
        named = self.named(runs, first_open)
        area, category = self.judge.counts.pairs[named.series]
        first = min(run.first for run in runs)
        last = max(run.last for run in runs)
        over = episode.ended is not None and episode.ended < first_open
        held = over and suspect and (before is None or before.state != "over")
        state: SignalState = "over" if over and not held else "running"
        key = key_of(rule.id, area, category, steps.start(first))
        intervals = [(run.series, run.first, run.last) for run in runs]
        best = named.peak.window
        summary = (
            state, key, area, category, named.peak.rank, first, last, named.peak.bucket, named.peak.observed[best],
            named.peak.limits, named.peak.rank_limits, self._windows_of(named), is_incomplete(named, missing),
        )  # fmt: skip
        if before is not None and before.summary == summary:
            before.runs = intervals
            seen = with_hindsight(before.evidence, self.judge, named)  # all else stands as it was judged
            return (before, False) if seen == before.evidence else (replace(before, evidence=seen), True)
        settled_at = steps.end(first) + self.judge.counts.longest_lateness
        told = Told(
            alert=before.alert if before else key,
            key=key,
            first=steps.start(first),
            area=area,
            category=category,
            said_at=before.said_at if before else speaker.now,
            late=before.late if before else speaker.now >= settled_at and not self.judge.settled,
            runs=intervals,
            state=state,
            summary=summary,
            evidence=evidence_of(self.judge, named, missing, heard()),
            last=steps.end(last),
        )
        return told, True

    def _windows_of(self, run: Run) -> tuple[WindowEvidence, ...]:
        found = self._windows.get(run.peak)
        if found is None:
            if len(self._windows) >= _WINDOWS_KEPT:
                self._windows.clear()
            found = self._windows[run.peak] = windows_of(self.judge, run)
        return found

    def named(self, episode: list[Run], first_open: int) -> Run:
        """The run that names the alert: of the smallest area that holds all named ones, the rarest, then the earliest.

        Once a settled bucket has named any, open ones name nothing: half a frame cannot make a name stick. The area
        climbs with what it must hold; the category stays the one that tells most.
        """
        counts, tree = self.judge.counts, self.judge.counts.book.areas
        named = [run for run in episode if run.meant is not None]
        named = [run for run in named if run.meant is not None and run.meant < first_open] or named
        wanted = tree.smallest_holding(tuple(counts.pairs[run.series][0] for run in named))
        there = [run for run in episode if counts.pairs[run.series][0] == wanted]
        chosen = [run for run in there if run in named] or there or named
        return min(chosen, key=lambda run: (-run.peak.score, run.first, counts.pairs[run.series]))


def _is_past(told: Told, episode: Episode, runs: list[Run], first_open: int) -> bool:
    """Whether an alert was told to be over, and nothing has come to its windows since: it stands as it was told. Such
    ones are kept for as long as a change in them could be told, and looked at with every word of the rule."""
    if told.state != "over" or episode.ended is None or episode.ended >= first_open:
        return False
    late = any(run.later or run.taken_back for run in runs)
    return not late and not told.evidence.later and not told.evidence.taken_back
