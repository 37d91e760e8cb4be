"""Points to areas by polygon."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from streams.city.folder import Folder
from streams.city.shapes import Shapes, read_shapes
from streams.city.tree_checks import Grown
from streams.problems import Problems

SIDE_BY_SIDE = Shapes(["west", "east"], [box(0, 0, 1, 1), box(1, 0, 2, 1)])


def test_a_point_lies_in_the_area_whose_shape_holds_it() -> None:
    assert SIDE_BY_SIDE(0.5, 0.25) == "west"
    assert SIDE_BY_SIDE(0.5, 1.75) == "east"
    assert SIDE_BY_SIDE(0.5, 2.25) is None


def test_latitude_comes_first() -> None:
    tall = Shapes(["tall"], [box(0, 10, 1, 20)])
    assert tall(15, 0.5) == "tall"
    assert tall(0.5, 15) is None


def test_on_a_border_the_smallest_code_wins() -> None:
    assert SIDE_BY_SIDE(0.5, 1.0) == "east"
    assert Shapes(["b", "a"], [box(1, 0, 2, 1), box(0, 0, 1, 1)])(0.5, 1.0) == "a"


def test_of_shapes_within_shapes_the_deepest_wins() -> None:
    nested = Shapes(["a-city", "town"], [box(0, 0, 9, 9), box(1, 1, 2, 2)], depth={"a-city": 0, "town": 1}.__getitem__)
    assert nested(1.5, 1.5) == "town"
    assert nested(5, 5) == "a-city"


@pytest.mark.parametrize("lat", [math.nan, math.inf, -math.inf])
def test_what_is_no_place_lies_nowhere(lat: float) -> None:
    assert SIDE_BY_SIDE(lat, 0.5) is None
    assert SIDE_BY_SIDE(0.5, lat) is None
    assert SIDE_BY_SIDE.many(np.array([lat, 0.5]), np.array([0.5, 0.5])) == [None, "west"]


def test_without_shapes_every_point_lies_nowhere() -> None:
    assert Shapes((), ())(0.5, 0.5) is None
    assert Shapes((), ()).many(np.array([0.5]), np.array([0.5])) == [None]


@given(points=st.lists(st.tuples(st.floats(-1, 2), st.floats(-1, 3)), max_size=20))
def test_many_points_lie_where_each_lies_by_itself(points: list[tuple[float, float]]) -> None:
    lats, lons = np.array([lat for lat, _ in points]), np.array([lon for _, lon in points])
    assert SIDE_BY_SIDE.many(lats, lons) == [SIDE_BY_SIDE(lat, lon) for lat, lon in points]


@pytest.mark.parametrize(
    "text",
    ['{"a": NaN}', "[" * 100_000, '{"type": "FeatureCollection", "features": 7}', "null", '"x"', "9" * 5000, "{}"],
)
def test_no_json_makes_reading_shapes_fall(text: str, tmp_path: Path) -> None:
    (tmp_path / "areas.geojson").write_text(text)
    problems = Problems()
    assert read_shapes(Folder(tmp_path, problems), Grown())(0.5, 0.5) is None
    assert {problem.message for problem in problems.all()} <= {"json-broken", "shapes-not-collection"}
    assert len(problems) == 1


_JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.floats(allow_nan=False), st.sampled_from(["code", "Polygon", "MultiPolygon"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.dictionaries(st.sampled_from(["type", "coordinates", "geometry", "properties", "code"]), inner, max_size=4),
    ),
    max_leaves=12,
)
_COORDINATES = st.lists(st.lists(st.lists(st.floats(-200, 200, allow_nan=False), max_size=3), max_size=5), max_size=2)
_FEATURE = st.one_of(
    _JSON,
    st.fixed_dictionaries(
        {
            "properties": st.just({"code": "a"}),
            "geometry": st.fixed_dictionaries(
                {"type": st.just("Polygon"), "coordinates": st.one_of(_COORDINATES, _JSON)}
            ),
        }
    ),
)


@given(feature=_FEATURE)
def test_no_feature_makes_reading_shapes_fall(feature: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("shapes")
    (folder / "areas.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    problems = Problems()
    shapes = read_shapes(Folder(folder, problems), Grown())
    assert bool(shapes.codes) == (len(problems) == 0)
