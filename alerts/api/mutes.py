"""Addresses of mutes: lay one, ask beforehand what it would hide, see what it hides, end it."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

from alerts.api.door import DutyCity
from alerts.api.forms import MuteForm, alert_of, mute_of
from alerts.api.service import Asks, Key, Service, city_of, in_json, key_of
from alerts.api.troubles import TroubleError, language_of
from alerts.chain import Mute
from alerts.export import rfc3339
from alerts.mutes import Cost, Standing

CONFIRMED_SHOWN = 20
"""Of what a mute would have hidden, confirmed alerts that are named, the latest first."""


def add_mutes(app: FastAPI, service: Service) -> None:
    @app.get("/cities/{city}/mutes")
    def mutes(city: str, who: Asks) -> Response:
        """Every mute, oldest first: whose, why, until when, and what it hides or hid."""
        town = city_of(service, who, city)
        return in_json({"mutes": [_mute(town, one) for one in town.mutes(who)]})

    @app.post("/cities/{city}/mutes", status_code=201)
    def mute(city: str, form: MuteForm, who: Asks, key: Key = "") -> Response:
        """Lay a mute on what begins from now on. To hide the top rank too it is said twice."""
        town = city_of(service, who, city)
        laid = town.mute(who, wish_of(form, key_of(who, key)), form.desk)
        return in_json(_mute(town, town.acting.mutes[laid.id]), 201)

    @app.post("/cities/{city}/mutes/preview")
    def preview(city: str, form: MuteForm, who: Asks) -> Response:
        """What this mute would have hidden in the last 90 days, and how much of it was confirmed."""
        found = city_of(service, who, city).preview(who, wish_of(form, ""), form.desk)
        confirmed = [alert for alert in found.alerts if alert.duty.outcome == "confirmed"]
        return in_json(
            {
                "days": 90,
                "hidden": found.cost.hidden,
                "confirmed": found.cost.confirmed,
                "outcomes": {outcome or "open": n for outcome, n in sorted(found.outcomes.items())},
                "passed": found.passed,
                "confirmed_alerts": [
                    {"id": alert.id, "said_at": rfc3339(alert.signal.said_at)} for alert in confirmed[:CONFIRMED_SHOWN]
                ],
            }
        )

    @app.get("/cities/{city}/mutes/{mute_id}")
    def one_mute(city: str, mute_id: str, who: Asks, request: Request) -> Response:
        """One mute, and every alert that it hides or hid, newest first."""
        town = city_of(service, who, city)
        found = town.mute_of(who, mute_id)
        book, language = town.book(), language_of(request.headers)
        hidden = [alert_of(alert, book, language) for alert in town.hidden_by(who, mute_id)]
        return in_json({**_mute(town, found), "alerts": hidden})

    @app.delete("/cities/{city}/mutes/{mute_id}")
    def unmute(city: str, mute_id: str, who: Asks) -> Response:
        """End a mute; its report. What it hid and still runs is told."""
        town = city_of(service, who, city)
        return in_json(_mute(town, town.unmute(who, mute_id)))


def wish_of(form: MuteForm, key: str) -> Mute:
    if form.top != form.top_again:
        raise TroubleError("top_once")
    until = round(form.until.timestamp() * 1000) if form.until.tzinfo is not None else 0
    return Mute(0, "", form.area, form.category, until, form.reason, form.rule, form.top, key=key)


def _mute(town: DutyCity, one: Standing) -> dict[str, object]:
    hidden = Cost(0, 0) if one.end else town.acting.hidden(one.mute.id)
    return mute_of(one, hidden, town.now())
