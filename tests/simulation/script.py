"""The script of a seed: everything that happens to a town and to its machine, as values in one list.

Each seed leaves some classes of faults out (swarm testing): a fault that hides another is then absent in some runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import msgspec
from msgspec import structs

from rules.records import (
    Blind,
    Down,
    DropShadow,
    Exclude,
    HearFeed,
    MuteFeed,
    Order,
    Retire,
    Review,
    StartRule,
    StartShadow,
    StopRule,
)
from streams.city import City
from streams.crashpoints import CrashPoint
from streams.runtime import ClockKind
from streams.simulate import Faults, Made, Plan, Sent

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
BEGIN: Final = 1_772_409_600_000  # 2026-03-02T00:00:00Z; in New York the clocks change on 8 March
IN_SHADOW: Final = "in-shadow"
"""The version of candidates: no folder brings it."""
IN_DELIVERY: Final = "in-delivery"
"""A channel has heard a notice, and nobody has kept its receipt."""
POINTS: Final = (*(str(point) for point in CrashPoint if point is not CrashPoint.CUTTING_TAIL), IN_DELIVERY)


@dataclass(frozen=True, slots=True)
class Push:
    """A body of one feed, sent at `at`; sent again until it is answered."""

    at: int
    feed: str
    sents: tuple[Sent, ...]
    junk: tuple[bytes, ...] = ()
    """Lines that the contract refuses."""

    @property
    def lines(self) -> list[bytes]:
        return [*(sent.line() for sent in self.sents), *self.junk]


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes up to `at`."""

    at: int


@dataclass(frozen=True, slots=True)
class Kill:
    """The process dies at the `nth` passing of `point` from here on; "": now, between two turns. `power`: with what
    was not synced."""

    point: str = ""
    nth: int = 1
    power: bool = False


@dataclass(frozen=True, slots=True)
class Restart:
    """An end in order, and a start `later` ms afterwards. Meanwhile the newest snapshot is damaged (`flips`), or the
    desk's store is put away (`loses`)."""

    later: int = 0
    flips: bool = False
    loses: bool = False


@dataclass(frozen=True, slots=True)
class SetClock:
    """The wall clock is off by `wrong` ms from now on; `freezes`: it stands still until the next such step."""

    wrong: int
    freezes: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """The process stands still for `ms` and knows nothing of it."""

    ms: int


@dataclass(frozen=True, slots=True)
class Give:
    """An Order that somebody gave; its start is set when it is given."""

    order: Order


@dataclass(frozen=True, slots=True)
class UseRules:
    """The folder has changed: `version` of it comes into force."""

    version: int


@dataclass(frozen=True, slots=True)
class Fill:
    """The disk is full (or has room again)."""

    full: bool


@dataclass(frozen=True, slots=True)
class Again:
    """The sender lost the answer to the `back`-th body before this one, and sends it once more."""

    back: int


Step = Push | Wait | Kill | Restart | SetClock | Pause | Give | UseRules | Fill | Again

CLASSES: Final = (
    "kill", "power", "restart", "flip", "clock", "pause", "again", "orders", "rules", "full", "junk", "roads", "lost",
    "late", "repeats", "revisions", "gaps", "shuffle",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weather:
    """What a seed may meet."""

    kind: ClockKind
    classes: frozenset[str]
    days: float
    body_ms: int

    def has(self, name: str) -> bool:
        return name in self.classes


TOGETHER_TOO_MUCH: Final = frozenset({"flip", "lost"})
"""Up to where a lost desk was told stands in the snapshots alone: with the newest damaged too, notices leave again."""


def weather(dice: Random) -> Weather:
    kind: ClockKind = dice.choice(("wall", "stream"))
    classes = frozenset(name for name in CLASSES if dice.random() < 0.5)
    if classes >= TOGETHER_TOO_MUCH:
        classes -= {"lost"}
    days, minutes = dice.choice(((0.7, 30), (1.2, 45), (2.5, 120), (5.0, 240)))
    return Weather(kind, classes, days, minutes * MINUTE)


def plan(of: Weather, dice: Random) -> Plan:
    """How the town's world is made under a weather."""
    faults = Faults(
        late=0.08 * of.has("late"),
        repeated=0.08 * of.has("repeats"),
        revised=0.1 * of.has("revisions"),
        gaps=2.0 * of.has("gaps"),
        bulks=1.0 * of.has("gaps"),
        clocks=1.0 * of.has("late"),
    )
    return Plan(45.0 / of.days + 45.0, 4.0 + 10.0 / of.days, 0.3, dice.choice((6, 200)), faults)


def script(of: Weather, made: Made, town: City, dice: Random) -> list[Step]:
    """The steps of a seed, in order."""
    steps: list[Step] = []
    for push in _bodies(of, made.sent, dice):
        steps += [*_faults(of, town, dice), push]
    _shadow(steps, town, Random(len(made.sent) * 1_000 + len(steps)))
    return [*steps, *_calm_end(of)]


def _shadow(steps: list[Step], town: City, dice: Random) -> None:
    """In every other world a candidate judges in shadow, and now and then another one after it. By dice of its own, so
    that a seed that was found before means what it meant."""
    for _ in range(dice.choice((0, 0, 1, 2))):
        base = dice.choice(town.book.rules)
        changes = dice.choice(({"at_least": 2}, {"keep": 2 * base.keep}, {"windows": base.windows[:1]}, {}))
        candidate = structs.replace(base, version=IN_SHADOW, **changes)
        order = StartShadow(0, base.id, msgspec.json.encode(candidate), by="A1", reason="as the script says")
        begin = dice.randrange(len(steps))
        if dice.random() < 0.5:
            steps.insert(dice.randrange(begin, len(steps)) + 1, Give(DropShadow(0, base.id)))
        steps.insert(begin, Give(order))


def _bodies(of: Weather, sents: Sequence[Sent], dice: Random) -> Iterator[Push | Wait]:
    """The events cut into bodies by feed; a body is sent when its last event has come. Where feeds have had the time to
    learn how often they are heard, one of them falls silent for a day."""
    if of.days >= 5 and of.has("gaps"):
        feed, since = dice.choice([sent.feed for sent in sents]), BEGIN + round(dice.uniform(3.4, 4.0) * DAY)
        sents = [sent for sent in sents if sent.feed != feed or not since <= sent.arrived_at < since + DAY]
    slots: dict[int, dict[str, list[Sent]]] = {}
    for sent in sents:
        slots.setdefault(max(sent.arrived_at, BEGIN) // of.body_ms, {}).setdefault(sent.feed, []).append(sent)
    last = max(slots, default=0)
    for slot in range(BEGIN // of.body_ms, last + 1):
        at = (slot + 1) * of.body_ms
        feeds = list(slots.get(slot, {}))
        if not feeds:
            yield Wait(at)
        for n, feed in enumerate(feeds):
            mine = slots[slot][feed]
            if of.has("shuffle"):
                dice.shuffle(mine)
            junk = (dice.choice(JUNK),) if of.has("junk") and dice.random() < 0.1 else ()
            yield Push(at + 1_000 * n, feed, tuple(mine), junk)


JUNK: Final = (
    b"{",
    b'{"id":"x","source":"s","kind":"incident","category":"any","occurred_at":"2026-03-02T00:00:00Z","who":"me"}',
    b'{"id":"x","source":"s","kind":"incident","category":"nowhere","area":"d0","occurred_at":"2026-03-02T00:00:00Z"}',
    b'{"id":"y","source":"s","kind":"incident","category":"any","area":"d0","occurred_at":"soon"}',
)


def _faults(of: Weather, town: City, dice: Random) -> Iterator[Step]:
    """What befalls the machine before the next body; mostly nothing."""
    often = 0.06

    def falls(name: str, times: float = 1.0) -> bool:
        return of.has(name) and dice.random() < times * often

    if falls("kill") or falls("power"):
        point = dice.choice(("", *POINTS))
        yield Kill(point, dice.randint(1, 3), power=of.has("power") and dice.random() < 0.7)
    if falls("restart"):
        later = dice.choice((0, MINUTE, 2 * HOUR)) if of.kind == "wall" else 0
        yield Restart(later, of.has("flip") and dice.random() < 0.5, of.has("lost") and dice.random() < 0.3)
    if falls("again", 3):
        yield Again(dice.randint(1, 5))
    if falls("orders", 0.5):
        yield from _orders(town, dice)
    if falls("rules", 0.3):
        yield UseRules(dice.randint(0, 1))
    if of.kind == "wall" and falls("pause"):
        yield Pause(dice.choice((10_000, 10 * MINUTE, 6 * HOUR)))
    if of.kind == "wall" and falls("clock"):
        wrong = dice.choice((-1, 1)) * dice.choice((1_000, 30_000, HOUR, DAY))
        yield dice.choice((SetClock(wrong), SetClock(0), SetClock(0, freezes=True)))
    if falls("full", 0.7):
        yield Fill(full=dice.random() < 0.5)


def _orders(town: City, dice: Random) -> Iterator[Step]:
    rule = dice.choice(town.book.rules).id
    feed = dice.choice(town.book.feeds).name
    area = dice.choice(town.book.areas.nodes).code
    given = {"id": f"{dice.randint(0, 9)}", "by": dice.choice(("A1", "A2")), "reason": "as the script says"}
    yield dice.choice(
        (
            Give(StopRule(0, rule, **given)),
            Give(StartRule(0, rule)),
            Give(MuteFeed(0, feed, **given)),
            Give(HearFeed(0, feed, **given)),
            Give(HearFeed(0, feed)),
            Give(Exclude(0, area, town.book.categories.root, 0, 0, **given)),
            Give(Review(0, **given | {"order": f"{dice.randint(0, 9)}"})),
            Give(Blind(0, feed, 0, 0)),
            Give(Down(0, 0, 0)),
            Give(Retire(0, feed)),
        )
    )


def _calm_end(of: Weather) -> Iterator[Step]:
    """Nothing breaks any more: room on the disk, a right clock, and time for all that is due."""
    yield Fill(full=False)
    yield SetClock(0)
    yield Wait(0)
