"""`/take/{city}/{token}`: a desk takes an alert by the signed link of a message.

Opening the link asks and changes nothing, as programs that look through messages open every link; the button takes. The
link itself is the permission, so no cookie and no account has a part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from alerts.alert import Alert
from alerts.console.answers import reader_of
from alerts.console.pages import offered, take_page
from alerts.console.source import BoardSource
from alerts.console.speech import LANGUAGES
from alerts.links import Link, LinkError, Taken, link_key, read_link

State = Literal["ask", "taken", "already", "ended", "moved_on", "expired", "forged"]

STATUS: Final[Mapping[State, int]] = {
    "ask": 200,
    "taken": 200,
    "already": 409,
    "ended": 409,
    "moved_on": 409,
    "expired": 410,
    "forged": 404,
}


class Take(Protocol):
    """Takes an alert for the desk of a link, at `now` (ms UTC). May be called from any thread, and twice."""

    def __call__(self, link: Link, now: int) -> Taken: ...


@dataclass(frozen=True, slots=True)
class Taking:
    """Answers the two requests of a link. `keys`: city -> the city's key; `now`: the desk's clock, ms UTC."""

    sources: Mapping[str, BoardSource]
    keys: Mapping[str, bytes]
    take: Take
    now: Callable[[], int]

    def ask(self, request: Request, city: str, token: str) -> Response:
        state, _, alert = self._read(city, token)
        return self._page(request, city, state, alert)

    def do(self, request: Request, city: str, token: str) -> Response:
        state, link, alert = self._read(city, token)
        if state == "ask" and link is not None:
            state = self.take(link, self.now())
        return self._page(request, city, state, alert)

    def _read(self, city: str, token: str) -> tuple[State, Link | None, Alert | None]:
        """Whether the link may still take its alert; the alert is shown where the link is ours and of this city."""
        if city not in self.sources or city not in self.keys:
            return "forged", None, None
        try:
            link = read_link(link_key(self.keys[city]), token, self.now())
        except LinkError as fault:
            return fault.why, None, None
        alert = self.sources[city].alert(link.alert) if link.city == city else None
        if alert is None:
            return "forged", None, None
        if alert.moves and alert.moves[-1].wall_at > link.told_at:
            return "moved_on", link, alert
        return "ask", link, alert

    def _page(self, request: Request, city: str, state: State, alert: Alert | None) -> Response:
        source = self.sources.get(city) if alert is not None else None
        reader = reader_of(request, offered(source) if source is not None else LANGUAGES)
        html = take_page(state, reader, source, alert)
        return HTMLResponse(html, STATUS[state], headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex"})


def add_taking(app: FastAPI, taking: Taking) -> None:
    """The page of a link, and what its button does."""
    path = "/take/{city}/{token}"
    app.get(path, response_model=None)(taking.ask)
    app.post(path, response_model=None)(taking.do)
