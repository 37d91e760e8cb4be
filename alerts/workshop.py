"""Where rules are worked on: how those in force stand, and what is ordered of them. The port that pages ask.

What lies behind it belongs to the city's process; `by` is always a duty number, `at` ms UTC. Whoever asks was allowed
to: this port knows of no roles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, Protocol

REASON_LONGEST: Final = 200
"""Of what stands in the city's log beside an order."""

Stop = Literal["order", "raised"]
"""Why a rule judges nothing: by order, or because it raised an error."""
Verb = Literal["stop", "start"]

WorkFault = Literal["rule_gone", "not_taken", "order_own", "order_gone"]
"""rule_gone: no such rule in force. not_taken: laid ready, and the city has not taken it yet. order_own: whoever gave
it cannot review it. order_gone: it waits for no review."""


class WorkRefused(Exception):
    """Why something was not done."""

    def __init__(self, fault: WorkFault) -> None:
        super().__init__(fault)
        self.fault: WorkFault = fault


@dataclass(frozen=True, slots=True)
class Unreviewed:
    """What one operator ordered at once, and no second account has looked at. `kind`: the order's tag in the log;
    `rule`, `feed`, `area`, `category`: what it is about, "" not that. Times ms UTC."""

    id: str
    kind: str
    by: str
    reason: str
    at: int
    due: int
    rule: str = ""
    feed: str = ""
    area: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A window that came within a tenth of its limit and did not speak."""

    area: str
    category: str
    observed: int
    limit: int
    until: int  # ms


@dataclass(frozen=True, slots=True)
class Standing:
    """How the rules in force stand. `near` by rule, of the last day; None: nobody has looked yet."""

    stopped: Mapping[str, Stop] = field(default_factory=dict)
    unreviewed: tuple[Unreviewed, ...] = ()  # the first due first
    reviews: Mapping[str, date] = field(default_factory=dict)  # rule -> the local day by which it is to be looked at
    near: Mapping[str, Sequence[NearMiss]] | None = None


class Workshop(Protocol):
    """One city's rules at work. Called from worker threads, several at once."""

    def standing(self) -> Standing:
        """From memory, at any rate of asking."""
        ...

    def order(self, verb: Verb, rule: str, by: str, reason: str) -> None:
        """Stop or start a rule at once. Waits until the city has taken it. Raises WorkRefused."""
        ...

    def review(self, order: str, by: str, reason: str) -> None:
        """Say that a second account has looked at an order. Raises WorkRefused."""
        ...
