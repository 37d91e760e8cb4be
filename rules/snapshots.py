"""Snapshots of an engine: its whole memory as plain bytes, and an engine made of them again.

What can be worked out from the rest (views, laws, kin, rows) is not kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from rules.book import Book, FeedPolicy
from rules.counts import Counts
from rules.engine import Engine
from rules.episodes import Episode, Fold, Peak, Run
from rules.facts import FACT, Fact, Known
from rules.identities import Identities
from rules.judge import Judge
from rules.learned import Rows
from rules.once import Once
from rules.packing import Registry, pack, unpack
from rules.rates import Rates
from rules.records import Blind, Calibrate, Down, Retire, StartRule, StopRule, UseBook
from rules.rings import Ring
from rules.signals import Cell, Evidence, FeedEvidence, Share, WindowEvidence
from rules.silence import FeedWatch, Gap
from rules.speech import Told
from rules.watch import RuleWatch

FORMAT: Final = 5
"""Raised whenever the meaning of a snapshot changes; another format is not read, the log is replayed instead."""

_KINDS: Final[Registry] = {
    kind.__name__: kind
    for kind in (
        Fact, Known, Run, Peak, Episode, Fold, Told, Gap, Rates, Evidence, WindowEvidence, Share, Cell, FeedEvidence,
        FeedPolicy, UseBook, Calibrate, Down, Blind, Retire, StopRule, StartRule,
    )
}  # fmt: skip

_ENGINE: Final = ("epoch", "clock", "offset", "tick", "arrived", "waiting", "stopped", "next_learning", "parting",
    "broken",
)  # fmt: skip
_IDENTITIES: Final = ("used", "apart", "fresh", "box_of", "held", "pushed", "purged_at")
_ROWS: Final = ("rows", "forget_at", "state")
_BOXES: Final = ("counts", "conflicts")
_COUNTS: Final = (
    "series", "pairs", "parents", "fed", "late", "pushed", "heard", "last_beginning", "first_bucket", "late_cells",
    "late_dropped", "first_open", "since",
)  # fmt: skip
_RING: Final = ("size", "cum", "series", "lo", "hi")
_ONCE: Final = ("rows", "facts")
_FEED: Final = (
    "rates", "times", "arrivals", "recent", "between", "heard_at", "looked_at", "learned_to", "gap", "ended", "covered",
    "retired", "was_suspect",
)  # fmt: skip
_WATCH: Final = ("fold", "first_open", "judges_from", "missing", "woken", "watched", "running", "loud")
_ROOM: Final = ("left", "until")
_JUDGE: Final = ("next_refit", "memories", "learned_to", "calibrated")


class Unreadable(ValueError):
    """The snapshot is of another format or another book: replay the log instead."""


def snapshot(engine: Engine) -> bytes:
    """The engine's memory between two records."""
    state = {
        "format": FORMAT,
        "book": engine.book.digest,
        "engine": _take(engine, _ENGINE),
        "names": engine.names.names,
        "identities": _identities(engine.identities),
        "boxes": _take(engine.tally, _BOXES),
        "silences": engine.silences.told,
        "stops": {"rules": engine.silences.rules, "lifted": engine.silences.lifted},
        "policies": dict(engine.identities.feeds),
        "feeds": {name: _take(watch, _FEED) for name, watch in engine.watches.items()},
        "counts": {name: _counts(counts) for name, counts in engine.counts.items()},
        "rules": {name: _rule(watch) for name, watch in engine.rules.items()},
    }
    return pack(state, _KINDS)


def restore(data: bytes, books: Mapping[str, Book]) -> Engine:
    """The engine as it was. `books`: by digest, all that the log has named. Raises Unreadable."""
    try:
        state = unpack(data, _KINDS)
    except (ValueError, TypeError, KeyError) as fault:
        raise Unreadable(str(fault)) from fault
    if state.get("format") != FORMAT:
        raise Unreadable(f"snapshot format {state.get('format')}, this version reads {FORMAT}")
    if state["book"] not in books:
        raise Unreadable(f"the snapshot names a book that is not there: {state['book']}")
    engine = Engine(books[state["book"]], epoch=state["engine"]["epoch"], clock=state["engine"]["clock"])
    for book in books.values():
        engine.add_book(book)
    _give(engine, state["engine"])
    _give(engine.tally, state["boxes"])
    engine.names.give(state["names"])
    _give_identities(engine.identities, state["identities"])
    engine.silences.told = state["silences"]
    _give(engine.silences, state.get("stops", {}))
    engine.identities.feeds = state["policies"]
    for name, feed in state["feeds"].items():
        watch = engine.watches.get(name)
        if watch is None:  # a feed that the book in force no longer has
            watch = engine.watches[name] = FeedWatch(state["policies"][name], engine.book.calendar)
        _give(watch, feed)
    for name, counts in state["counts"].items():
        _give_counts(engine.counts[name], counts)
    for name, rule in state["rules"].items():
        _give_rule(engine.rules[name], rule)
    return engine


def _take(thing: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}


def _give(thing: object, state: Mapping[str, Any]) -> None:
    for name, value in state.items():
        setattr(thing, name, value)


def _identities(identities: Identities) -> dict[str, Any]:
    state = _take(identities, _IDENTITIES)
    for name in _ROWS:
        state[name] = getattr(identities, name)[: identities.used]
    state["rows"] = state["rows"].tobytes()
    return state


def _give_identities(identities: Identities, state: dict[str, Any]) -> None:
    rows = {name: state.pop(name) for name in _ROWS}
    rows["rows"] = np.frombuffer(rows["rows"], FACT)
    _give(identities, state)
    identities.put_rows(**rows)


def _ring(ring: Ring) -> dict[str, Any]:
    state = _take(ring, _RING)
    state["cum"] = ring.cum[:, : max(ring.series, 1)]
    return state


def _counts(counts: Counts) -> dict[str, Any]:
    state = _take(counts, _COUNTS)
    state["late"] = [tuple(item) for item in counts.late]
    state["ring"] = _ring(counts.ring)
    if counts.folded is not None and counts.once is not None:
        state["folded"] = _ring(counts.folded)
        state["once"] = _take(counts.once, _ONCE)
    return state


def _give_counts(counts: Counts, state: dict[str, Any]) -> None:
    _give(counts.ring, state.pop("ring"))
    if counts.folded is not None and counts.once is not None:
        _give(counts.folded, state.pop("folded"))
        _give(counts.once, state.pop("once"))
    _give(counts, state)


def _rule(watch: RuleWatch) -> dict[str, Any]:
    state = _take(watch, _WATCH)
    judge: Judge = watch.judge
    state["judge"] = {
        **_take(judge, _JUDGE),
        "memories": [(first, dict(memory) if memory is not None else None) for first, memory in judge.memories],
    }
    rows: Rows = judge.rows
    if judge.room is not None:  # else a restart would ask the detector what it was not asked without
        state["room"] = _take(judge.room, _ROOM)
    state["rows"] = {"learned": rows.learned, "late_seen": rows.late_seen}
    state["told"] = watch.speech.told
    return state


def _give_rule(watch: RuleWatch, state: dict[str, Any]) -> None:
    rows = state.pop("rows")
    if watch.judge.room is not None:
        _give(watch.judge.room, state.pop("room"))
    watch.judge.learned = watch.judge.rows.learned = rows["learned"]
    watch.judge.rows.late_seen = rows["late_seen"]
    _give(watch.judge, state.pop("judge"))
    watch.speech.told = state.pop("told")
    _give(watch, state)


__all__ = ["FORMAT", "FeedWatch", "Identities", "Once", "Unreadable", "restore", "snapshot"]
