"""Rules judged on a past, over processes: the code that judges the city, and nothing beside it.

Rules that share counts are judged together, as in service; groups do not read each other, so that what one says is the
same alone as in company. A past is not cut into months: a judgement rests on all that came before it (decision 0026).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import get_context

from msgspec import UNSET, structs

from rules.book import Book, MatterRule, Rule
from rules.canonical import final_states
from rules.counts import fingerprint
from rules.records import Calibrate, Frame, Record, StartRule, StopRule, UseBook
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

    `stopped`: why the rule itself was, "" where it judged to the end.
    """

    rule: Rule | MatterRule
    alerts: tuple[Signal, ...]
    stopped: str = ""


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
    killed."""
    done = get_context("fork").Array("q", max(len(groups), 1), lock=False)

    def judge(number: int) -> list[Trial]:
        def progress(events: int, _: int, __: int) -> None:
            done[number] = events

        past = replay.Past(iter(ground.records), ground.events, settles_at=ground.settles_at, ends=ground.ends)
        told = replay.run(only(book, groups[number]), past, clock, progress, calibrate=calibrate)
        done[number] = ground.events
        last = sorted(final_states(told.signals).values(), key=lambda signal: (signal.said_at, signal.key))
        stopped = told.engine.stopped
        return [
            Trial(rule, tuple(s for s in last if s.rule == rule.id), stopped.get(rule.id, (0, ""))[1])
            for rule in groups[number]
        ]

    look = None if watch is None else lambda: watch(sum(done))
    return list(shared_out(judge, range(len(groups)), processes, look))
