"""A feed's file beside the tables it names and the trees they lead to."""

from __future__ import annotations

import re
from typing import Final

from rules.trees import Tree
from streams.city.city_file import CityFile
from streams.city.folder import LONGEST_CSV, Folder
from streams.city.names import check_languages, check_names
from streams.city.schema import CODE
from streams.city.yaml import Document
from streams.feeds.connection import faults_of
from streams.feeds.spec import FeedFile
from streams.problems import START, Place, guess

FAULTS: Final = {
    "unknown_area": "area-unknown",
    "unknown_category": "category-unknown",
}


def check_feed(
    name: str,
    document: Document,
    feed: FeedFile,
    folder: Folder,
    city: CityFile | None,
    areas: Tree | None,
    categories: Tree | None,
) -> None:
    """Says what is wrong with the feed beyond its own form. Unknown trees and an unknown city are passed over."""
    problems, file = folder.problems, document.file
    if not re.match(CODE, name):
        problems.say(file, START, "code-unreadable", code=name)
    if city is None:
        return
    if feed.names:
        place = document.place(("names",))
        check_names(file, place, name, feed.names, city.languages, problems)
        check_languages(file, place, feed.names, city.languages, problems)
    if areas is None or categories is None:
        return
    tables = set(_tables(document))
    if all(folder.text(table, LONGEST_CSV) is not None for table in tables):
        for fault in faults_of(name, feed, folder.root, city.zone, areas, categories):
            place = Place(fault.line, fault.column or 1) if fault.line else _place_of(document, fault.value)
            known = areas.by_code if fault.kind == "unknown_area" else categories.by_code
            if fault.kind in FAULTS:
                problems.say(fault.path, place, FAULTS[fault.kind], code=fault.value, guess=guess(fault.value, known))
            else:
                problems.say(fault.path, place, "table-broken", why=fault.kind.replace("_", " "), value=fault.value)


def _tables(document: Document) -> list[str]:
    """The tables that a feed file names, wherever it does."""
    found = []
    for path in document.values:
        if path and path[-1] == "table":
            value = document.value
            for step in path:
                value = value[step]
            if isinstance(value, str):
                found.append(value)
    return found


def _place_of(document: Document, value: str) -> Place:
    """Where `value` stands in the feed's own file."""
    for path, place in document.values.items():
        found = document.value
        for step in path:
            found = found[step]
        if found == value:
            return place
    return START
