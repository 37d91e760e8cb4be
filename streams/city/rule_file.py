"""rules/*.yaml: one file a rule. The file's name is the rule's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BeforeValidator, Field, TypeAdapter, WithJsonSchema

from rules.detectors.register import DETECTORS, parameters
from streams.city.durations import DAY, HOUR, MINUTE, WEEK, Day, Duration, PerMonth
from streams.city.schema import Code, Form, Names, Switch, Text, Whole
from streams.city.user_file import DutyNumber

Severity = Annotated[int, Field(strict=True, ge=1, le=4)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Times = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


_LENGTH: Final = TypeAdapter(Duration).json_schema()
_ONE_OR_MORE: Final = WithJsonSchema(
    {"anyOf": [_LENGTH, {"type": "array", "items": _LENGTH, "minItems": 1, "maxItems": 8}]}
)


class Counts(Form):
    kind: Literal["incident", "petition"] | None = Field(
        default=None, description="incident or petition; default: both."
    )
    category: Code = Field(description="The category whose events are counted, with all below it.")
    feeds: list[Code] = Field(default=[], description="Feeds that are counted; default: all of the kind.")
    stages: list[Code] = Field(default=["filed"], min_length=1, description="Stages that are counted.")
    severities: list[Severity] = Field(default=[], description="Severities that are counted; default: all.")
    self_initiated: Switch = Field(default=False, description="Whether rows logged by crews on their own motion count.")


class Once(Form):
    per: Literal["place"] = Field(description="Rows of one place and category count once.")
    within: Duration = Field(default=HOUR, description="... if they lie within this time.")


_PARAMETERS: Final = {name: "detector.parameters" for kind in DETECTORS for name in parameters(kind)}
"""Whatever any detector takes."""


class OverrideForm(Form):
    elsewhere: ClassVar[Mapping[str, str]] = {"false_alarms": "rarer", "why": "reason", "editor": "by", "author": "by"}

    area: Code = Field(description="It holds in this area and below it; what lies deeper may be overridden again.")
    rarer: Times = Field(
        default=1.0, description="So many times rarer than the promise, as colours are; below 1: more often."
    )
    at_least: Annotated[Whole, Field(ge=1)] | None = Field(default=None, description="Fewer events never speak there.")
    reason: Text = Field(min_length=1, max_length=200, description="Why; shown wherever the override is.")
    by: DutyNumber = Field(description="Duty number of whoever wrote it last; never a name.")
    on: Day | None = Field(default=None, description="Local date of that.")


class DetectorForm(Form):
    elsewhere: ClassVar[Mapping[str, str]] = dict.fromkeys(_PARAMETERS, "parameters")

    kind: Code = Field(default="surprise", description="A registered detector.")
    parameters: dict[Text, Number] = Field(default={}, description="Its parameters; the defaults are good.")


class RuleFile(Form):
    elsewhere: ClassVar[Mapping[str, str]] = {
        **{name: place for name, place in _PARAMETERS.items() if name != "at_least"},
        **{key: f"counts.{key}" for key in Counts.model_fields},
        **{key: f"once.{key}" for key in Once.model_fields},
        "parameters": "detector.parameters",
        "name": "names",
        "description": "guidance",
        "summary": "guidance",
        "annotations": "guidance",
        "level": "areas",
        "group_by": "areas",
        "timeframe": "window",
        "interval": "step",
        "for": "keep",
        "keep_firing_for": "keep",
        "realert": "keep",
        "threshold": "detector.parameters",
        "num_events": "at_least",
        "severity": "colours",
    }  # the last ones: what the same thing is called in other houses

    id: Code = Field(description="The rule's key; equal to the file's name.")
    names: Names = Field(default={}, description="Its name by language.")
    counts: Counts = Field(description="Which events it counts.")
    areas: Code = Field(description="Level of the area tree: series are kept there and above.")
    categories: Code | None = Field(
        default=None, description="Level of the category tree down to which series are kept; default: `category` alone."
    )
    window: Annotated[list[Duration], BeforeValidator(_as_list), Field(min_length=1, max_length=8), _ONE_OR_MORE] = (
        Field(description="Lengths that are judged together; multiples of the step.")
    )
    step: Duration = Field(default=10 * MINUTE, description="Bucket length: divides an hour, or is 1d or 1w.")
    detector: DetectorForm = Field(default=DetectorForm(), description="What makes a count speak.")
    false_alarms: PerMonth = Field(default=2.0, description="Promised to each first desk that the rule reaches.")
    colours: dict[Code, Times] = Field(
        default={"yellow": 1.0, "orange": 10.0, "red": 100.0},
        min_length=1,
        description="Colour of the city's ladder -> how many times rarer than the promise.",
    )
    keep: Duration = Field(default=2 * HOUR, description="How long below the lower line before it is over.")
    once: Once | Literal["none"] | None = Field(
        default=None, description="Default: per place within 1h where the feeds have a place; `none` counts every row."
    )
    at_least: Annotated[Whole, Field(ge=1)] = Field(default=3, description="Fewer events never speak.")
    attribution: Literal["smallest", "none"] = Field(
        default="smallest",
        description="Name the smallest areas and categories that explain the excess, or each that reaches its limit.",
    )
    overrides: list[OverrideForm] = Field(
        default=[], max_length=200, description="Other parameters in some areas, inherited down the tree."
    )
    owner: Text | None = Field(default=None, description="The office that answers for the rule; never a person.")
    review: Day | None = Field(default=None, description="Local date by which somebody looks at the rule again.")
    guidance: Names = Field(default={}, description="What the desk does when it speaks, by language.")

    @property
    def calendar_step(self) -> Literal["", "day", "week"]:
        return "day" if self.step == DAY else "week" if self.step == WEEK else ""
