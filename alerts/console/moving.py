"""Forms of the pages that move an alert or say what was missed; where one is not kept, the page holds its text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast, get_args
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from alerts.access.roles import Who
from alerts.api.door import DutyCity, is_id
from alerts.api.forms import HandVerb
from alerts.api.service import Service, who_asks
from alerts.api.troubles import TroubleError
from alerts.chain import Missed
from alerts.console.posted import UNSHOWN, Text, moment_of, way_to
from alerts.duty import Act, Outcome

if TYPE_CHECKING:
    from alerts.console.app import Console


class MoveForms:
    """Plain posts. A move is answered with the card, `missed` with the desk's page."""

    def __init__(self, console: Console, service: Service) -> None:
        self._console = console
        self._service = service

    def move(
        self,
        request: Request,
        alert_id: str,
        verb: Text = "",
        acts: Text = "",
        outcome: Text = "",
        why: Text = "",
        note: Text = "",
        back: Text = "",
    ) -> Response:
        """`back`: "held" where it was asked for on the page of what is held."""
        who = who_asks(request)
        city, act = _city_of(self._service, who, alert_id), _act(verb, outcome, why, note)
        of_city = f"/city/{quote(city.book().city, safe='')}"
        place = f"{of_city}/held" if back == "held" else f"/alert/{quote(alert_id, safe='')}"
        if act is None:
            return way_to(place, "wrong_form")
        try:
            city.move(who, alert_id, act, seen=_seen(acts))
        except TroubleError as trouble:
            if trouble.trouble in UNSHOWN or not (act.why or act.note or act.outcome):
                return way_to(place, trouble.trouble)
            typed = {"form": act.verb, "outcome": act.outcome, "why": act.why, "note": act.note}
            return self._console.card_again(request, alert_id, trouble, typed)
        return way_to(place)

    def missed(
        self, request: Request, name: str, area: Text = "", category: Text = "", time: Text = "", note: Text = ""
    ) -> Response:
        """A form "missed": its time is the city's own."""
        city, who = self._console.town(request, name)
        place, said = f"/city/{quote(name, safe='')}/missed", note.strip()
        try:
            city.missed(who, Missed(0, area, category, moment_of(time, city.book().calendar.zone), said))
        except TroubleError as trouble:
            if trouble.trouble in UNSHOWN or not said:
                return way_to(place, trouble.trouble)
            typed: Mapping[str, str] = {
                "form": "missed", "area": area, "category": category, "time": time, "note": said,
            }  # fmt: skip
            return self._console.desk_again(request, name, trouble, typed)
        return way_to(place)


def add_moves(app: FastAPI, forms: MoveForms) -> None:
    """Add the addresses to the console."""
    app.post("/alert/{alert_id}/moves", response_model=None)(forms.move)
    app.post("/city/{name}/missed", response_model=None)(forms.missed)


def _city_of(service: Service, who: Who, alert_id: str) -> DutyCity:
    """The city of an alert that `who` may see. Raises HTTPException."""
    for name, city in service.cities.items():
        alert = city.store.alert(alert_id) if is_id(alert_id) else None
        if alert is not None and who.sees_city(name) and city.seen(who, [alert]):
            return city
    raise HTTPException(404)


def _act(verb: str, outcome: str, why: str, note: str) -> Act | None:
    """What the form wishes; None: it is none of ours."""
    if verb not in get_args(HandVerb) or outcome not in ("", *get_args(Outcome)):
        return None
    return Act(cast(HandVerb, verb), 0, outcome=cast(Outcome, outcome), why=why.strip(), note=note.strip())


def _seen(acts: str) -> int | None:
    return int(acts) if acts.isascii() and acts.isdigit() and len(acts) < 10 else None
