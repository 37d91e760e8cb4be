"""areas.csv: the area tree, one row a node."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from rules.trees import Node
from streams.city.cells import Cell, rows
from streams.city.folder import LONGEST_CSV, Folder
from streams.city.schema import is_code
from streams.city.tree_checks import Grown, Planted, grow
from streams.problems import START, Place, Problems

FILE: Final = "areas.csv"
WANTED: Final = ("code", "parent", "level")
OPTIONAL: Final = ("valid_from", "valid_to", "replaced_by", "population", "neighbours")


def read_areas(folder: Folder, levels: Sequence[str], languages: Sequence[str]) -> Grown:
    """The tree in areas.csv, or what is known of it after saying what is wrong.

    Names stand in columns `name.en`, `name.zh-CN`. No `levels` or `languages`: not known, not checked.
    """
    problems = folder.problems
    text = folder.text(FILE, LONGEST_CSV)
    if text is None:
        return Grown()
    before = len(problems)
    table = rows(FILE, text, problems)
    header = next(table, [])
    _check_header(header, languages, problems)
    columns = [cell.value for cell in header]
    if not set(WANTED) <= set(columns) or len(set(columns)) < len(columns):
        return Grown()
    planted = [_node(columns, row, problems) for row in table]
    whole = len(problems) == before
    if not any(planted) and whole:
        problems.say(FILE, START, "file-empty")
    # rows that could not be read are no reason to keep the other rows' mistakes for the next run
    complete = None not in planted
    grown = grow(FILE, [one for one in planted if one], levels, languages, problems, complete=complete)
    return grown if whole else Grown(None, grown.nodes if complete else None)


def _check_header(header: Sequence[Cell], languages: Sequence[str], problems: Problems) -> None:
    names = [f"name.{language}" for language in languages]
    known = [*WANTED, *names, *OPTIONAL]
    seen: dict[str, Cell] = {}
    for cell in header:
        if cell.value in seen:
            problems.say(FILE, cell.place, "column-repeated", column=cell.value)
        elif cell.value not in known and (languages or not cell.value.startswith("name.")):
            meant = problems.guess(cell.value, known)
            problems.say(FILE, cell.place, "column-unknown", column=cell.value, guess=meant)
        seen[cell.value] = cell
    for column in (*WANTED, *names):
        if column not in seen:
            problems.say(FILE, START, "column-missing", column=column)


def _node(columns: Sequence[str], row: Sequence[Cell], problems: Problems) -> Planted | None:
    """The row's node, without the parts that cannot be read; None where it has no code."""
    if not row:
        return None
    if len(row) != len(columns):
        problems.say(FILE, row[0].place, "csv-row-length", cells=len(row), columns=len(columns))
        return None
    cells = dict(zip(columns, row, strict=True))
    values = {column: cell.value for column, cell in cells.items()}
    places: dict[str, Place] = {column: cell.place for column, cell in cells.items()}
    code = values["code"]
    if not is_code(code):
        problems.say(FILE, places["code"], "code-unreadable", code=code)
        return None
    for column in ("valid_from", "valid_to"):
        if not _is_day(values.get(column, "")):
            problems.say(FILE, places[column], "day-unreadable", value=values.pop(column))
    population = values.get("population", "")
    if population and not (population.isascii() and population.isdigit() and len(population) < 12):
        problems.say(FILE, places["population"], "want-whole-number", value=population, key="population")
        population = ""
    node = Node(
        code=code,
        parent=values["parent"],
        level=values["level"],
        names={column.removeprefix("name."): name for column, name in values.items() if column.startswith("name.")},
        valid_from=values.get("valid_from", ""),
        valid_to=values.get("valid_to", ""),
        replaced_by=values.get("replaced_by", ""),
        population=int(population or 0),
        neighbours=tuple(values.get("neighbours", "").split()),
    )
    return Planted(node, places["code"], places)


def _is_day(text: str) -> bool:
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
