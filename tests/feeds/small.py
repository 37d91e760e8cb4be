"""A small city for the tests: two areas, a few categories, and feeds written as their YAML would be read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rules.trees import Node, Tree
from streams.feeds.connection import Feed, connect
from streams.feeds.spec import FeedFile
from streams.intake import Intake, Raw
from streams.keys import Keys

SECRET: Final = b"a secret for tests, 32 bytes long"
AREAS: Final = Tree(
    ("city", "district"),
    (
        Node("town", "", "city", {"en": "Town"}),
        Node("north", "town", "district", {"en": "North", "zh-CN": "城北"}),
        Node("south", "town", "district", {"en": "South", "zh-CN": "城南"}),
        Node("old-east", "town", "district", {"en": "Old East"}, valid_to="2016-01-01", replaced_by="north"),
        Node("new-west", "town", "district", {"en": "New West"}, valid_from="2020-01-01"),
    ),
)
CATEGORIES: Final = Tree(
    ("all", "service"),
    (
        Node("incident", "", "all", {"en": "All"}),
        Node("fire", "incident", "service", {"en": "Fire", "zh-CN": "火灾"}),
        Node("traffic", "incident", "service", {"en": "Traffic"}),
    ),
)
ARRIVED: Final = 1_453_550_000_000
EVENT: Final[Mapping[str, Any]] = {
    "id": "e-1",
    "source": "test",
    "kind": "incident",
    "category": "fire",
    "area": "north",
    "occurred_at": "2016-01-23T10:00:00Z",
}


def place_of(lat: float, lon: float) -> str | None:
    """North of 40 degrees is north; beyond 50 there is nothing."""
    return None if lat > 50 else "north" if lat > 40 else "south"


def feed_of(folder: Path, **file: Any) -> Feed:
    """A connected feed `calls`; incidents unless said otherwise."""
    return connect(
        "calls", FeedFile.model_validate({"kind": "incident", **file}), folder, "America/New_York", AREAS, CATEGORIES
    )


def intake_of(feed: Feed) -> Intake:
    return Intake("town", {feed.name: feed}, AREAS, CATEGORIES, Keys(SECRET), place_of)


def raws(*records: bytes | Mapping[str, object]) -> list[Raw]:
    """Records with offsets from 0, all arrived at ARRIVED."""
    return [Raw(offset, record, ARRIVED) for offset, record in enumerate(records)]
