"""What the doctor found of one part: well, worth knowing, or broken with what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from streams.messages import SpokenError, say

Level = Literal["good", "note", "bad"]
Part = Literal[
    "settings",
    "city",
    "clock",
    "disk",
    "sqlite",
    "postgresql",
    "kafka",
    "topics",
    "lag",
    "feeds",
    "channels",
    "service",
]


@dataclass(frozen=True, slots=True)
class Finding:
    """`message` is a message's name, `values` fill it; never a secret, never what came in."""

    part: Part
    level: Level
    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    def line(self, language: str) -> str:
        """Level, part, what is so: what to do."""
        told = say(self.message, language, **self.values)
        return f"{say(f'doctor-{self.level}', language)} {say(f'doctor-part-{self.part}', language)}: {told}"


def good(part: Part, message: str, **values: object) -> Finding:
    return Finding(part, "good", message, values)


def note(part: Part, message: str, **values: object) -> Finding:
    return Finding(part, "note", message, values)


def bad(part: Part, fault: SpokenError | str, **values: object) -> Finding:
    """A fault by its message, or one that was raised as such."""
    if isinstance(fault, SpokenError):
        return Finding(part, "bad", fault.name, fault.values)
    return Finding(part, "bad", fault, values)
