"""What `tocsin check` says of whole rules beside the calendar and beside the past: no mistakes of form, but of use.

Rules that nobody looks at any more; rules that count nothing of the last 90 days, or could not have spoken in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from rules.book import MatterRule, Rule, Selector
from rules.detectors.register import make
from rules.records import EXERCISE, SELF_INITIATED, Frame
from streams.city import City
from streams.city.durations import DAY, written
from streams.city.folder import RULES, Folder
from streams.city.yaml import Document, Path, read_document
from streams.messages import say
from streams.problems import Problems

SPAN_DAYS: Final = 90
REVIEW_AGAIN: Final = timedelta(days=183)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to be said: a key of MESSAGES that begins with {file}:{line}:{column}."""

    message: str
    values: Mapping[str, object]

    def render(self, language: str) -> str:
        told = {key: value.render(language) if isinstance(value, Note) else value for key, value in self.values.items()}
        return say(self.message, language, **told)


def reviews(city: City, today: date) -> Iterator[Note]:
    """Rules that have no review date, and those whose date has passed."""
    for rule, document in _documents(city):
        day = document.value.get("review")
        if day is None:
            then = (today + REVIEW_AGAIN).isoformat()
            yield _note(document, ("id",), "review-missing", rule=rule.id, then=then)
        elif date.fromisoformat(day) < today:
            yield _note(document, ("review",), "review-due", rule=rule.id, day=day)


@dataclass(frozen=True, slots=True)
class LastDays:
    """The last days of a past: what arrived in them, feed by feed. Times in ms."""

    since: int
    until: int
    frames: Sequence[Frame]

    @property
    def events(self) -> int:
        return sum(len(frame.rows) for frame in self.frames)

    @property
    def told(self) -> dict[str, object]:
        """The values that every message about them needs."""
        return {"events": f"{self.events:,}", "since": _day(self.since), "to": _day(self.until)}


def last_days(frames: Sequence[Frame], days: int = SPAN_DAYS) -> LastDays:
    """The end of a past. `frames`: each in the order of arrival."""
    until = max((int(frame.rows["arrived_at"][-1]) for frame in frames if len(frame.rows)), default=0)
    since = until - days * DAY
    kept = []
    for frame in frames:
        first = int(np.searchsorted(frame.rows["arrived_at"], since, "right"))
        kept.append(structs.replace(frame, rows=frame.rows[first:]))
    return LastDays(since, until, kept)


def idle(city: City, past: LastDays) -> Iterator[Note]:
    """Rules that count nothing of those days, and rules whose fewest events were never reached in any window."""
    for rule, document in _documents(city):
        if not isinstance(rule, Rule):  # it follows matters, and needs none to be there
            continue
        times, counts = _counted(rule.selector, city, past)
        if not len(times):
            yield _note(
                document, ("counts",), "rule-counts-nothing", rule=rule.id, why=_why(rule, city, past), **past.told
            )
            continue
        needed, path = _needed(rule)
        most = {window: _most(times, counts, window) for window in rule.windows}
        if max(most.values()) < needed:
            longest = rule.windows[-1]
            told = {"rule": rule.id, "needed": needed, "window": written(longest), "most": most[longest]}
            yield _note(document, path, "rule-never-reached", part=f"`{path[-1]}`", **told, **past.told)


def _documents(city: City) -> Iterator[tuple[Rule | MatterRule, Document]]:
    folder = Folder(city.folder, Problems())
    for rule in city.book.all_rules:
        document = read_document(folder, f"{RULES}/{rule.id}.yaml")
        if document is not None:  # it was read a moment ago; else it went away meanwhile
            yield rule, document


def _note(document: Document, path: Path, message: str, /, **values: object) -> Note:
    place = document.place(path)
    return Note(message, {"file": document.file, "line": place.line, "column": place.column, **values})


def _needed(rule: Rule) -> tuple[int, Path]:
    """The fewest events with which a rule can speak, and the key that says so."""
    n = int(rule.detector.parameters.get("n", getattr(make(rule.detector), "n", 0)))
    if rule.detector.kind == "threshold" and n > rule.at_least:
        return n, ("detector", "parameters", "n")
    return rule.at_least, ("at_least",)


def _counted(selector: Selector, city: City, past: LastDays) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The times and counts of the rows that a selector counts, in order of time. Places are not folded: no fewer."""
    found = [frame.rows[_mask(selector, city, frame)] for frame in past.frames]
    times = np.concatenate([rows["occurred_at"] for rows in found]) if found else np.zeros(0, np.int64)
    counts = np.concatenate([rows["count"].astype(np.int64) for rows in found]) if found else np.zeros(0, np.int64)
    order = np.argsort(times, kind="stable")
    return times[order], counts[order]


def _mask(selector: Selector, city: City, frame: Frame) -> Mask:
    rows, tree, policies = frame.rows, city.book.categories, city.book.feed_by_name
    below = [code in tree.by_code and tree.holds(selector.category, code) for code in frame.categories]
    stages = [stage in selector.stages for stage in frame.stages]
    feeds = [
        (not selector.feeds or feed in selector.feeds) and selector.kind in (None, policies[feed].kind)
        for feed in frame.feeds
    ]
    kept: Mask = np.array(below, bool)[rows["category"]]
    kept &= np.array(feeds, bool)[rows["feed"]] & (rows["flags"] & EXERCISE == 0)
    if selector.stages:
        kept &= np.array(stages, bool)[rows["stage"]]
    if selector.severities:
        kept &= np.isin(rows["severity"], selector.severities)
    if not selector.self_initiated:
        kept &= rows["flags"] & SELF_INITIATED == 0
    return kept


def _most(times: NDArray[np.int64], counts: NDArray[np.int64], window: int) -> int:
    """The most events that fell into any span of `window` ms: no fewer than any run of buckets of that length held."""
    total = np.concatenate([[0], np.cumsum(counts)])
    ends = np.searchsorted(times, times + window, "left")
    return int((total[ends] - total[: len(times)]).max())


_PARTS: Final[tuple[tuple[str, Mapping[str, object]], ...]] = (
    ("stages", {"stages": ()}),
    ("severities", {"severities": ()}),
    ("feeds", {"feeds": ()}),
    ("kind", {"kind": None}),
    ("self_initiated: false", {"self_initiated": True}),
)


def _why(rule: Rule, city: City, past: LastDays) -> Note:
    """The one key without which something would be counted."""
    selector = rule.selector
    tries = [(part, structs.replace(selector, **changed)) for part, changed in _PARTS]
    tries.append(("category", structs.replace(selector, category=city.book.categories.root)))
    for part, wider in tries:
        count = len(_counted(wider, city, past)[0]) if wider != selector else 0
        if count:
            return Note("counts-nothing-but", {"part": part, "count": f"{count:,}"})
    return Note("counts-nothing-at-all", {})


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, tz=UTC).date().isoformat()
