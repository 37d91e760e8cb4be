"""Addresses of feeds: who is heard, up to when, and what was refused."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

from alerts.api.door import counted_since
from alerts.api.service import Asks, Service, city_of, in_json
from alerts.api.troubles import language_of
from alerts.export import rfc3339


def add_feeds(app: FastAPI, service: Service) -> None:
    @app.get("/cities/{city}/feeds")
    def feeds(city: str, who: Asks, request: Request) -> Response:
        """Every feed of the city: when it was heard, up to when its events are known, its last hour against its own
        rate, since when it is silent, what became of its rows and what was refused since `counted_since`."""
        town = city_of(service, who, city)
        now, language = town.city_now(), language_of(request.headers)
        since = counted_since(now)
        refused = town.refused(since)
        told = [
            {
                "name": feed.name,
                "heard_at": _time(feed.heard_at),
                "known_to": _time(feed.newest),
                "last_hour": feed.last_hour,
                "expected": round(feed.usual, 2) if feed.usual >= 0 else None,
                "silent_since": _time(feed.silent_since),
                "silent_after_seconds": feed.silent_after // 1000 or None,
                "said_to_be_down": feed.covered,
                "rows": dict(feed.boxes),
                "refused": [
                    {"reason": one.reason, "meaning": one.meaning[language], "count": one.count}
                    for one in refused or ()
                    if one.feed == feed.name
                ]
                if refused is not None
                else None,
            }
            for feed in town.feeds()
        ]
        return in_json({"now": _time(now), "counted_since": rfc3339(since) if now else None, "feeds": told})


def _time(at: int) -> str | None:
    return rfc3339(at) if at else None
