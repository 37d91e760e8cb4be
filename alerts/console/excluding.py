"""The time of an alert that is kept out of what is learned: as its card shows it, and the form that orders it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response

from alerts.api.exclude_door import ExcludeDoor
from alerts.api.troubles import TroubleError
from alerts.console.duty import KeptOut
from alerts.console.posted import UNSHOWN, Text, moment_of, way_to

if TYPE_CHECKING:
    from alerts.alert import Alert
    from alerts.console.app import Console
    from alerts.console.speech import Speech

FORM: Final = "exclude"


def kept_out(alert: Alert, door: ExcludeDoor) -> KeptOut:
    orders = tuple(door.of(alert))
    wanted = not orders and door.fits(alert)
    numbered = door.who.may("tune") or door.who.may("review")
    return KeptOut(orders, wanted and door.may, wanted and not door.may, numbered)


def local_text(at: int, say: Speech) -> str:
    """A time of the city, as a browser's field for it is filled in."""
    return f"{say.local(at):%Y-%m-%dT%H:%M}"


def blank(alert: Alert, say: Speech) -> dict[str, str]:
    """What stands in the form before anything was written."""
    signal = alert.signal
    return {"since": local_text(signal.first, say), "until": local_text(signal.last, say), "why": ""}


class ExcludeForms:
    """A plain post, answered with the card."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def exclude(
        self, request: Request, alert_id: str, since: Text = "", until: Text = "", reason: Text = ""
    ) -> Response:
        """Times are the city's own; one that was left as it stood is the alert's, to the second."""
        source, alert = self._console.find_alert(request, alert_id)
        town, who = self._console.town(request, source.city().name)
        place, say = f"/alert/{quote(alert_id, safe='')}", self._console.speech(request, source)
        stood = blank(alert, say)
        try:
            begun = 0 if since == stood["since"] else _moment(since, source.city().zone)
            ended = 0 if until == stood["until"] else _moment(until, source.city().zone)
            ExcludeDoor(town, who).order(alert_id, begun, ended, reason)
        except TroubleError as trouble:
            if trouble.trouble in UNSHOWN or not reason.strip():
                return way_to(place, trouble.trouble)
            typed: dict[str, Any] = {"form": FORM, "outcome": "", "why": reason.strip(), "note": ""}
            return self._console.card_again(request, alert_id, trouble, {**typed, "since": since, "until": until})
        return way_to(place)


def add_excluding(app: FastAPI, forms: ExcludeForms) -> None:
    """Add the address to the console."""
    app.post("/alert/{alert_id}/exclusions", response_model=None)(forms.exclude)


def _moment(text: str, zone: str) -> int:
    """Raises TroubleError."""
    at = moment_of(text, zone)
    if at <= 0:
        raise TroubleError("exclude_span")
    return at
