"""`tocsin worker`: a Faust app with one thin agent over frames; one engine a city.

Faust brings membership, rebalancing and the records; memory is ours (streams/kafka/state.py), for its tables let some
2,000 rows a second pass and prove nothing. A partition is read from the smallest head of its cities on, whatever the
group's offset says; a frame is acknowledged when a memory that contains it is written.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import faust
import structlog
from confluent_kafka import KafkaException
from faust.types import EventT, StreamT

from streams.brokers import Address, Brokers, brokers_at
from streams.crashpoints import never
from streams.kafka import knock
from streams.kafka.clients import FENCED, check_rights
from streams.kafka.crashpoints import Crash, Point
from streams.kafka.membership import Consumer, NoTables, Transport, wire
from streams.kafka.metrics import RoadMetrics, sensor
from streams.kafka.shard import LOOK_SECONDS, Shard
from streams.kafka.topics import FRAMES
from streams.kafka.wire import judged_by_us, texts

log = structlog.get_logger()

NAME: Final = "tocsin-worker"
SAVE_SECONDS: Final = 5.0
"""A save of a city of 44 areas and 8 rules takes 77 ms of a core and writes 210 kB; so many seconds are judged again
in less."""
SAVE_RECORDS: Final = 2_000
"""While a worker catches up: judging so many again takes some 1.4 s of the 3 that a city may wait."""
SESSION_SECONDS: Final = 10.0
HEARTBEAT_SECONDS: Final = 0.5
"""So soon does a worker hear that cities are dealt out anew."""
END_SECONDS: Final = 20.0
BUFFER: Final = 64
"""Records that wait for the agent; a frame may have thousands of rows."""


class Worker:
    """What the agent hands its events to. `shards`: by partition of the frames, those that are held.

    Whatever raises on the way ends the process: Faust would start the agent again behind the record, and it would never
    have been judged. Whoever starts us again goes on from what was saved.
    """

    def __init__(self, address: Address, metrics: RoadMetrics, crash: Crash = never) -> None:
        self._address = address
        self._metrics = metrics
        self._crash = crash
        self.shards: dict[int, Shard] = {}
        self._unsaved: list[EventT[Any]] = []
        self._one_at_a_time = asyncio.Lock()
        self._saved_at = time.monotonic()

    def through(self) -> dict[int, int]:
        """Where each of those that are held is to be read from."""
        return {number: shard.through for number, shard in self.shards.items()}

    async def hold(self, partitions: Iterable[int]) -> None:
        """Hold these and no others."""
        with _or_end():
            async with self._one_at_a_time:
                wanted = set(partitions)
                for number in set(self.shards) - wanted:
                    del self.shards[number]
                loop = asyncio.get_running_loop()
                fresh = sorted(wanted - set(self.shards))
                made = [loop.run_in_executor(None, self._shard, number) for number in fresh]
                self.shards.update(zip(fresh, await asyncio.gather(*made), strict=True))
                self._metrics.held.set(len(self.shards))
                self._crash(Point.HOLDING)

    def _shard(self, number: int) -> Shard:
        return Shard(number, self._address, crash=self._crash, metrics=self._metrics)

    async def let_go(self) -> None:
        """Before partitions move: what was judged is saved, and nothing is judged until it is told what to hold."""
        with _or_end():
            async with self._one_at_a_time:
                await self._save()
                self._crash(Point.LETTING_GO)
                self.shards.clear()
                self._metrics.held.set(0)

    async def take(self, event: EventT[Any]) -> None:
        """Judge one record; save now and then. A record of a partition that moves is left to whoever has it then."""
        with _or_end():
            shard = self.shards.get(event.message.partition)
            async with self._one_at_a_time:
                if shard is None or self.shards.get(event.message.partition) is not shard:
                    return
                begun = time.monotonic()
                self._judge(shard, event)
                self._metrics.judge_seconds.observe(time.monotonic() - begun)
                if len(self._unsaved) >= SAVE_RECORDS or time.monotonic() - self._saved_at >= SAVE_SECONDS:
                    await self._save()

    def _judge(self, shard: Shard, event: EventT[Any]) -> None:
        message = event.message
        found = judged_by_us(message.value, texts(message.headers))
        if found is None:
            log.warning("record_of_a_stranger", partition=message.partition, offset=message.offset)
        else:
            shard.apply((message.key or b"").decode("utf-8", "replace"), found[0], message.offset, found[1])
        self._unsaved.append(event)

    async def save(self) -> None:
        """Write what the engines remember, then acknowledge what it contains."""
        with _or_end():
            async with self._one_at_a_time:
                await self._save()

    async def catch_up(self) -> None:
        """Judge what was left lying for want of a book that has come."""
        with _or_end():
            more = True
            while more:
                async with self._one_at_a_time:
                    loop, shards = asyncio.get_running_loop(), list(self.shards.values())
                    more = any([await loop.run_in_executor(None, one.catch_up, SAVE_RECORDS) for one in shards])

    async def _save(self) -> None:
        loop = asyncio.get_running_loop()
        for shard in list(self.shards.values()):
            await loop.run_in_executor(None, shard.save)
        events, self._unsaved = self._unsaved, []
        for event in events:
            event.ack()
        self._saved_at = time.monotonic()


@contextmanager
def _or_end() -> Iterator[None]:
    """End the process where something raises; at once, for another one may have the partition."""
    try:
        yield
    except KafkaException as fault:
        fenced = fault.args[0].code() in FENCED
        log.exception("worker_fenced" if fenced else "worker_broke")
        os._exit(1)
    except Exception:
        log.exception("worker_broke")
        os._exit(1)


class App(faust.App):
    """The app of one worker process."""

    cities: Worker
    brokers: Brokers


def make_app(address: Address, *, member: str | None = None, metrics: RoadMetrics, crash: Crash = never) -> App:
    """`member`: keeps its partitions over a restart (static membership)."""
    brokers = brokers_at(address)
    app = App(
        NAME,
        **wire(brokers),
        store="memory://",
        web_enabled=False,
        topic_disable_leader=True,
        worker_redirect_stdouts=False,
        broker_commit_interval=0.5,
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=HEARTBEAT_SECONDS,
        consumer_group_instance_id=member,
        consumer_auto_offset_reset="earliest",
        stream_wait_empty=False,
        stream_buffer_maxsize=BUFFER,
        TableManager=NoTables,
    )
    app.brokers = brokers
    app.cities = worker = Worker(brokers, metrics, crash)
    app.sensors.add(sensor(metrics))
    app.transport = Transport(app.conf.broker, app, app.loop)
    frames = app.topic(FRAMES, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    @app.agent(frames)
    async def watch(stream: StreamT[bytes]) -> None:
        async for event in stream.noack().events():  # type: ignore[attr-defined]  # the port of streams lacks it
            await worker.take(event)

    @app.timer(SAVE_SECONDS)  # type: ignore[untyped-decorator]  # faust's
    async def save() -> None:
        await worker.save()
        through = worker.through()
        mine = [at for at in app.consumer.assignment() if at.topic == FRAMES and at.partition in through]
        metrics.unread.set(sum(max(0, (app.consumer.highwater(at) or 0) - through[at.partition]) for at in mine))

    @app.timer(LOOK_SECONDS)  # type: ignore[untyped-decorator]  # faust's
    async def look() -> None:
        await worker.catch_up()

    @app.on_rebalance_complete.connect
    async def hold(*_: object, **__: object) -> None:
        assert isinstance(app.consumer, Consumer)
        if not app.consumer.moving():  # else it comes again, after the next deal
            await worker.hold(at.partition for at in app.consumer.assignment() if at.topic == FRAMES)

    @app.on_partitions_revoked.connect
    async def let_go(*_: object, **__: object) -> None:
        await worker.let_go()

    @app.on_before_shutdown.connect
    async def end(*_: object, **__: object) -> None:
        await worker.let_go()

    return app


class _Process(faust.Worker):
    """Faust's process, which ends in order, or, where that takes long (in the midst of a rebalance), by force: what is
    saved is whole at any moment."""

    def _on_sigterm(self) -> None:
        late = threading.Timer(END_SECONDS, os._exit, (0,))
        late.daemon = True
        late.start()
        super()._on_sigterm()


def run(address: Address, *, metrics: RoadMetrics, member: str | None = None, crash: Crash = never) -> None:
    """Until the process is told to end. Raises SpokenError where a wire that is secured lets us not in."""
    if brokers_at(address).secured:
        knock.check(address)  # Faust would try for ever, and say little
        check_rights(address, "worker", NAME, FRAMES)
    app = make_app(address, member=member, metrics=metrics, crash=crash)
    logging.basicConfig(level=logging.WARNING)  # Faust and mode look for a handler of the root's
    _Process(app, loglevel="warn", override_logging=False, redirect_stdouts=False).execute_from_commandline()
