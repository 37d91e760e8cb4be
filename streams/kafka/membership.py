"""Faust's consumer as a worker needs it: it goes where memory says, and it ends when it is told to.

aiokafka ends only after a join that it is in has come off, and so does whatever it has sent behind that join: a commit,
a good-bye. A broker answers a join when every member has come back or has been given up for dead. Two workers that end
in one rebalance waited for each other, up to the time-out of a rebalance, a minute. So here the join is dropped, its
connection closed, and the good-bye goes by another one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any, Final

import structlog
from aiokafka.errors import KafkaError
from aiokafka.structs import OffsetAndMetadata
from faust.auth import SASLCredentials, SSLCredentials
from faust.tables import TableManager
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.brokers import MECHANISM, Brokers
from streams.kafka.topics import FRAMES

log = structlog.get_logger()

GOODBYE_MS: Final = 5_000


class Thread(driver.AIOKafkaConsumerThread):
    """The thread of aiokafka's consumer."""

    async def on_thread_stop(self) -> None:
        consumer = self._consumer
        coordinator: Any = consumer._coordinator if consumer is not None else None
        if consumer is not None and coordinator is not None:
            member, generation = coordinator.member_id, coordinator.generation
            joins = coordinator._coordination_task
            while not joins.done():  # it catches what cancels it at some of its steps
                joins.cancel()
                await asyncio.wait([joins], timeout=0.1)
            await consumer._client.close()
            coordinator.reset_generation()  # it says no good-bye of its own, which would open the connection again
            if member and generation > 0:
                brokers: Brokers = self.app.brokers  # type: ignore[attr-defined]  # App of ours
                await asyncio.to_thread(_leave, brokers, self.app.conf.id, member)
        with contextlib.suppress(asyncio.CancelledError):  # of a fetch that waits to be tried again; it would kill
            await super().on_thread_stop()  # the thread before it has told the others that it ends

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Offsets of the group are for those who watch how far a worker is: it goes on from its memory. So one that
        does not come off is no fault; the next one makes up for it."""
        mine = {tp: OffsetAndMetadata(offset, "") for tp, offset in offsets.items() if tp in self.assignment()}
        try:
            await self._ensure_consumer().commit(mine)
        except KafkaError as fault:
            log.info("offsets_not_committed", why=type(fault).__name__)
            return False
        return True

    def close(self) -> None:
        """Faust closes a consumer that rebalances when it is told to end, out of another thread; ours is closed in its
        own."""


def _leave(brokers: Brokers, group: str, member: str) -> None:
    """Say that a member has ended: its partitions move at once. One that is only cut off keeps them for its session."""
    from kafka.admin import KafkaAdminClient, MemberToRemove  # noqa: PLC0415 - a start counts, an end does not
    from kafka.errors import KafkaError as AdminError  # noqa: PLC0415

    try:
        client = KafkaAdminClient(**brokers.kafka_python(), client_id="tocsin-leaves", bootstrap_timeout_ms=GOODBYE_MS)
        try:
            client.remove_group_members(group, [MemberToRemove(member_id=member)])
        finally:
            client.close()
    except (AdminError, OSError) as fault:
        log.warning("worker_left_without_a_word", why=type(fault).__name__)


def wire(brokers: Brokers) -> Mapping[str, Any]:
    """The brokers, and the wire to them, as an app of Faust takes it. Raises OSError, ssl.SSLError."""
    told: dict[str, Any] = {"broker": [f"kafka://{place.strip()}" for place in brokers.address.split(",")]}
    if brokers.named:
        told["broker_credentials"] = SASLCredentials(
            username=brokers.user, password=brokers.password, ssl_context=brokers.context(), mechanism=MECHANISM
        )
    elif brokers.secured:
        told["broker_credentials"] = SSLCredentials(brokers.context())
    return told


class Consumer(driver.Consumer):
    """Goes to the heads of the memory in place of the group's offsets."""

    def _new_consumer_thread(self) -> Thread:
        return Thread(self, loop=self.loop, beacon=self.beacon)

    async def on_stop(self) -> None:
        """No last commit: it would wait behind a join."""
        self.transport._topic_waiters.clear()  # type: ignore[attr-defined]  # the driver's, as its own on_stop does

    async def perform_seek(self) -> None:
        """To where the memory that is held stands. Faust asks once all is held, and whenever a fetch came to nothing
        because cities are being dealt out; then nothing is held, and there is nowhere to go."""
        through: Mapping[int, int] = self.app.cities.through()  # type: ignore[attr-defined]  # App of ours
        mine = {at: through[at.partition] for at in self.assignment() if at.topic == FRAMES and at.partition in through}
        if mine:
            await self._thread.seek_wait(mine)
        self._read_offset.update({at: offset or None for at, offset in mine.items()})

    def moving(self) -> bool:
        """Whether partitions are being dealt out anew just now: what is assigned may be another worker's already."""
        consumer = self._thread._consumer
        return bool(consumer is not None and consumer._subscription.reassignment_in_progress)

    def on_buffer_full(self, tp: TP) -> None:
        """Faust would fetch no more of a partition until its agent has taken some, and forgets to begin again where a
        rebalance has emptied the buffer. Here whoever brings records waits for room."""

    def on_buffer_drop(self, tp: TP) -> None:
        """As above."""


class Transport(driver.Transport):
    """The transport whose consumer is ours."""

    Consumer = Consumer


class NoTables(TableManager):
    """Faust waits a second for tables to be named; there are none."""

    async def on_start(self) -> None:
        await self._update_channels()
        await self.recovery.start()
