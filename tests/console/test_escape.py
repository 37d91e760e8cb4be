"""Text out of data is text: in pages, live parts, attributes, and in what the scripts are handed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import msgspec
import pytest
from fastapi.testclient import TestClient

from alerts.alert import Alert
from alerts.console import City, create_app
from alerts.console.pages import Reader, alert_part, board_part
from alerts.console.sample import SampleBoard
from alerts.console.sample_county import sample_book, sample_shapes
from alerts.console.sample_night import sample_feeds, sample_night
from alerts.console.speech import LANGUAGES
from rules.book import Book
from tests.console.reading import read

EVIL = """</script><script>alert(1)</script><img src=x onerror=alert(2)>'"><b onclick='x'>{{7*7}}%(n)s</title>"""


@pytest.fixture
def hostile() -> SampleBoard:
    return SampleBoard(City(hostile_book()), hostile_night(), sample_feeds(), sample_shapes())


def hostile_book() -> Book:
    """The sample's county with a hostile text wherever a text may stand."""
    book, names = sample_book(), {"en": EVIL, "zh-CN": EVIL}
    replace = msgspec.structs.replace
    return replace(
        book,
        names=names,
        areas=replace(book.areas, nodes=tuple(replace(node, names=names) for node in book.areas.nodes)),
        categories=replace(book.categories, nodes=tuple(replace(node, names=names) for node in book.categories.nodes)),
        feeds=tuple(replace(feed, names=names) for feed in book.feeds),
        desks=tuple(replace(desk, names=names) for desk in book.desks),
        rules=tuple(replace(rule, names=names, guidance=names, owner=EVIL) for rule in book.rules),
    )


def hostile_night() -> list[Alert]:
    replace = msgspec.structs.replace
    night = sample_night()
    signal = replace(night[0].signal, rule=EVIL, area=EVIL)
    strange = replace(night[0], id="strange", colour=EVIL, desk=EVIL, signal=signal)
    return [*night, strange]


def pages(source: SampleBoard) -> Iterator[str]:
    client = TestClient(create_app({"sample": source}))
    for language in LANGUAGES:
        reader = Reader(language)
        yield client.get("/", params={"lang": language}).text
        yield board_part(source, reader)
        for alert in source.alerts(source.now()):
            yield client.get(f"/alert/{alert.id}", params={"lang": language}).text
            yield alert_part(source, alert, reader)


def test_hostile_names_make_no_element_and_no_attribute(hostile: SampleBoard) -> None:
    seen = 0
    for html in pages(hostile):
        found = read(html)
        assert not found.all("img")
        assert all(link["href"].startswith(("/", "#")) for link in found.all("a") if link["href"])
        assert all(script["src"].startswith("/static/") for script in found.all("script"))
        for _, attributes in found.elements:
            assert not [name for name in attributes if name.startswith("on")]
        seen += found.text.count("<script>alert(1)</script>")
    assert seen > 100, "the hostile text was not on the pages at all"


def test_hostile_names_are_not_read_as_templates_or_as_formats(hostile: SampleBoard) -> None:
    for html in pages(hostile):
        assert "{{7*7}}" in html
        assert "49" not in re.sub(r'v=[0-9a-f]{12}|[-\d.]+[ L"]', "", html)


def test_figures_for_the_scripts_come_back_whole(hostile: SampleBoard) -> None:
    found = read(board_part(hostile, Reader("en")))
    figures = next(json.loads(div["data-figures"]) for div in found.all("div") if "data-figures" in div)
    assert {mark["label"] for mark in figures["marks"]} == {EVIL}


def test_a_hostile_word_in_the_address_is_not_repeated() -> None:
    client = TestClient(create_app({"sample": SampleBoard(City(sample_book()))}))
    for path in ("/?lang=", "/city/", "/alert/", "/events?city=", "/events?alert=", "/nothing/"):
        assert "alert(1)" not in client.get(path + "%3Cscript%3Ealert(1)%3C%2Fscript%3E").text
