"""Houston: a third city for those who have its rows. They have no licence, so neither they nor what is read from them,
its areas included, lies in this house; TOCSIN_HOUSTON names their folder."""

from __future__ import annotations

import csv
import lzma
import os
import shutil
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

HOUSTON: Final = "houston"
HOUSTON_DATA: Final = "TOCSIN_HOUSTON"
"""The variable that names the folder of Houston's rows."""
TEMPLATE: Final = Path(__file__).parent.parent / "tests" / "houston" / "city"
"""The city folder without its areas."""
_PAGE: Final = 3
"""The first digits of a Key Map cell, which name its page."""


class MissingDataError(SystemExit):
    """Houston's rows are not there."""


def houston_data() -> Path:
    """The folder of Houston's rows. Raises MissingDataError, which says how to name it."""
    named = os.environ.get(HOUSTON_DATA, "")
    folder = Path(named)
    if not named or not (folder / "labels.csv").is_file() or not list(folder.glob("*.csv.xz")):
        raise MissingDataError(
            f"{HOUSTON_DATA} is {named or 'not set'}: set it to the folder with Houston's labels.csv and rows "
            "(*.csv.xz). They have no licence and do not come with Tocsin."
        )
    return folder


def houston_rows() -> list[Path]:
    """The files of Houston's rows. Raises MissingDataError."""
    return sorted(houston_data().glob("*.csv.xz"))


def write_city(into: Path, pages: Iterable[str]) -> Path:
    """Write the city folder with these pages of the Key Map as its areas into a new folder, and return that."""
    shutil.copytree(TEMPLATE, into)
    with (into / "areas.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "parent", "level", "name.en", "name.zh-CN"])
        writer.writerow([HOUSTON, "", "city", "Houston", "休斯敦"])
        writer.writerows([page, HOUSTON, "page", f"Key Map page {page}", f"地图册第{page}页"] for page in sorted(pages))
    return into


@cache
def _made() -> TemporaryDirectory[str]:
    """A city folder that lasts as long as this process."""
    folder = TemporaryDirectory(prefix="tocsin-houston-")
    write_city(Path(folder.name) / "city", _pages())
    return folder


def houston_city() -> Path:
    """The city folder with the areas that the rows name. Raises MissingDataError."""
    return Path(_made().name) / "city"


def _pages() -> set[str]:
    pages: set[str] = set()
    for path in houston_rows():
        with lzma.open(path, "rt", encoding="utf-8", newline="") as file:
            cells = {row["KeyMap"][:_PAGE] for row in csv.DictReader(file)}
        pages |= {cell for cell in cells if cell.isdecimal() and len(cell) == _PAGE}
    return pages
