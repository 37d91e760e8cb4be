"""desks.yaml: who hears what first."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from alerts.desks import Desk, HeadWay, Shift
from streams.city.channel_forms import ChannelForm, SecretName, WebAddress, channels_of
from streams.city.city_file import Zone
from streams.city.durations import HOUR, Duration, Hour
from streams.city.schema import Code, Form, Names, Switch, Text, Whole, matching

FILE: Final = "desks.yaml"

AbsolutePath = Annotated[Text, AfterValidator(matching(r"/[^\x00-\x1f]{1,250}", "absolute-path"))]

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
    lapse: Duration = Field(
        default=4 * HOUR, description="What was taken and not closed is open again after this long; 0m: never."
    )
    inhibit: Switch = Field(
        default=False, description="Whether what begins while an alert of another rule explains it is held."
    )
    mute: Duration = Field(default=24 * HOUR, description="The longest mute that may be laid on its alerts.")

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
            lapse=self.lapse,
            inhibit=self.inhibit,
            mute=self.mute,
        )


class HeadFileForm(Form):
    kind: Literal["file"]
    path: AbsolutePath = Field(description="A file outside the data folder; its folder must be there. A line a head.")


class HeadWebhookForm(Form):
    kind: Literal["webhook"]
    url: WebAddress = Field(description="https, or http where `private`.")
    secret: SecretName = Field(description="Name of the secret that signs; never its value.")
    private: Switch = Field(default=False, description="Whether loopback and private addresses may be called.")


HeadForm = Annotated[HeadFileForm | HeadWebhookForm, Field(discriminator="kind")]


class DesksFile(Form):
    desks: list[DeskForm] = Field(min_length=1, description="The city's desks.")
    heads: list[HeadForm] = Field(default=[], description="Where the head of the chain of moves is sent every hour.")

    def ways(self) -> tuple[HeadWay, ...]:
        """Where heads go, as the desk's room reads it."""
        return tuple(HeadWay(form.kind, form.model_dump(exclude={"kind"})) for form in self.heads)
