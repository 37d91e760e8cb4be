"""Addresses of shadows: which candidates there are, what each is worth, begin, promote and drop one."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import FastAPI
from fastapi.responses import Response
from pydantic import Field

from alerts.access.roles import Who
from alerts.api.door import is_id
from alerts.api.forms import Code, Form
from alerts.api.rule_door import RuleDoor
from alerts.api.service import Asks, Service, city_of, in_json
from alerts.api.troubles import TroubleError
from alerts.export import rfc3339
from alerts.shadowing import Promotion
from alerts.workshop import REASON_LONGEST
from rules.shadows.state import ShadowState

Why = Annotated[str, Field(max_length=REASON_LONGEST)]


class ShadowForm(Form):
    rule: Code
    seen: Annotated[str, Field(max_length=64)] = Field(
        default="", description="The stamp of the draft that was looked at; else the draft as it is saved."
    )
    reason: Why


class PromoteForm(Form):
    reason: Why
    early: Why = Field(default="", description="Why it cannot wait until it has had its shifts.")


class DropForm(Form):
    reason: Why


def add_shadows(app: FastAPI, service: Service) -> None:
    def door(who: Asks, city: str) -> RuleDoor:
        return RuleDoor(city_of(service, who, city), who)

    @app.get("/cities/{city}/shadows")
    def shadows(city: str, who: Asks) -> Response:
        """Candidates of rules that judge in shadow, by rule."""
        found = door(who, city)
        found.reading()
        return in_json({"shadows": [_state(one, who) for one in found.shadows()]})

    @app.post("/cities/{city}/shadows", status_code=201)
    def begin(city: str, form: ShadowForm, who: Asks) -> Response:
        """Let the saved draft of a rule judge in shadow."""
        found, rule = door(who, city), _known(form.rule)
        draft = found.reading().drafting.draft(rule)
        found.begin_shadow(rule, form.seen or (draft.stamp if draft else ""), form.reason)
        return _report(found, rule, 201)

    @app.get("/cities/{city}/shadows/{rule}")
    def one_shadow(city: str, rule: str, who: Asks) -> Response:
        """What a candidate would have told: week by week, by what desks found of it, load and promises."""
        return _report(door(who, city), _known(rule))

    @app.post("/cities/{city}/shadows/{rule}/promote")
    def promote(city: str, rule: str, form: PromoteForm, who: Asks) -> Response:
        """Put a candidate in force that another account began; the release."""
        return in_json({"release": door(who, city).promote(_known(rule), form.reason, form.early)})

    @app.post("/cities/{city}/shadows/{rule}/drop")
    def drop(city: str, rule: str, form: DropForm, who: Asks) -> Response:
        """End a shadow; what it said is forgotten."""
        door(who, city).drop_shadow(_known(rule), form.reason)
        return in_json({"rule": rule})


def _known(rule: str) -> str:
    """Raises TroubleError."""
    if not is_id(rule):
        raise TroubleError("unknown")
    return rule


def _report(door: RuleDoor, rule: str, status: int = 200) -> Response:
    found = door.report(rule)
    if found is None:
        raise TroubleError("unknown")
    return in_json(_told(found, door.who), status)


def _told(report: Promotion, who: Who) -> dict[str, Any]:
    """Alerts by their ids."""
    state = report.state
    weeks = [
        {**msgspec.to_builtins(week), "since": rfc3339(week.since), "until": rfc3339(week.until)}
        for week in state.weeks
    ]
    return {
        **_state(state, who),
        "ripe": report.ripe,
        "served": msgspec.to_builtins(report.served),
        "weeks": weeks,
        "outcomes": msgspec.to_builtins(report.outcomes),
        "loads": msgspec.to_builtins(report.loads),
        "let_go": state.let_go,
        "text": state.text,
    }


def _state(state: ShadowState, who: Who) -> dict[str, Any]:
    """`yours`: whoever asks began it, and so cannot promote it."""
    return {
        "rule": state.rule,
        "version": state.version,
        "in_force": state.in_force or None,
        "yours": state.by == who.account,
        "reason": state.reason,
        "begun": rfc3339(state.begun),
        "until": rfc3339(state.until),
        "shifts": state.shifts,
        "judges": not state.stopped,
    }
