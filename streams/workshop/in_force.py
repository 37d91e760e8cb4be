"""The rule files in force: those of the release that runs, else those of the folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from alerts.drafting import Draft, Texts
from streams.city.case_checks import ENDING
from streams.city.folder import RULES, Folder
from streams.city.yaml import read_document
from streams.problems import Problems
from streams.releases import Shelf
from streams.releases.shelf import texts_in

RULE_ENDING: Final = ".yaml"


def rules_in(shelf: Shelf) -> Path | None:
    """The folder of the rules of the release in force; None where the city's own runs."""
    now = shelf.in_force()
    return shelf.rules(now) if now else None


def texts(folder: Path, shelf: Shelf) -> dict[str, bytes]:
    """File name -> bytes, in order."""
    return texts_in(rules_in(shelf) or folder / RULES)


def texts_of_folder(folder: Path) -> dict[str, bytes]:
    """Those that the folder holds, whatever runs."""
    return texts_in(folder / RULES)


def of_rule(files: Mapping[str, bytes], rule: str) -> Texts:
    """One rule's among them."""
    own, cases = (files.get(f"{rule}{ending}", b"").decode("utf-8", "replace") for ending in (RULE_ENDING, ENDING))
    return Texts(own, cases)


def with_draft(files: Mapping[str, bytes], draft: Draft) -> dict[str, bytes]:
    """The files as they would be."""
    own = {f"{draft.rule}{RULE_ENDING}": draft.texts.rule, f"{draft.rule}{ENDING}": draft.texts.cases}
    kept = {name: text for name, text in files.items() if name not in own}
    if draft.retires:
        return kept
    return dict(sorted({**kept, **{name: text.encode() for name, text in own.items() if text}}.items()))


@contextmanager
def laid_out(files: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder with these files, for as long as it is looked at."""
    with TemporaryDirectory(prefix="tocsin-rules-") as name:
        for file, text in files.items():
            (Path(name) / file).write_bytes(text)
        yield Path(name)


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
