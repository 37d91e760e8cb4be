"""When a city is said to stand still, and when that is over. Pure: what was seen and how long it took, no clock.

A city lives while its last tick changes from look to look; what the tick says, and what any wall clock says, does not
matter. So a clock that is set changes nothing. Time that passed while the watchdog itself was paused is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

Trouble = Literal["still", "unreachable"]
"""`still`: no new tick. `unreachable`: ticks may go on, but its address does not answer for it."""

DOUBT: Final = 0.75
"""A city that does not answer, and whose last tick is older than this part of the limit, is not called unreachable
before it is clear whether it stands still."""
LOOKS_COUNTED: Final = 2.0
"""Between two looks at most this many times the usual pause counts as seen: the rest, nobody was looking."""
WELL_LOOKS: Final = 3
"""Looks that saw a new tick, with nothing amiss between them, before a trouble is said to be over."""
MOST_WELL_LOOKS: Final = 96
"""A city that falters again and again must be well for up to this many looks: a desk is not flooded by it."""
CALM_SECONDS: Final = 3600.0
"""After so long without trouble the next one is over as soon as the first."""


class Seen(NamedTuple):
    """One look. `tick`: the last one, ms, None where none could be seen. `answered`: None where nobody asks."""

    tick: int | None = None
    answered: bool | None = None


class News(NamedTuple):
    """What is to be said. `tick`: the last one seen, ms, 0: none ever was; `seconds`: how long it has lasted."""

    city: str
    trouble: Trouble
    over: bool
    tick: int
    seconds: float


@dataclass(slots=True)
class Watch:
    """One city under watch. `limit`: seconds without a new tick, or without an answer, that are too long."""

    city: str
    limit: float
    pause: float  # between two looks, seconds
    tick: int | None = None
    moves: int = 0  # new ticks seen
    trouble: Trouble | None = None
    since_tick: int = 0  # the last tick before the trouble, ms
    still_for: float = 0.0
    unanswered_for: float = 0.0
    lasted: float = 0.0  # the trouble, seconds
    well_looks: int = 0
    well_for: float = 0.0
    relapses: int = 0

    @property
    def clear(self) -> bool:
        """Whether it was seen that time goes on, or that it does not."""
        if max(self.still_for, self.unanswered_for) >= self.limit:
            return True
        return self.trouble is None and self.moves > 0 and not self.unanswered_for

    def look(self, seen: Seen, elapsed: float) -> News | None:
        """Take in one look, `elapsed` seconds after the one before; what is to be said of it."""
        counted = min(max(elapsed, 0.0), LOOKS_COUNTED * self.pause)
        moved = seen.tick is not None and self.tick is not None and seen.tick != self.tick
        self.tick = seen.tick if seen.tick is not None else self.tick
        self.moves += moved
        self.still_for = 0.0 if moved else self.still_for + counted
        self.unanswered_for = self.unanswered_for + counted if seen.answered is False else 0.0
        if not self.trouble:
            return self._in_peace(counted)
        if seen.answered is False or self.still_for >= self.limit:
            self.well_looks = 0
        elif moved:
            self.well_looks += 1
        return self._in_trouble(counted)

    def _in_peace(self, counted: float) -> News | None:
        self.well_for += counted
        if self.well_for >= CALM_SECONDS:
            self.relapses = 0
        if max(self.still_for, self.unanswered_for) < self.limit:
            return None
        if DOUBT * self.limit <= self.still_for < self.limit:  # its ticks seem to stand as well: soon that is known
            return None
        self.trouble = "still" if self.still_for >= self.limit else "unreachable"
        self.since_tick = self.tick or 0
        self.lasted = max(self.still_for, self.unanswered_for)
        self.well_looks = 0
        return News(self.city, self.trouble, False, self.since_tick, self.lasted)

    def _in_trouble(self, counted: float) -> News | None:
        self.lasted += counted
        if self.well_looks < min(WELL_LOOKS << self.relapses, MOST_WELL_LOOKS):
            return None
        assert self.trouble is not None
        news = News(self.city, self.trouble, True, self.since_tick, self.lasted)
        self.trouble = None
        self.relapses = min(self.relapses + 1, 10)
        self.well_for = 0.0
        return news
