"""rules/*.cases.yaml: what a rule must say, and must not, on a timeline made up for it. The file's name is the rule's.

Times are told from the case's own beginning: `2h30m`. Counts stand in a short notation: `3x12 0x5 9` is twelve times 3,
five times 0, once 9; `4+2x3` is 4 6 8.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from streams.city.durations import DAY, HOUR, LONGEST, MINUTE, Duration, milliseconds
from streams.city.rule_file import Severity
from streams.city.schema import Code, Form, Switch, Text, Whole

MOST_SLOTS: Final = 20_000
MOST_IN_A_SLOT: Final = 10_000
LONGEST_CASE: Final = 400 * DAY
STARTS: Final = "2026-01-05"
"""A Monday without a holiday near it: where a case begins that says nothing else."""

_SLOT: Final = re.compile(r"([0-9]{1,5})(?:\+([0-9]{1,5}))?(?:x([0-9]{1,5}))?\Z")
_PART: Final = re.compile(r"([0-9]{1,6}[smhdw])")
_RATE: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) per (hour|day|week)\Z")
_HOURS: Final = {"hour": 1, "day": 24, "week": 168}
_START: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?\Z")


def counts_of(value: Any) -> tuple[int, ...]:
    """The counts of a series, slot by slot.

    >>> counts_of("3x2 0 4+2x3")
    (3, 3, 0, 4, 6, 8)
    """
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    found: list[int] = []
    for part in text.split() if isinstance(text, str) else ():
        match = _SLOT.match(part)
        times = int(match[3] or 1) if match else 0
        if match is None or times == 0 or len(found) + times > MOST_SLOTS:
            raise PydanticCustomError("series-unreadable", "no series", {"value": part})
        found += [int(match[1]) + step * int(match[2] or 0) for step in range(times)]
    if not found or max(found) > MOST_IN_A_SLOT:
        raise PydanticCustomError("series-unreadable", "no series", {"value": str(value)})
    return tuple(found)


def moment(value: Any) -> int:
    """`2h30m` -> 9000000: so long after the case begins."""
    parts = _PART.findall(value) if isinstance(value, str) else []
    if not parts or "".join(parts) != value or (told := sum(milliseconds(part) for part in parts)) > LONGEST:
        raise PydanticCustomError("moment-unreadable", "no moment", {"value": value})
    return told


def moment_written(at: int) -> str:
    """9000000 -> `2h30m`; before the case begins with a minus."""
    rest, text = abs(at), "-" if at < 0 else ""
    for unit, length in (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", 1000)):
        if rest >= length:
            text += f"{rest // length}{unit}"
            rest %= length
    return text if text not in ("", "-") else "0h"


def _rate(value: Any) -> float:
    if isinstance(value, str) and (match := _RATE.match(value)) and float(match[1]) > 0:
        return float(match[1]) / _HOURS[match[2]]
    raise PydanticCustomError("event-rate-unreadable", "no rate", {"value": value})


def _start(value: Any) -> str:
    if isinstance(value, str) and _START.match(value):
        return value
    raise PydanticCustomError("start-unreadable", "no start", {"value": value})


def _whatever(value: Any) -> Any:
    """`true` asks for nothing in particular."""
    return {} if value is True else value


def _form(pattern: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern}$"})


Moment = Annotated[int, BeforeValidator(moment), _form("([0-9]{1,6}[smhdw])+")]
"""ms since the case began."""
Start = Annotated[str, BeforeValidator(_start), _form(_START.pattern.removesuffix(r"\Z"))]
"""A local date, or date and time."""
Rate = Annotated[float, BeforeValidator(_rate), _form(_RATE.pattern.removesuffix(r"\Z"))]
"""Events an hour."""
Series = Annotated[
    tuple[int, ...],
    BeforeValidator(counts_of),
    WithJsonSchema({"type": ["string", "integer"], "description": "3x12 0x5 9"}),
]


class Pause(Form):
    since: Moment = Field(alias="from", description="From here on nothing of the background comes ...")
    to: Moment = Field(description="... until here.")


class Background(Form):
    """What is usual: a rate of events in each of some areas and categories, before the case and during it."""

    rate: Rate = Field(description="24 per day, 3 per hour, 10 per week: of each area and category named here.")
    areas: list[Code] = Field(default=[], description="Areas; or `level`.")
    level: Code | None = Field(default=None, description="All areas of a level.")
    categories: list[Code] = Field(min_length=1, description="Categories.")
    days: Annotated[Whole, Field(ge=1, le=1500)] = Field(default=35, description="Since so many days before the case.")
    noise: Literal["none", "poisson"] = Field(
        default="none", description="Evenly spread, or as chance would spread them (the same in each run)."
    )
    feed: Code | None = Field(default=None, description="The feed they come by; default: the first that is counted.")
    stage: Code | None = Field(default=None, description="Their stage; default: the first that is counted.")
    pauses: list[Pause] = Field(default=[], description="Spans in which they stay away.")


class SeriesForm(Form):
    """Events of one area and category, slot by slot."""

    area: Code = Field(description="Where they occur.")
    category: Code = Field(description="What they are.")
    counts: Series = Field(description="How many in each slot: `3x12 0x5 9`; `4+2x3` is 4 6 8.")
    every: Duration = Field(
        default=10 * MINUTE, description="How long a slot is; its events are spread evenly over it."
    )
    since: Moment = Field(default=0, alias="from", description="When the first slot begins.")
    delay: Duration = Field(default=0, description="How long after it occurred each event arrives.")
    place: Literal["own", "same"] = Field(default="own", description="Each at a place of its own, or all at one.")
    feed: Code | None = Field(default=None, description="The feed they come by; default: the first that is counted.")
    stage: Code | None = Field(default=None, description="Their stage; default: the first that is counted.")
    severity: Severity | None = Field(default=None, description="Their severity.")
    matter: Code | None = Field(default=None, description="A name of your own for the matter that they are steps of.")
    each: Switch = Field(default=False, description="The n-th of them is of the n-th matter of that name.")
    office: Code | None = Field(default=None, description="The office that owes the answer.")
    due: Duration | None = Field(default=None, description="How long after it occurred the feed says it is due.")
    self_initiated: Switch = Field(default=False, description="Whether crews logged them on their own motion.")


class History(Form):
    """The city's own past as the background: what arrived by the files that its feeds name."""

    since: Start = Field(alias="from", description="From this local date on.")
    to: Start = Field(description="Up to this local date.")


class Alerted(Form):
    """An alert, as far as it matters. Times since the case began."""

    area: Code | None = Field(default=None, description="The area that is named.")
    category: Code | None = Field(default=None, description="The category that is named.")
    desk: Code | None = Field(default=None, description="Its first desk.")
    colour: Code | None = Field(default=None, description="Its colour.")
    state: Literal["running", "over"] | None = Field(default=None, description="Whether it runs or is over.")
    first: Moment | None = Field(default=None, description="When its first bucket begins.")
    said_by: Moment | None = Field(default=None, description="It was said at this time or before.")
    over_by: Moment | None = Field(default=None, description="It was said to be over at this time or before.")
    observed: Whole | None = Field(default=None, description="Events in its peak window.")
    limit: Whole | None = Field(default=None, description="The smallest count that speaks in that window.")
    office: Code | None = Field(default=None, description="Of matters: the office that is named.")
    due_soon: Whole | None = Field(default=None, description="Of deadlines: matters that are due soon.")
    overdue: Whole | None = Field(default=None, description="Of deadlines: overdue ones; else those that speak.")
    late: Switch | None = Field(default=None, description="Whether it was said after its first bucket had settled.")


class Quiet(Form):
    since: Moment = Field(default=0, alias="from", description="From here on no desk is told anything new ...")
    to: Moment | None = Field(default=None, description="... until here; default: the end of the case.")
    area: Code | None = Field(default=None, description="... of this area and what lies in it; default: of any.")
    category: Code | None = Field(
        default=None, description="... of this category and what lies in it; default: of any."
    )


class Expected(Form):
    """One thing that must hold: exactly one of `spoke`, `quiet`, `running` (with `at`), `alerts`, `signals`."""

    spoke: Annotated[Alerted | None, BeforeValidator(_whatever)] = Field(
        default=None, description="Some alert that stands at the end is so; `true`: any."
    )
    quiet: Annotated[Quiet | None, BeforeValidator(_whatever)] = Field(
        default=None, description="No desk is told of a new alert; `true`: in the whole case."
    )
    at: Moment | None = Field(default=None, description="The time of which `running` speaks.")
    running: list[Alerted] | None = Field(
        default=None, description="The alerts that run at that time, all of them; `[]`: none."
    )
    alerts: Whole | None = Field(default=None, description="So many alerts stand at the end.")
    signals: Whole | None = Field(default=None, description="So many signals were said in all.")


class Case(Form):
    name: Text = Field(description="What is shown, as a sentence.")
    starts: Start | None = Field(
        default=None,
        description=f"Local date, or 2026-01-05T08:30, of its beginning; default: {STARTS}, or its history's end.",
    )
    background: list[Background] = Field(default=[], description="What is usual.")
    history: History | None = Field(default=None, description="The city's own past as what is usual.")
    series: list[SeriesForm] = Field(default=[], description="What happens.")
    until: Moment | None = Field(
        default=None, description="How long it lasts; default: a day beyond all that is named."
    )
    expect: list[Expected] = Field(min_length=1, description="What must hold.")


class CasesFile(Form):
    cases: list[Case] = Field(min_length=1, max_length=200, description="The cases of the rule of this name.")


def lasts(case: Case) -> int:
    """How long a case lasts, ms: as it says, else a day beyond all that it names."""
    if case.until is not None:
        return case.until
    named = [0]
    named += [series.since + len(series.counts) * series.every + series.delay for series in case.series]
    named += [pause.to for one in case.background for pause in one.pauses]
    for expected in case.expect:
        alerted = [*(expected.running or ()), *([expected.spoke] if expected.spoke else [])]
        named += [expected.at or 0, (expected.quiet.to or 0) if expected.quiet else 0]
        named += [at or 0 for one in alerted for at in (one.first, one.said_by, one.over_by)]
    return max(named) + DAY
