"""A script's end: what was sent and answered, what the outside heard, what the disk holds."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from alerts.alert import Alert
from alerts.notice import Notice
from rules.records import Order
from streams.city import City
from streams.push import EventAnswer
from streams.simulate import Made
from tests.simulation import town
from tests.simulation.machine import Machine
from tests.simulation.script import (
    Push,
    Step,
    UseRules,
    Weather,
)


@dataclass
class Lived:
    """A script's end: what was sent and answered, what the outside heard, what the disk holds."""

    seed: int
    weather: Weather
    town: City
    towns: tuple[City, ...]
    made: Made
    steps: Sequence[Step]
    machine: Machine
    answers: list[tuple[Push, list[EventAnswer], int]] = field(default_factory=list)  # (body, answers, when sent first)
    acts: list[Push | Order | UseRules | int] = field(default_factory=list)
    """What an undisturbed town would have been told, in order; an int is a tick of all feeds."""
    alerts: list[Alert] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)
    kills: int = 0
    ran_ahead: list[int] = field(default_factory=list)
    """By how much ticks were ahead of the true time, where they had no leave to be, ms."""

    @property
    def journal(self) -> Path:
        return self.machine.data / town.NAME / "journal.sqlite"


def trace(lived: Lived) -> str:
    """One hash over everything that the outside could see, in order."""
    digest = hashlib.blake2b(digest_size=16)
    for body, answers, at in lived.answers:
        digest.update(repr((body.feed, at, answers)).encode())
    for life, signal in lived.machine.said:
        digest.update(repr((life, signal)).encode())
    for road in lived.machine.roads.values():
        digest.update(repr([(m.id, m.reason) for m in road.heard]).encode())
    digest.update(repr([(a.id, a.state, a.moves) for a in lived.alerts]).encode())
    return digest.hexdigest()
