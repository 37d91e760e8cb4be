"""The outbox: pending notices go out, each channel in a lane of its own, so that a slow one delays no other.

At least once: a notice stays until a receipt is kept, and every try carries the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

import structlog

from alerts.channels.port import Channel, Message, Receipt
from alerts.export import line, rfc3339
from alerts.notice import BACKOFF_TOP_MS, Notice, backoff, settled
from alerts.store import Store
from alerts.words import notice_words
from rules.book import Book

LANE_NOTICES: Final = 25
"""Notices of one run of a lane. At 10 s each a lane ends within the 5 minutes for which its signatures hold."""

Heard = Callable[[Notice, Receipt], None]

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Lane:
    """One channel's road. Touched by one thread at a time: its own while `run` is under way, else the caller's."""

    channel: Channel
    run: Future[None] | None = None
    failures: int = 0  # in a row
    rests_until: int = 0
    unkept: list[tuple[Notice, Receipt]] = field(default_factory=list)  # tried, and not yet in the store


class Outbox:
    """Delivers what the store owes. `books`: city -> the book whose names the words use.

    Names of channels are those in the notices. `on_receipt` (for metrics) is called from the lanes' threads.
    """

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        books: Callable[[str], Book],
        *,
        on_receipt: Heard | None = None,
    ) -> None:
        self._store = store
        self._books = books
        self._on_receipt = on_receipt
        self._lanes = {name: _Lane(channel) for name, channel in channels.items()}
        self._threads = ThreadPoolExecutor(max(1, len(channels)), thread_name_prefix="outbox")
        for owed in store.backlog():
            if owed.channel not in channels:
                _log.warning("channel_missing", channel=owed.channel, pending=owed.pending)

    def deliver_due(self, now: int, *, wait_for_lanes: bool = False) -> int:
        """Start a run in every free lane that has notices due at `now` (ms UTC); how many notices these hold.

        Returns at once, unless `wait_for_lanes`. After a failure a lane rests as long as its failures in a row
        ask, and then goes on with its next notice. Raises what kept an earlier run from keeping its receipts.
        """
        started = sum(self._start(lane, now) for lane in self._lanes.values() if self._is_free(lane, now))
        if wait_for_lanes:
            self._settle()
        return started

    def close(self) -> None:
        """Wait for running lanes (each bounded by its channel), then close the channels."""
        self._threads.shutdown(wait=True)
        for lane in self._lanes.values():
            lane.channel.close()
        self._settle()

    def _is_free(self, lane: _Lane, now: int) -> bool:
        if lane.run is not None:
            if not lane.run.done():
                return False
            run, lane.run = lane.run, None
            run.result()
        clock_went_back = lane.rests_until > now + BACKOFF_TOP_MS
        return clock_went_back or lane.rests_until <= now

    def _start(self, lane: _Lane, now: int) -> int:
        due = self._store.due(lane.channel.name, now, LANE_NOTICES)
        if due or lane.unkept:
            lane.run = self._threads.submit(self._run, lane, due, now)
        return len(due)

    def _settle(self) -> None:
        runs = [lane.run for lane in self._lanes.values() if lane.run is not None]
        wait(runs)
        for lane in self._lanes.values():
            lane.run = None
        for run in runs:
            run.result()

    def _run(self, lane: _Lane, due: Sequence[Notice], now: int) -> None:
        kept = {notice.id for notice, _ in lane.unkept}
        self._keep(lane)
        for notice in due:
            if notice.id in kept:
                continue
            receipt = self._try(lane.channel, notice, now)
            lane.unkept.append((notice, receipt))
            self._keep(lane)
            if receipt.outcome in ("failed", "in_doubt"):
                lane.failures += 1
                lane.rests_until = now + backoff(lane.failures)
                return
            lane.failures = 0

    def _keep(self, lane: _Lane) -> None:
        """Keep what came of the tries. What the store cannot take now is tried again before anything else is sent."""
        while lane.unkept:
            notice, receipt = lane.unkept[0]
            self._store.record(settled(notice, receipt))
            del lane.unkept[0]
            if self._on_receipt is not None:
                self._on_receipt(notice, receipt)

    def _try(self, channel: Channel, notice: Notice, now: int) -> Receipt:
        try:
            return channel.deliver(self._message(notice, channel), now)
        except Exception as fault:  # noqa: BLE001 - a fault in one channel is kept as its receipt, and stops no other
            _log.error("channel_raised", channel=channel.name, notice=notice.id, fault=type(fault).__name__)
            return Receipt(now, "in_doubt", type(fault).__name__)

    def _message(self, notice: Notice, channel: Channel) -> Message:
        book = self._books(notice.city)
        words = notice_words(notice, book, channel.language)
        return Message(
            id=notice.id,
            city=notice.city,
            desk=notice.desk,
            reason=notice.reason,
            language=channel.language,
            title=words.title,
            text=words.text,
            alert=line(notice.alert, book, channel.language),
            created_at=rfc3339(notice.created_at),
        )
