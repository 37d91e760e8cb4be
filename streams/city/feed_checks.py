"""A feed's file beside the files it names and the trees they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from streams.city.city_file import CityFile
from streams.city.durations import written
from streams.city.folder import LONGEST_CSV, Folder
from streams.city.names import check_written_names
from streams.city.schema import is_code
from streams.city.tree_checks import Grown
from streams.city.yaml import Document, Path
from streams.contract import STAGES
from streams.feeds.connection import faults_of
from streams.feeds.spec import FeedFile
from streams.feeds.tables import Fault
from streams.problems import START, Place

_FAULTS: Final = {
    "unknown_area": "area-unknown",
    "unknown_category": "category-unknown",
    "unknown_stage": "stage-unknown",
    "table_header": "table-header",
    "table_row": "table-row",
    "table_twice": "table-twice",
    "table_cut": "table-cut",
    "above_unread": "above-unread",
}
"""Missing, outside, too long and not UTF-8 are said before the tables are read for their content."""


def check_feed(
    name: str, document: Document, feed: FeedFile, folder: Folder, city: CityFile, areas: Grown, categories: Grown
) -> None:
    """Says what is wrong with the feed beyond its own form. What is not known of city and trees is passed over."""
    problems, file = folder.problems, document.file
    if not is_code(name):
        problems.say(file, START, "code-unreadable", code=name)
    if feed.names:
        check_written_names(document, ("names",), name, feed.names, city.languages, problems)
    lateness = city.lateness if feed.lateness is None else feed.lateness
    horizon = city.horizon if feed.horizon is None else feed.horizon
    if horizon < lateness and not (feed.horizon is None and feed.lateness is None):  # of the city's own: said there
        place = document.place(("horizon",) if feed.horizon is not None else ("lateness",))
        problems.say(file, place, "horizon-short", horizon=written(horizon), lateness=written(lateness))
    readable = _check_files(document, folder)
    if readable and areas.tree is not None and categories.tree is not None:
        for fault in faults_of(name, feed, folder.root, city.zone, areas.tree, categories.tree):
            _say(document, fault, folder, areas, categories)


def stages_of(feed: FeedFile) -> frozenset[str]:
    """The stages that events of this feed may have."""
    stages = {*STAGES, *feed.stages}
    if feed.columns is not None:
        stages |= set(feed.columns.stages or ())
        stages |= set(feed.columns.stage.values.values() if feed.columns.stage and feed.columns.stage.values else ())
    return frozenset(stages)


def _check_files(document: Document, folder: Folder) -> bool:
    """Whether every table can be read, and no other path leads out of the folder."""
    whole = True
    for path, value in _texts(document):
        place, problems = document.place(path), folder.problems
        if path[-1] == "table":
            if not folder.has(value):
                problems.say(document.file, place, "table-missing", table=value)
                whole = False
            elif folder.text(value, LONGEST_CSV) is None:
                whole = False
        elif _is_path(path) and folder.inside(value) is None:
            problems.say(document.file, place, "outside-folder")
    return whole


def _is_path(path: Path) -> bool:
    return path[0] == "archive" or path in (("comes", "file"), ("comes", "folder"))


def _say(document: Document, fault: Fault, folder: Folder, areas: Grown, categories: Grown) -> None:
    nodes = {"unknown_area": areas.nodes, "unknown_category": categories.nodes}.get(fault.kind) or {}
    folder.problems.say(
        fault.path,
        Place(fault.line, fault.column) if fault.line else _place_of(document, fault.value),
        _FAULTS[fault.kind],
        code=fault.value,
        stage=fault.value,
        guess=folder.problems.guess(fault.value, nodes),
    )


def _texts(document: Document) -> Iterator[tuple[Path, str]]:
    for path in document.values:
        value: Any = document.value
        for step in path:
            value = value[step]
        if path and isinstance(value, str):
            yield path, value


def _place_of(document: Document, value: str) -> Place:
    """Where `value` stands in the feed's own file, as a value or as a key of its own."""
    told = (document.place(path) for path, text in _texts(document) if text == value)
    keys = (document.key_place(path) for path in document.values if path and path[-1] == value)
    return next((place for places in (told, keys) for place in places), START)
