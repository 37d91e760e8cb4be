"""areas.geojson: the shapes of areas, and the area in which a point lies."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from streams.city.folder import LONGEST_SHAPES, Folder, place_in
from streams.problems import START, Place, guess

FILE: Final = "areas.geojson"


class Shapes:
    """Point to area. On a border the smallest code wins; outside of every shape there is none."""

    def __init__(self, codes: Sequence[str], shapes: Sequence[BaseGeometry], path: Path | None = None) -> None:
        order = sorted(range(len(codes)), key=lambda i: codes[i])
        self.codes = tuple(codes[i] for i in order)
        self.path = path
        self._tree = shapely.STRtree([shapes[i] for i in order])

    def __call__(self, lat: float, lon: float) -> str | None:
        if not self.codes or not (math.isfinite(lat) and math.isfinite(lon)):
            return None
        found = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        return self.codes[int(found.min())] if len(found) else None

    def many(self, lats: NDArray[np.float64], lons: NDArray[np.float64]) -> list[str | None]:
        """The same for arrays of degrees, shape (n,): some ten times faster than one by one."""
        areas: list[str | None] = [None] * len(lats)
        if self.codes:
            points, found = self._tree.query(shapely.points(lons, lats), predicate="intersects")
            for point, shape in sorted(zip(points.tolist(), found.tolist(), strict=True), reverse=True):
                areas[point] = self.codes[shape]
        return areas


def read_shapes(folder: Folder, areas: Mapping[str, Any] | None) -> Shapes:
    """The shapes in areas.geojson; none where the city has no such file. `areas` None: the tree is not known."""
    if not folder.has(FILE):
        return Shapes((), ())
    text = folder.text(FILE, LONGEST_SHAPES)
    features = None if text is None else _features(folder, text)
    if text is None or features is None:
        return Shapes((), ())
    places = _Places(text)
    found: dict[str, BaseGeometry] = {}
    for number, feature in enumerate(features):
        fault = _fault(feature, areas, found)
        if fault:
            folder.problems.say(FILE, places.of(number), fault[0], **fault[1])
        else:
            found[feature["properties"]["code"]] = shapely.geometry.shape(feature["geometry"])
    return Shapes(list(found), list(found.values()), folder.inside(FILE))


def _features(folder: Folder, text: str) -> list[Any] | None:
    try:
        data = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as fault:
        folder.problems.say(FILE, Place(fault.lineno, fault.colno), "json-broken", why=fault.msg)
        return None
    except (RecursionError, ValueError) as fault:
        folder.problems.say(FILE, START, "json-broken", why=str(fault) or "nested too deep")
        return None
    if not (
        isinstance(data, dict) and data.get("type") == "FeatureCollection" and isinstance(data.get("features"), list)
    ):
        folder.problems.say(FILE, START, "shapes-not-collection")
        return None
    return list(data["features"])


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _fault(
    feature: Any, areas: Mapping[str, Any] | None, found: Mapping[str, Any]
) -> tuple[str, dict[str, Any]] | None:
    """The first thing that is wrong with a feature: message id and values."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get("code") if isinstance(properties, dict) else None
    if not isinstance(code, str):
        return "shape-without-code", {}
    if areas is not None and code not in areas:
        return "shape-unknown-area", {"code": code, "guess": guess(code, areas)}
    if code in found:
        return "shape-repeated", {"code": code}
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return "shape-not-polygon", {"code": code}
    try:
        shape = shapely.geometry.shape(geometry)
        west, south, east, north = shape.bounds
    except (TypeError, ValueError, AttributeError, IndexError, KeyError, shapely.errors.ShapelyError):
        return "shape-broken", {"code": code, "why": "coordinates"}
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        return "shape-off-earth", {"code": code}
    if not shape.is_valid:
        return "shape-broken", {"code": code, "why": shapely.is_valid_reason(shape)}
    return None


class _Places:
    """Where each feature begins; looked up only when there is something to say."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts: list[int] | None = None

    def of(self, number: int) -> Place:
        if self._starts is None:
            self._starts = self._find()
        return place_in(self._text[: self._starts[number]]) if number < len(self._starts) else START

    def _find(self) -> list[int]:
        decoder, starts = json.JSONDecoder(), list[int]()
        at = self._text.find("[", self._text.find('"features"')) + 1
        while at < len(self._text):
            at += len(self._text[at:]) - len(self._text[at:].lstrip(", \t\r\n"))
            if self._text[at : at + 1] in ("]", ""):
                break
            starts.append(at)
            try:
                _, at = decoder.raw_decode(self._text, at)
            except (json.JSONDecodeError, RecursionError):  # "features" stood elsewhere too: the file's start must do
                return []
        return starts
