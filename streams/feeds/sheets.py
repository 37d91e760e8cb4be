"""Rows of a CSV as they stand, thousands at a time: a record each where one is asked for, a column else."""

from __future__ import annotations

from collections.abc import Sequence


class Sheet:
    """Rows that all have the header's width. `first`: the line of the first; each row is one line."""

    __slots__ = ("_cells", "_places", "first", "header")

    def __init__(self, header: tuple[str, ...], first: int, cells: list[str]) -> None:
        self.header = header
        self.first = first
        self._cells = cells
        self._places = {name: place for place, name in enumerate(header)}

    def __len__(self) -> int:
        return len(self._cells) // len(self.header)

    def row(self, i: int) -> dict[str, str]:
        """The cells of one row, by column."""
        width = len(self.header)
        return dict(zip(self.header, self._cells[i * width : (i + 1) * width], strict=True))

    def column(self, name: str) -> Sequence[str]:
        """The cells of one column; empty ones where there is no such column."""
        place = self._places.get(name)
        return [""] * len(self) if place is None else self._cells[place :: len(self.header)]


def sheet(
    header: tuple[str, ...], first: int, lines: Sequence[bytes], delimiter: str, encoding: str, longest: int
) -> Sheet | None:
    """The lines as a sheet; None where one of them has a quote, another width, or bytes that are no text."""
    whole = b"\n".join(lines)
    if b'"' in whole or max(map(len, lines), default=0) > longest:
        return None
    try:
        texts = whole.decode(encoding).split("\n")
    except UnicodeDecodeError:
        return None
    if b"\r" in whole:
        texts = [text.rstrip("\r") for text in texts]
    if {text.count(delimiter) for text in texts} != {len(header) - 1}:
        return None
    return Sheet(header, first, delimiter.join(texts).split(delimiter))
