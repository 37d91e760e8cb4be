"""The rule files in force: those of the release that runs, else those of the folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from streams.city.folder import RULES, Folder
from streams.city.yaml import read_document
from streams.problems import Problems
from streams.releases import Shelf
from streams.releases.shelf import texts_in


def rules_in(shelf: Shelf) -> Path | None:
    """The folder of the rules of the release in force; None where the city's own runs."""
    now = shelf.in_force()
    return shelf.rules(now) if now else None


def texts(folder: Path, shelf: Shelf) -> dict[str, bytes]:
    """File name -> bytes, in order."""
    return texts_in(rules_in(shelf) or folder / RULES)


def reviews(folder: Path, shelf: Shelf, rules: Iterable[str]) -> Mapping[str, date]:
    """By when each rule is to be looked at again; what names no day, or cannot be read any more, is left out."""
    files = Folder(folder, Problems(), None, rules_in(shelf))
    found = {}
    for rule in rules:
        document = read_document(files, f"{RULES}/{rule}.yaml")
        day = document.value.get("review") if document and isinstance(document.value, dict) else None
        try:
            found[rule] = date.fromisoformat(str(day))
        except ValueError:
            continue
    return found
