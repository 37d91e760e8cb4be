"""areas.geojson: the shapes of areas, and the area in which a point lies."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from streams.city.folder import LONGEST_SHAPES, Folder, place_in
from streams.city.tree_checks import Grown
from streams.problems import START, Place

FILE: Final = "areas.geojson"

_BETWEEN: Final = re.compile(r"[\s,]*")


class Shapes:
    """Point to area: the deepest whose shape holds it, on a border the smallest code; None outside of every shape."""

    def __init__(
        self,
        codes: Sequence[str],
        shapes: Sequence[BaseGeometry],
        path: Path | None = None,
        depth: Callable[[str], int] = lambda _: 0,
    ) -> None:
        order = sorted(range(len(codes)), key=lambda i: (-depth(codes[i]), codes[i]))
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


def read_shapes(folder: Folder, areas: Grown) -> Shapes:
    """The shapes in areas.geojson; none where the city has no such file."""
    if not folder.has(FILE):
        return Shapes((), ())
    text = folder.text(FILE, LONGEST_SHAPES)
    features = None if text is None else _features(folder, text)
    if text is None or features is None:
        return Shapes((), ())
    places = _Places(text)
    found: dict[str, BaseGeometry] = {}
    for number, feature in enumerate(features):
        code, message = _fault(feature, areas.nodes, found)
        if not message:
            found[code] = shapely.geometry.shape(feature["geometry"])
        elif message == "shape-unknown-area":
            meant = folder.problems.guess(code, areas.nodes or {})
            folder.problems.say(FILE, places.of(number), message, code=code, guess=meant)
        else:
            folder.problems.say(FILE, places.of(number), message, code=code)
    depth = areas.tree.depth if areas.tree else lambda _: 0
    return Shapes(list(found), list(found.values()), folder.inside(FILE), depth)


def _features(folder: Folder, text: str) -> list[Any] | None:
    try:
        data = json.loads(text, parse_constant=_no_number)
    except json.JSONDecodeError as fault:
        folder.problems.say(FILE, Place(fault.lineno, fault.colno), "json-broken")
        return None
    except (RecursionError, ValueError):  # nested too deep; NaN and its kin; a number of 5,000 digits
        folder.problems.say(FILE, START, "json-broken")
        return None
    if not (
        isinstance(data, dict) and data.get("type") == "FeatureCollection" and isinstance(data.get("features"), list)
    ):
        folder.problems.say(FILE, START, "shapes-not-collection")
        return None
    return list(data["features"])


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")


def _fault(feature: Any, areas: Mapping[str, Any] | None, found: Mapping[str, Any]) -> tuple[str, str]:
    """A feature's area, and the message of the first thing that is wrong with it ("": nothing)."""
    properties = feature.get("properties") if isinstance(feature, dict) else None
    code = properties.get("code") if isinstance(properties, dict) else None
    if not isinstance(code, str):
        return "", "shape-without-code"
    if areas is not None and code not in areas:
        return code, "shape-unknown-area"
    if code in found:
        return code, "shape-repeated"
    return code, _fault_of_geometry(feature.get("geometry"))


def _fault_of_geometry(geometry: Any) -> str:
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        return "shape-not-polygon"
    try:
        shape = shapely.geometry.shape(geometry)
        west, south, east, north = shape.bounds
    except (TypeError, ValueError, AttributeError, IndexError, KeyError, OverflowError, shapely.errors.ShapelyError):
        return "shape-broken"
    if not shape.is_valid or shape.is_empty:
        return "shape-broken"
    on_earth = -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    return "" if on_earth else "shape-off-earth"


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
            at = _BETWEEN.match(self._text, at).end()  # type: ignore[union-attr]  # it matches nothing too
            if self._text[at : at + 1] in ("]", ""):
                break
            starts.append(at)
            try:
                _, at = decoder.raw_decode(self._text, at)
            except (json.JSONDecodeError, RecursionError):  # "features" stood elsewhere too: the file's start must do
                return []
        return starts
