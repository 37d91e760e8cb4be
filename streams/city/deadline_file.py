"""deadlines.yaml: the legal clocks of matters, by type and date; and what the stages of feeds mean to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, InstanceOf, WithJsonSchema
from pydantic_core import PydanticCustomError

from rules.matters.table import Clocks, Deadlines, Length, Step, Unit
from streams.city.durations import Day
from streams.city.folder import Folder
from streams.city.schema import Code, Form, Whole, checked
from streams.city.tree_checks import Grown
from streams.city.yaml import Document, read_document
from streams.problems import Problems

FILE: Final = "deadlines.yaml"
_LENGTH: Final = re.compile(r"([1-9][0-9]{0,3}) (hour|day|working day)s?\Z")
_UNITS: Final[dict[str, Unit]] = {"hour": "hours", "day": "days", "working day": "working_days"}
OPEN: Final = "9999-12-31"


def _length(value: Any) -> Length:
    """`5 working days` -> Length(5, "working_days")."""
    if isinstance(value, str) and (match := _LENGTH.match(value)):
        return Length(int(match[1]), _UNITS[match[2]])
    raise PydanticCustomError("length-unreadable", "no length", {"value": value})


Time = Annotated[
    InstanceOf[Length],
    BeforeValidator(_length),
    WithJsonSchema({"type": "string", "pattern": f"^{_LENGTH.pattern[:-2]}$"}),
]
"""`1 hour`, `15 days`, `5 working days`."""


class StagesForm(Form):
    """What the city's feeds call the steps of a matter."""

    filed: list[Code] = Field(default=["filed"], description="It was received: the clocks begin.")
    accepted: list[Code] = Field(default=["accepted"], description="The office took it up.")
    replied: list[Code] = Field(default=["replied", "closed"], description="It was answered: the clocks end.")
    extended: list[Code] = Field(default=["extended"], description="More time was granted.")
    paused: list[Code] = Field(default=["paused"], description="The clocks stand still ...")
    resumed: list[Code] = Field(default=["resumed"], description="... and go on.")
    returned: list[Code] = Field(default=["returned"], description="The office gave it back as none of its own.")
    reopened: list[Code] = Field(default=["reopened"], description="It was answered and is open again: a new clock.")

    def meanings(self) -> dict[str, Step]:
        """Stage -> what it means."""
        steps: dict[str, Step] = {}
        for step in ("filed", "accepted", "replied", "extended", "paused", "resumed", "returned", "reopened"):
            steps |= dict.fromkeys(getattr(self, step), step)
        return steps


class ClocksForm(Form):
    """The clocks of one type of matter."""

    category: Code = Field(
        description="The type: a category with all below it, unless one below has clocks of its own."
    )
    valid_from: Day | None = Field(default=None, description="For matters filed from this local day on ...")
    valid_to: Day | None = Field(default=None, description="... and before this one.")
    accept: Time | None = Field(default=None, description="Time to take it up: `1 hour`, `15 days`, `2 working days`.")
    reply: Time | None = Field(default=None, description="Time to answer it.")
    reply_from: Literal["receipt", "acceptance"] = Field(
        default="receipt", description="What the time to answer runs from."
    )
    reopened: Time | None = Field(default=None, description="Time to answer it once it is reopened; default: `reply`.")
    extension: Time | None = Field(default=None, description="What an extension adds; of the unit of `reply`.")
    extensions: Whole = Field(default=1, description="How many extensions count.")
    return_within: Time | None = Field(
        default=None, description="A return that comes later does not stop the clocks; default: any does."
    )
    on_holiday: Literal["stays", "moves_on"] = Field(
        default="stays", description="`moves_on`: `days` that end on no working day end with the next one."
    )

    def clocks(self) -> Clocks:
        """As the engine reads them."""
        return Clocks(
            self.category, self.valid_from or "", self.valid_to or "", self.accept, self.reply, self.reply_from,
            self.reopened, self.extension, self.extensions, self.return_within, self.on_holiday,
        )  # fmt: skip


class DeadlinesFile(Form):
    stages: StagesForm = Field(default=StagesForm(), description="What the stages of feeds mean.")
    clocks: list[ClocksForm] = Field(default=[], max_length=2000, description="The table; empty: only what feeds say.")


def read_deadlines(folder: Folder, categories: Grown, stages: Collection[str] | None) -> Deadlines | None:
    """The table in deadlines.yaml; None where the city has no such file, or something was said.

    `stages`: those that any feed may have; None: not known.
    """
    document = read_document(folder, FILE) if folder.has(FILE) else None
    file = checked(document, DeadlinesFile, folder.problems) if document else None
    if document is None or file is None:
        return None
    _check_stages(document, file.stages, stages, folder.problems)
    for number, one in enumerate(file.clocks):
        _check_clocks(document, number, one, categories, folder.problems)
    _check_overlaps(document, file.clocks, folder.problems)
    return Deadlines(tuple(one.clocks() for one in file.clocks), file.stages.meanings())


def _check_stages(document: Document, form: StagesForm, known: Collection[str] | None, problems: Problems) -> None:
    first: dict[str, str] = {}
    for step in StagesForm.model_fields:
        for number, stage in enumerate(getattr(form, step)):
            path = ("stages", step, number)
            if stage in first:
                told = {"stage": stage, "first": first[stage], "second": step}
                problems.say(FILE, document.place(path), "stage-means-twice", **told)
            elif known is not None and stage not in known and step in form.model_fields_set:
                guess = problems.guess(stage, known)
                problems.say(FILE, document.place(path), "stage-unknown", stage=stage, guess=guess)
            first.setdefault(stage, step)


def _check_clocks(document: Document, number: int, one: ClocksForm, categories: Grown, problems: Problems) -> None:
    path = ("clocks", number)
    if categories.nodes is not None and one.category not in categories.nodes:
        guess = problems.guess(one.category, categories.nodes)
        problems.say(FILE, document.place((*path, "category")), "category-unknown", code=one.category, guess=guess)
    if one.valid_from and one.valid_to and one.valid_to <= one.valid_from:
        told = {"code": one.category, "start": one.valid_from, "end": one.valid_to}
        problems.say(FILE, document.place((*path, "valid_to")), "dates-crossed", **told)
    if one.accept is None and one.reply is None:
        problems.say(FILE, document.place(path), "clocks-empty", category=one.category)
    if one.extension is not None and (one.reply is None or one.reply.unit != one.extension.unit):
        problems.say(FILE, document.place((*path, "extension")), "extension-other-unit", category=one.category)


def _check_overlaps(document: Document, clocks: Sequence[ClocksForm], problems: Problems) -> None:
    """Says every row that holds on a day on which an earlier one of its category does."""
    for number, one in enumerate(clocks):
        for before, other in enumerate(clocks[:number]):
            if one.category == other.category and _begins(one) < _ends(other) and _begins(other) < _ends(one):
                line = document.place(("clocks", before)).line
                place = document.place(("clocks", number))
                problems.say(FILE, place, "clocks-overlap", category=one.category, line=line)
                break


def _begins(one: ClocksForm) -> str:
    return one.valid_from or ""


def _ends(one: ClocksForm) -> str:
    return one.valid_to or OPEN
