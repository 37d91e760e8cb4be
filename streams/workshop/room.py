"""The workshop of a served city (`alerts.workshop.Workshop`): what pages read is laid out by the writer's thread, and
what they order goes the way of a command: through the folder of what is handed over, or into the topic of orders."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Final

from alerts.workfaults import WorkRefused
from alerts.workshop import Standing, Stop, Unreviewed, Verb
from rules.book import Book
from rules.records import Exclude, Review, StartRule, StopRule
from rules.reviews import Owed
from streams.by_hand import Signed, signed
from streams.city import City
from streams.clock import Clock
from streams.messages import SpokenError
from streams.releases import Shelf, shelf_of
from streams.shadows import Trial
from streams.stand import AtWork, Stand
from streams.workshop import in_force
from streams.workshop.hands import FolderHands, Hands
from streams.workshop.letting import Letting
from streams.workshop.playing import Playing
from streams.workshop.shading import Shading
from streams.workshop.trying import Trying
from streams.workshop.writing import Writing

ORDERS: Final[Mapping[Verb, type[StopRule | StartRule]]] = {"stop": StopRule, "start": StartRule}
SEEN_SECONDS: Final = 3.0


class RuleRoom:
    """`look` on the thread that knows the engine, everything else on any. `city`: as it is served now; `hands`: where
    orders go, None: through the data folder; `patience`: so long a page waits, s, until it shows what was ordered."""

    def __init__(
        self,
        city: Callable[[], City],
        data: Path,
        clock: Clock,
        ring: Callable[[], object],
        *,
        hands: Hands | None = None,
        patience: float = SEEN_SECONDS,
    ) -> None:
        self._city, self._patience = city, patience
        self._hands: Hands = hands or FolderHands(data / city().name)
        self._clock = clock
        self.folder: Final = data / city().name
        self.shelf: Final[Shelf] = shelf_of(data, city().name)
        self.drafting: Final = Writing(city, self.folder, self.shelf, clock)
        self.trials: Final = Trying(city, self.folder, self.drafting, clock, ring)
        cases = Playing(city, self.drafting, self.trials)
        self._runs: Book | None = None
        self._trials: tuple[Trial, ...] = ()
        self._shadows: Mapping[str, AtWork] = {}
        self.releasing: Final = Letting(
            city, self.drafting, self.shelf, clock, lambda: self._runs, self._see, lambda: self._trials,
            cases.check, self._hands,
        )  # fmt: skip
        self.shadowing: Final = Shading(
            city,
            self.drafting,
            self.releasing,
            cases.check,
            lambda: self._runs,
            lambda: self._shadows,
            self._give,
            self._see,
        )
        self._stopped: Mapping[str, Stop] = {}
        self._unreviewed: tuple[Unreviewed, ...] = ()
        self._excluded: tuple[Exclude, ...] = ()
        self._rules: frozenset[str] = frozenset()
        self._reviews: tuple[str, Mapping[str, date]] = ("", {})
        self._held = threading.Lock()
        self._looked = threading.Condition()
        self._book = ""

    # on the writer's thread

    def look(self, stand: Stand) -> None:
        """Take what pages may see of the engine."""
        with self._looked:
            self._take(stand)
            self._looked.notify_all()

    def _take(self, stand: Stand) -> None:
        self._stopped = {rule: "order" if why == "order" else "raised" for rule, (_, why) in stand.stopped.items()}
        owed = sorted(stand.owed, key=lambda one: (one.due, one.id))
        self._unreviewed = tuple(map(_unreviewed, owed))
        self._excluded = stand.excluded
        self._runs, self._shadows = stand.book, stand.shadows
        self._trials = tuple(
            Trial(one.rule, one.state.begun, one.state.until, one.state.shifts) for one in stand.shadows.values()
        )
        if self._book != stand.book.digest:
            self._book, self._rules = stand.book.digest, frozenset(rule.id for rule in stand.book.all_rules)

    def stop(self) -> None:
        """End what is tried."""
        self.trials.stop()

    # for pages

    def standing(self) -> Standing:
        return Standing(self._stopped, self._unreviewed, self._excluded, self._review_days())

    def order(self, verb: Verb, rule: str, by: str, reason: str) -> None:
        if rule not in self._rules:
            raise WorkRefused("rule_gone")
        given = self._give(ORDERS[verb](0, rule), by, reason)
        self._see(lambda: any(one.id == given.id for one in self._unreviewed))

    def exclude(self, order: Exclude, by: str, reason: str) -> Exclude:
        given = self._give(order, by, reason)
        self._see(lambda: any(one.id == given.id for one in self._excluded))
        return given

    def review(self, order: str, by: str, reason: str) -> None:
        owed = next((one for one in self._unreviewed if one.id == order), None)
        if owed is None:
            raise WorkRefused("order_gone")
        if owed.by == by:
            raise WorkRefused("order_own")
        self._give(Review(0, order), by, reason)
        self._see(lambda: all(one.id != order for one in self._unreviewed))

    def _see(self, done: Callable[[], bool]) -> None:
        """Wait a moment until pages show what was done: it is taken a little before it is laid out for them."""
        with self._looked:
            self._looked.wait_for(done, self._patience)

    def _give(self, order: Signed, by: str, reason: str) -> Signed:
        at = self._clock.now()
        given = signed(order, by, reason, at)
        try:
            taken = self._hands.give(given, at)
        except SpokenError:  # the folder cannot be written, no broker answers
            raise WorkRefused("not_taken") from None
        if not taken:
            raise WorkRefused("not_taken")
        return given

    def _review_days(self) -> Mapping[str, date]:
        """Read once a book."""
        with self._held:
            book = self._book
            if self._reviews[0] != book:
                self._reviews = book, in_force.reviews(self._city().folder, self.shelf, sorted(self._rules))
            return self._reviews[1]


def _unreviewed(owed: Owed) -> Unreviewed:
    return Unreviewed(
        owed.id, owed.kind, owed.by, owed.reason, owed.at, owed.due, owed.rule, owed.feed, owed.area, owed.category
    )
