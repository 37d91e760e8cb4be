"""Releases of a city's rules: published by one account, approved by another, gone back from at once. A port."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Release:
    """A line of what was published, approved and gone back to. `base`: what ran then, of what was published.

    `waits`: it may be approved. `runs`: it is in force. `rules`: those that differ between `base` and it.
    """

    id: str
    verb: Literal["published", "approved", "rolled-back"]
    by: str
    reason: str
    at: int
    base: str
    waits: bool
    runs: bool
    rules: tuple[str, ...]


class Releasing(Protocol):
    """The releases of one city; what is refused raises `alerts.workfaults.WorkRefused`."""

    def publish(self, rule: str, seen: str, by: str, reason: str) -> str:
        """Make a release of what runs, with the draft of a rule in it; its id. `seen`: the draft's stamp. Raises
        WorkRefused."""
        ...

    def releases(self) -> Sequence[Release]:
        """Newest first."""
        ...

    def difference(self, release: str) -> Sequence[str]:
        """How what was published differs from what ran then: lines of a unified diff. Raises WorkRefused."""
        ...

    def approve(self, release: str, by: str, reason: str) -> None:
        """Put a release in force, by a second account. Waits until the city has taken it. Raises WorkRefused."""
        ...

    def in_force(self) -> str:
        """The release that runs; "" before the first. Raises WorkRefused."""
        ...

    def roll_back(self, seen: str, by: str, reason: str) -> str:
        """Go back from `seen`, which runs, to the release that ran before, at once; which. Raises WorkRefused, also
        where another one runs by now: who presses second would else go back to what the first has left."""
        ...
