"""Forms of the page of mutes: ask what one would hide, lay it, end it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from alerts.api.door import DutyCity
from alerts.api.service import Service, key_of, who_asks
from alerts.api.troubles import TroubleError
from alerts.chain import Mute
from alerts.console.muting import HOUR, HOURS, wished
from alerts.console.naming import Names

Text = Annotated[str, Form()]
AGAIN: Final = 303
DIGITS: Final = 15

Shown = Callable[[Request, str, Callable[[Names], object] | None, str], Response]
"""The page of mutes of a city, with what is wished, and with what went wrong."""


def add_mute_doors(app: FastAPI, service: Service, shown: Shown) -> None:
    """Add the addresses to the console; `shown` draws their page."""

    @app.post("/city/{name}/mutes/preview", response_model=None)
    def preview(
        request: Request,
        name: str,
        area: Text = "",
        category: Text = "",
        rule: Text = "",
        hours: Text = "",
        reason: Text = "",
        top: Text = "",
        top_again: Text = "",
    ) -> Response:
        """Changes nothing: what it would have hidden, with the button that lays it."""
        who, town = who_asks(request), _town(service, request, name)
        try:
            until = town.now() + int(hours) * HOUR if hours in map(str, HOURS) else 0
            wish = Mute(0, "", area, category, until, reason.strip(), rule, _twice(top, top_again))
            town.check_mute(who, wish)
            found = town.preview(who, wish)
        except TroubleError as trouble:
            return shown(request, name, None, trouble.trouble)
        now, key = town.now(), secrets.token_hex(8)
        return shown(request, name, lambda names: wished(wish, found, names, now, key), "")

    @app.get("/city/{name}/mutes/preview", response_model=None)
    def again(name: str) -> Response:
        """Where a language is chosen on a preview: begin anew."""
        return RedirectResponse(f"/city/{quote(name, safe='')}/mutes", AGAIN)

    @app.post("/city/{name}/mutes", response_model=None)
    def lay(
        request: Request,
        name: str,
        area: Text = "",
        category: Text = "",
        rule: Text = "",
        until: Text = "",
        reason: Text = "",
        top: Text = "",
        top_again: Text = "",
        key: Text = "",
    ) -> Response:
        """What was shown is laid, once."""
        who, town = who_asks(request), _town(service, request, name)
        end = int(until) if until.isascii() and until.isdigit() and len(until) <= DIGITS else 0
        try:
            hides_top, own_key = _twice(top, top_again), key_of(who, key[:64])
            town.mute(who, Mute(0, "", area, category, end, reason.strip(), rule, hides_top, key=own_key))
        except TroubleError as trouble:
            return _back(name, trouble)
        return _back(name)

    @app.post("/city/{name}/mutes/{mute_id}/end", response_model=None)
    def end(request: Request, name: str, mute_id: str) -> Response:
        who, town = who_asks(request), _town(service, request, name)
        try:
            town.unmute(who, mute_id)
        except TroubleError as trouble:
            return _back(name, trouble)
        return _back(name)


def _twice(top: str, again: str) -> bool:
    """Whether the top rank is hidden too: said twice or not at all. Raises TroubleError."""
    if bool(top) != bool(again):
        raise TroubleError("top_once")
    return bool(top)


def _back(name: str, trouble: TroubleError | None = None) -> Response:
    place = f"/city/{quote(name, safe='')}/mutes"
    return RedirectResponse(f"{place}?said={trouble.trouble}" if trouble else place, AGAIN)


def _town(service: Service, request: Request, name: str) -> DutyCity:
    town = service.cities.get(name)
    if town is None or not who_asks(request).sees_city(name):
        raise HTTPException(404)
    return town
