"""Forms of the pages: logging in and out, another password. Plain posts that answer with a way back."""

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from alerts.api.app import changed, end_session, enter, set_session
from alerts.api.service import Service, who_asks
from alerts.api.troubles import STATUS, WORDS, TroubleError
from alerts.console.answers import reader_of
from alerts.console.pages import login_page, password_page
from alerts.console.posted import Text, way_to
from alerts.console.speech import LANGUAGES


def add_doors(app: FastAPI, service: Service) -> None:
    """Add the addresses to the console."""

    @app.get("/login")
    def login(request: Request) -> Response:
        return _uncached(login_page(reader_of(request, LANGUAGES)))

    @app.post("/login")
    def log_in(request: Request, number: Text = "", password: Text = "", code: Text = "") -> Response:
        reader = reader_of(request, LANGUAGES)
        try:
            token = enter(service, request, number[:16], password, code)
        except TroubleError as trouble:
            return _uncached(login_page(reader, WORDS[trouble.trouble][reader.language]), 401)
        answer = way_to(_first_page(service, token))
        set_session(answer, request, token)
        return answer

    @app.post("/logout")
    def log_out(request: Request) -> Response:
        service.accounts.stop(who_asks(request))
        answer = way_to("/login")
        end_session(answer, request)
        return answer

    @app.get("/password")
    def password(request: Request) -> Response:
        return _uncached(password_page(reader_of(request, LANGUAGES)))

    @app.post("/password")
    def change(request: Request, password: Text = "", code: Text = "", chosen: Text = "", again: Text = "") -> Response:
        try:
            changed(service, request, who_asks(request), password, code, chosen if chosen == again else "")
        except TroubleError as trouble:
            reader = reader_of(request, LANGUAGES)
            return _uncached(password_page(reader, WORDS[trouble.trouble][reader.language]), STATUS[trouble.trouble])
        answer = way_to("/login")
        end_session(answer, request)
        return answer


def _uncached(html: str, status: int = 200) -> Response:
    return HTMLResponse(html, status, {"Cache-Control": "no-store"})


def _first_page(service: Service, token: str) -> str:
    """Where a login leads: to the board, or whoever judges alone to the chain of the first city that he sees."""
    who = service.accounts.who(token, service.now(), by_cookie=True)
    if who is None or who.may("view") or not who.may("audit"):
        return "/"
    city = next((name for name in service.cities if who.sees_city(name)), "")
    return f"/city/{quote(city, safe='')}/audit" if city else "/"
