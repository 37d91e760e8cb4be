"""The door through which the page reads a city. Ships with its fake, `alerts.console.sample.SampleBoard`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from alerts.alert import Alert
from rules.book import Book

RECENT: Final = 8 * 3_600_000
"""How long what is over stays on the board, and how far back the load reaches, ms: one shift."""

STEP: Final = 600_000
"""The grain of a feed's rate and of the load, ms."""


@dataclass(frozen=True, slots=True)
class City:
    """What a city is called and judged by. Its word in addresses is `book.city`; its zone, `book.calendar.zone`.

    `languages` are tags in order of preference. `exercise`: a drill or a replay; every title says so.
    `catching_up`: the city works through what came before now; its page says how far it is, never that it is live.
    """

    book: Book
    languages: tuple[str, ...] = ("en", "zh-CN")
    exercise: bool = False
    catching_up: bool = False

    @property
    def name(self) -> str:
        return self.book.city

    @property
    def zone(self) -> str:
        return self.book.calendar.zone

    @property
    def ladder(self) -> tuple[str, ...]:
        """Colours, lowest rank first."""
        return self.book.ladder


@dataclass(frozen=True, slots=True)
class FeedState:
    """How a feed is heard just now. Times in ms UTC of the city's clock."""

    name: str
    heard_at: int  # its last event; 0: never yet
    silent_since: int = 0  # 0: heard within its usual gap
    late: int = 0  # ms behind its usual lateness; 0: in time
    rate: tuple[int, ...] = ()  # events in each of the last 36 steps of ten minutes, oldest first
    silent_after: int = 0  # its silence is said this long after its last event, ms; 0: not known, or not said
    newest: int = 0  # when the latest of its events occurred that came in time; 0: none yet
    usual: float = -1.0  # events that its own rate expects in the last hour; -1: not known yet
    covered: bool = False  # it is said to bring nothing just now
    boxes: Mapping[str, int] = field(default_factory=dict)  # what became of its rows since `counted_since`: law 9

    @property
    def last_hour(self) -> int:
        """Events in the last hour."""
        return sum(self.rate[-(3_600_000 // STEP) :])


class BoardSource(Protocol):
    """One city, as the page sees it.

    All methods but `changed` are called from worker threads, several at once: they must be safe there and answer
    from memory or from an indexed read. A method that raises makes the page say that it could not be read.
    """

    def city(self) -> City:
        """Names, ladder, trees and rules in force."""
        ...

    def now(self) -> int:
        """The city's clock, ms UTC: the last tick, also in a replay. 0: none has come yet."""
        ...

    def alerts(self, now: int) -> Sequence[Alert]:
        """All open alerts, and those said, over, withdrawn or merged within `RECENT` before `now`. Any order."""
        ...

    def alert(self, alert_id: str) -> Alert | None:
        """Any alert that is still kept, by its id."""
        ...

    def feeds(self) -> Sequence[FeedState]:
        """Every feed of the book."""
        ...

    def shapes(self) -> bytes | None:
        """GeoJSON FeatureCollection, WGS 84; each feature's `properties.code` is an area code. None: no map."""
        ...

    def version(self) -> int:
        """A number that is another one after every change of anything above."""
        ...

    async def changed(self, after: int) -> int:
        """Waits until the version differs from `after`; returns it. Returns at once where it does already."""
        ...
