"""rules/*.yaml with a block `matters`: rules on single matters, by office and area."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from streams.city.durations import DAY, HOUR, Day, Duration
from streams.city.rule_file import Severity, Times
from streams.city.schema import Code, Form, Names, Switch, Text, Whole

Percent = Annotated[int, Field(strict=True, ge=1, le=90)]


class Heard(Form):
    kind: Literal["incident", "petition"] | None = Field(
        default=None, description="incident or petition; default: both."
    )
    category: Code = Field(description="The category whose matters are followed, with all below it.")
    feeds: list[Code] = Field(default=[], description="Feeds that are heard; default: all of the kind.")
    severities: list[Severity] = Field(default=[], description="Severities that are heard; default: all.")
    self_initiated: Switch = Field(default=False, description="Whether rows logged by crews on their own motion are.")


class Step(Form):
    category: Code | None = Field(default=None, description="Only events of this category and below it.")
    stages: list[Code] = Field(default=[], description="Only events of these stages; default: any.")


class First(Step):
    times: Annotated[Whole, Field(ge=1, le=100)] = Field(default=1, description="So many of them.")


class DeadlineForm(Form):
    rule: Literal["deadline"] = Field(description="Answers that are due soon, and overdue ones, by deadlines.yaml.")
    warn_at: Percent = Field(default=20, description="Percent of the time that are left when a matter is due soon.")


class RepeatForm(Form):
    rule: Literal["repeat"] = Field(description="The n-th contact on one matter.")
    contacts: Annotated[Whole, Field(ge=2, le=100)] = Field(default=3, description="So many contacts speak ...")
    within: Duration = Field(default=30 * DAY, description="... within this time.")
    stages: Annotated[list[Code], Field(min_length=1)] = Field(
        default=["filed", "reopened"], description="What a contact is."
    )
    ends_with: list[Code] = Field(default=[], description="Stages that end it: contacts are counted anew after them.")
    on: Literal["matter", "place"] = Field(default="matter", description="Contacts on one matter, or from one place.")


class SequenceForm(Form):
    rule: Literal["sequence"] = Field(description="One thing, and then another.")
    first: First = Field(description="What comes first.")
    then: Step = Field(description="What follows it.")
    within: Duration = Field(description="All of it within this time.")
    on: Literal["matter", "place", "area"] = Field(default="matter", description="On one matter, place or area.")
    keep: Duration = Field(default=DAY, description="How long it speaks.")


class AbsenceForm(Form):
    rule: Literal["absence"] = Field(description="One thing, and not the other.")
    first: Step = Field(description="What comes first.")
    then: Step = Field(description="What does not follow it ...")
    within: Duration = Field(description="... within this time.")
    on: Literal["matter", "place", "area"] = Field(default="matter", description="On one matter, place or area.")
    keep: Duration = Field(default=DAY, description="How long it speaks, unless the other comes.")


Matters = Annotated[DeadlineForm | RepeatForm | SequenceForm | AbsenceForm, Field(discriminator="rule")]


class MatterRuleFile(Form):
    elsewhere: ClassVar[Mapping[str, str]] = {
        **{key: f"counts.{key}" for key in Heard.model_fields},
        **{key: f"matters.{key}" for key in ("warn_at", "contacts", "within", "first", "then", "on", "ends_with")},
        "rule": "matters.rule",
        "name": "names",
        "description": "guidance",
        "level": "areas",
    }

    id: Code = Field(description="The rule's key; equal to the file's name.")
    names: Names = Field(default={}, description="Its name by language.")
    counts: Heard = Field(description="Whose matters it follows.")
    matters: Matters = Field(description="What it hears of them.")
    areas: Code = Field(description="Level of the area tree: one alert for each office in an area of it.")
    step: Duration = Field(default=HOUR, description="How often it looks: divides an hour.")
    at_least: Annotated[Whole, Field(ge=1)] = Field(default=1, description="Fewer matters never speak.")
    follow: Duration = Field(default=366 * DAY, description="A matter without news for so long is followed no more.")
    colours: dict[Code, Times] = Field(
        default={"yellow": 1.0, "orange": 10.0, "red": 50.0},
        min_length=1,
        description="Colour of the city's ladder -> from so many overdue matters on; the first also where none is yet.",
    )
    owner: Text | None = Field(default=None, description="The office that answers for the rule; never a person.")
    review: Day | None = Field(default=None, description="Local date by which somebody looks at the rule again.")
    guidance: Names = Field(default={}, description="What the desk does when it speaks, by language.")
