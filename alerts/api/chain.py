"""Addresses of the chain of moves, for those who judge it."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import Response

from alerts.api.forms import move_of
from alerts.api.service import Asks, Limit, Service, city_of, in_json
from alerts.api.troubles import TroubleError


def add_chain(app: FastAPI, service: Service) -> None:
    @app.get("/cities/{city}/chain")
    def chain(
        city: str, who: Asks, after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0, limit: Limit = 50
    ) -> Response:
        """The whole chain with duty numbers and hashes, for those who judge it and may see the whole city."""
        town = city_of(service, who, city)
        areas = town.book().areas
        if not who.sees_area(city, areas, areas.root):
            raise TroubleError("not_allowed")
        found: list[dict[str, object]] = []
        for one in town.store.links(after=after):
            if len(found) == limit:
                break
            found.append(move_of(one, whole=True))
        return in_json({"moves": found, "next": found[-1]["seq"] if len(found) == limit else None})
