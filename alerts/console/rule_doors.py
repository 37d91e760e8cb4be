"""Forms of the pages of rules: stop one, start one, look at what another account ordered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response

from alerts.api.door import is_id
from alerts.api.rule_door import RuleDoor
from alerts.api.troubles import TroubleError
from alerts.console.posted import Text, way_to
from alerts.workshop import Verb

if TYPE_CHECKING:
    from alerts.console.app import Console

VERBS: Final[tuple[Verb, ...]] = ("stop", "start")


def add_rule_doors(app: FastAPI, console: Console) -> None:
    """Add the addresses to the console."""

    @app.post("/city/{name}/rules/{rule}/orders", response_model=None)
    def order(request: Request, name: str, rule: str, verb: Text = "", reason: Text = "") -> Response:
        """Stop or start it at once; a second account looks at it within 24 hours."""
        town, who = console.town(request, name)
        try:
            RuleDoor(town, who).order(_verb(verb), known(rule), reason)
        except TroubleError as trouble:
            return to_rules(name, trouble)
        return to_rules(name)

    @app.post("/city/{name}/orders/{order_id}/review", response_model=None)
    def review(request: Request, name: str, order_id: str, reason: Text = "") -> Response:
        town, who = console.town(request, name)
        try:
            RuleDoor(town, who).review(known(order_id), reason)
        except TroubleError as trouble:
            return to_rules(name, trouble)
        return to_rules(name)


def _verb(word: str) -> Verb:
    """Raises TroubleError."""
    found = next((one for one in VERBS if one == word), None)
    if found is None:
        raise TroubleError("wrong_form", ("verb",))
    return found


def known(word: str) -> str:
    """A word of an address that may be an id. Raises TroubleError."""
    if not is_id(word):
        raise TroubleError("unknown")
    return word


def to_rules(name: str, trouble: TroubleError | None = None) -> Response:
    return way_to(f"/city/{quote(name, safe='')}/rules", trouble.trouble if trouble else "")
