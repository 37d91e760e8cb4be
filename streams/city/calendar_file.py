"""calendar.yaml: holidays and make-up working days; years that are not yet sure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from rules.calendar import Calendar
from streams.city.durations import Day
from streams.city.folder import Folder
from streams.city.names import check_written_names
from streams.city.schema import Form, Text, Whole, checked
from streams.city.yaml import read_document
from streams.problems import Problems

FILE: Final = "calendar.yaml"


class CalendarFile(Form):
    holidays: dict[Day, dict[Text, Text]] = Field(default={}, description="Local date -> names; counted as Sundays.")
    workdays: dict[Day, dict[Text, Text]] = Field(
        default={}, description="Make-up working days, local date -> names; counted as Mondays."
    )
    provisional: list[Whole] = Field(default=[], description="Years whose days are not decided yet.")


def read_calendar(folder: Folder, zone: str, languages: Sequence[str]) -> Calendar | None:
    """The calendar in calendar.yaml; an empty one where the city has no such file."""
    if not folder.has(FILE):
        return Calendar(zone)
    document = read_document(folder, FILE)
    if document is None:
        return None
    file = checked(document, CalendarFile, folder.problems)
    if file is None:
        return None
    problems: Problems = folder.problems
    for kind in ("holidays", "workdays"):
        for day, names in getattr(file, kind).items():
            check_written_names(document, (kind, day), day, names, languages, problems)
    for day in file.workdays:
        if day in file.holidays:
            problems.say(FILE, document.key_place(("workdays", day)), "holiday-and-workday", day=day)
    return Calendar(zone, frozenset(file.holidays), frozenset(file.workdays))
