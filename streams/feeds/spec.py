"""A feed's file: how it comes, which column is what, and what is left unread. `feeds/NAME.yaml`.

The file is the whole connection: no feed needs code.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, model_validator

from rules.book import FeedPolicy
from streams.contract import LARGEST_COUNT
from streams.feeds.blocks import (
    Comes,
    Csv,
    Json,
    Office,
    Part,
    PathInside,
    Point,
    Severity,
    Stage,
    Step,
    Text,
    Time,
    Times,
    Where,
    as_list,
)
from streams.feeds.durations import Duration

OCCURRED_AT = "@occurred_at"
"""Stands for the event's own first time among the columns that make an identity."""


class Columns(Part):
    """Which column is what."""

    id: Annotated[list[Text], BeforeValidator(as_list), Field(min_length=1)] = Field(
        description=f"What names an event: one column, or several together, none of them empty; "
        f"{OCCURRED_AT} is its own first time."
    )
    occurred_at: Time | None = Field(None, description="When it happened; the stage is `filed`.")
    stages: dict[str, Time] | None = Field(
        None, description="Several times of one row, each an event of its own, in place of `occurred_at`."
    )
    stage: Stage | None = Field(None, description="A column that says the stage.")
    arrived_at: Time | None = Field(None, description="When the feed carried the row; used where the past is read.")
    revision: Literal["arrival", "none"] | Text | None = Field(
        None, description="Column that orders revisions (a number, or a time); else the arrival does."
    )
    due_at: Time | None = Field(None, description="When the answer is due.")
    category: Annotated[list[Step], BeforeValidator(as_list), Field(min_length=1)] = Field(
        description="Ways to the category; the first that fits."
    )
    area: Annotated[list[Step], BeforeValidator(as_list), Field(min_length=1)] = Field(
        description="Ways to the area; the first that fits."
    )
    location: Point | None = Field(None, description="The point, for areas by polygon.")
    severity: Severity | None = Field(None, description="How grave.")
    count: str | None = Field(None, description=f"How many, 0 to {LARGEST_COUNT}; 0 in a revision cancels.")
    matter: Text | None = Field(None, description="A case number that may recur. Hashed at once.")
    place: Text | None = Field(None, description="Address or coordinates, to count one place once. Hashed at once.")
    office: Office | None = Field(None, description="The office that owes the answer.")

    @model_validator(mode="after")
    def _one_time(self) -> Columns:
        if (self.occurred_at is None) == (self.stages is None):
            raise ValueError("give either `occurred_at` or `stages`")
        if self.stages is not None and self.stage is not None:
            raise ValueError("`stage` says the stage of a row; `stages` gives several: take one of them")
        if any(step.point for step in self.category):
            raise ValueError("a category cannot be found by `point`")
        if any(step.point for step in self.area) and self.location is None:
            raise ValueError("an area by `point` needs `location`")
        return self


class FeedFile(Part):
    """One feed. Either it speaks the contract (`format: contract`), or `columns` says which column is what."""

    names: dict[str, str] = Field(default_factory=dict, description="What people call it, by language.")
    kind: Literal["incident", "petition"] = Field(description="What its events are.")
    source: str | None = Field(None, description="The system that reports; part of the identity. Else the feed's name.")
    comes: Comes = Field(default_factory=lambda: Comes(push=True), description="How it comes.")
    archive: list[PathInside] = Field(default_factory=list, description="Files of the past, for replay and load.")
    format: Literal["contract", "csv", "json", "jsonl"] = Field("contract", description="How a record is written.")
    csv: Csv = Field(default_factory=Csv, description="For CSV: delimiter, header and encoding.")
    json_: Json = Field(default_factory=Json, alias="json", description="Where the records lie in a document.")
    times: Times = Field(default_factory=Times, description="How it writes times.")
    columns: Columns | None = Field(None, description="Which column is what; not for `format: contract`.")
    drop: list[str] = Field(
        default_factory=list, description="Columns dropped unread; for JSON also whole branches. Others are refused."
    )
    leave_out: list[Where] = Field(default_factory=list, description="Rows that are not for us.")
    self_initiated: list[Where] = Field(default_factory=list, description="Rows logged by a crew on its own motion.")
    exercise: list[Where] = Field(default_factory=list, description="Rows of a drill.")
    stages: list[str] = Field(default_factory=list, description="Further stages, beside the contract's own.")
    offices: list[str] = Field(default_factory=list, description="Offices that a contract event may name.")
    areas: list[str] = Field(
        default_factory=list, description="Areas it may report on, with what lies in them; else all."
    )
    lateness: Duration | None = Field(
        None, description="An event that comes later than this is too late; else the city's."
    )
    horizon: Duration | None = Field(None, description="How long identities are remembered; else the city's.")
    skew: Duration | None = Field(None, description="How far a feed's clock may run ahead; else the city's.")
    silence: StrictBool = Field(True, description="Whether its silence is judged by its own rate.")

    @model_validator(mode="after")
    def _columns_fit_the_format(self) -> FeedFile:
        if (self.format == "contract") != (self.columns is None):
            raise ValueError("`format: contract` has no `columns`; every other format needs them")
        if self.format != "json" and self.json_ != Json():
            raise ValueError("`json` belongs to `format: json`")
        return self

    def policy(
        self, name: str, lateness: int = 3_600_000, horizon: int = 604_800_000, skew: int = 300_000
    ) -> FeedPolicy:
        """What the engine must know. `name`: the file's stem; the rest are the city's own values in ms, used
        where the file says nothing."""
        return FeedPolicy(
            name=name,
            kind=self.kind,
            lateness=lateness if self.lateness is None else self.lateness,
            horizon=horizon if self.horizon is None else self.horizon,
            skew=skew if self.skew is None else self.skew,
            silence=self.silence,
            has_place=self.columns is None or self.columns.place is not None,
            self_initiated=bool(self.self_initiated),
            names=dict(self.names),
        )
