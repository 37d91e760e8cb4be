"""Rules judged on a past, over processes: the code that judges the city, and nothing beside it.

Rules that share counts are judged together, as in service; groups do not read each other, so that what one says is the
same alone as in company. A past is not cut into months: a judgement rests on all that came before it (decision 0026).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context

from msgspec import UNSET, structs

from rules.book import Book, MatterRule, Rule
from rules.calibration import desks_of
from rules.canonical import final_states
from rules.counts import fingerprint
from rules.engine import Engine
from rules.records import Calibrate, Frame, Record, StartRule, StopRule, Tick, UseBook
from rules.signals import Signal
from streams import replay
from streams.clock import Clock
from streams.processes import shared_out

Watch = Callable[[int], None]
"""Told now and then how many events were judged, over all rules."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A past to judge on: its records laid ready once, for every rule."""

    records: Sequence[Record]
    events: int
    first: int  # arrival, ms; 0: no event
    last: int
    settles_at: int
    ends: bool

    @property
    def told_to(self) -> int:
        """The last moment at which anything can be said, ms: time went on after the last event."""
        ticks = (record.now for record in self.records if isinstance(record, Tick))
        return max(self.settles_at, self.last, max(ticks, default=0))

    @classmethod
    def of(cls, past: replay.Past, *, solved_anew: bool = False) -> Ground:
        """What is known of a past but which rules were in force then: those that are tried are, from its beginning.

        Heights that were solved then stay, unless they are `solved_anew`.
        """
        orders: tuple[type[Record], ...] = (UseBook, StopRule, StartRule, *([Calibrate] if solved_anew else []))
        records = [record for record in past.records if not isinstance(record, orders)]
        arrived = [record.rows["arrived_at"] for record in records if isinstance(record, Frame) and len(record.rows)]
        first = min((int(times.min()) for times in arrived), default=0)
        last = max((int(times.max()) for times in arrived), default=0)
        return cls(records, sum(map(len, arrived)), first, last, past.settles_at, past.ends)


@dataclass(frozen=True, slots=True)
class Trial:
    """What a rule said of a past: the last state of each alert, first said first.

    `stopped`: why the rule itself was, "" where it judged to the end; `heights`: by first desk, the score from which
    it speaks at the end; none of a rule that learns nothing.
    """

    rule: Rule | MatterRule
    alerts: tuple[Signal, ...]
    stopped: str = ""
    heights: Mapping[str, float] = field(default_factory=dict)


Group = tuple[Rule | MatterRule, ...]


def groups_of(book: Book) -> list[Group]:
    """The rules of a book by the counts that they share, in the order of the book; those on matters each alone."""
    found: dict[str, list[Rule]] = {}
    for rule in book.rules:
        found.setdefault(fingerprint(rule, book).name, []).append(rule)
    return [*(tuple(rules) for rules in found.values()), *((rule,) for rule in book.on_matters)]


def only(book: Book, rules: Group) -> Book:
    """The book with no other rules."""
    on_counts = tuple(rule for rule in rules if isinstance(rule, Rule))
    on_matters = tuple(rule for rule in rules if isinstance(rule, MatterRule))
    return structs.replace(book, rules=on_counts, matter_rules=on_matters or UNSET)


def judged(
    book: Book, groups: Sequence[Group], ground: Ground, clock: Clock, processes: int, watch: Watch | None = None,
    *, calibrate: float = 0.0,
) -> list[list[Trial]]:  # fmt: skip
    """Each group on its own, in their order; `calibrate` as `replay.run` has it. Raises SpokenError where a process was
    killed.

    `book`: what runs. Heights that were solved for its promise say nothing of a rule that promises otherwise: that one
    has the bound of its own promise, as it will when it comes in force.
    """
    done = get_context("fork").Array("q", max(len(groups), 1), lock=False)

    def judge(number: int) -> list[Trial]:
        def progress(events: int, _: int, __: int) -> None:
            done[number] = events

        otherwise = _promise_otherwise(groups[number], book)
        records = (_without_heights(record, otherwise) for record in ground.records)
        past = replay.Past(records, ground.events, settles_at=ground.settles_at, ends=ground.ends)
        told = replay.run(only(book, groups[number]), past, clock, progress, calibrate=calibrate)
        done[number] = ground.events
        last = sorted(final_states(told.signals).values(), key=lambda signal: (signal.said_at, signal.key))
        stopped = told.engine.stopped
        return [
            Trial(
                rule,
                tuple(s for s in last if s.rule == rule.id),
                stopped.get(rule.id, (0, ""))[1],
                _heights(told.engine, rule.id),
            )
            for rule in groups[number]
        ]

    look = None if watch is None else lambda: watch(sum(done))
    return list(shared_out(judge, range(len(groups)), processes, look))


def _promise_otherwise(group: Group, book: Book) -> frozenset[str]:
    """The rules that promise other than those of their name that run, or that are new."""
    runs = {rule.id: rule.false_alarms for rule in book.rules}
    return frozenset(rule.id for rule in group if isinstance(rule, Rule) and runs.get(rule.id) != rule.false_alarms)


def _without_heights(record: Record, rules: frozenset[str]) -> Record:
    if not isinstance(record, Calibrate) or not rules:
        return record
    kept = {key: height for key, height in record.heights.items() if key.split("/", 1)[0] not in rules}
    return structs.replace(record, heights=kept)


def _heights(engine: Engine, rule: str) -> Mapping[str, float]:
    watch = engine.rules.get(rule)
    if watch is None or watch.judge.detector.refits != "day":
        return {}
    return {desk: round(watch.judge.height_at(desk), 2) for desk in desks_of(watch.judge)}
