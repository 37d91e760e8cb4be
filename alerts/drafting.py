"""Rules that are being written: their texts, what is wrong with them, how they differ from what runs. A port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Texts:
    """A rule's file and its cases; "" where there is none."""

    rule: str
    cases: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A change of one rule that is being written. `stamp`: another one after every save. `base`: the release that ran
    when it was begun."""

    rule: str
    texts: Texts
    by: str
    at: int
    base: str
    stamp: str

    @property
    def retires(self) -> bool:
        """Whether it takes the rule away."""
        return not self.texts.rule


@dataclass(frozen=True, slots=True)
class Mark:
    """A mistake, where it stands. `file`: which of the texts, or "" another file, which is `name`."""

    file: Literal["rule", "cases", ""]
    name: str
    line: int
    column: int
    text: str


@dataclass(frozen=True, slots=True)
class Checked:
    """What `tocsin check` says of a draft, and how it differs from what runs: lines of a unified diff."""

    marks: tuple[Mark, ...]
    diff: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Override:
    """Other parameters in one area and below it. `by`: duty number of whoever wrote it last."""

    area: str
    rarer: float
    at_least: int | None
    reason: str
    by: str
    on: str


class Drafting(Protocol):
    """The drafts of one city; what is refused raises `alerts.workfaults.WorkRefused`."""

    def texts(self, rule: str) -> Texts:
        """As they run."""
        ...

    def overrides(self, rule: str) -> Sequence[Override]:
        """Of the draft where there is one, else as they run; none where they cannot be read."""
        ...

    def drafts(self) -> Sequence[Draft]:
        """Every change that is being written, by rule. What has come in force is none any more."""
        ...

    def draft(self, rule: str) -> Draft | None: ...

    def begin(self, rule: str, copied: str, by: str) -> Draft:
        """A draft of a new rule, after the text of another. Raises WorkRefused."""
        ...

    def keep(self, rule: str, texts: Texts, seen: str, by: str) -> Draft:
        """Save a draft. `seen`: the stamp of the one it was made from, "" of what runs. Raises WorkRefused."""
        ...

    def override(self, rule: str, change: Override, by: str) -> Draft:
        """Lay an override into the draft, in the place of the one of that area. Raises WorkRefused."""
        ...

    def lift(self, rule: str, area: str, by: str) -> Draft:
        """Take an override out. Raises WorkRefused."""
        ...

    def drop(self, rule: str, seen: str) -> None:
        """Throw the draft away whose stamp is `seen`, where there is one. Raises WorkRefused: another one is there."""
        ...

    def check(self, draft: Draft, language: str) -> Checked:
        """Read the city with the draft in it."""
        ...
