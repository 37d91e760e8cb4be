"""The commands that the documents show, with the page and line at which each stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*(HOUSE / "docs").rglob("*.md"), *HOUSE.glob("*.md"), *HOUSE.glob("examples/*/data/README.md")])
TOLD: Final = frozenset({"CHANGELOG.md"})
"""Pages that tell of commands as they were."""

FENCE: Final = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE: Final = re.compile(r"`([^`\n]+)`")
OURS: Final = re.compile(r"^(?:\$ )?(?:[A-Z_]+=\S+ +)*((?:\.venv/bin/)?tocsin|make|python -m)\b(.*)")


@dataclass(frozen=True, slots=True)
class Shown:
    """One command of ours as it is shown: in a block of a language, or inside a sentence (language `inline`)."""

    place: str
    language: str
    words: str

    def __str__(self) -> str:
        return f"{self.place}: {self.words}"


def shown() -> Iterator[Shown]:
    """Every command of ours on every page; of a block each line that begins with one."""
    for page in PAGES:
        name = str(page.relative_to(HOUSE))
        if name in TOLD:
            continue
        text = page.read_text("utf-8")
        for block in FENCE.finditer(text):
            first = text.count("\n", 0, block.start()) + 2
            for number, line in enumerate(block[2].splitlines()):
                if found := OURS.match(line.strip()):
                    yield Shown(f"{name}:{first + number}", block[1], _words(found))
        for code in INLINE.finditer(FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)):
            if found := OURS.match(code[1]):
                yield Shown(f"{name}: `{code[1]}`", "inline", _words(found))


def blocks(page: Path, language: str) -> list[str]:
    """The texts of a page's blocks of a language, in their order."""
    return [block[2] for block in FENCE.finditer(page.read_text("utf-8")) if block[1] == language]


def _words(found: re.Match[str]) -> str:
    """The command without what is said of it beside: behind two blanks, or behind a `#`."""
    rest = re.split(r" {2,}| #", found[2])[0]
    return f"{found[1].removeprefix('.venv/bin/')}{rest}".strip()
