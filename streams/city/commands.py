"""What `tocsin check` and `tocsin init` do; the command line only prints it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from streams.city.reading import read_city
from streams.problems import words


def check(folder: Path, language: str = "en") -> tuple[int, str]:
    """(exit code, text): 0 and a line of what there is, or 1 and a line for every mistake, then their number."""
    reading = read_city(folder)
    city = reading.city
    if city is None:
        count = words("summary-problems", {"count": len(reading.problems)}, language)
        return 1, f"{reading.render(language)}\n{count}"
    values = {
        "name": city.names.get(language, city.name),
        "areas": len(city.book.areas.nodes),
        "categories": len(city.book.categories.nodes),
        "feeds": len(city.feeds),
        "rules": len(city.book.rules),
        "desks": len(city.desks),
    }
    return 0, words("summary-whole", values, language)


def init(folder: Path) -> None:
    """Write a small working city into `folder`. Raises FileExistsError where something lies there already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is there already and is not empty")
    template = files("streams.city").joinpath("template")
    for name, source in _files_of(template, ""):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())


def _files_of(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _files_of(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry
