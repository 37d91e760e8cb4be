"""desks.yaml: who hears what first."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from alerts.desks import Desk, Shift
from streams.city.channel_forms import ChannelForm, channels_of
from streams.city.city_file import Zone
from streams.city.durations import Duration, Hour
from streams.city.schema import Code, Form, Names, Whole

FILE: Final = "desks.yaml"

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class ShiftForm(Form):
    name: Code = Field(description="Its key, such as day or night.")
    start: Hour = Field(description="HH:MM in the desk's zone.")
    end: Hour = Field(description="HH:MM; not later than the start: over midnight.")
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        default=list(DAYS), min_length=1, description="Days on which it begins."
    )


class DeskForm(Form):
    id: Code = Field(description="The desk's key.")
    names: Names = Field(description="Its name by language.")
    zone: Zone | None = Field(default=None, description="Time zone of its shifts; default: the city's.")
    areas: list[Code] = Field(min_length=1, description="Areas it answers for, with all below them.")
    categories: list[Code] = Field(min_length=1, description="Categories it answers for, with all below them.")
    parent: Code | None = Field(default=None, description="The desk that hears what this one leaves.")
    channels: list[ChannelForm] = Field(min_length=1, description="Ways to it, the first first.")
    shifts: list[ShiftForm] = Field(default=[], description="When it is there; default: always.")
    clocks: dict[Code, Duration] = Field(default={}, description="Colour -> time in which an alert must be taken.")
    budget: Annotated[Whole, Field(ge=1)] | None = Field(default=None, description="Alerts a shift.")

    def desk(self, zone: str, language: str) -> Desk:
        """The value that the desk's room reads; `zone` and `language` are the city's own."""
        return Desk(
            id=self.id,
            names=dict(self.names),
            zone=self.zone or zone,
            areas=tuple(self.areas),
            categories=tuple(self.categories),
            channels=tuple(channels_of(self.id, self.channels, language)),
            parent=self.parent or "",
            shifts=tuple(
                Shift(form.name, form.start, form.end, tuple(DAYS.index(day) for day in form.days))
                for form in self.shifts
            ),
            clocks=dict(self.clocks),
            budget=self.budget,
        )


class DesksFile(Form):
    desks: list[DeskForm] = Field(min_length=1, description="The city's desks.")
