"""Files that look as if they were part of the city, and that nothing reads: a misspelt name is a lost rule."""

from __future__ import annotations

from typing import Final

from streams.city.folder import Folder
from streams.problems import START, guess

READ: Final = (
    "city.yaml", "areas.csv", "areas.geojson", "categories.yaml", "calendar.yaml", "deadlines.yaml", "desks.yaml",
    "users.yaml",
)  # fmt: skip
ENDINGS: Final = (".yaml", ".yml", ".csv", ".geojson")


def check_unread(folder: Folder) -> None:
    """Says every YAML, CSV or GeoJSON file at the folder's top, in feeds/ or in rules/ that has no reader."""
    for name in folder.names("."):
        file = name.removeprefix("./")
        if file.lower().endswith(ENDINGS) and file not in READ:
            folder.problems.say(file, START, "file-unread", guess=guess(file, READ))
    for part, endings in (("feeds", ("yaml",)), ("rules", ("yaml", "cases.yaml"))):
        for file in folder.names(part) if folder.has(part) else ():
            if not file.endswith(".md") and file.partition(".")[2] not in endings:
                folder.problems.say(file, START, "file-unread", guess=file.partition(".")[0] + ".yaml")
