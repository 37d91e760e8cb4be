"""The process in which a draft is tried: its cases, and the past by both sets of rules, through the code that judges.

It reads its task from a folder, says on its standard output how far it is, a line of JSON each, and lays what came of
it beside the task. It takes what processor others leave and no more memory than it may, and ends with who began it.
"""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from alerts.trials import CaseFailure, HeightRow, LoadRow, MonthRow, Past, PromiseRow, Said, TrialFault, Tried
from rules.signals import Signal
from streams import backtest as backtests
from streams.backtest import Report, Side
from streams.backtest.labels import EVENTFUL, Label
from streams.backtest.question import Question, ground_of
from streams.backtest.report import same_thing
from streams.city import City, read_city
from streams.city.durations import MINUTE
from streams.clock import WallClock
from streams.messages import SpokenError, say
from streams.processes import ends_with
from streams.rehearsal import played
from streams.settings import read_settings

TASK: Final = "task.json"
RESULT: Final = "result.json"
FAULT: Final = "fault.json"
NICE: Final = 10
MOST_BYTES: Final = 2 << 30
"""Of private memory; beyond it the trial ends, and the service goes on."""
LANGUAGES: Final = ("en", "zh-CN")
LABELS: Final = "data/labels.csv"
MOST_SAID: Final = 5_000
"""Alerts of a side that are kept, the first ones."""


class Task(msgspec.Struct, frozen=True):
    """What is tried. `old` and `new` are folders of rule files beside it."""

    rule: str
    stamp: str
    past: Past
    by: str
    at: int
    city: str
    data: str


class Step(msgspec.Struct, frozen=True):
    """How far it is: events judged, of how many over both sides."""

    done: int
    events: int


def as_child() -> None:
    """`python -c ... FOLDER`: do the task that lies there."""
    os.nice(NICE)
    task, folder = _given()
    try:
        _lay(folder / RESULT, tried(task, folder))
    except MemoryError:
        _lay(folder / FAULT, "memory")
    except SpokenError as fault:
        _lay(folder / FAULT, fault_of(fault))


def plays_cases() -> None:
    """The same, its cases alone; somebody waits for them."""
    task, folder = _given()
    _lay(folder / RESULT, Tried(*_cases(_read(task, folder / "new"), task.rule, folder / "new")))


def _given() -> tuple[Task, Path]:
    """The task, and where it lies; no more memory than it may have from here on."""
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    ends_with(os.getppid())
    folder = Path(sys.argv[1])
    return msgspec.json.decode((folder / TASK).read_bytes(), type=Task), folder


def fault_of(fault: SpokenError) -> TrialFault:
    """What is wrong with the past that was asked for."""
    if fault.name == "backtest-empty":
        return "empty"
    return "broken" if fault.name in ("process-killed", "as-it-is") else "no_archive"


def _lay(path: Path, value: object) -> None:
    draft = path.with_suffix(".laid")
    draft.write_bytes(msgspec.json.encode(value))
    draft.rename(path)


def tried(task: Task, folder: Path) -> Tried:
    """Play the cases of the draft, then judge the past by both sets of rules."""
    clock = WallClock()
    begun = clock.steady()
    old, new = (_read(task, folder / side) for side in ("old", "new"))
    cases, failures = _cases(new, task.rule, folder / "new")
    asked = Question(old, new, task.rule)
    settings = read_settings().model_copy(update={"data": Path(task.data)})
    ground = ground_of(old, settings, None, stored=task.past == "stored", solved_anew=False)
    events = max(1, ground.events * len(asked.groups))

    def watch(done: int) -> None:
        sys.stdout.write(msgspec.json.encode(Step(done, events)).decode() + "\n")
        sys.stdout.flush()

    watch(0)
    labels = Path(task.city) / LABELS
    known = backtests.read_labels(labels, old) if labels.is_file() else []
    report, (was, now) = asked.answer(ground, (None, None), known, clock, 1, watch)
    eventful = [label for label in known if label.expect in EVENTFUL]
    return _told(report, was, now, eventful, cases, failures, clock.steady() - begun)


def _read(task: Task, rules: Path) -> City:
    reading = read_city(Path(task.city), rules=rules)
    if reading.city is None:
        raise SpokenError("as-it-is", text=reading.render("en"))
    return reading.city


def _cases(city: City, rule: str, rules: Path) -> tuple[int, tuple[CaseFailure, ...]]:
    many, failed = 0, []
    for outcome in played(city, WallClock(), only=[rule], rules=rules):
        many += 1
        for failure in outcome.failures:
            told = {tag: say(failure.message, tag, **failure.values) for tag in LANGUAGES}
            failed.append(CaseFailure(outcome.case.name, outcome.cases.document.place(failure.path).line, told))
    return many, tuple(failed)


def _told(
    report: Report, old: Side, new: Side, known: Sequence[Label], cases: int, failures: tuple[CaseFailure, ...],
    seconds: float,
) -> Tried:  # fmt: skip
    return Tried(
        cases=cases,
        failures=failures,
        since=_ms(report.since),
        until=_ms(report.until),
        events=report.events,
        seconds=round(seconds, 1),
        old=tuple(_said(alert, old, new, known) for alert in old.alerts[:MOST_SAID]),
        new=tuple(_said(alert, new, old, known, sign=-1) for alert in new.alerts[:MOST_SAID]),
        months=tuple(MonthRow(one.desk, one.month, one.old, one.new or 0) for one in report.months),
        loads=tuple(LoadRow(one.desk, one.shifts, one.old, one.new or (0.0, 0.0, 0)) for one in report.loads),
        promises=tuple(PromiseRow(one.desk, one.promised, one.old, one.new) for one in report.promises),
        heights=tuple(HeightRow(one.desk, one.old, one.new) for one in report.heights),
        labels=len(report.labels),
        labels_lost=report.count("lost"),
        labels_gained=report.count("gained"),
        stopped=bool(report.stopped),
    )


def _said(alert: Signal, side: Side, others: Side, known: Sequence[Label], *, sign: int = 1) -> Said:
    """`sign`: 1 of the old side, -1 of the new."""
    other = _other(alert, others.alerts)
    earlier = sign * (alert.said_at - other.said_at) / MINUTE if other is not None else 0.0
    return Said(
        alert.key,
        alert.area,
        alert.category,
        side.desk(alert),
        alert.evidence.colour,
        alert.said_at,
        alert.evidence.observed,
        alert.evidence.limit,
        other.key if other is not None else "",
        round(earlier, 1),
        any(label.overlaps(alert) and label.named_by(alert, side.book) for label in known),
    )


def _other(alert: Signal, others: Sequence[Signal]) -> Signal | None:
    return next((one for one in others if one.key == alert.key), None) or next(
        (one for one in others if same_thing(alert, one)), None
    )


def _ms(text: str) -> int:
    return round(datetime.fromisoformat(text).timestamp() * 1000)
