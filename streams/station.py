"""A city in service: everything of it wired together, in the order in which it starts and ends.

data folder - key - journal - engine - desk - outbox - writer - doors (push, files) - board
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog
from msgspec import structs
from sqlalchemy.exc import OperationalError

from alerts.alert import Alert
from alerts.api.door import DutyCity
from alerts.channels.port import Channel, Receipt
from alerts.channels.register import open_channel
from alerts.desks import HeadWay
from alerts.export import rfc3339
from alerts.heads import ChannelRoad, FileRoad, HeadRoad, Heads
from alerts.letters import Letters
from alerts.links import link_key, link_of
from alerts.notice import Backlog, Notice
from alerts.ordered import ordered
from alerts.outbox import Outbox
from alerts.purging import DAY_MS, Purger
from alerts.routing import route_of
from rules.engine import Engine
from rules.records import Calibrate
from rules.signals import Signal
from streams.board import CityBoard
from streams.city import City, read_city
from streams.clock import Clock
from streams.engines import RuleEngines
from streams.gate import Class, Gate
from streams.handover import Handed, take_handed
from streams.journal import means_full
from streams.messages import say
from streams.metrics import Metrics
from streams.named import names_of
from streams.opened import CityError, desks_of, intake_of, journal_of, open_city, shown_of
from streams.proving import Prover
from streams.push import PushDoor
from streams.refused_lately import RefusedLately
from streams.releases import ReleaseError, Swap, released
from streams.runtime import ClockKind, Engines, Parcel, Writer
from streams.settings import Settings, read_secret
from streams.watch import Watcher
from streams.weekly import Weekly
from streams.workshop import RuleRoom

log = structlog.get_logger()

TICK_OLD_MS: Final = 15_000
"""A last tick older than this says that time does not pass: not ready."""
DELIVER_EVERY: Final = 1.0
TURNS_UNSEEN: Final = 15
"""Turns that only brought rows, and that the board and the folder of what is handed over may wait for."""


class Station:
    """A city in service. `open`, `start`, then doors are open; `stop` ends it in order."""

    def __init__(
        self,
        city: City,
        settings: Settings,
        clock: Clock,
        metrics: Metrics,
        *,
        kind: ClockKind = "wall",
        shut: bool = False,
        exercise: bool = False,
        engines: Engines | None = None,
    ) -> None:
        self.city = city = released(city, settings.data, settings.language)
        self.kind: Final = kind
        self.on_fault: Callable[[BaseException], None] | None = None
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._opened = opened = open_city(
            city, settings, clock, metrics, kind=kind, engines=engines or RuleEngines(), shut=shut
        )
        self.shard, self.desk, self.store, key = opened.shard, opened.desk, opened.store, opened.key
        if kind == "wall":
            self.shard.tell_stop(self._pushed(), clock.now())
        self.board = CityBoard(city.book, city.languages, shapes_of(city), self.store, exercise=exercise)
        self.shard.listeners.append(self._hear)
        self.acting, self.handing, self.lines = opened.acting, opened.handing, opened.lines
        if not shut:
            self.acting.adopt(clock.now())
        self.acting.reckon()
        roads = [self._head_road(number, way) for number, way in enumerate(city.heads, 1)]
        sent = metrics.head_sent.labels(city.name)
        self.heads = Heads(city.name, self.store, key, roads, lambda at: sent.set(at / 1000))
        link = link_of(settings.address, link_key(key)) if settings.address else None
        letters = Letters(lambda _: self.shard.engine.book, link)
        self.outbox = Outbox(
            self.store, self._channels(), lambda _: self.shard.engine.book, on_receipt=self._tried, letters=letters
        )
        self._texts, self._texts_held = Gate(), threading.Lock()
        self._purger = Purger(city.name, self.store, lambda: self.city.keep)
        self._purge_at = 0
        self._judge = Prover(city.name, self.store, key, city.heads, clock.now)
        self._refused = RefusedLately(journal_of(city.name, settings), clock.steady)
        self.workshop = RuleRoom(lambda: self.city, settings.data, clock, self._ring)
        self._delivered_at = 0.0
        self._changed = True
        self._unseen = 0
        self._stopped = False
        self._rules_stopped: frozenset[str] = frozenset()
        watched = kind == "wall" and any(f.comes.file or f.comes.folder for f in city.feeds.values())
        self.writer = Writer(
            self.shard,
            clock,
            metrics,
            queue_events=settings.queue_events,
            snapshot_records=settings.snapshot_records,
            snapshot_seconds=settings.snapshot_seconds,
            refused_kept=settings.refused_kept,
            backlog=watched,
            after_turn=self._after_turn,
            on_fault=self._broke,
        )
        cursors = self.shard.cursors()
        self.door = PushDoor(intake_of(city, key), self.writer, clock, metrics, cursors, kind=kind)
        self.weekly = Weekly(city.folder, city.name, settings, clock) if kind == "wall" and not shut else None
        self.board.look(self.shard.engine, catching_up=self._catching_up)
        self._watching = intake_of(city, key)
        self.watcher = (
            Watcher(
                city.folder,
                lambda: self._watching,
                self.writer,
                cursors,
                clock,
                metrics,
                every=settings.watch_seconds,
            )
            if watched
            else None
        )

    def _pushed(self) -> list[str]:
        return [name for name, feed in self.city.feeds.items() if feed.comes.push]

    def _channels(self) -> dict[str, Channel]:
        channels: dict[str, Channel] = {}
        for desk in self.city.desks:
            for channel in desk.channels:
                try:
                    channels[channel.name] = open_channel(
                        channel.name,
                        channel.kind,
                        channel.options,
                        language=channel.language,
                        folder=self._opened.folder,
                        secrets=read_secret,
                    )
                except ValueError as fault:
                    raise CityError("channel-unopened", city=self.city.name, why=fault) from None
        return channels

    def _head_road(self, number: int, way: HeadWay) -> HeadRoad:
        if way.kind == "file":
            return FileRoad(Path(str(way.options["path"])))
        try:
            channel = open_channel(
                f"head-{number}",
                way.kind,
                way.options,
                language=self.city.languages[0],
                folder=self._opened.folder,
                secrets=read_secret,
            )
        except ValueError as fault:
            raise CityError("channel-unopened", city=self.city.name, why=fault) from None
        return ChannelRoad(channel)

    # life

    def start(self) -> None:
        self.writer.start()
        if self.watcher is not None:
            self.watcher.start()

    def stop(self) -> None:
        """Doors shut, what waits written, a last snapshot, notices under way ended. Idempotent."""
        if self._stopped:
            return
        self._stopped = True
        if self.watcher is not None:
            self.watcher.stop()
        self.workshop.stop()
        self.writer.stop()
        if self.weekly is not None:
            self.weekly.stop()
        with self._on_a_full_disk():
            self.outbox.close()
        with self._on_a_full_disk():
            self.heads.close(self._clock.now())
        self._opened.close()

    def reread(self) -> Sequence[str]:
        """Read the folder again and put what changed in force; the mistakes, one line each, where it has any.

        Channels of desks are not opened anew: that needs a restart.
        """
        reading = read_city(self.city.folder)
        if reading.city is None:
            return reading.render(self._settings.language).splitlines()
        try:
            city = released(reading.city, self._settings.data, self._settings.language)
        except ReleaseError as fault:
            return fault.render(self._settings.language).splitlines()
        if city.name != self.city.name:
            return [say("renamed", self._settings.language, name=city.name)]
        self.writer.submit_waiting(Parcel(book=city.book)).result(self._settings.answer_seconds)
        self.door.intake = intake_of(city, self._opened.key)
        self._watching = intake_of(city, self._opened.key)
        self.board.reshape(shapes_of(city))
        self.desk.desks = self.acting.desks = desks_of(city)
        self.acting.top, self.acting.route = len(city.book.ladder) - 1, route_of(city.book)
        self.acting.reckon()
        self.city = city
        self.store.put_names(city.name, names_of(city))
        return []

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
            judge=self._judge,
            workshop=self.workshop,
        )

    def _names_nobody(self, text: str) -> bool:
        with self._texts_held:
            return self._texts.verdict(text, Class.PLAIN) is None

    @property
    def key(self) -> bytes:
        """The city's key."""
        return self._opened.key

    @property
    def pushed_feeds(self) -> tuple[str, ...]:
        return tuple(self._pushed() if self.kind == "wall" else self.city.feeds)

    @property
    def takes_arrivals(self) -> bool:
        return self.kind == "stream"

    def alive(self) -> bool:
        return self.writer.alive() and (self.watcher is None or self.watcher.alive())

    def unready(self) -> str:
        """Why pushes had better wait; empty when they need not."""
        if not self.alive():
            return "dead"
        if not self.writer.caught_up:
            return f"catching up, at {rfc3339(self.board.now())[:10]}" if self.board.now() else "catching up"
        if self.shard.full:
            return "disk full"
        if self.kind == "wall" and self._clock.now() - self.board.now() > TICK_OLD_MS:
            return "no tick"
        return "clock stepped" if self._clock.apart_seconds() else ""

    # on the writer's thread

    def _ring(self) -> None:
        self.board.ring()

    def _broke(self, fault: BaseException) -> None:
        if self.on_fault is not None:
            self.on_fault(fault)

    def _hear(self, signals: Sequence[Signal], changed: Sequence[Alert]) -> None:
        self._changed = True

    @property
    def _catching_up(self) -> bool:
        return self.kind == "wall" and not self.writer.caught_up

    @property
    def stopped_rules(self) -> tuple[str, ...]:
        """Rules that judge nothing just now, by hand or because they raised."""
        return tuple(sorted(self._rules_stopped))

    def _after_turn(self) -> None:
        self.shard.show(shown_of(self.city))  # as the folder has it, where it was read again
        rows_alone = self._brought_rows_alone()
        if self.writer.caught_up and self.shard.tick and not rows_alone:
            take_handed(self.shard, self._opened.folder, self._note)
            engine = self.shard.engine
            if self.weekly is not None and isinstance(engine, Engine):
                self.weekly.look(engine)
        self._look_at_rules()
        if not rows_alone and isinstance(self.shard.engine, Engine):
            self.workshop.look(self.shard.engine)
        waited = self._clock.steady() - self._delivered_at
        if self._changed or not rows_alone:
            self.board.look(self.shard.engine, catching_up=self._catching_up)
        if self._changed or (self._catching_up and waited >= DELIVER_EVERY):
            self.board.ring()
        if self._changed or waited >= DELIVER_EVERY:
            self._delivered_at = self._clock.steady()
            self._let_clocks_move()
            self._deliver()
            self._show()
        self._changed = False

    def _note(self, order: Handed | Swap, at: int) -> bool:
        """Write what a person ordered into the desk's chain; whether there was room."""
        if isinstance(order, Swap):
            self.city = replace(self.city, book=self.shard.engine.book)
            with self._on_a_full_disk():
                self.store.put_names(self.city.name, names_of(self.city))
            entry = structs.replace(ordered(order.order, at), id=order.id, about=order.release)
        elif not isinstance(order, Calibrate) and order.by:
            entry = ordered(order, at)
        else:
            return True
        with self._on_a_full_disk():
            self.acting.ordered(entry)
        return self.acting.knows_order(entry.id)

    def _brought_rows_alone(self) -> bool:
        """Whether this turn wrote rows and no time has passed in it: then what need not follow each frame waits for
        the tick, or for some turns. They come in hundreds a second; a look at a feed costs as much as it is long, and
        one at a folder lets another thread go first."""
        shown = self.shard.tick == self.board.now() and not self.board.city().catching_up
        alone = self.kind == "wall" and self.writer.wrote and self.writer.caught_up and shown
        self._unseen = self._unseen + 1 if alone and self._unseen < TURNS_UNSEEN else 0
        return self._unseen > 0

    def _let_clocks_move(self) -> None:
        """What desks owe by now. Not while the past is caught up with: whoever is late there may have been stopped."""
        if not self.writer.caught_up or self.desk.shut:
            return
        blind = frozenset(feed.name for feed in self.board.feeds() if feed.silent_since)
        now = self._clock.now()
        with self._on_a_full_disk():
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
        for table, n in done.gone.items():
            self._metrics.rows_purged.labels(self.city.name, table).inc(n)
        log.info("purged", city=self.city.name, through=done.through, **done.gone)

    def _deliver(self) -> None:
        with self._on_a_full_disk():
            self.outbox.deliver_due(self._clock.now())

    @contextlib.contextmanager
    def _on_a_full_disk(self) -> Iterator[None]:
        """A receipt that finds no room waits in its lane, and the reserve is given up for it."""
        try:
            yield
        except OperationalError as fault:
            if not means_full(fault.orig):
                raise
            self.shard.choke()

    def _tried(self, notice: Notice, receipt: Receipt) -> None:
        """From the lanes' threads."""
        self._metrics.notices_tried.labels(self.city.name, notice.channel, receipt.outcome).inc()

    def _show_channels(self, city: str) -> None:
        backlog = {owed.channel: owed for owed in self.store.backlog()}
        self._metrics.notices_pending.labels(city).set(sum(owed.pending for owed in backlog.values()))
        for name in {*backlog, *(channel.name for desk in self.city.desks for channel in desk.channels)}:
            owed = backlog.get(name, Backlog(name, 0, 0, 0))
            self._metrics.channel_pending.labels(city, name).set(owed.pending)
            self._metrics.channel_dead.labels(city, name).set(owed.dead)
            self._metrics.channel_oldest.labels(city, name).set(owed.oldest_at / 1000)

    def _look_at_rules(self) -> None:
        stopped = self.shard.engine.stopped
        for rule in stopped.keys() - self._rules_stopped:
            log.error("rule_stopped", city=self.city.name, rule=rule, offset=stopped[rule][0], why=stopped[rule][1])
        for rule in self._rules_stopped - stopped.keys():
            log.info("rule_started", city=self.city.name, rule=rule)
        self._changed |= self._rules_stopped != stopped.keys()
        self._rules_stopped = frozenset(stopped)

    def _show(self) -> None:
        name = self.city.name
        for rule in self.shard.engine.book.all_rules:
            self._metrics.rules_stopped.labels(name, rule.id).set(int(rule.id in self._rules_stopped))
        running = {**dict.fromkeys((desk.id for desk in self.city.desks), 0), **self.store.open_by_desk()}
        for desk, n in running.items():
            self._metrics.alerts_open.labels(name, desk).set(n)
        self._show_channels(name)
        for feed in self.board.feeds():
            self._metrics.feed_heard.labels(name, feed.name).set(feed.heard_at / 1000)
            self._metrics.feed_silent.labels(name, feed.name).set(int(feed.silent_since > 0))
            self._metrics.feed_silent_after.labels(name, feed.name).set(feed.silent_after / 1000)


def shapes_of(city: City) -> bytes | None:
    """The city's GeoJSON, for the map."""
    return city.shapes.read_bytes() if city.shapes is not None else None
