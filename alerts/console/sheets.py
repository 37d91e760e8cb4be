"""The pages beside board, card and desk: each is a part that is drawn again as long as it is looked at.

A sheet takes what is asked for and gives what its template fills in. Everything that it reads is cut to the areas of
whoever asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from starlette.exceptions import HTTPException

from alerts.access.roles import Who
from alerts.alert import Alert
from alerts.api.areas import DAY
from alerts.api.door import DutyCity, counted_since, is_id
from alerts.api.rule_door import DAYS, RuleDoor
from alerts.api.troubles import TroubleError
from alerts.console.area import area_figures
from alerts.console.auditing import audit_figures
from alerts.console.feeds import feed_figures
from alerts.console.held import held_figures
from alerts.console.hours import COARSE_MS, HourFigures, hour_figures, span_of
from alerts.console.missing import missed_figures
from alerts.console.muting import HOUR, HOURS, mute_figures
from alerts.console.naming import Names
from alerts.console.pages import outcomes_in
from alerts.console.ruling import found_in, rule_figures
from alerts.console.source import BoardSource

CODE_LONGEST: Final = 64
DAY_LONGEST: Final = 10


@dataclass(frozen=True, slots=True)
class Asked:
    """What a sheet is drawn from: a city cut to the areas of `who`, and the words behind the `?` of the address."""

    source: BoardSource
    town: DutyCity
    who: Who
    words: Mapping[str, str]

    @property
    def area(self) -> str:
        return self.words.get("area", "")[:CODE_LONGEST]

    def areas(self) -> list[str]:
        """Codes of the areas that may be named in a form, as the tree has them."""
        book = self.source.city().book
        return [node.code for node in book.areas.nodes if self.who.sees_area(book.city, book.areas, node.code)]

    def widest(self) -> str:
        """The first of the areas that `who` was given here."""
        book = self.source.city().book
        given = self.who.areas.get(book.city, ()) if self.who.areas is not None else ()
        return next((code for code in given if code in book.areas.by_code), book.areas.root)


Values = Mapping[str, Any]
Sheet = Callable[[Asked, Names], Values]


def held(asked: Asked, names: Names) -> Values:
    kept = asked.town.held(asked.who, asked.area)
    now = asked.source.now()
    return {"held": held_figures(kept, asked.town.budgets(asked.who), names, now, asked.area)}


def mutes(asked: Asked, names: Names) -> Values:
    town, who = asked.town, asked.who
    figures = mute_figures(
        town.mutes(who), lambda mute: town.hidden_by(who, mute), names, asked.source.now(), town.now()
    )
    return {"mutes": figures, "outcomes": outcomes_in(names.speech), "hour": HOUR, "hours": HOURS}


def feeds(asked: Asked, names: Names) -> Values:
    now = asked.source.now()
    figures = feed_figures(
        asked.source.feeds(), asked.source.alerts(now), asked.town.refused(counted_since(now)), names, now
    )
    return {"feeds": figures, "hour": HOUR}


def missed(asked: Asked, names: Names) -> Values:
    town, who = asked.town, asked.who

    def between(since: int, until: int) -> list[Alert]:
        return town.seen(who, town.store.between(since, until))

    return {"missed": missed_figures(town.told_missed(who), between, names, asked.source.now())}


def area(asked: Asked, names: Names) -> Values:
    town, who, now = asked.town, asked.who, asked.source.now()
    seen = asked.areas()
    code = asked.words.get("code", "") or asked.widest()
    if code not in seen:
        raise TroubleError("unknown")
    silent = {feed.name for feed in asked.source.feeds() if feed.silent_since}
    said = town.seen(who, town.store.between(now - DAY, now + 1))
    figures = area_figures(code, asked.source.alerts(now), said, town.held(who), set(seen), names, silent, now)
    return {"area": figures, "hours": _hours(asked, code, now, names)}


def _hours(asked: Asked, code: str, now: int, names: Names) -> HourFigures:
    """Raises TroubleError."""
    town, who = asked.town, asked.who
    span = span_of(asked.words.get("day", "")[:DAY_LONGEST], now, names)
    if span is None:
        raise TroubleError("unknown")
    rule, category = (asked.words.get(word, "")[:CODE_LONGEST] or None for word in ("rule", "category"))
    if not all(map(is_id, filter(None, (rule, category)))):
        raise TroubleError("unknown")
    fine = town.counts(who, code, span.since, span.until, rule=rule, category=category)
    slow = [one.id for one in names.city.book.rules if one.step >= DAY and rule in (None, one.id)]
    coarse = [  # asked by rule, which is found at once: of weeks of hours there are a hundred times as many
        row
        for one in slow
        for row in town.counts(who, code, span.until - COARSE_MS, span.until, rule=one, category=category, step=DAY)
    ]
    return hour_figures(
        [row for row in fine if row.step < DAY],
        coarse,
        town.near(who, span.since, code, span.until),
        span,
        names,
        now,
        one=rule is not None,
    )


def rules(asked: Asked, names: Names) -> Values:
    """It is read once and not renewed: forms stand in it, and it reads 90 days of alerts."""
    door = RuleDoor(asked.town, asked.who)
    today = names.speech.local(asked.source.now() or asked.town.now()).date()
    figures = rule_figures(door.told(), door.standing(), door.near(), names, DAYS, today)
    history = door.releases()
    return {
        "rules": figures,
        "door": door,
        "days": DAYS,
        "found": found_in(names.speech),
        "drafts": door.drafts(),
        "shadows": {one.rule: one for one in door.shadows()},
        "history": history,
        "in_force": door.in_force() if door.tunes else "",
        "waiting": [one for one in history if one.waits],
    }


def audit(asked: Asked, names: Names) -> Values:
    """For those who judge alone. It is read once and not renewed."""
    if not asked.town.may_judge(asked.who):
        raise TroubleError("unknown")
    judged = asked.town.judge() if "verify" in asked.words else None
    figures = audit_figures(asked.town.store, asked.words, sorted(asked.town.desks), names, judged)
    return {"audit": figures, "outcomes": outcomes_in(names.speech)}


SHEETS: Final[Mapping[str, Sheet]] = {
    "held": held,
    "mutes": mutes,
    "missed": missed,
    "feeds": feeds,
    "area": area,
    "rules": rules,
    "audit": audit,
}
"""Word in the address -> sheet."""
JUDGED: Final = frozenset({"audit"})
"""Sheets of those who judge alone."""
STILL: Final = JUDGED | {"rules"}
"""Sheets that are not drawn again: what is to be judged, or is being written, stands still."""


def rooms_of(who: Who | None) -> frozenset[str]:
    """The pages of a city that `who` may open beside its board."""
    if who is None:
        return frozenset()
    seen = {"desk", *SHEETS} - JUDGED if who.may("view") else set()
    return frozenset(seen | JUDGED if who.may("audit") else seen)


def drawn(kind: str, asked: Asked) -> Callable[[Names], Values]:
    """How a sheet is filled in a reader's names. Raises HTTPException where there is none of this name, and, when it is
    drawn, where what was asked for may not be seen."""
    sheet = SHEETS.get(kind)
    if sheet is None or kind not in rooms_of(asked.who):
        raise HTTPException(404)

    def fill(names: Names) -> Values:
        try:
            return {
                "sheet": kind,
                "still": kind in STILL,
                "desk_now": asked.town.now(),
                "asked": asked,
                **sheet(asked, names),
            }
        except TroubleError:
            raise HTTPException(404) from None

    return fill


def words_of(request: Request) -> Mapping[str, str]:
    """What stands behind the `?`: the first of each."""
    return dict(request.query_params)
