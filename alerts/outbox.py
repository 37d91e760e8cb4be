"""The outbox: waiting notices go out, each channel in a lane of its own, so that a slow one delays no other.

At least once: a notice stays until a receipt is kept, and every try carries the same id. The most urgent goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Final

import structlog
from msgspec.structs import replace

from alerts import budget
from alerts.channels.port import Channel, Message, Receipt
from alerts.letters import Letter, Letters
from alerts.notice import WAIT_TOP_MS, Notice, backoff, settled
from alerts.store import Store
from rules.book import Book

LANE_NOTICES: Final = 25
"""Notices of one run of a lane. At 10 s each a lane ends within the 5 minutes for which its signatures hold."""
DIGEST_NOTICES: Final = 200
"""So many are looked at for one digest; its bytes let fewer in."""
PUT_OFF: Final = 100
"""Most notices that a lane remembers to try after all others."""

Heard = Callable[[Notice, Receipt], None]

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Lane:
    """One channel's road. Touched by one thread at a time: its own while `run` is under way, else the caller's."""

    channel: Channel
    sent: list[int] = field(default_factory=list)  # when messages had surely arrived: where there is a budget
    run: Future[None] | None = None
    failures: int = 0  # in a row
    rests_until: int = 0
    put_off: set[str] = field(default_factory=set)  # notices that failed where others may pass
    unkept: list[tuple[Letter, Receipt]] = field(default_factory=list)  # tried, and not yet in the store

    @property
    def per_minute(self) -> int:
        return self.channel.limits.per_minute


class Outbox:
    """Delivers what the store owes. `books`: city -> the book whose names the words use.

    Names of channels are those in the notices. `on_receipt` (for metrics) is called from the lanes' threads. `letters`
    makes the messages; without it those of `books`, with no link.
    """

    def __init__(
        self,
        store: Store,
        channels: Mapping[str, Channel],
        books: Callable[[str], Book],
        *,
        on_receipt: Heard | None = None,
        letters: Letters | None = None,
    ) -> None:
        self._store = store
        self._letters = letters or Letters(books)
        self._on_receipt = on_receipt
        self._lanes = {name: _Lane(channel) for name, channel in channels.items()}
        self._threads = ThreadPoolExecutor(max(1, len(channels)), thread_name_prefix="outbox")
        self._fresh = True
        for owed in store.backlog():
            if owed.channel not in channels:
                _log.warning("channel_missing", channel=owed.channel, pending=owed.pending)

    def deliver_due(self, now: int, *, wait_for_lanes: bool = False) -> int:
        """Start a run in every free lane that has notices due at `now` (ms UTC); how many notices these hold.

        Returns at once, unless `wait_for_lanes`. After a failure a lane rests as long as its failures in a row
        ask, and then goes on: with the same notice where the road failed, with its next one where only that notice did.
        Raises what kept an earlier run from keeping its receipts.
        """
        if self._fresh:
            self._recall(now)
        started = sum(self._start(lane, now) for lane in self._lanes.values() if self._is_free(lane, now))
        if wait_for_lanes:
            self._settle(now)
        return started

    def close(self) -> None:
        """Wait for running lanes (each bounded by its channel), then close the channels."""
        self._threads.shutdown(wait=True)
        for lane in self._lanes.values():
            lane.channel.close()
        self._settle(0)

    def _recall(self, now: int) -> None:
        """What an earlier life has spent of the budgets."""
        for lane in self._lanes.values():
            if lane.per_minute:
                since = now - budget.WINDOW_MS - budget.SEND_MS
                lane.sent = budget.arrived(self._store.sends(lane.channel.name, since), now)
        self._fresh = False

    def _is_free(self, lane: _Lane, now: int) -> bool:
        if lane.run is not None:
            run = lane.run
            if not run.done():
                return False
            self._end(lane, now)
            run.result()
        clock_went_back = lane.rests_until > now + WAIT_TOP_MS
        return clock_went_back or lane.rests_until <= now

    def _end(self, lane: _Lane, now: int) -> None:
        """Take the end of a run in. Whatever it sent had arrived by now."""
        lane.run = None
        if lane.per_minute:
            lane.sent = budget.in_window((at or now for at in lane.sent), now)

    def _start(self, lane: _Lane, now: int) -> int:
        letters = self._rationed(lane, now) if lane.per_minute else self._next(lane, now)
        if letters or lane.unkept:
            lane.run = self._threads.submit(self._run, lane, letters, now)
        return sum(len(letter.notices) for letter in letters)

    def _next(self, lane: _Lane, now: int) -> Sequence[Letter]:
        """One letter a notice; those that failed where others may pass come last."""
        due = self._store.due(lane.channel.name, now, LANE_NOTICES + len(lane.put_off))
        due.sort(key=lambda notice: notice.id in lane.put_off)
        return [self._letters.single(notice) for notice in due[:LANE_NOTICES]]

    def _rationed(self, lane: _Lane, now: int) -> Sequence[Letter]:
        """At most one letter, and none while the budget is spent."""
        if budget.plan(lane.sent, now, lane.per_minute, 1) == "wait":
            return ()
        due = self._store.due(lane.channel.name, now, DIGEST_NOTICES)
        due.sort(key=lambda notice: notice.id in lane.put_off)
        allowed = budget.plan(lane.sent, now, lane.per_minute, len(due))
        if not due or allowed == "wait":
            return ()
        first = due[0]
        if first.digest:  # in doubt: the same again, whole
            return [self._letters.again(self._store.digest(first.digest))]
        if allowed == "one":
            return [self._letters.single(first)]
        return [self._letters.digest([notice for notice in due if not notice.digest], lane.channel)]

    def _settle(self, now: int) -> None:
        runs = [lane.run for lane in self._lanes.values() if lane.run is not None]
        wait(runs)
        for lane in self._lanes.values():
            if lane.run is not None:
                self._end(lane, now)
        for run in runs:
            run.result()

    def _run(self, lane: _Lane, letters: Sequence[Letter], now: int) -> None:
        kept = {notice.id for letter, _ in lane.unkept for notice in letter.notices}
        self._keep(lane)
        for letter in letters:
            if any(notice.id in kept for notice in letter.notices):
                continue
            if lane.per_minute:
                self._store.begin(lane.channel.name, now, letter.notices, letter.id)
                lane.sent.append(0)  # until the run is over
            receipt = self._try(lane.channel, letter, now)
            lane.unkept.append((letter, receipt))
            self._keep(lane)
            if receipt.outcome in ("failed", "in_doubt"):
                self._rest(lane, letter, receipt, now)
                return
            lane.failures = 0
            lane.put_off.difference_update(notice.id for notice in letter.notices)

    def _rest(self, lane: _Lane, letter: Letter, receipt: Receipt, now: int) -> None:
        lane.failures += 1
        asked = min(receipt.retry_after, WAIT_TOP_MS) if receipt.road else 0
        lane.rests_until = now + max(backoff(lane.failures), asked)
        if not receipt.road:
            if len(lane.put_off) >= PUT_OFF:
                lane.put_off.clear()
            lane.put_off.update(notice.id for notice in letter.notices[:PUT_OFF])

    def _keep(self, lane: _Lane) -> None:
        """Keep what came of the tries. What the store cannot take now is tried again before anything else is sent."""
        while lane.unkept:
            letter, receipt = lane.unkept[0]
            marked = [replace(notice, digest=letter.id) if lane.per_minute else notice for notice in letter.notices]
            self._store.record(*(settled(notice, receipt, doubted=letter.doubted) for notice in marked))
            del lane.unkept[0]
            if self._on_receipt is not None:
                for notice in letter.notices:
                    self._on_receipt(notice, receipt)

    def _try(self, channel: Channel, letter: Letter, now: int) -> Receipt:
        try:
            return channel.deliver(self._message(letter, channel), now)
        except Exception as fault:  # noqa: BLE001 - a fault in one channel is kept as its receipt, and stops no other
            _log.error("channel_raised", channel=channel.name, notice=letter.id, fault=type(fault).__name__)
            return Receipt(now, "in_doubt", type(fault).__name__)

    def _message(self, letter: Letter, channel: Channel) -> Message:
        return self._letters.message(letter, channel)
