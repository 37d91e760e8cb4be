"""The example cities are whole, small, and say what they promise."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import shapely

from rules.book import decode, encode
from streams.city import City, check, read_city

EXAMPLES = Path(__file__).parents[2] / "examples"
CITIES = ("boston", "montgomery")


@cache
def _city(name: str) -> City:
    city = read_city(EXAMPLES / name).city
    assert city is not None, read_city(EXAMPLES / name).render()
    return city


@pytest.mark.parametrize("name", CITIES)
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_an_example_has_no_mistake(name: str, language: str) -> None:
    assert check(EXAMPLES / name, language)[0] == 0


@pytest.mark.parametrize("name", CITIES)
def test_the_book_of_an_example_survives_the_journal(name: str) -> None:
    book = _city(name).book
    assert decode(encode(book)) == book
    assert decode(encode(book)).digest == book.digest


@pytest.mark.parametrize("name", CITIES)
def test_every_name_and_guidance_is_there_in_both_languages(name: str) -> None:
    book = _city(name).book
    trees = [node.names for tree in (book.areas, book.categories) for node in tree.nodes]
    others = [rule.names for rule in book.all_rules] + [desk.names for desk in book.desks]
    for names in (*trees, *others, *(feed.names for feed in book.feeds)):
        assert {"en", "zh-CN"} <= set(names), names
    assert all(set(rule.guidance) == {"en", "zh-CN"} for rule in book.all_rules)


@pytest.mark.parametrize("name", CITIES)
def test_no_rule_names_a_category_below_the_second_level(name: str) -> None:
    book = _city(name).book
    assert all(book.categories.depth(rule.selector.category) <= 1 for rule in book.all_rules)


@pytest.mark.parametrize("name", CITIES)
def test_every_pair_of_area_and_category_has_a_first_desk(name: str) -> None:
    book = _city(name).book
    assert all(book.first_desk(a.code, c.code) for a in book.areas.nodes for c in book.categories.nodes)


@pytest.mark.parametrize(("name", "most"), [("montgomery", 80_000), ("boston", 120_000)])
def test_shapes_are_small_and_touch_without_overlapping(name: str, most: int) -> None:
    path = EXAMPLES / name / "areas.geojson"
    assert path.stat().st_size <= most
    shapes = shapely.get_parts(shapely.from_geojson(path.read_text()))
    overlap = sum(shape.area for shape in shapes) - shapely.union_all(shapes).area
    assert overlap < 1e-5 * shapely.union_all(shapes).area


@pytest.mark.parametrize("name", CITIES)
def test_neighbours_are_neighbours_of_each_other(name: str) -> None:
    nodes = _city(name).book.areas.by_code
    for node in nodes.values():
        assert all(node.code in nodes[neighbour].neighbours for neighbour in node.neighbours)


@pytest.mark.parametrize(
    ("name", "lat", "lon", "area"),
    [
        ("montgomery", 40.2978759, -75.5812935, "new-hanover"),
        ("montgomery", 40.2580614, -75.2646799, "hatfield-township"),
        ("montgomery", 39.9526, -75.1652, None),
        ("boston", 42.3474, -71.0944, "fenway"),
        ("boston", 42.3574, -71.0648, "beacon-hill"),
        ("boston", 42.3647, -71.0542, "downtown"),
        ("boston", 42.3529, -71.1321, "allston-brighton"),
        ("boston", 42.3467, -71.0425, "south-boston"),
        ("boston", 42.3736, -71.1097, None),
    ],
)
def test_a_point_lies_in_its_area(name: str, lat: float, lon: float, area: str | None) -> None:
    assert _city(name).place_of(lat, lon) == area


def test_holidays_are_local_days_of_both_years() -> None:
    boston, montgomery = (_city(name).book.calendar for name in CITIES)
    assert {"2015-12-25", "2016-07-04"} <= montgomery.holidays
    assert boston.holidays - montgomery.holidays == {"2015-04-20", "2016-04-18"}


def test_the_key_of_a_city_is_given_from_outside_and_never_shown() -> None:
    city = _city("montgomery")
    assert city.key == b""
    assert city.with_key(b"secret-key").key == b"secret-key"
    assert "secret-key" not in repr(city.with_key(b"secret-key"))


def test_the_display_level_is_the_finest_that_is_not_too_fine() -> None:
    assert _city("montgomery").display_level == "township"
    assert _city("boston").display_level == "neighbourhood"
