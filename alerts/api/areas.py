"""The address of an area: what runs in it and below it, and how its sub-areas stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from alerts.alert import Alert
from alerts.api.forms import alert_of
from alerts.api.service import Asks, Service, city_of, in_json
from alerts.api.troubles import TroubleError, language_of
from rules.trees import Tree

DAY: Final = 86_400_000


def add_areas(app: FastAPI, service: Service) -> None:
    @app.get("/cities/{city}/areas/{code}")
    def area(city: str, code: str, who: Asks, request: Request) -> Response:
        """An area that may be seen: alerts that run in it and below it, highest rank first, and of each sub-area, with
        all below it, how many run, are held, and were told in the last 24 hours."""
        town = city_of(service, who, city)
        book, language, now = town.book(), language_of(request.headers), town.city_now()
        tree = book.areas
        if code not in tree.by_code or not who.sees_area(city, tree, code):
            raise TroubleError("unknown")
        running = [one for one in town.seen(who, town.store.board()) if code in tree.paths.get(one.signal.area, ())]
        counts = {
            "running": by_area(tree, running),
            "held": by_area(tree, town.held(who)),
            "said": by_area(tree, town.seen(who, town.store.between(now - DAY, now + 1))),
        }
        node = tree.by_code[code]
        return in_json(
            {
                "code": code,
                "name": tree.name(code, language),
                "level": node.level,
                **{name: found[code] for name, found in counts.items()},
                "alerts": [alert_of(one, book, language) for one in running],
                "areas": [
                    {"code": sub, "name": tree.name(sub, language), **{name: n[sub] for name, n in counts.items()}}
                    for sub in tree.children.get(code, ())
                ],
            }
        )


def by_area(tree: Tree, alerts: Iterable[Alert]) -> Counter[str]:
    """Each area, with all below it -> how many of `alerts` name it. Areas that the tree does not know count nowhere,
    and neither does an exercise."""
    real = (one for one in alerts if one.signal.kind != "exercise")
    return Counter(step for one in real for step in tree.paths.get(one.signal.area, ()))
