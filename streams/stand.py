"""How a city's engine stands, as far as its workshop goes: taken from the engine, or from a worker's view of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from rules.book import Book, MatterRule, Rule
from rules.engine import Engine
from rules.records import Exclude
from rules.reviews import Owed
from rules.shadows.score import glimpses_of
from rules.shadows.state import ShadowState

EXCLUDED_SHOWN: Final = 200
"""Times kept out of what is learned that are told, the last ordered; the engine has up to 2,000."""


class AtWork(NamedTuple):
    """A shadow as it was last laid out: the candidate, and how it stands without its weeks."""

    rule: Rule | MatterRule
    state: ShadowState


class Stand(NamedTuple):
    """`stopped`: rule -> (offset, why); `owed`: what waits for a review; `shadows`: by rule; `excluded`: times that
    teach nothing."""

    book: Book
    stopped: Mapping[str, tuple[int, str]]
    owed: tuple[Owed, ...]
    shadows: Mapping[str, AtWork]
    excluded: tuple[Exclude, ...] = ()


def stand_of(engine: Engine) -> Stand:
    owed = tuple(engine.reviews.owed.values())
    return Stand(engine.book, dict(engine.stopped), owed, at_work(engine), excluded_of(engine))


def excluded_of(engine: Engine) -> tuple[Exclude, ...]:
    """In order of their orders."""
    return tuple(engine.exclusions[-EXCLUDED_SHOWN:])


def at_work(engine: Engine) -> Mapping[str, AtWork]:
    """All shadows, by rule."""
    return {one.rule: AtWork(engine.shadows.at_work[one.rule].rule, one) for one in glimpses_of(engine)}
