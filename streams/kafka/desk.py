"""A city's desk on the Kafka road, in service: what workers say comes to the desk that one machine has.

data folder - key - store - desk - hearing - outbox - board. There is no engine here: feeds are pushed to intakes, and
what the engine sees comes as a view.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final

import structlog

from alerts.api.door import DutyCity
from alerts.offsets import StaleError
from rules.book import Book
from streams.city import City, read_city
from streams.clock import Clock
from streams.crashpoints import never
from streams.kafka.crashpoints import Crash
from streams.kafka.giving import TopicHands
from streams.kafka.hearing import Hearing
from streams.kafka.refused_heard import RefusedHeard
from streams.kafka.saying import Saying
from streams.kafka.views import Seen
from streams.messages import say
from streams.metrics import Metrics
from streams.named import names_of
from streams.office import Office, StoreLostError
from streams.opened import open_desk, shown_of
from streams.push import PushDoor
from streams.releases import ReleaseError, released
from streams.runtime import ClockKind
from streams.settings import Settings
from streams.workshop import RuleRoom

log = structlog.get_logger()

FULL_DISK_PAUSE: Final = 0.5
STOP_SECONDS: Final = 30.0
PATIENCE_SECONDS: Final = 10.0
"""So long a page waits until an order that it gave has gone through intake and worker and is seen to act."""


class DeskStation:
    """Open from the start; `start` begins to hear, `stop` ends in order. On the stream clock nobody is called.

    Raises CityError, SpokenError, SettingsError.
    """

    def __init__(
        self,
        city: City,
        settings: Settings,
        clock: Clock,
        metrics: Metrics,
        *,
        kind: ClockKind = "wall",
        crash: Crash = never,
        without: Collection[str] = (),
    ) -> None:
        self.city = city = released(city, settings.data, settings.language)
        self.kind: Final = kind
        self.on_fault: Callable[[BaseException], None] | None = None
        self._settings, self._clock = settings, clock
        self._opened = opened = open_desk(city, settings, shut=kind == "stream")
        with contextlib.ExitStack() as begun:
            begun.callback(opened.close)
            self.hearing = Hearing(
                settings.brokers,
                opened.desk,
                opened.store,
                shown_of(city),
                clock,
                metrics,
                kind=kind,
                crash=crash,
                without=without,
            )
            begun.callback(self.hearing.close)
            self._saying = Saying(
                settings.brokers,
                city.name,
                opened.store,
                self._book,
                lambda: self.city.languages[0],
                metrics,
                kind=kind,
                crash=crash,
            )
            self._refused = RefusedHeard(settings.brokers, city.name, clock.steady)
            begun.callback(self._refused.close)
            hands = TopicHands(settings.brokers, city.name, opened.acting, self._on_a_full_disk)
            self.workshop = RuleRoom(
                lambda: self.city,
                settings.data,
                clock,
                self._ring,
                hands=hands,
                patience=PATIENCE_SECONDS,
            )
            begun.callback(self.workshop.stop)
            self.office = Office(
                lambda: self.city,
                opened,
                settings,
                clock,
                metrics,
                book=self._book,
                refused=self._refused,
                workshop=self.workshop,
            )
            begun.pop_all()
        self._hands = hands
        self.board = self.office.board
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tocsin-desk", daemon=True)
        self._says = threading.Thread(target=self._say, name="tocsin-alerts", daemon=True)

    def _ring(self) -> None:
        self.board.ring()

    def _on_a_full_disk(self) -> AbstractContextManager[None]:
        return self.office.on_a_full_disk()

    def _book(self) -> Book:
        """The one in force, as far as it is known here."""
        return self.hearing.seen.book if self.hearing.seen is not None else self._opened.desk.book

    # life

    def start(self) -> None:
        self._thread.start()
        self._says.start()

    def stop(self) -> None:
        """What was heard is kept, notices under way end. Idempotent."""
        if self._ended.is_set():
            return
        self._ended.set()
        self.workshop.stop()
        if self._thread.ident is not None:
            self._thread.join(STOP_SECONDS)
        self.office.close()
        self._saying.end()  # what was moved last leaves first
        if self._says.ident is not None:
            self._says.join(STOP_SECONDS)
        self.hearing.close()
        self._refused.close()
        self._opened.close()

    def reread(self) -> Sequence[str]:
        """Read the folder again: desks, shapes, what is kept; the mistakes, one line each. Rules come by their log."""
        reading = read_city(self.city.folder)
        if reading.city is None:
            return reading.render(self._settings.language).splitlines()
        try:
            city = released(reading.city, self._settings.data, self._settings.language)
        except ReleaseError as fault:
            return fault.render(self._settings.language).splitlines()
        if city.name != self.city.name:
            return [say("renamed", self._settings.language, name=city.name)]
        self.office.reread(city)
        self.hearing.shown = shown_of(city)
        self.city = city
        return []

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                self._turn()
        except BaseException as fault:  # noqa: BLE001 - whoever serves it ends for it
            self._broke(fault)

    def _broke(self, fault: BaseException) -> None:
        fenced = isinstance(fault, StaleError | StoreLostError)
        log.error("another_desk_has_the_city" if fenced else "desk_broke", city=self.city.name, exc_info=fault)
        if self.on_fault is None:
            raise fault
        self.on_fault(fault)

    def _say(self) -> None:
        self._saying.run(self._broke)

    def _turn(self) -> None:
        before = self.hearing.seen
        if self.hearing.turn():
            self.office.heard()
        seen, catching_up = self.hearing.seen, not self.hearing.caught_up and self.kind == "wall"
        if seen is not None and (seen is not before or catching_up != self.board.city().catching_up):
            self._take_up(seen)
            self.office.look(seen, catching_up=catching_up)
        self.office.turn(caught_up=self.hearing.caught_up, catching_up=catching_up)
        if self.hearing.full:
            self._ended.wait(FULL_DISK_PAUSE)

    def _take_up(self, seen: Seen) -> None:
        """What is in force, and what was ordered, for pages and the chain."""
        if seen.book.digest != self.city.book.digest:
            self.city = replace(self.city, book=seen.book)
            with self.office.on_a_full_disk():
                self.office.store.put_names(self.city.name, names_of(self.city))
        self.workshop.look(seen.stand)
        if self.kind == "wall":  # a past has its own chain: nobody is at this desk
            self._hands.seen(seen.stand.owed)

    # for the doors

    @property
    def duty(self) -> DutyCity:
        return self.office.duty

    @property
    def key(self) -> bytes:
        """The city's key."""
        return self._opened.key

    @property
    def door(self) -> PushDoor:
        """There is none: no feed is pushed here."""
        raise LookupError(self.city.name)

    @property
    def pushed_feeds(self) -> tuple[str, ...]:
        return ()

    @property
    def takes_arrivals(self) -> bool:
        return False

    @property
    def stopped_rules(self) -> tuple[str, ...]:
        return self.office.stopped_rules

    def alive(self) -> bool:
        return self._thread.is_alive() and self._says.is_alive()

    def unready(self) -> str:
        """Why somebody had better look; empty where all is well."""
        if not self.alive():
            return "dead"
        if self.hearing.lacks is not None:
            return "book missing"
        return self.office.behind(caught_up=self.hearing.caught_up, full=self.hearing.full, paced=self.kind == "wall")
