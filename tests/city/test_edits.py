"""A slip of the hand anywhere in a city's folder is told or harmless; it never makes the reading fall."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.book import decode, encode
from streams.city import read_city
from tests.city.scenes import MISTAKES, lay_over, new_city

FILES = (
    "areas.csv", "areas.geojson", "calendar.yaml", "categories.yaml", "city.yaml", "desks.yaml", "feeds/calls.yaml",
    "rules/traffic-surge.yaml", "tables/what.csv", "users.yaml",
)  # fmt: skip
SHAPE = '{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}'
SHAPES = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"east"},"geometry":' + SHAPE + "}]}"
)
TOKENS = (
    *(
        "",
        " ",
        "\n",
        "  ",
        ":",
        ": ",
        ",",
        '"',
        "'",
        "[",
        "]",
        "{",
        "}",
        "- ",
        "#",
        "\t",
        "[]",
        "{}",
        "[[]]",
        "(",
        "\\",
    ),
    *("0", "-1", "1e999", "9" * 20, "null", "true", "~", "1h", "0s", "9999d", "%Y", "en: ", "../x", "x" * 2000),
    *("a", "newcity", "east", "incident", "traffic", "\u202e", "\x00", "\ud7ff"),
)


@cache
def _whole(folder: Path) -> dict[str, str]:
    """The texts of a city that uses every kind of file."""
    city = new_city(folder)
    lay_over(MISTAKES / "feed-table-missing", city)
    (city / "tables").mkdir()
    (city / "tables" / "what.csv").write_text("value,code\nX,traffic\n")
    (city / "areas.geojson").write_text(SHAPES)
    assert read_city(city).problems == ()
    return {name: (city / name).read_text(encoding="utf-8") for name in FILES}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("edits")


@given(data=st.data())
def test_no_edit_of_any_file_makes_reading_a_city_fall(data: st.DataObject, shelf: Path) -> None:
    texts = _whole(shelf)
    name = data.draw(st.sampled_from(FILES))
    text = texts[name]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 12)))
        text = text[:start] + data.draw(st.sampled_from(TOKENS)) + text[end:]
    path = shelf / "city" / name
    path.write_text(text, encoding="utf-8")
    reading = read_city(shelf / "city")
    path.write_text(texts[name], encoding="utf-8")
    assert (reading.city is None) == bool(reading.problems)
    for language in ("en", "zh-CN"):
        assert len(reading.render(language).splitlines()) == len(reading.problems)
    if reading.city is not None:
        assert decode(encode(reading.city.book)).digest == reading.city.book.digest
