"""The addresses of rules: one rule with its change, a release, and the forms that stop, write, publish and approve."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from alerts.api.door import is_id
from alerts.api.rule_door import DAYS, RuleDoor
from alerts.api.troubles import TroubleError
from alerts.console.answers import page, said_of, status_of
from alerts.console.naming import Names
from alerts.console.pages import piece, sheet_page
from alerts.console.posted import UNSHOWN, Text, way_to
from alerts.console.ruling import found_in
from alerts.console.shading import shadow_figures
from alerts.console.trying import trial_figures
from alerts.console.tuning import diff_line, tune_figures
from alerts.drafting import Checked, Texts
from alerts.workshop import Verb

if TYPE_CHECKING:
    from alerts.console.app import Console

VERBS: Final[tuple[Verb, ...]] = ("stop", "start")
UNCHECKED: Final = Checked((), ())


class RulePages:
    """What the addresses answer; what may not be seen raises HTTPException 404."""

    def __init__(self, console: Console) -> None:
        self._console = console

    # pages

    def rule(self, request: Request, name: str, rule: str) -> Response:
        return self._rule(request, name, rule)

    def release(self, request: Request, name: str, release: str) -> Response:
        return self._release(request, name, release)

    def _rule(
        self, request: Request, name: str, rule: str, trouble: TroubleError | None = None, typed: Texts | None = None
    ) -> Response:
        """`typed`: what stood in the form, where it was not kept."""
        asked = self._console.asked(request, name)
        door = RuleDoor(asked.town, asked.who)
        reader = self._console.reader(request, asked.source)
        try:
            shop = door.reading()
        except TroubleError:
            raise HTTPException(404) from None
        draft = shop.drafting.draft(rule) if is_id(rule) else None
        report = door.report(rule) if is_id(rule) else None
        if (draft or report) is None and (not is_id(rule) or asked.town.book().rule(rule) is None):
            raise HTTPException(404)
        trials = self._trials(door, rule)
        checked = shop.drafting.check(draft, reader.language) if draft else UNCHECKED
        now = asked.source.now() or asked.town.now()

        def fill(names: Names) -> dict[str, Any]:
            figures = tune_figures(
                rule,
                door.told(rule),
                door.standing(),
                door.near(),
                shop.drafting.texts(rule),
                draft,
                checked,
                shop.drafting.overrides(rule),
                door.releases(),
                names,
                DAYS,
                now,
                names.speech.local(now).date(),
            )
            return {
                "sheet": "tuning",
                "still": True,
                "desk_now": asked.town.now(),
                "asked": asked,
                "door": door,
                "tune": figures,
                "found": found_in(names.speech),
                "days": DAYS,
                "typed": typed,
                "shadow": shadow_figures(report, names) if report else None,
                **trials(names),
            }

        html = sheet_page(asked.source, reader, self._console.seen(request), fill, said_of(request, reader, trouble))
        return page(request, html, reader, status_of(trouble))

    def _release(self, request: Request, name: str, release: str, trouble: TroubleError | None = None) -> Response:
        asked = self._console.asked(request, name)
        door = RuleDoor(asked.town, asked.who)
        reader = self._console.reader(request, asked.source)
        try:
            diff = door.difference(release) if is_id(release) else ()
        except TroubleError:
            raise HTTPException(404) from None
        of_it = [one for one in door.releases() if one.id == release]
        if not of_it:
            raise HTTPException(404)

        def fill(_: Names) -> dict[str, Any]:
            return {
                "sheet": "release",
                "still": True,
                "desk_now": asked.town.now(),
                "asked": asked,
                "door": door,
                "lines": [diff_line(line) for line in diff],
                "history": of_it,
                "published": next((one for one in of_it if one.verb == "published"), of_it[-1]),
            }

        html = sheet_page(asked.source, reader, self._console.seen(request), fill, said_of(request, reader, trouble))
        return page(request, html, reader, status_of(trouble))

    def _door(self, request: Request, name: str) -> RuleDoor:
        return RuleDoor(*self._console.town(request, name))

    def trials(self, request: Request, name: str, rule: str) -> Response:
        """The part of the page that says how far a trial is: asked for again as long as one is under way. With it comes
        what it is before the draft is in force, which stands elsewhere on the page."""
        asked = self._console.asked(request, name)
        door = RuleDoor(asked.town, asked.who)
        reader = self._console.reader(request, asked.source)
        try:
            trials = self._trials(door, known(rule))
        except TroubleError:
            raise HTTPException(404) from None

        def fill(names: Names) -> dict[str, Any]:
            return {
                "asked": asked,
                "door": door,
                "desk_now": asked.town.now(),
                "found": found_in(names.speech),
                **trials(names),
            }

        return page(request, piece("trial_part.html", asked.source, reader, fill), reader)

    def _trials(self, door: RuleDoor, rule: str) -> Callable[[Names], dict[str, Any]]:
        """What the part shows. Raises TroubleError."""
        shop = door.reading()
        draft = shop.drafting.draft(rule)
        kept = shop.trials.of(rule)
        of_it = next((one for one in kept if draft is not None and one.stamp == draft.stamp), None)
        last = of_it or next(iter(kept), None)
        tried = shop.trials.result(last.id) if last is not None and last.state == "done" else None
        alerts = door.found(rule, tried) if tried is not None else {}

        def fill(names: Names) -> dict[str, Any]:
            return {
                "rule_id": rule,
                "draft": draft,
                "trial": last,
                "fresh": of_it is not None,
                "tried": trial_figures(tried, alerts, names) if tried is not None else None,
            }

        return fill

    # forms

    def order(self, request: Request, name: str, rule: str, verb: Text = "", reason: Text = "") -> Response:
        """Stop or start it at once; a second account looks at it within 24 hours."""
        door = self._door(request, name)
        return _done(lambda: door.order(_verb(verb), known(rule), reason), name, "rules")

    def review(self, request: Request, name: str, order_id: str, reason: Text = "") -> Response:
        door = self._door(request, name)
        return _done(lambda: door.review(known(order_id), reason), name, "rules")

    def begin(self, request: Request, name: str, rule: Text = "", copied: Text = "") -> Response:
        """A new rule, after the text of another."""
        try:
            self._door(request, name).begin(known(rule.strip()), known(copied))
        except TroubleError as trouble:
            return _to(name, "rules", trouble=trouble)
        return _to(name, "rules", rule.strip())

    def draft(
        self,
        request: Request,
        name: str,
        rule: str,
        text: Text = "",
        cases: Text = "",
        seen: Text = "",
        act: Text = "keep",
    ) -> Response:
        """Save it, throw it away, or (`retire`) make it one that takes the rule away."""
        door, typed = self._door(request, name), Texts(text, cases)
        try:
            if act == "drop":
                door.drop(known(rule), seen)
                return _to(name, "rules", *([rule] if door.town.book().rule(rule) else []))
            door.keep(known(rule), Texts("", "") if act == "retire" else typed, seen)
        except TroubleError as trouble:
            again = typed if act == "keep" and trouble.trouble not in UNSHOWN else None
            return self._rule(request, name, rule, trouble, again)
        return _to(name, "rules", rule)

    def override(
        self,
        request: Request,
        name: str,
        rule: str,
        area: Text = "",
        rarer: Text = "",
        at_least: Text = "",
        reason: Text = "",
        act: Text = "lay",
    ) -> Response:
        """Lay one into the draft, or lift it from there."""
        door = self._door(request, name)
        if act == "lift":
            return _done(lambda: door.lift(known(rule), area), name, "rules", rule)
        return _done(lambda: door.override(known(rule), area, rarer, at_least, reason), name, "rules", rule)

    def tried(
        self,
        request: Request,
        name: str,
        rule: str,
        seen: Text = "",
        past: Text = "",
        trial: Text = "",
        act: Text = "begin",
    ) -> Response:
        """Begin a trial of the draft, or end one."""
        door = self._door(request, name)
        if act == "cancel":
            return _done(lambda: door.cancel_trial(trial), name, "rules", rule)
        return _done(lambda: door.begin_trial(known(rule), seen, past), name, "rules", rule)

    def shadow(
        self,
        request: Request,
        name: str,
        rule: str,
        seen: Text = "",
        reason: Text = "",
        early: Text = "",
        act: Text = "begin",
    ) -> Response:
        """Let the draft judge in shadow; promote or drop what does."""
        door = self._door(request, name)
        try:
            if act == "promote":
                return _to(name, "releases", door.promote(known(rule), reason, early))
            if act == "drop":
                door.drop_shadow(known(rule), reason)
                left = door.town.book().rule(rule) or door.reading().drafting.draft(rule)
                return _to(name, "rules", *([rule] if left else []))
            door.begin_shadow(known(rule), seen, reason)
        except TroubleError as trouble:
            return _to(name, "rules", rule, trouble=trouble)
        return _to(name, "rules", rule)

    def publish(self, request: Request, name: str, rule: str, seen: Text = "", reason: Text = "") -> Response:
        try:
            made = self._door(request, name).publish(known(rule), seen, reason)
        except TroubleError as trouble:
            return _to(name, "rules", rule, trouble=trouble)
        return _to(name, "releases", made)

    def approve(self, request: Request, name: str, release: str, reason: Text = "") -> Response:
        door = self._door(request, name)
        return _done(lambda: door.approve(known(release), reason), name, "releases", release)

    def roll_back(self, request: Request, name: str, seen: Text = "", reason: Text = "") -> Response:
        door = self._door(request, name)
        return _done(lambda: door.roll_back(seen, reason), name, "rules")


def add_rule_doors(app: FastAPI, pages: RulePages) -> None:
    """Add the addresses to the console."""
    for path, read in (
        ("rules/{rule}", pages.rule),
        ("rules/{rule}/trials", pages.trials),
        ("releases/{release}", pages.release),
    ):
        app.get(f"/city/{{name}}/{path}", response_model=None)(read)
    for path, form in (
        ("rules", pages.begin),
        ("rules/{rule}/orders", pages.order),
        ("rules/{rule}/draft", pages.draft),
        ("rules/{rule}/overrides", pages.override),
        ("rules/{rule}/trials", pages.tried),
        ("rules/{rule}/shadow", pages.shadow),
        ("rules/{rule}/publish", pages.publish),
        ("orders/{order_id}/review", pages.review),
        ("releases", pages.roll_back),
        ("releases/{release}/approve", pages.approve),
    ):
        app.post(f"/city/{{name}}/{path}", response_model=None)(form)


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


def _done(act: Callable[[], object], name: str, *steps: str) -> Response:
    """Do what a form asks, and go on to a page of the city, which says what was refused."""
    try:
        act()
    except TroubleError as trouble:
        return _to(name, *steps, trouble=trouble)
    return _to(name, *steps)


def _to(name: str, *steps: str, trouble: TroubleError | None = None) -> Response:
    """The way to a page of the city."""
    path = "/".join(quote(step, safe="") for step in ("city", name, *steps))
    return way_to(f"/{path}", trouble.trouble if trouble else "")
