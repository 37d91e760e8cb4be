"""Forms of the pages: logging in and out. Plain posts that answer with a way back."""

from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import quote

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from alerts.access.gate import COOKIE
from alerts.api.app import enter, set_session
from alerts.api.service import Service, who_asks
from alerts.api.troubles import WORDS, TroubleError
from alerts.console.pages import THEMES, Reader, login_page
from alerts.console.speech import LANGUAGES, choose

if TYPE_CHECKING:
    pass

Text = Annotated[str, Form()]
"""As long as the gate lets a body be: what a text may be is said in our words, not in those of the form's reader."""
AGAIN: Final = 303
UNSHOWN: Final = frozenset({"identity", "text_long"})
"""What is refused for its text is not shown again; any other text has passed the gate, and is not lost."""


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


def _first_page(service: Service, token: str) -> str:
    """Where a login leads: to the board, or whoever judges alone to the chain of the first city that he sees."""
    who = service.accounts.who(token, service.now(), by_cookie=True)
    if who is None or who.may("view") or not who.may("audit"):
        return "/"
    city = next((name for name in service.cities if who.sees_city(name)), "")
    return f"/city/{quote(city, safe='')}/audit" if city else "/"


def _reader(request: Request) -> Reader:
    wished = request.headers.get("accept-language", "")
    language = choose(
        request.query_params.get("lang", ""), request.cookies.get("tocsin-language", ""), wished, LANGUAGES
    )
    theme = request.cookies.get("tocsin-theme", THEMES[0])
    return Reader(language, theme if theme in THEMES else THEMES[0])
