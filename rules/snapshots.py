"""Snapshots of an engine: its whole memory as rows of plain bytes, and an engine made of them again.

A row changes only when what it holds changes, so that whoever keeps rows writes few of them: settled counts lie in
blocks, identities in segments, what a rule has learned in a row a refit. What can be worked out from the rest (views,
laws, kin, routes, running sums) is not kept. What each row holds: docs/decisions/0001-records.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Final

import msgspec
import numpy as np

from rules.blocks import cut, join
from rules.book import Book, FeedPolicy
from rules.boxes import BOXES, Boxes
from rules.calendar import HOUR_MS
from rules.counts import Counts
from rules.detectors.register import SHIPPED, fingerprint
from rules.engine import Engine
from rules.episodes import Episode, Fold, Peak, Run
from rules.exercises import Exercise
from rules.facts import FACT, Fact, FactRows, Known
from rules.identities import Identities
from rules.laid import Laid
from rules.matters.cells import Alert
from rules.matters.kept import give_matters, matters_rows
from rules.packing import Registry, pack, unpack
from rules.rates import Rates
from rules.records import (
    NO_TIME,
    Blind,
    Calibrate,
    Down,
    DropShadow,
    Exclude,
    HearFeed,
    MuteFeed,
    Retire,
    Review,
    StartRule,
    StartShadow,
    StopRule,
    UseBook,
)
from rules.reviews import Owed
from rules.rings import Ring
from rules.shadows.at_work import Shadow, candidate_in
from rules.shadows.said import Said
from rules.signals import Bar, Cell, Evidence, FeedEvidence, OwedAnswers, Share, WindowEvidence
from rules.silence import FeedWatch, Gap
from rules.speech import Told
from rules.watch import RuleWatch

FORMAT: Final = 11
"""Raised whenever the meaning of a row changes. What is not read is judged again from the log instead."""
READ: Final = (7, 8, 9, 10, FORMAT)
"""7 knew no matters: its rows name none, and no rule of its time asked for one. 8 knew no sizes of clumps, which quiet
histories alone are drawn by: they are learned from there on. 9 did not keep with an alert what it had to reach. 10 kept
no lessons: they are kept from there on; and what counts rules have followed from the book alone, or lay in a row of its
own."""

HEAD: Final = "head"
"""The row that names format, book, offset and tick; it changes with every record."""

BY_HAND: Final = "by-hand"
"""The row of what people ordered at once: feeds muted, times excluded, reviews owed."""

SHADOWS: Final = "shadows"
"""The row of the candidates at work, and of what was told beside them."""

SEGMENT: Final = 4_096
"""Identities in one row."""
_ONCE_MS: Final = 6 * HOUR_MS
"""Rows that `once` remembers, by when they occurred, in one row."""

_KINDS: Final[Registry] = {
    kind.__name__: kind
    for kind in (
        Fact, Known, Alert, Run, Peak, Episode, Fold, Told, Gap, Rates, Evidence, WindowEvidence, Share, Cell,
        FeedEvidence, FeedPolicy, UseBook, Calibrate, Down, Blind, Retire, StopRule, StartRule, MuteFeed, HearFeed,
        Exclude, Review, Owed, OwedAnswers, Bar, StartShadow, DropShadow, Said, Exercise,
    )
}  # fmt: skip

_ENGINE: Final = ("epoch", "clock", "offset", "tick", "arrived", "waiting", "stopped", "next_learning", "parting",
    "broken",
)  # fmt: skip
_IDENTITIES: Final = ("used", "apart", "fresh", "box_of", "held", "pushed", "purged_at")
_SEGMENTED: Final = ("rows", "forget_at", "state")
_COUNTS: Final = (
    "late", "pushed", "heard", "last_beginning", "first_bucket", "late_dropped", "first_open", "since",
)  # fmt: skip
_RING: Final = ("size", "series", "lo", "hi")
_FEED: Final = (
    "rates", "times", "arrivals", "recent", "between", "heard_at", "looked_at", "learned_to", "gap", "ended", "covered",
    "retired", "was_suspect",
)  # fmt: skip
_WATCH: Final = ("first_open", "judges_from", "missing", "woken", "watched", "running", "loud")
_JUDGE: Final = ("next_refit", "learned_to", "calibrated")
_ROOM: Final = ("left", "until", "block", "limits")
"""Kept so that a detector is asked the same after a restart: one that raises stops its rule at the same record."""


class Unreadable(ValueError):
    """The snapshot is of another format or another book: judge the log again instead."""


def rows(engine: Engine, laid: Laid | None = None) -> dict[str, bytes]:
    """The engine's memory between two records, row by row. Equal memories give equal rows, whatever was `laid` out
    before."""
    laid = laid or Laid()
    laid.begin()
    found: dict[str, bytes] = {HEAD: packed(_head(engine)), "boxes": packed(_boxes(engine.tally))}
    found.update(_identities(engine.identities))
    for name, feed in engine.watches.items():
        found[f"feed/{name}"] = packed(_take(feed, _FEED) | {"arrivals": feed.arrivals.tolist()})
    for name, counts in engine.counts.items():
        found.update((f"counts/{name}/{part}", data) for part, data in _counts(counts, engine.identities, laid, name))
    for name, rule in engine.rules.items():
        found.update((f"rule/{name}/{part}", data) for part, data in rule_rows(rule))
    for name, watch in engine.matters.watches.items():
        found.update((f"matter/{name}/{part}", data) for part, data in matters_rows(watch, engine.names, packed))
    found.update(_shadows(engine))
    found["names"] = packed(engine.names.names)
    by_hand = _by_hand(engine)
    if any(by_hand.values()):  # mostly there is none: then there is no such row
        found[BY_HAND] = packed(by_hand)
    return found


def engine_of(rows: Mapping[str, bytes], books: Mapping[str, Book]) -> Engine:
    """The engine as it was. `rows`: all of them; `books`: by digest, all that the log has named. Raises Unreadable."""
    try:
        head = unpacked(rows[HEAD])
        found = head.get("format")
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise Unreadable(f"no head of a snapshot: {fault}") from fault
    if found not in READ:
        raise Unreadable(f"snapshot of format {found}, this version reads {FORMAT}")
    if head["book"] not in books:
        raise Unreadable(f"the snapshot names a book that is not there: {head['book']}")
    apart = head["apart"] if found > 10 else unpacked(rows["apart"]) if "apart" in rows else {}
    engine = Engine(books[head["book"]], epoch=head["engine"]["epoch"], clock=head["engine"]["clock"], apart=apart)
    for book in books.values():
        engine.add_book(book)
    try:
        _give_rows(engine, head, rows)
    except (ValueError, TypeError, KeyError) as fault:
        raise Unreadable(f"{type(fault).__name__}: {fault}") from fault
    return engine


def snapshot(engine: Engine) -> bytes:
    """All rows in one piece."""
    return msgspec.msgpack.encode(rows(engine))


def restore(data: bytes, books: Mapping[str, Book]) -> Engine:
    """The engine that `snapshot` was taken of. Raises Unreadable."""
    try:
        found = msgspec.msgpack.decode(data, type=dict[str, bytes])
    except (msgspec.MsgspecError, ValueError) as fault:
        raise Unreadable(str(fault)) from fault
    return engine_of(found, books)


def _give_rows(engine: Engine, head: dict[str, Any], rows: Mapping[str, bytes]) -> None:
    _give(engine, head["engine"])
    engine.silences.told = head["silences"]
    _give(engine.silences, head["stops"])
    engine.names.give(unpacked(rows["names"]))
    _give_boxes(engine.tally, unpacked(rows["boxes"]))
    engine.identities.feeds = head["policies"]
    _give_identities(engine.identities, rows)
    for name in head["feeds"]:
        watch = engine.watches.get(name)
        if watch is None:  # a feed that the book in force no longer has
            watch = engine.watches[name] = FeedWatch(head["policies"][name], engine.book.calendar)
        _give(watch, unpacked(rows[f"feed/{name}"]))
    if BY_HAND in rows:
        _give_by_hand(engine, unpacked(rows[BY_HAND]))
    if SHADOWS in rows:
        _lay_shadows(engine, unpacked(rows[SHADOWS]))
    if _own(engine) != head.get("own", {}):
        raise Unreadable("a detector of another package means another thing now")
    for name, counts in engine.counts.items():
        _give_counts(counts, _under(rows, f"counts/{name}/"), engine.identities)
    for name, rule in engine.rules.items():
        give_rule(rule, _under(rows, f"rule/{name}/"))
    for shadow in engine.shadows.watches():
        give_rule(shadow, _under(rows, f"rule/{shadow.name}/"))
    for name, followed in (engine.matters.watches | engine.shadows.matters.watches).items():
        give_matters(followed, _under(rows, f"matter/{name}/"), engine.names, unpacked)
        if name not in engine.stopped:
            followed.look_again()


# what every part says of itself


def packed(value: object) -> bytes:
    return pack(value, _KINDS)


def unpacked(data: bytes) -> Any:
    """What one row holds."""
    return unpack(data, _KINDS)


def _under(rows: Mapping[str, bytes], prefix: str) -> dict[str, bytes]:
    return {name.removeprefix(prefix): data for name, data in rows.items() if name.startswith(prefix)}


def _take(thing: object, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names}


def _give(thing: object, state: Mapping[str, Any]) -> None:
    for name, value in state.items():
        setattr(thing, name, value)


def _head(engine: Engine) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "book": engine.book.digest,
        "apart": engine.apart,
        "engine": _take(engine, _ENGINE),
        "silences": engine.silences.told,
        "stops": {"rules": engine.silences.rules, "lifted": engine.silences.lifted},
        "policies": dict(engine.identities.feeds),
        "feeds": list(engine.watches),
        **({"own": own} if (own := _own(engine)) else {}),
    }


def _own(engine: Engine) -> dict[str, str]:
    """Rules whose detector another package offers -> its fingerprint: of such a one no FORMAT of ours knows that its
    memory means another thing now."""
    rules = {rule.name: rule.rule.detector for rule in engine.all_watches()}
    return {name: fingerprint(spec) for name, spec in rules.items() if spec.kind not in SHIPPED}


def _shadows(engine: Engine) -> Iterator[tuple[str, bytes]]:
    """Mostly there is none: then there is no such row."""
    kept = [
        (shadow.order, shadow.begun, shadow.ours.state(), shadow.theirs.state())
        for shadow in engine.shadows.at_work.values()
    ]
    if kept:
        yield SHADOWS, packed(kept)
    for watch in engine.shadows.watches():
        yield from ((f"rule/{watch.name}/{part}", data) for part, data in rule_rows(watch))
    for name, followed in engine.shadows.matters.watches.items():
        yield from ((f"matter/{name}/{part}", data) for part, data in matters_rows(followed, engine.names, packed))


def _lay_shadows(engine: Engine, kept: list[tuple[StartShadow, int, dict[str, Any], dict[str, Any]]]) -> None:
    """Shadows as they were but for what their own rows hold."""
    for order, begun, ours, theirs in kept:
        rule = candidate_in(order)
        if rule is None:
            raise Unreadable(f"the snapshot holds a shadow that cannot be read: {order.rule}")
        shadow = engine.shadows.at_work[rule.id] = Shadow(order, rule, begun)
        shadow.ours.give(ours)
        shadow.theirs.give(theirs)
    engine.shadows.open(engine, None, {})
    engine.group()


def _by_hand(engine: Engine) -> dict[str, Any]:
    muted = {name: watch.muted_since for name, watch in engine.watches.items() if watch.muted_since is not None}
    reviews = vars(engine.reviews) if engine.reviews else {}
    exercises = {"exercises": vars(engine.exercises)} if engine.exercises else {}  # as before there were any: no row
    return {"muted": muted, "exclusions": engine.exclusions, "reviews": reviews, **exercises}


def _give_by_hand(engine: Engine, state: dict[str, Any]) -> None:
    for name, since in state["muted"].items():
        engine.watches[name].muted_since = since
    engine.exclusions[:] = state["exclusions"]
    _give(engine.reviews, state["reviews"])
    _give(engine.exercises, state.get("exercises", {}))


def _boxes(tally: Boxes) -> dict[str, Any]:
    table = np.array([[day[box] for box in BOXES] for day in tally.counts.values()], np.int64)
    return {"days": list(tally.counts), "rows": table, "conflicts": tally.conflicts}


def _give_boxes(tally: Boxes, state: dict[str, Any]) -> None:
    table = state["rows"].tolist()
    tally.counts = {day: dict(zip(BOXES, row, strict=True)) for day, row in zip(state["days"], table, strict=True)}
    tally.conflicts = state["conflicts"]


def _identities(identities: Identities) -> Iterator[tuple[str, bytes]]:
    yield "identities", packed(_take(identities, _IDENTITIES))
    for first in range(0, identities.used, SEGMENT):
        mine = slice(first, min(first + SEGMENT, identities.used))
        columns = {name: getattr(identities, name)[mine] for name in _SEGMENTED}
        yield f"identities/{first // SEGMENT}", packed(columns)


def _give_identities(identities: Identities, rows: Mapping[str, bytes]) -> None:
    _give(identities, unpacked(rows["identities"]))
    parts = [unpacked(rows[f"identities/{n}"]) for n in range(-(-identities.used // SEGMENT))]
    parts = parts or [{"rows": np.zeros(0, FACT), "forget_at": np.zeros(0, np.int64), "state": np.zeros(0, np.uint8)}]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in _SEGMENTED}
    identities.put_rows(**(columns | {"rows": _as_facts(columns["rows"], identities)}))


def _as_facts(rows: FactRows, identities: Identities) -> FactRows:
    """Rows of any format as today's: what an older one did not keep is none."""
    if rows.dtype == FACT:
        return rows
    facts = np.zeros(len(rows), FACT)
    for name in rows.dtype.names or ():
        facts[name] = rows[name]
    facts["office"], facts["due_at"] = identities.names.number("office", ""), NO_TIME
    return facts


def _counts(counts: Counts, identities: Identities, laid: Laid, name: str) -> Iterator[tuple[str, bytes]]:
    state = _take(counts, _COUNTS)
    state["ring"] = _take(counts.ring, _RING)
    if counts.folded is not None:
        state["folded"] = _take(counts.folded, _RING)
    yield "state", packed(state)
    yield "series", packed(_series(counts))
    yield "late", packed(np.array(counts.late_cells, np.int64).reshape(-1, 3).T)
    for block, data in cut(counts.ring, laid, (name, "ring")).items():
        yield f"ring/{block}", data
    if counts.folded is not None and counts.once is not None:
        for block, data in cut(counts.folded, laid, (name, "folded")).items():
            yield f"folded/{block}", data
        for span, group in groupby(counts.once.kept(), key=lambda fact: fact.occurred_at // _ONCE_MS):
            facts = list(group)
            made = partial(_once, identities, facts)
            yield f"once/{span}", laid.facts((name, "once", span), facts, made)


def _once(identities: Identities, facts: Sequence[Fact]) -> bytes:
    return packed(identities.rows_of(facts))


def _give_counts(counts: Counts, rows: Mapping[str, bytes], identities: Identities) -> None:
    state = unpacked(rows["state"])
    _give_ring(counts.ring, state.pop("ring"), _under(rows, "ring/"))
    if counts.folded is not None and counts.once is not None:
        _give_ring(counts.folded, state.pop("folded"), _under(rows, "folded/"))
        spans = sorted((int(span), data) for span, data in _under(rows, "once/").items())
        counts.once.give(identities.fact(row) for _, data in spans for row in _as_facts(unpacked(data), identities))
    _give(counts, state)
    _give_series(counts, unpacked(rows["series"]))
    counts.late_cells = [(s, b, d) for s, b, d in unpacked(rows["late"]).T.tolist()]


def _give_ring(ring: Ring, state: dict[str, Any], blocks: Mapping[str, bytes]) -> None:
    _give(ring, state)
    join(ring, {int(block): data for block, data in blocks.items()})


def _series(counts: Counts) -> dict[str, Any]:
    """The series in the order of their numbers; names once each."""
    areas = {area: n for n, area in enumerate(dict.fromkeys(area for area, _ in counts.pairs))}
    categories = {category: n for n, category in enumerate(dict.fromkeys(category for _, category in counts.pairs))}
    return {
        "areas": list(areas),
        "categories": list(categories),
        "pairs": np.array([(areas[a], categories[c]) for a, c in counts.pairs], np.int64).reshape(-1, 2).T,
        "parents": np.array(counts.parents, np.int64).reshape(-1, 5).T,
    }


def _give_series(counts: Counts, state: dict[str, Any]) -> None:
    areas, categories = state["areas"], state["categories"]
    counts.pairs = [(areas[a], categories[c]) for a, c in state["pairs"].T.tolist()]
    counts.series = {pair: number for number, pair in enumerate(counts.pairs)}
    counts.parents = [tuple(row) for row in state["parents"].T.tolist()]


def rule_rows(watch: RuleWatch) -> Iterator[tuple[str, bytes]]:
    judge, learned = watch.judge, watch.judge.rows
    memories = [(first, memory is not None) for first, memory in judge.memories]
    lessons = judge.lessons
    state = _take(watch, _WATCH) | {"judge": _take(judge, _JUDGE), "late_seen": learned.late_seen}
    before, kept = ([cell for cell, _ in some] for some in (lessons.before, lessons.kept))
    state["lessons"] = {"before": before, "kept": kept, "stale": lessons.stale}
    yield "state", packed(state | {"memories": memories})
    yield "fold", packed(watch.fold)
    yield "told", packed(watch.speech.told)
    yield "learned", packed(np.array([watch.counts.series[pair] for pair in learned.learned], np.int64))
    if judge.room is not None:
        yield "room", packed(_take(judge.room, _ROOM))
    yield from ((f"lesson/{cell}", data) for cell, data in lessons.kept)
    yield from ((f"before/{cell}", data) for cell, data in lessons.before)
    for first, memory in judge.memories:
        if memory is not None:
            yield f"memory/{first}", packed(dict(memory))


def give_rule(watch: RuleWatch, rows: Mapping[str, bytes]) -> None:
    state, judge = unpacked(rows["state"]), watch.judge
    pairs = watch.counts.pairs
    judge.learned = judge.rows.learned = [pairs[number] for number in unpacked(rows["learned"]).tolist()]
    judge.rows.late_seen = state.pop("late_seen")
    judge.memories = [
        (first, unpacked(rows[f"memory/{first}"]) if learned else None) for first, learned in state.pop("memories")
    ]
    known = state.pop("lessons", None)
    if known is not None:
        judge.lessons.kept = [(cell, rows[f"lesson/{cell}"]) for cell in known["kept"]]
        judge.lessons.before = [(cell, rows[f"before/{cell}"]) for cell in known["before"]]
        judge.lessons.stale = known["stale"]
    _give(judge, state.pop("judge"))
    if judge.room is not None:
        _give(judge.room, unpacked(rows["room"]))
    watch.speech.told = unpacked(rows["told"])
    watch.fold = unpacked(rows["fold"])
    _give(watch, state)


__all__ = ["FORMAT", "HEAD", "Unreadable", "engine_of", "restore", "rows", "snapshot", "unpacked"]
