"""The small city whose records, journal, memory and alerts lie in the golden files. It never changes: they hold it."""

from __future__ import annotations

from typing import Final

import numpy as np

from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Rule, Selector
from rules.calendar import Calendar
from rules.detectors.port import Kin, Past
from rules.records import (
    NO_TIME,
    ROW,
    SELF_INITIATED,
    Blind,
    Calibrate,
    Down,
    DropShadow,
    Exclude,
    Frame,
    HearFeed,
    MuteFeed,
    Order,
    Record,
    Retire,
    Review,
    StartRule,
    StartShadow,
    StopRule,
    Tick,
    UseBook,
)
from rules.signals import Cause, Cell, Evidence, FeedEvidence, Share, Signal, WindowEvidence
from rules.trees import Node, Tree

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
START: Final = 1_700_000_400_000 // (10 * MINUTE) * (10 * MINUTE)
AREAS: Final = ("city", "north", "south")
CATEGORIES: Final = ("incident", "fire", "traffic")
CANDIDATE: Final = (
    b'{"id":"many","version":"v2","selector":{"category":"incident"},"areas":"district","windows":[3600000],'
    b'"step":600000,"detector":{"kind":"threshold","parameters":{"n":2.0}}}'
)
"""A rule as a book holds it, as today's version writes none: what it does not say is as it was when it was written."""


def book() -> Book:
    """Three areas, three categories, two rules; a feed whose silence nobody tells."""
    rules = (
        _rule("many", Selector("incident"), 0),
        _rule("once", Selector("fire"), HOUR),
    )
    return Book(
        city="small", areas=_tree(("city", "district"), AREAS), categories=_tree(("all", "service"), CATEGORIES),
        calendar=Calendar("Europe/Berlin"),
        feeds=(FeedPolicy("calls", "incident", lateness=30 * MINUTE, horizon=6 * HOUR, has_place=True, silence=False),),
        rules=rules, desks=(DeskReach("desk", ("city",), ("incident",)),),
    )  # fmt: skip


def _rule(rule_id: str, selector: Selector, once_within: int) -> Rule:
    return Rule(
        id=rule_id, version="v1", selector=selector, areas="district", windows=(30 * MINUTE, HOUR), step=10 * MINUTE,
        detector=DetectorSpec("threshold", {"n": 3.0}), categories="service", keep=30 * MINUTE, at_least=3,
        once_within=once_within,
    )  # fmt: skip


def _tree(levels: tuple[str, str], codes: tuple[str, ...]) -> Tree:
    root, *below = codes
    nodes = (Node(root, "", levels[0], {"en": root}), *(Node(code, root, levels[1], {"en": code}) for code in below))
    return Tree(levels, nodes)


def frame(events: list[tuple[int, int, int, str, str, int]], offset: int) -> Frame:
    """(id, occurred, arrived in minutes, area, category, revision) a row; every third has a place, the seventh is a
    crew's own."""
    rows = np.zeros(len(events), ROW)
    for n, (number, occurred, arrived, area, category, revision) in enumerate(events):
        row = rows[n]
        row["area"], row["category"] = AREAS.index(area), CATEGORIES.index(category)
        row["id0"], row["id1"], row["revision"] = 2**63 + number, 7, revision
        row["content"] = 2**40 * number + revision
        row["occurred_at"] = START + occurred * MINUTE + number
        row["arrived_at"] = START + arrived * MINUTE + 1
        row["due_at"], row["count"], row["place"] = NO_TIME, 1, 5 if number % 3 == 0 else 0
        row["severity"], row["flags"] = number % 5, SELF_INITIATED if number % 7 == 0 else 0
        row["offset"], row["n"] = offset + n, n % 2
    return Frame("small", ("calls",), ("filed",), CATEGORIES, AREAS, ("",), ("push-calls",), rows)


def records() -> list[Record]:
    """Five hours: a burst in the north, a late row, a row that is corrected, an Order, a repeat."""
    burst = [(n, 60 + n, 61 + n, "north", "fire" if n % 2 else "traffic", 0) for n in range(1, 9)]
    frames = {
        40: [(20, 30, 31, "south", "traffic", 0), (21, 33, 34, "north", "fire", 0)],
        80: burst,
        130: [
            (30, 70, 125, "north", "traffic", 0),
            (1, 61, 126, "south", "fire", 1),
            (2, 62, 127, "north", "traffic", 0),
        ],
        210: [(40 + n, 205, 206, "south", "fire", 0) for n in range(4)],
    }
    found: list[Record] = []
    for minute in range(10, 310, 10):
        if minute in frames:
            found.append(frame(frames[minute], offset=100 * minute))
        if minute == 150:
            found.append(Down(START + 150 * MINUTE, START + 100 * MINUTE, START + 110 * MINUTE))
        found.append(Tick(START + minute * MINUTE))
    return found


def lesson() -> Past:
    """Two hours of three series, one cell of it blind, one of an episode; and an event that came late."""
    nobody = np.full(3, -1)
    return Past(
        np.array([400, 401]), np.array([64, 65]), np.array([719_163, 719_163]), np.array([False, True]),
        np.array([[3, 0], [2, 0], [1, 0]]), np.array([[False, False], [True, False], [False, False]]),
        (np.array([1]), np.array([63]), np.array([1])), Kin(nobody, nobody, nobody, nobody, nobody), 6, (3, 6), 168,
    )  # fmt: skip


def signal() -> Signal:
    """A signal with something in every field."""
    evidence = Evidence(
        peak=START, observed=9, expected=1.5, spread=1.25, limit=6, would_not_have_spoken=5, window=HOUR, rank=1,
        colour="orange", rank_limits=(("yellow", 6), ("orange", 8)),
        windows=(WindowEvidence(HOUR, START - HOUR, START, 9, 1.5, 6, spoke=True),), areas=(Share("north", 7, 0.5),),
        categories=(Share("fire", 9, 1.0),), feeds=(FeedEvidence("calls", 9, START + 7),),
        cells=(Cell(START - HOUR, 9, 1.5, 0.0, 4.0, 6, missing=True),), buckets=(START,), incomplete=True, folded=2,
        history_days=31.5, later=1, taken_back=5, would_speak=False,
    )  # fmt: skip
    return Signal(
        id="0a", alert="0b", key="0c", cause=Cause(1, 17, 2), city="small", state="running", kind="spike", rule="many",
        rule_version="v1", area="north", category="fire", feed="", first=START - HOUR, last=START, said_at=START,
        at=START + MINUTE, over_at=0, late=True, merged_into="", evidence=evidence,
    )  # fmt: skip


def orders() -> dict[str, Order]:
    """One of each kind."""
    return {
        "use-book": UseBook(START + 1, "0123456789abcdef0123456789abcdef"),
        "calibrate": Calibrate(START + 2, {"many/desk": 4.25}),
        "down": Down(START + 3, START - HOUR, START),
        "blind": Blind(START + 4, "calls", START - HOUR, START),
        "retire": Retire(START + 5, "calls"),
        "stop": StopRule(START + 6, "many"),
        "start": StartRule(START + 7, "many"),
        "mute-feed": MuteFeed(START + 8, "calls", id="00aa11bb22", by="A100001", reason="doubled since noon"),
        "hear-feed": HearFeed(START + 9, "calls", id="00aa11bb23", by="A100001", reason="mended"),
        "exclude": Exclude(
            START + 10, "north", "fire", START - HOUR, START, id="00aa11bb24", by="A100001", reason="a test of alarms"
        ),
        "review": Review(START + 11, "00aa11bb22", id="00aa11bb25", by="A100002", reason="seen"),
        "start-shadow": StartShadow(
            START + 12, "many", CANDIDATE, text="id: many\n", shifts=14, id="00aa11bb26", by="A100001", reason="sooner"
        ),
        "drop-shadow": DropShadow(START + 13, "many", id="00aa11bb27", by="A100001", reason="no sooner"),
    }
