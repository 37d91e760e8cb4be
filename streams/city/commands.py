"""What `tocsin check` and `tocsin init` do; the command line only prints it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from streams.city.reading import read_city
from streams.problems import Counted, words

TEMPLATE: Final = "newcity"
"""The key of the city in `template/`, also of its topmost area."""
TAKEN: Final = ("east", "west", "true", "false", "null")
"""Its districts, and words that YAML does not read as text."""
LONGEST_KEY: Final = 40


def check(folder: Path, language: str = "en") -> tuple[int, str]:
    """(exit code, text): 0 and a line of what there is, or 1 and a line for every mistake, then their number."""
    reading = read_city(folder)
    city = reading.city
    if city is None:
        count = words("summary-problems", {"count": Counted(len(reading.problems))}, language)
        return 1, f"{reading.render(language)}\n{count}"
    values = {
        "name": city.names.get(language, city.name),
        "areas": Counted(len(city.book.areas.nodes)),
        "categories": Counted(len(city.book.categories.nodes)),
        "feeds": Counted(len(city.feeds)),
        "rules": Counted(len(city.book.all_rules)),
        "desks": Counted(len(city.desks)),
    }
    return 0, words("summary-whole", values, language)


def init(folder: Path, name: str = "") -> None:
    """Write a small working city into `folder`, called `name` or else after the folder.

    Raises FileExistsError where something lies there already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is there already and is not empty")
    template = files("streams.city").joinpath("template")
    key = name or key_of(folder.absolute().name)
    title = key.replace("-", " ").title()
    for path, source in _files_of(template, ""):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text("utf-8")
        if key != TEMPLATE:
            text = text.replace(TEMPLATE, key).replace("New City", title).replace("新城市", title)
        target.write_text(text, "utf-8")


def key_of(folder: str) -> str:
    """The city's key that a folder's name gives: small letters, digits, hyphens; `newcity` where it gives none.

    >>> key_of("My Town"), key_of("北京"), key_of("2nd_city"), key_of("east")
    ('my-town', 'newcity', 'newcity', 'newcity')
    """
    key = re.sub(r"[^a-z0-9]+", "-", folder.lower()).strip("-")[:LONGEST_KEY].strip("-")
    return key if key[:1].isalpha() and key not in TAKEN else TEMPLATE


def _files_of(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files_of(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry
