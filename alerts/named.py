"""What things of a city are called and promised, as rows: for boards that can only read a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from alerts.report_card import promise_of
from rules.book import Book
from rules.trees import Tree

NamedKind = Literal["area", "category", "rule", "desk", "feed"]


class Named(msgspec.Struct, frozen=True):
    """One thing of a city. `level`: of an area or category, 0 at the top. `latitude`, `longitude`: a point within an
    area, WGS 84. `promise`: false alarms a month that a rule promises each first desk; None: it promises nothing."""

    kind: NamedKind
    code: str
    en: str
    zh: str
    parent: str = ""
    level: int = 0
    latitude: float | None = None
    longitude: float | None = None
    promise: float | None = None


def named(book: Book, points: Mapping[str, tuple[float, float]]) -> list[Named]:
    """Everything that a board may name. `points`: area -> (latitude, longitude)."""
    found = [*_nodes("area", book.areas, points), *_nodes("category", book.categories, {})]
    for rule in book.all_rules:
        promise = promise_of(rule)
        found.append(_called("rule", rule.id, rule.names, promise=promise if promise >= 0 else None))
    found += [_called("desk", desk.desk, desk.names) for desk in book.desks]
    found += [_called("feed", feed.name, feed.names) for feed in book.feeds]
    return found


def _nodes(kind: NamedKind, tree: Tree, points: Mapping[str, tuple[float, float]]) -> Iterator[Named]:
    for node in tree.nodes:
        at = points.get(node.code, (None, None))
        en, zh = (tree.name(node.code, language) for language in ("en", "zh-CN"))
        yield Named(kind, node.code, en, zh, node.parent, tree.depth(node.code), *at)


def _called(kind: NamedKind, code: str, names: Mapping[str, str], promise: float | None = None) -> Named:
    first = next(iter(names.values()), code)
    return Named(kind, code, names.get("en", first), names.get("zh-CN", first), promise=promise)


def by_code(rows: Iterable[Named]) -> list[Named]:
    """In the order in which they are kept."""
    return sorted(rows, key=lambda row: (row.kind, row.code))
