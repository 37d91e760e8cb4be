"""A city's desk in service, whichever road its signals come by: board, moves, clocks, notices, heads, purge.

One thread tells it what has come and lets its clocks move (`look`, `heard`, `turn`); pages read it from any.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from alerts.api.door import DutyCity, Refused
from alerts.channels.port import Channel, Receipt
from alerts.channels.register import open_channel
from alerts.desks import HeadWay, Option
from alerts.export import rfc3339
from alerts.heads import ChannelRoad, FileRoad, HeadRoad, Heads
from alerts.letters import Letters
from alerts.links import link_key, link_of
from alerts.notice import Backlog, Notice
from alerts.outbox import Outbox
from alerts.purging import DAY_MS, Purger
from alerts.routing import route_of
from alerts.workshop import Workshop
from rules.book import Book
from streams.board import CityBoard, Looked
from streams.city import City
from streams.clock import Clock
from streams.gate import Class, Gate
from streams.journal import means_full
from streams.metrics import Metrics
from streams.named import names_of
from streams.opened import CityError, OpenedDesk, desks_of
from streams.proving import Prover
from streams.settings import Settings, read_secret

log = structlog.get_logger()

DELIVER_EVERY: Final = 1.0
TICK_OLD_MS: Final = 15_000
"""A last tick older than this says that time does not pass: not ready."""


class StoreLostError(Exception):
    """Another process may work on the city's store by now: this one has to end."""


class Office:
    """The desk of `opened`. `city`: as it is served now; `book`: the one in force; `choke`: the disk is found full."""

    def __init__(
        self,
        city: Callable[[], City],
        opened: OpenedDesk,
        settings: Settings,
        clock: Clock,
        metrics: Metrics,
        *,
        book: Callable[[], Book],
        refused: Callable[[int], Sequence[Refused] | None],
        workshop: Workshop | None = None,
        exercise: bool = False,
        choke: Callable[[], None] = lambda: None,
    ) -> None:
        now = city()
        self._city, self._book, self._choke = city, book, choke
        self._opened, self._clock, self._metrics = opened, clock, metrics
        self._refused, self._workshop = refused, workshop
        self.store, self.acting, self.handing, self.lines = opened.store, opened.acting, opened.handing, opened.lines
        self.board = CityBoard(now.book, now.languages, shapes_of(now), self.store, exercise=exercise)
        self.acting.on_taken = self._taken
        if not opened.desk.shut:
            self.acting.adopt(clock.now())
        self.acting.reckon()
        roads = [self._head_road(number, way) for number, way in enumerate(now.heads, 1)]
        sent = metrics.head_sent.labels(now.name)
        self.heads = Heads(now.name, self.store, opened.key, roads, lambda at: sent.set(at / 1000))
        link = link_of(settings.address, link_key(opened.key)) if settings.address else None
        letters = Letters(lambda _: book(), link)
        self.outbox = Outbox(self.store, self._channels(), lambda _: book(), on_receipt=self._tried, letters=letters)
        self._texts, self._texts_held = Gate(), threading.Lock()
        self._purger = Purger(now.name, self.store, lambda: city().keep)
        self._purge_at = 0
        self._prover = Prover(now.name, self.store, opened.key, now.heads, clock.now)
        self._delivered_at = 0.0
        self._changed = True
        self._rules_stopped: frozenset[str] = frozenset()

    def behind(self, *, caught_up: bool, full: bool, paced: bool) -> str:
        """Why nobody can rely on it now; empty where all is well. `paced`: time goes by the wall clock."""
        now = self.board.now()
        if not caught_up:
            return f"catching up, at {rfc3339(now)[:10]}" if now else "catching up"
        if full:
            return "disk full"
        if paced and self._clock.now() - now > TICK_OLD_MS:
            return "no tick"
        return "clock stepped" if self._clock.apart_seconds() else ""

    def _channels(self) -> dict[str, Channel]:
        channels: dict[str, Channel] = {}
        for desk in self._city().desks:
            for channel in desk.channels:
                channels[channel.name] = self._opened_channel(
                    channel.name, channel.kind, channel.options, language=channel.language
                )
        return channels

    def _head_road(self, number: int, way: HeadWay) -> HeadRoad:
        if way.kind == "file":
            return FileRoad(Path(str(way.options["path"])))
        language = self._city().languages[0]
        return ChannelRoad(self._opened_channel(f"head-{number}", way.kind, way.options, language=language))

    def _opened_channel(self, name: str, kind: str, options: Mapping[str, Option], *, language: str) -> Channel:
        try:
            return open_channel(name, kind, options, language=language, folder=self._opened.folder, secrets=read_secret)
        except ValueError as fault:
            raise CityError("channel-unopened", city=self._city().name, why=fault) from None

    def close(self) -> None:
        """Notices under way ended, a last head sent."""
        with self.on_a_full_disk():
            self.outbox.close()
        with self.on_a_full_disk():
            self.heads.close(self._clock.now())

    def reread(self, city: City) -> None:
        """Its desks and shapes have changed. Channels are not opened anew: that needs a restart."""
        self.board.reshape(shapes_of(city))
        self.store.put_names(city.name, names_of(city))
        self._opened.desk.desks = self.acting.desks = desks_of(city)
        self.acting.top, self.acting.route = len(city.book.ladder) - 1, route_of(city.book)
        self.acting.reckon()

    # for the doors

    @property
    def duty(self) -> DutyCity:
        """What people do with its alerts goes through here."""
        return DutyCity(
            book=lambda: self.board.city().book,
            store=self.store,
            acting=self.acting,
            handing=self.handing,
            now=self._clock.now,
            ring=self.board.ring,
            names_nobody=self._names_nobody,
            feeds=self.board.feeds,
            refused=self._refused,
            city_now=self.board.now,
            judge=self._prover,
            workshop=self._workshop,
        )

    def _names_nobody(self, text: str) -> bool:
        with self._texts_held:
            return self._texts.verdict(text, Class.PLAIN) is None

    @property
    def stopped_rules(self) -> tuple[str, ...]:
        """Rules that judge nothing just now, by hand or because they raised."""
        return tuple(sorted(self._rules_stopped))

    # on its one thread

    def heard(self) -> None:
        """Signals came: pages are told, and notices leave, with the next turn."""
        self._changed = True

    def look(self, engine: Looked, *, catching_up: bool, rows_alone: bool = False) -> None:
        """Lay out for pages how the engine stands; `rows_alone`: no time has passed since the last."""
        self._look_at_rules(engine)
        if self._changed or not rows_alone:
            self.board.look(engine, catching_up=catching_up)

    def turn(self, *, caught_up: bool, catching_up: bool) -> None:
        """Let what is due happen: at once where something came, else once a second. While the past is caught up with
        (not `caught_up`) no clock moves: whoever is late there may have been stopped. Raises StoreLostError."""
        waited = self._clock.steady() - self._delivered_at
        if self._changed or (catching_up and waited >= DELIVER_EVERY):
            self.board.ring()
        if self._changed or waited >= DELIVER_EVERY:
            self._delivered_at = self._clock.steady()
            if self._opened.lost():
                raise StoreLostError(self._city().name)
            if caught_up and not self._opened.desk.shut:
                self._let_clocks_move()
            self._deliver()
            self._show()
        self._changed = False

    def _let_clocks_move(self) -> None:
        """What desks owe by now."""
        blind = frozenset(feed.name for feed in self.board.feeds() if feed.silent_since)
        now = self._clock.now()
        with self.on_a_full_disk():
            turned = self.handing.by_clock(now, blind)  # before the new turn lets anything out
            moved = self.acting.by_clock(now, blind)
            told = self.lines.by_clock(now)
            if moved or turned or told:
                self.board.ring()
            self.heads.look(now)
            self._purge(now)

    def _purge(self, now: int) -> None:
        """Once a day, a batch at a time: what is kept no longer goes, and the chain says so."""
        if now < self._purge_at <= now + DAY_MS:
            return
        done = self._purger.step(now)
        if done is None:
            self._purge_at = now + DAY_MS
            return
        name = self._city().name
        for table, n in done.gone.items():
            self._metrics.rows_purged.labels(name, table).inc(n)
        log.info("purged", city=name, through=done.through, **done.gone)

    def _deliver(self) -> None:
        with self.on_a_full_disk():
            self.outbox.deliver_due(self._clock.now())

    @contextlib.contextmanager
    def on_a_full_disk(self) -> Iterator[None]:
        """A receipt that finds no room waits in its lane, and the reserve is given up for it."""
        try:
            yield
        except OperationalError as fault:
            if not means_full(fault.orig):
                raise
            self._choke()

    def _tried(self, notice: Notice, receipt: Receipt) -> None:
        """From the lanes' threads."""
        self._metrics.notices_tried.labels(self._city().name, notice.channel, receipt.outcome).inc()

    def _taken(self, desk: str, seconds: float) -> None:
        """From the threads of pages."""
        self._metrics.take_seconds.labels(self._city().name, desk).observe(seconds)

    def _look_at_rules(self, engine: Looked) -> None:
        stopped, name = engine.stopped, self._city().name
        for rule in stopped.keys() - self._rules_stopped:
            log.error("rule_stopped", city=name, rule=rule, offset=stopped[rule][0], why=stopped[rule][1])
        for rule in self._rules_stopped - stopped.keys():
            log.info("rule_started", city=name, rule=rule)
        self._changed |= self._rules_stopped != stopped.keys()
        self._rules_stopped = frozenset(stopped)

    def _show(self) -> None:
        city = self._city()
        name = city.name
        for rule in self._book().all_rules:
            self._metrics.rules_stopped.labels(name, rule.id).set(int(rule.id in self._rules_stopped))
        running = {**dict.fromkeys((desk.id for desk in city.desks), 0), **self.store.open_by_desk()}
        for desk, n in running.items():
            self._metrics.alerts_open.labels(name, desk).set(n)
        self._show_channels(city)
        for feed in self.board.feeds():
            self._metrics.feed_heard.labels(name, feed.name).set(feed.heard_at / 1000)
            self._metrics.feed_silent.labels(name, feed.name).set(int(feed.silent_since > 0))
            self._metrics.feed_silent_after.labels(name, feed.name).set(feed.silent_after / 1000)

    def _show_channels(self, city: City) -> None:
        backlog = {owed.channel: owed for owed in self.store.backlog()}
        self._metrics.notices_pending.labels(city.name).set(sum(owed.pending for owed in backlog.values()))
        for name in {*backlog, *(channel.name for desk in city.desks for channel in desk.channels)}:
            owed = backlog.get(name, Backlog(name, 0, 0, 0))
            self._metrics.channel_pending.labels(city.name, name).set(owed.pending)
            self._metrics.channel_dead.labels(city.name, name).set(owed.dead)
            self._metrics.channel_oldest.labels(city.name, name).set(owed.oldest_at / 1000)


def shapes_of(city: City) -> bytes | None:
    """The city's GeoJSON, for the map."""
    return city.shapes.read_bytes() if city.shapes is not None else None
