"""The names of a city's things for boards, each area with a point that lies within its shape."""

from __future__ import annotations

import json

import shapely

from alerts.named import Named, named
from streams.city import City


def names_of(city: City) -> list[Named]:
    """What boards may call things by, as the folder and the book say."""
    return named(city.book, _points(city))


def _points(city: City) -> dict[str, tuple[float, float]]:
    """Area -> (latitude, longitude); areas without a shape have none."""
    if city.shapes is None:
        return {}
    found: dict[str, tuple[float, float]] = {}
    for feature in json.loads(city.shapes.read_bytes())["features"]:
        code = feature["properties"].get("code")
        if code is not None:
            point = shapely.geometry.shape(feature["geometry"]).representative_point()
            found[str(code)] = (round(point.y, 5), round(point.x, 5))
    return found
