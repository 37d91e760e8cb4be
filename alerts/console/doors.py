"""Forms of the pages: logging in and out, and moving an alert. Plain posts that answer with a way back."""

from datetime import datetime
from typing import Annotated, Final, cast, get_args
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from alerts.access.gate import COOKIE
from alerts.access.roles import Who
from alerts.api.app import enter, set_session
from alerts.api.door import DutyCity, is_id
from alerts.api.forms import HandVerb
from alerts.api.service import Service, who_asks
from alerts.api.troubles import WORDS, TroubleError
from alerts.chain import Missed
from alerts.console.pages import THEMES, Reader, login_page
from alerts.console.speech import LANGUAGES, choose
from alerts.duty import Act, Outcome

Text = Annotated[str, Form()]
"""As long as the gate lets a body be: what a text may be is said in our words, not in those of the form's reader."""
AGAIN: Final = 303


def add_doors(app: FastAPI, service: Service) -> None:
    """Add the addresses to the console."""

    @app.get("/login")
    def login(request: Request) -> Response:
        return HTMLResponse(login_page(_reader(request)), headers={"Cache-Control": "no-store"})

    @app.post("/login")
    def log_in(request: Request, number: Text = "", password: Text = "", code: Text = "") -> Response:
        reader = _reader(request)
        try:
            token = enter(service, request, number[:16], password[:256], code[:6])
        except TroubleError as trouble:
            html = login_page(reader, WORDS[trouble.trouble][reader.language])
            return HTMLResponse(html, 401, {"Cache-Control": "no-store"})
        answer = RedirectResponse(_first_page(service, token), AGAIN)
        set_session(answer, request, token)
        return answer

    @app.post("/logout")
    def log_out(request: Request) -> Response:
        service.accounts.stop(who_asks(request))
        answer = RedirectResponse("/login", AGAIN)
        answer.delete_cookie(COOKIE)
        return answer

    @app.post("/alert/{alert_id}/moves")
    def move(
        request: Request,
        alert_id: str,
        verb: Text = "",
        acts: Text = "",
        outcome: Text = "",
        why: Text = "",
        note: Text = "",
        back: Text = "",
    ) -> Response:
        """Where it is not made, the card says why, or the page of what is held if it was asked for there."""
        who = who_asks(request)
        city = _city_of(service, who, alert_id)
        of_city = f"/city/{quote(city.book().city, safe='')}"
        place = f"{of_city}/held" if back == "held" else f"/alert/{quote(alert_id, safe='')}"
        try:
            city.move(who, alert_id, _act(verb, outcome, why, note), seen=_seen(acts))
        except TroubleError as trouble:
            return RedirectResponse(f"{place}?said={trouble.trouble}", AGAIN)
        return RedirectResponse(place, AGAIN)

    @app.post("/city/{name}/missed")
    def missed(
        request: Request, name: str, area: Text = "", category: Text = "", time: Text = "", note: Text = ""
    ) -> Response:
        """A form "missed": its time is the city's own."""
        who, city = who_asks(request), service.cities.get(name)
        if city is None or not who.sees_city(name):
            raise HTTPException(404)
        place = f"/city/{quote(name, safe='')}/missed"
        try:
            city.missed(who, Missed(0, area, category, _moment(time, city.book().calendar.zone), note.strip()))
        except TroubleError as trouble:
            return RedirectResponse(f"{place}?said={trouble.trouble}", AGAIN)
        return RedirectResponse(place, AGAIN)


def _first_page(service: Service, token: str) -> str:
    """Where a login leads: to the board, or whoever judges alone to the chain of the first city that he sees."""
    who = service.accounts.who(token, service.now(), by_cookie=True)
    if who is None or who.may("view") or not who.may("audit"):
        return "/"
    city = next((name for name in service.cities if who.sees_city(name)), "")
    return f"/city/{quote(city, safe='')}/audit" if city else "/"


def _moment(text: str, zone: str) -> int:
    """ms UTC of a local time; 0 where it is none."""
    try:
        return round(datetime.fromisoformat(text[:32]).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0


def _city_of(service: Service, who: Who, alert_id: str) -> DutyCity:
    """The city of an alert that `who` may see. Raises HTTPException."""
    for name, city in service.cities.items():
        alert = city.store.alert(alert_id) if is_id(alert_id) else None
        if alert is not None and who.sees_city(name) and city.seen(who, [alert]):
            return city
    raise HTTPException(404)


def _act(verb: str, outcome: str, why: str, note: str) -> Act:
    """What the form wishes; fields that are not of this verb's form are empty."""
    if verb not in get_args(HandVerb) or outcome not in ("", *get_args(Outcome)):
        raise TroubleError("wrong_form")
    return Act(cast(HandVerb, verb), 0, outcome=cast(Outcome, outcome), why=why.strip(), note=note.strip())


def _seen(acts: str) -> int | None:
    return int(acts) if acts.isascii() and acts.isdigit() and len(acts) < 10 else None


def _reader(request: Request) -> Reader:
    wished = request.headers.get("accept-language", "")
    language = choose(
        request.query_params.get("lang", ""), request.cookies.get("tocsin-language", ""), wished, LANGUAGES
    )
    theme = request.cookies.get("tocsin-theme", THEMES[0])
    return Reader(language, theme if theme in THEMES else THEMES[0])
