"""CSV with the place of every cell (RFC 4180; quotes may hold commas and line breaks)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from streams.problems import Place, Problems


@dataclass(frozen=True, slots=True)
class Cell:
    value: str
    place: Place


def rows(file: str, text: str, problems: Problems) -> Iterator[list[Cell]]:
    """Each row with anything in it.

    A quote that never ends, or text after one, is said; an empty row stands for what could not be read from there on.
    """
    row: list[Cell] = []
    at, line, start = 0, 1, 0  # position; its line; where that line begins
    while at <= len(text):
        place = Place(line, at - start + 1)
        if text[at : at + 1] == '"':
            value, end = _quoted(text, at)
            if end < 0:
                problems.say(file, place, "csv-quote-open")
                yield []
                return
            line += text.count("\n", at, end)
            start = max(start, text.rfind("\n", at, end) + 1)
            if text[end : end + 1] not in ("", ",", "\r", "\n"):
                problems.say(file, Place(line, end - start + 1), "csv-after-quote")
                yield []
                return
        else:
            end = _end_of_plain(text, at)
            value = text[at:end]
            place = Place(line, at - start + 1 + len(value) - len(value.lstrip()))
        row.append(Cell(value.strip(), place))
        if text[end : end + 1] == ",":
            at = end + 1
            continue
        if any(cell.value for cell in row):
            yield row
        row = []
        at = end + (2 if text[end : end + 2] == "\r\n" else 1)
        line, start = line + 1, at


def _quoted(text: str, at: int) -> tuple[str, int]:
    """The value of the quoted cell at `at`, and where it ends; -1 where it does not."""
    parts: list[str] = []
    begin = at + 1
    while True:
        end = text.find('"', begin)
        if end < 0:
            return "", -1
        parts.append(text[begin:end])
        if text[end + 1 : end + 2] != '"':
            return '"'.join(parts), end + 1
        begin = end + 2


def _end_of_plain(text: str, at: int) -> int:
    ends = [end for end in (text.find(",", at), text.find("\n", at)) if end >= 0]
    end = min(ends, default=len(text))
    return end - 1 if end > at and text[end : end + 1] == "\n" and text[end - 1] == "\r" else end
