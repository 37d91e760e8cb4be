"""Texts out of records, a column at a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from streams.feeds.blocks import Step, Take

Columns = Callable[[str], Sequence[str]]
"""Name of a column -> its texts, one a record; missing cells are empty."""


@dataclass(frozen=True, slots=True)
class Taker:
    """A compiled `Take`."""

    names: tuple[str, ...]
    join: str
    pattern: re.Pattern[str] | None
    case: str | None

    def __call__(self, columns: Columns) -> Sequence[str]:
        """The texts, one a record. Where all joined columns are empty the text is empty."""
        if len(self.names) == 1:
            texts = columns(self.names[0])
        else:
            cells = zip(*(columns(name) for name in self.names), strict=True)
            texts = [self.join.join(row) if any(row) else "" for row in cells]
        if self.pattern is not None:
            texts = [_found(self.pattern, text) for text in texts]
        if self.case == "upper":
            texts = [text.upper() for text in texts]
        elif self.case == "lower":
            texts = [text.lower() for text in texts]
        return texts


def compile_take(take: Take) -> Taker:
    return Taker(take.names, take.join, re.compile(take.pattern) if take.pattern else None, take.case)


def compile_step(step: Step) -> Taker:
    return Taker(step.names, step.join, re.compile(step.extract) if step.extract else None, None)


def _found(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        return ""
    return (found[1] if pattern.groups else found[0]) or ""
