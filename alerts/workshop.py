"""Where rules are worked on: how those in force stand, and what is ordered of them. The port that pages ask.

What lies behind it belongs to the city's process; `by` is always a duty number, `at` ms UTC. Whoever asks was allowed
to: this port knows of no roles.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, Protocol

from alerts.drafting import Drafting
from alerts.releasing import Releasing
from alerts.shadowing import Shadowing
from alerts.trials import Trials
from rules.records import Exclude

REASON_LONGEST: Final = 200
"""Of what stands in the city's log beside an order."""

Stop = Literal["order", "raised"]
"""Why a rule judges nothing: by order, or because it raised an error."""
Verb = Literal["stop", "start"]


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
class Standing:
    """How the rules in force stand."""

    stopped: Mapping[str, Stop] = field(default_factory=dict)
    unreviewed: tuple[Unreviewed, ...] = ()  # the first due first
    excluded: tuple[Exclude, ...] = ()  # in order of their orders
    reviews: Mapping[str, date] = field(default_factory=dict)  # rule -> the local day by which it is to be looked at


class Workshop(Protocol):
    """One city's rules at work. Called from worker threads, several at once; what is refused raises WorkRefused."""

    @property
    def drafting(self) -> Drafting: ...

    @property
    def releasing(self) -> Releasing: ...

    @property
    def trials(self) -> Trials: ...

    @property
    def shadowing(self) -> Shadowing: ...

    def standing(self) -> Standing:
        """From memory, at any rate of asking."""
        ...

    def order(self, verb: Verb, rule: str, by: str, reason: str) -> None:
        """Stop or start a rule at once. Waits until the city has taken it. Raises WorkRefused."""
        ...

    def exclude(self, order: Exclude, by: str, reason: str) -> Exclude:
        """Keep a time out of what is learned as usual; the order as it was given. Waits until the city has taken it.
        Raises WorkRefused."""
        ...

    def review(self, order: str, by: str, reason: str) -> None:
        """Say that a second account has looked at an order. Raises WorkRefused."""
        ...
