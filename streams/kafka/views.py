"""How an engine stands, as a worker says it for those who have none: records among the counts, absolute.

One a city, a second apart at most while ticks come, so that a desk knows the city's time, its feeds, what was stopped
and what waits for a review. One a rule in shadow, whose record may be large: at once where one comes, then ten seconds
apart where it changed, a minute where it did not.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rules.book import Book, MatterRule, Rule
from rules.engine import Engine
from rules.feeds import FeedView
from rules.records import Exclude
from rules.reviews import Owed
from rules.shadows.state import ShadowState
from streams.kafka.counted import SEPARATOR
from streams.stand import AtWork, Stand, at_work, excluded_of

if TYPE_CHECKING:
    from streams.runtime.ports import EngineLike

VIEW: Final = "view"
SHADOW: Final = "shadow"
SHADOW_SECONDS: Final = 10.0
AGAIN_SECONDS: Final = 60.0


class View(msgspec.Struct, frozen=True, tag_field="type", tag=VIEW):
    """`tick`: the last, ms; `book`: digest of the one in force; `stopped`: rule -> (offset, why); `owed`: orders that
    wait for a review; `shadows`: rules that have a candidate in shadow; `excluded`: times that teach nothing."""

    tick: int
    book: str
    stopped: dict[str, tuple[int, str]]
    feeds: tuple[FeedView, ...]
    owed: tuple[Owed, ...] = ()
    shadows: tuple[str, ...] = ()
    excluded: tuple[Exclude, ...] = ()


class Shadow(msgspec.Struct, frozen=True, tag_field="type", tag=SHADOW):
    """A candidate in shadow, and how it stands without its weeks."""

    state: ShadowState
    counts: Rule | None = None
    matters: MatterRule | None = None

    @property
    def at_work(self) -> AtWork | None:
        rule = self.counts or self.matters
        return AtWork(rule, self.state) if rule is not None else None


def entry(city: str, engine: EngineLike) -> tuple[bytes, bytes]:
    """Key and value of a city's record."""
    view = View(engine.tick or 0, engine.book.digest, dict(engine.stopped), tuple(engine.feeds()))
    if isinstance(engine, Engine):
        owed = tuple(engine.reviews.owed.values())
        shadows, excluded = tuple(sorted(engine.shadows.at_work)), excluded_of(engine)
        view = msgspec.structs.replace(view, owed=owed, shadows=shadows, excluded=excluded)
    return SEPARATOR.join((city, VIEW)).encode(), msgspec.json.encode(view)


class Shadowing:
    """When a worker says which shadow of a city."""

    def __init__(self, city: str) -> None:
        self._city = city
        self._said: dict[str, tuple[bytes, float]] = {}
        self._looked_at = 0.0

    def entries(self, engine: EngineLike, now: float) -> Iterator[tuple[bytes, bytes]]:
        """Key and value of each that is due. `now`: seconds."""
        if not isinstance(engine, Engine):
            return
        names = engine.shadows.at_work.keys()
        if names == self._said.keys() and now - self._looked_at < SHADOW_SECONDS:
            return
        self._looked_at = now
        for gone in self._said.keys() - names:
            del self._said[gone]
        for rule, one in at_work(engine).items():
            matters = isinstance(one.rule, MatterRule)
            said = Shadow(one.state, None if matters else one.rule, one.rule if matters else None)  # type: ignore[arg-type]  # looked at one line above
            value = msgspec.json.encode(said)
            digest, at = hashlib.blake2b(value, digest_size=8).digest(), self._said.get(rule, (b"", 0.0))
            if digest != at[0] or now - at[1] >= AGAIN_SECONDS:
                self._said[rule] = digest, now
                yield SEPARATOR.join((self._city, SHADOW, rule)).encode(), value


def is_shadow(key: bytes) -> bool:
    """Whether a record among the counts is of a shadow."""
    parts = key.split(SEPARATOR.encode())
    return len(parts) == len(("city", SHADOW, "rule")) and parts[1] == SHADOW.encode()


def read_shadow(value: bytes) -> Shadow:
    """Raises msgspec.MsgspecError where it is none of ours, or of a format to come."""
    return msgspec.json.decode(value, type=Shadow)


def is_view(key: bytes) -> bool:
    """Whether a record among the counts is one."""
    return key.endswith((SEPARATOR + VIEW).encode()) and key.count(SEPARATOR.encode()) == 1


def read(value: bytes) -> View:
    """Raises msgspec.MsgspecError where it is none of ours, or of a format to come."""
    return msgspec.json.decode(value, type=View)


class Seen:
    """An engine as a view shows it (`streams.board.Looked`)."""

    def __init__(self, view: View, book: Book, shadows: Mapping[str, AtWork] = {}) -> None:
        self._view = view
        self.book = book
        self._shadows = shadows

    @property
    def tick(self) -> int | None:
        return self._view.tick or None

    @property
    def stopped(self) -> Mapping[str, tuple[int, str]]:
        return self._view.stopped

    @property
    def stand(self) -> Stand:
        """As far as the workshop goes."""
        shadows = {rule: one for rule, one in self._shadows.items() if rule in self._view.shadows}
        return Stand(self.book, self._view.stopped, self._view.owed, shadows, self._view.excluded)

    def feeds(self) -> tuple[FeedView, ...]:
        return self._view.feeds
