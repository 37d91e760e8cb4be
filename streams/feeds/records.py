"""Raw records as columns of text: flat names with dots, missing cells empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from streams.feeds.blocks import Point
from streams.feeds.connection import Feed
from streams.feeds.sheets import Sheet

CACHED_HEADERS: Final = 1024
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})


class Cells:
    """Columns of a batch, made when they are asked for and kept while the batch lives."""

    __slots__ = ("_made", "_records")

    def __init__(self, records: Sequence[Mapping[str, object]] | Sheet) -> None:
        self._records = records
        self._made: dict[str, Sequence[str]] = {}

    def __call__(self, name: str) -> Sequence[str]:
        """The texts of column `name`, one a record."""
        column = self._made.get(name)
        if column is None and isinstance(self._records, Sheet):
            column = self._made[name] = self._records.column(name)
        elif column is None:
            assert not isinstance(self._records, Sheet)  # asked above
            cells = [record.get(name) for record in self._records]
            column = self._made[name] = [cell if type(cell) is str else text_of(cell) for cell in cells]
        return column


class Points(Sequence[tuple[float, float] | None]):
    """The points of a batch, read only where an area is looked up by polygon."""

    __slots__ = ("_cells", "_columns")

    def __init__(self, cells: Cells, columns: Point | None) -> None:
        self._cells = cells
        self._columns = columns

    def __len__(self) -> int:
        return 0 if self._columns is None else len(self._cells(self._columns.lat))

    def __getitem__(self, i: object) -> tuple[float, float] | None:  # type: ignore[override]  # single records only
        if self._columns is None or not isinstance(i, int):
            return None
        return point_of(self._cells(self._columns.lat)[i], self._cells(self._columns.lon)[i])


def point_of(lat: str, lon: str) -> tuple[float, float] | None:
    """The point, degrees; None where the texts are no point on earth."""
    try:
        point = float(lat), float(lon)
    except ValueError:
        return None
    return point if -90 <= point[0] <= 90 and -180 <= point[1] <= 180 else None


def text_of(cell: object) -> str:
    """A cell as text: nothing is empty, truth is `true` or `false`, numbers as JSON writes them."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return str(cell)


def flat(record: Mapping[str, object], drop: frozenset[str]) -> dict[str, object]:
    """A nested record with one level and names with dots; list items by their number. `drop` is not entered."""
    if _PLAIN.issuperset(map(type, record.values())):  # mostly nothing lies inside of a record
        return {name: value for name, value in record.items() if name not in drop}
    cells: dict[str, object] = {}

    def walk(name: str, value: object) -> None:
        if name in drop:
            return
        if isinstance(value, Mapping):
            for key, inner in value.items():
                walk(f"{name}.{key}" if name else str(key), inner)
        elif isinstance(value, list | tuple):
            for number, inner in enumerate(value):
                walk(f"{name}.{number}", inner)
        else:
            cells[name] = value

    walk("", record)
    return cells


def unknown_fields(feed: Feed, records: Sequence[Mapping[str, object]] | Sheet) -> Iterator[tuple[int, str]]:
    """(record, `#7`) where its seventh column is one that the feed file does not name."""
    if isinstance(records, Sheet):
        stranger = _unknown_field(feed, records.header)
        return iter([(i, stranger) for i in range(len(records))] if stranger else [])
    found = ((i, _unknown_field(feed, tuple(record))) for i, record in enumerate(records))
    return ((i, stranger) for i, stranger in found if stranger)


def _unknown_field(feed: Feed, header: tuple[str, ...]) -> str:
    known = feed.headers.get(header)
    if known is None:
        known = _strangers(feed, header)
        if len(feed.headers) >= CACHED_HEADERS:
            feed.headers.clear()
        feed.headers[header] = known
    return known


def _strangers(feed: Feed, header: tuple[str, ...]) -> str:
    reads = feed.plan.reads if feed.plan else frozenset()
    drop = feed.drop
    for number, name in enumerate(header, start=1):
        if name in reads or name in drop:
            continue
        if any(name.startswith(f"{branch}.") for branch in drop):
            continue
        return f"#{number}"
    return ""
