"""Mapping tables: CSV of value,code. What a feed writes, and the code of the tree it means."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

LONGEST_TABLE: Final = 4 * 1024 * 1024
"""Bytes. A longer table is a mistake."""

FaultKind = Literal[
    "table_missing",
    "table_outside",
    "table_too_long",
    "table_not_utf8",
    "table_header",
    "table_row",
    "table_twice",
    "table_cut",
    "unknown_area",
    "unknown_category",
    "unknown_stage",
    "above_unread",
]


@dataclass(frozen=True, slots=True)
class Fault:
    """A mistake in what a feed file points to. `path` from the city's folder; line and column from 1 (0: the
    feed file itself, at `value`)."""

    path: str
    line: int
    column: int
    kind: FaultKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Normalised value -> code, and the line on which each code was first given."""

    path: str
    codes: Mapping[str, str]
    lines: Mapping[str, int]


def normal(text: str) -> str:
    """How values are compared: without case, and with single spaces."""
    return " ".join(text.split()).casefold()


def read_table(folder: Path, path: str, cut: int | None, faults: list[Fault]) -> Table:
    """The table at `path` in the city's folder; mistakes are added to `faults`, and the rest is read on.

    `cut`: values are shortened to so many characters before they are compared, as the feed does it.
    """
    text = _text(folder, path, faults)
    codes: dict[str, str] = {}
    lines: dict[str, int] = {}
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for row in reader:
            if reader.line_num == 1:
                if [cell.strip() for cell in row] != ["value", "code"]:
                    faults.append(Fault(path, 1, 1, "table_header"))
                continue
            if not row:
                continue
            if len(row) != 2 or not row[1].strip():
                faults.append(Fault(path, reader.line_num, 1, "table_row"))
                continue
            value, code = normal(row[0][:cut] if cut else row[0]), row[1].strip()
            if codes.get(value, code) != code:
                faults.append(Fault(path, reader.line_num, 1, "table_cut" if cut else "table_twice", row[0]))
            codes.setdefault(value, code)
            lines.setdefault(code, reader.line_num)
    except csv.Error:
        faults.append(Fault(path, reader.line_num, 1, "table_row"))
    return Table(path, codes, lines)


def _text(folder: Path, path: str, faults: list[Fault]) -> str:
    where = folder / path
    if not where.resolve().is_relative_to(folder.resolve()):
        faults.append(Fault(path, 0, 0, "table_outside", path))
        return ""
    if not where.is_file():
        faults.append(Fault(path, 0, 0, "table_missing", path))
        return ""
    if where.stat().st_size > LONGEST_TABLE:
        faults.append(Fault(path, 0, 0, "table_too_long", path))
        return ""
    try:
        return where.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        faults.append(Fault(path, 1, 1, "table_not_utf8", path))
        return ""
