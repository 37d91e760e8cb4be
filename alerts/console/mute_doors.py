"""Forms of the page of mutes: ask what one would hide, lay it, end it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response

from alerts.api.service import key_of
from alerts.api.troubles import TroubleError
from alerts.chain import Mute
from alerts.console.muting import HOUR, HOURS, wished
from alerts.console.posted import Text, way_to

if TYPE_CHECKING:
    from alerts.console.app import Console

DIGITS: Final = 15


def add_mute_doors(app: FastAPI, console: Console) -> None:
    """Add the addresses to the console."""

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
        town, who = console.town(request, name)
        try:
            until = town.now() + int(hours) * HOUR if hours in map(str, HOURS) else 0
            wish = Mute(0, "", area, category, until, reason.strip(), rule, _twice(top, top_again))
            town.check_mute(who, wish)
            found = town.preview(who, wish)
        except TroubleError as trouble:
            return console.mutes(request, name, None, trouble)
        now, key = town.now(), secrets.token_hex(8)
        return console.mutes(request, name, lambda names: wished(wish, found, names, now, key))

    @app.get("/city/{name}/mutes/preview", response_model=None)
    def again(name: str) -> Response:
        """Where a language is chosen on a preview: begin anew."""
        return _back(name)

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
        town, who = console.town(request, name)
        end = int(until) if until.isascii() and until.isdigit() and len(until) <= DIGITS else 0
        try:
            hides_top, own_key = _twice(top, top_again), key_of(who, key[:64])
            town.mute(who, Mute(0, "", area, category, end, reason.strip(), rule, hides_top, key=own_key))
        except TroubleError as trouble:
            return _back(name, trouble)
        return _back(name)

    @app.post("/city/{name}/mutes/{mute_id}/end", response_model=None)
    def end(request: Request, name: str, mute_id: str) -> Response:
        town, who = console.town(request, name)
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
    return way_to(f"/city/{quote(name, safe='')}/mutes", trouble.trouble if trouble else "")
