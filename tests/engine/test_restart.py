"""A restart at any record, again and again, with Orders of every kind on the way: the same signals, the same memory."""

from __future__ import annotations

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from rules import blocks, snapshots
from rules.book import Book, DetectorSpec
from rules.engine import Engine
from rules.records import (
    Blind,
    Calibrate,
    Down,
    Exclude,
    HearFeed,
    MuteFeed,
    Order,
    Record,
    Retire,
    Review,
    StartRule,
    StopRule,
    Tick,
    UseBook,
)
from rules.signals import Signal
from tests.engine.worlds import FEEDS, HOUR, MINUTE, RULES, START, TICKS, Event, book, log_of, nights, rule

LEARNS = rule("learns", detector=DetectorSpec("surprise", {"learn_days": 1}), windows=(HOUR,), categories="service")
DROPS = rule("drops", detector=DetectorSpec("drop"), windows=(2 * HOUR,), categories="")
BOOKS = (
    book((*RULES, LEARNS, DROPS)),
    book((*RULES[1:], LEARNS, rule("many", keep=HOUR)), feeds=book().feeds[:1]),
    book((*RULES, msgspec.structs.replace(LEARNS, windows=(HOUR, 4 * HOUR)))),
)
NAMES = ("many", "once", "learns", "gone")
KINDS = (
    "use-book", "calibrate", "down", "blind", "retire", "stop", "start", "mute-feed", "hear-feed", "exclude", "review",
)  # fmt: skip


def order(kind: str, start: int, n: int) -> Order:
    """An Order of a kind that is about something that `n` chooses."""
    since = start - n * 10 * MINUTE
    found: dict[str, Order] = {
        "use-book": UseBook(start, BOOKS[n % len(BOOKS)].digest),
        "calibrate": Calibrate(start, {f"{NAMES[n % 3]}/desk": 2.0 + n}),
        "down": Down(start, since, start),
        "blind": Blind(start, FEEDS[n % 2], since, start + n * MINUTE),
        "retire": Retire(start, FEEDS[n % 2]),
        "stop": StopRule(start, NAMES[n % 4]),
        "start": StartRule(start, NAMES[n % 4]),
        "mute-feed": MuteFeed(start, FEEDS[n % 2], id=f"m{n}", by="A1", reason="doubled"),
        "hear-feed": HearFeed(start, FEEDS[n % 2]),
        "exclude": Exclude(start, ("north", "city")[n % 2], ("traffic", "incident")[n % 2], since, start, id=f"e{n}"),
        "review": Review(start, f"m{n}", by="A2"),
    }
    return found[kind]


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """A night as frames and ticks, with Orders anywhere between them, that begin before, at or after the last tick."""
    records = log_of(draw(nights()), TICKS, split=draw(st.integers(1, 6)))
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(records)))
        last = max((r.now for r in records[:place] if isinstance(r, Tick)), default=START)
        start = last + draw(st.sampled_from((-HOUR, 0, 1, 7 * MINUTE, 5 * HOUR)))
        records.insert(place, order(draw(st.sampled_from(KINDS)), start, draw(st.integers(0, 5))))
    return records


BURST = [Event(id=i + 1, occurred=60 + i, arrived=61 + i, offset=i) for i in range(8)]
TWO_BURSTS_AND_ONE_ROW = [  # the first leaves every window while the second is drawn; the row keeps what was drawn open
    *BURST[:6],
    *(Event(id=20 + i, occurred=240 + i, arrived=241 + i, area="south", category="fire.wood") for i in range(5)),
    Event(id=40, occurred=340, arrived=341, area="east"),
]


@given(records=logs(), cuts=st.sets(st.integers(1, 90), max_size=6), whole=st.booleans())
@example(records=log_of(BURST, TICKS), cuts={3, 9, 10, 80}, whole=True)
@example(records=log_of(TWO_BURSTS_AND_ONE_ROW, TICKS), cuts={30}, whole=False)
def test_any_restarts_say_the_same_and_remember_the_same(records: list[Record], cuts: set[int], whole: bool) -> None:
    undisturbed, said = lived(records, set(), whole=whole)
    again, repeated = lived(records, cuts, whole=whole)
    assert repeated == said
    assert again.rows() == undisturbed.rows()


def lived(records: list[Record], cuts: set[int], *, whole: bool) -> tuple[Engine, list[Signal]]:
    """The engine after all records; taken up from its rows, or from all of them in one piece, before each cut."""
    books: dict[str, Book] = {of.digest: of for of in BOOKS}
    engine, said = Engine(BOOKS[0]), []
    for of in BOOKS:
        engine.add_book(of)
    for offset, record in enumerate(records, 1):
        if offset in cuts:
            engine = Engine.restore(engine.snapshot(), books) if whole else Engine.of_rows(engine.rows(), books)
        said += engine.apply(record, offset)
    return engine, said


@given(records=logs(), looks=st.sets(st.integers(1, 90), max_size=12))
def test_what_was_laid_out_before_makes_no_row_another(records: list[Record], looks: set[int]) -> None:
    engine = Engine(BOOKS[0])
    for of in BOOKS:
        engine.add_book(of)
    for offset, record in enumerate(records, 1):
        engine.apply(record, offset)
        if offset in looks:
            assert engine.rows() == snapshots.rows(engine)
    assert engine.rows() == snapshots.rows(engine)


def test_what_has_settled_stays_byte_for_byte_and_only_the_newest_rows_change() -> None:
    """A day of ordinary use: of each series' blocks all but the oldest and the newest are what they were."""
    steady = [Event(id=n + 1, occurred=n * 9, arrived=n * 9 + 1, offset=n) for n in range(2 * 24 * 60 // 9)]
    records = log_of(steady, range(15, 2 * 24 * 60 + 30, 15))
    engine, _ = lived(records[: len(records) * 3 // 4], set(), whole=True)
    before = engine.rows()
    for offset, record in enumerate(records[len(records) * 3 // 4 :], len(records) * 3 // 4 + 1):
        engine.apply(record, offset)
    after = engine.rows()
    same = {name for name in before if after.get(name) == before[name]}
    settled = {name for name in before if "/ring/" in name} - _edges(engine, before)
    assert settled
    assert settled <= same
    assert {name for name in before if name.endswith("/series")} <= same


def _edges(engine: Engine, rows: dict[str, bytes]) -> set[str]:
    """The oldest block of each series of blocks, which falls out bucket by bucket, and the one that was open."""
    found = set()
    for name, counts in engine.counts.items():
        held = [int(row.rsplit("/", 1)[1]) for row in rows if row.startswith(f"counts/{name}/ring/")]
        now = blocks.blocks_of(counts.ring)
        found |= {f"counts/{name}/ring/{n}" for n in held if n <= now[0] or n == max(held)}
    return found


def test_equal_memories_give_equal_rows_whatever_the_order_in_which_rows_of_once_came() -> None:
    same_place = [Event(id=n, occurred=60 + n % 3, arrived=70, place=1, offset=n) for n in range(1, 6)]
    one, _ = lived(log_of(same_place, TICKS), set(), whole=True)
    other, _ = lived(log_of(same_place, TICKS), {10}, whole=True)
    spans = [name for name in one.rows() if "/once/" in name]
    assert spans
    assert {name: one.rows()[name] for name in spans} == {name: other.rows()[name] for name in spans}


def test_a_snapshot_without_one_of_its_rows_is_not_read() -> None:
    engine, _ = lived(log_of(BURST, TICKS), set(), whole=True)
    rows = engine.rows()
    kinds = {name for name in rows if "/ring/" not in name and "/folded/" not in name and "/once/" not in name}
    books = {of.digest: of for of in BOOKS}
    for name in kinds:
        left = {other: data for other, data in rows.items() if other != name}
        try:
            Engine.of_rows(left, books)
        except snapshots.Unreadable:
            continue
        raise AssertionError(f"{name} was not missed")
