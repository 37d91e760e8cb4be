"""Addresses of times that are kept out of what is learned as usual, by the alert that they are about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import FastAPI
from fastapi.responses import Response
from pydantic import Field

from alerts.access.roles import Who
from alerts.api.exclude_door import ExcludeDoor
from alerts.api.forms import Form
from alerts.api.service import Asks, Service, city_of, in_json
from alerts.api.troubles import TroubleError
from alerts.export import rfc3339
from alerts.workshop import REASON_LONGEST
from rules.records import Exclude


class ExcludeForm(Form):
    since: datetime | None = Field(default=None, description="With an offset; else when the alert began.")
    until: datetime | None = Field(default=None, description="The first time that is learned again; else its end.")
    reason: Annotated[str, Field(max_length=REASON_LONGEST)]


def add_exclusions(app: FastAPI, service: Service) -> None:
    @app.get("/cities/{city}/alerts/{alert_id}/exclusions")
    def exclusions(city: str, alert_id: str, who: Asks) -> Response:
        """What keeps time of an alert out of what is learned, the first ordered first."""
        town = city_of(service, who, city)
        found = ExcludeDoor(town, who).of(town.alert(who, alert_id))
        return in_json({"exclusions": [_told(one, who) for one in found]})

    @app.post("/cities/{city}/alerts/{alert_id}/exclusions", status_code=201)
    def exclude(city: str, alert_id: str, form: ExcludeForm, who: Asks) -> Response:
        """Keep the time of an alert that was confirmed, or whose data was at fault, out of what is learned in its area
        and category. It acts at once, and a second account reviews it."""
        since, until = _ms(form.since, "since"), _ms(form.until, "until")
        given = ExcludeDoor(city_of(service, who, city), who).order(alert_id, since, until, form.reason)
        return in_json(_told(given, who), 201)


def _ms(at: datetime | None, field: str) -> int:
    """0 where none was sent. Raises TroubleError for one without an offset."""
    if at is None:
        return 0
    if at.tzinfo is None:
        raise TroubleError("wrong_form", (field,))
    return round(at.timestamp() * 1000)


def _told(one: Exclude, who: Who) -> dict[str, object]:
    """`yours`: whoever asks ordered it, and so cannot review it."""
    return {
        "id": one.id,
        "area": one.area,
        "category": one.category,
        "since": rfc3339(one.since),
        "until": rfc3339(one.until),
        "yours": one.by == who.account,
        "reason": one.reason,
    }
