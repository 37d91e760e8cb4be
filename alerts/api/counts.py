"""Addresses of counts: what was counted of an area against what was expected, and who came near to speaking."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response

from alerts.api.forms import count_of
from alerts.api.pages import FURTHEST, cursor_of, place_in
from alerts.api.service import Asks, Limit, Service, city_of, tagged
from alerts.api.troubles import TroubleError, language_of
from alerts.counts import place_of
from alerts.export import rfc3339

HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR

Instant = Annotated[datetime | None, Query(description="With an offset.")]
Narrow = Annotated[str | None, Query(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")]


def add_counts(app: FastAPI, service: Service) -> None:
    @app.get("/cities/{city}/areas/{code}/counts")
    def counts(
        city: str,
        code: str,
        who: Asks,
        request: Request,
        since: Instant = None,
        until: Instant = None,
        rule: Narrow = None,
        category: Narrow = None,
        limit: Limit = 100,
        cursor: Annotated[str, Query(max_length=400)] = "",
    ) -> Response:
        """What was counted of an area by rule, category and hour (of slower rules: by day or week), oldest first, with
        what was expected of the whole hour, the band of nine in ten usual counts and the count at which it speaks.
        Without `since` and `until` the last 24 hours. Not `whole`: it counts on. `missing`: a feed was not heard."""
        town = city_of(service, who, city)
        now = town.city_now()
        end = _ms("until", until, now + 1)
        begun = _ms("since", since, max(end - DAY, 0))
        after = place_in(cursor) if cursor else None
        found = town.counts(who, code, begun, end, rule=rule, category=category, after=after, most=limit + 1)
        page = found[:limit]
        following = cursor_of(place_of(page[-1])) if len(found) > limit else None
        return tagged(request, {"counts": [count_of(row) for row in page], "next": following})

    @app.get("/cities/{city}/near")
    def near(
        city: str,
        who: Asks,
        request: Request,
        hours: Annotated[int, Query(ge=1, le=24 * 35, description="How far back.")] = 24,
        area: Annotated[str, Query(max_length=64)] = "",
        limit: Limit = 50,
    ) -> Response:
        """Near misses: what came within a tenth of speaking, or one event short of it, and did not; the nearest first,
        each series once. Of one area with all below it, or of all that may be seen. `more` were left out."""
        town = city_of(service, who, city)
        book, language, now = town.book(), language_of(request.headers), town.city_now()
        found = town.near(who, now - hours * HOUR, area)
        told = [
            {
                "area": one.row.area,
                "name": book.areas.name(one.row.area, language),
                "lacked": one.lacked,
                "way": round(one.way, 3),
                "times": one.times,
                "cell": count_of(one.row),
            }
            for one in found[:limit]
        ]
        areas = len({one.row.area for one in found})
        answer = {"since": rfc3339(max(now - hours * HOUR, 0)), "areas": areas, "near": told}
        return tagged(request, {**answer, "more": max(0, len(found) - limit)})


def _ms(name: str, at: datetime | None, otherwise: int) -> int:
    """Raises TroubleError."""
    if at is None:
        return otherwise
    stamp = round(at.timestamp() * 1000) if at.tzinfo is not None else -1
    if not 0 <= stamp <= FURTHEST:
        raise TroubleError("wrong_form", (name,))
    return stamp
