"""How a city's engine stands, as far as its workshop goes: taken from the engine, or from a worker's view of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rules.book import Book, MatterRule, Rule
from rules.engine import Engine
from rules.reviews import Owed
from rules.shadows.score import glimpses_of
from rules.shadows.state import ShadowState


class AtWork(NamedTuple):
    """A shadow as it was last laid out: the candidate, and how it stands without its weeks."""

    rule: Rule | MatterRule
    state: ShadowState


class Stand(NamedTuple):
    """`stopped`: rule -> (offset, why); `owed`: what waits for a review; `shadows`: by rule."""

    book: Book
    stopped: Mapping[str, tuple[int, str]]
    owed: tuple[Owed, ...]
    shadows: Mapping[str, AtWork]


def stand_of(engine: Engine) -> Stand:
    return Stand(engine.book, dict(engine.stopped), tuple(engine.reviews.owed.values()), at_work(engine))


def at_work(engine: Engine) -> Mapping[str, AtWork]:
    """All shadows, by rule."""
    return {one.rule: AtWork(engine.shadows.at_work[one.rule].rule, one) for one in glimpses_of(engine)}
