"""One city: its journal, its engine and its desk, in one order. Synchronous; one thread owns it.

Every record takes the same walk: stamped, written (durable from here on), judged, said to the desk, answered.
After a kill the walk is taken again from the last good snapshot; the desk drops what it has heard by cause.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

import numpy as np
import structlog
from msgspec import structs

from rules.book import Book
from rules.records import Blind, Frame, Order, Record, Tick, UseBook
from rules.signals import Cause, Signal
from streams.clock import Clock
from streams.crashpoints import Crash, CrashPoint, never
from streams.journal import Cursor, DiskFullError, Journal, Reserve, Snapshot
from streams.metrics import Metrics
from streams.refusals import Refusal
from streams.runtime.ledger import Ledger
from streams.runtime.parcels import Parcel, Receipt, Recovery
from streams.runtime.ports import ClockKind, Counts, Desk, EngineLike, Engines, Listener
from streams.runtime.recovery import BOOK, check_clock, restored
from streams.runtime.showing import NONE_SHOWN, Showing, Shown
from streams.runtime.telling import Telling

log = structlog.get_logger()

STOP_TOLD_MS: Final = 300_000
"""A stop longer than this is told to the engine: what was pushed meanwhile was not heard."""
TICKS_A_COMMIT: Final = 200
RECORDS_A_SHOW: Final = 1_000
"""While a log is judged again: records between two looks at what has settled."""


class Shard:
    """A city at work. `recover` first, then `take` and `tick_to`, `remember` now and then, `close` at the end."""

    def __init__(
        self,
        journal: Journal,
        engines: Engines,
        desk: Desk,
        clock: Clock,
        metrics: Metrics,
        *,
        reserve: Reserve | None = None,
        kind: ClockKind = "wall",
        loading: bool = False,
        crash: Crash = never,
        counts: Counts | None = None,
        shown: Shown = NONE_SHOWN,
    ) -> None:
        self._crash = crash
        self._journal = journal
        self._engines = engines
        self._clock = clock
        self._metrics = metrics
        self.kind: Final = kind
        self._loading = loading
        self._engine: EngineLike | None = None
        self._ledger = Ledger(journal, desk.book.city, metrics, reserve)
        self._telling = Telling(desk, self._ledger, metrics, crash)
        self._showing = Showing(desk.book.city, counts, shown, self._ledger, metrics)
        self._remembered = 0  # head of the last snapshot
        self._untold: list[Blind] = []  # Orders of a longer stop that a full disk did not take

    @property
    def engine(self) -> EngineLike:
        if self._engine is None:
            raise RuntimeError("the city has not recovered yet")
        return self._engine

    @property
    def listeners(self) -> list[Listener]:
        return self._telling.listeners

    @property
    def full(self) -> bool:
        """Whether events are turned away because the disk is full."""
        return self._ledger.full

    def breathe(self) -> bool:
        """Whether events can be taken: always while the disk is not full, else once there is room again."""
        self._telling.again(self._clock.now())
        return not self.full or self._ledger.breathe()

    def choke(self) -> None:
        """Somebody else of the city found the disk full: the reserve is given up."""
        self._ledger.choke()

    @property
    def tick(self) -> int:
        """The last tick, ms; 0 before the first."""
        return self.engine.tick or 0

    @property
    def city(self) -> str:
        return self.engine.book.city

    @property
    def last_offset(self) -> int:
        return self._journal.last_offset

    @property
    def unremembered(self) -> int:
        """Records since the last snapshot."""
        return self._journal.last_offset - self._remembered

    # start

    def recover(self, book: Book, *, heard: Cause | None = None) -> Recovery:
        """Take up the log where it ends, and put `book` in force; `heard`: the last cause the desk has applied.

        Raises JournalError.
        """
        check_clock(self._journal, self.kind, loading=self._loading)
        self._journal.put_book(book)
        begun = restored(self._journal, self._engines, book, self.kind, heard, self._metrics)
        self._engine, self._telling.told = begun.engine, heard
        self._metrics.snapshot_at.labels(self.city).set(self._clock.now() / 1000)
        self._showing.follow(self.engine, self._clock.now() if self.kind == "wall" else 0)
        torn = self._journal.cut_torn(self.engine.offset)
        head = self._remembered = self.engine.offset
        records = 0
        for offset, record in self._journal.read(after=head):
            with self._telling.in_silence(silent=begun.lost_to is not None and offset <= begun.lost_to.offset):
                self._judge([(offset, record)], self._clock.now(), again=True)
            self._crash(CrashPoint.IN_RECOVERY)
            records += 1
            if records % RECORDS_A_SHOW == 0:
                self._showing.show(self.engine)
        self.use(book)
        if torn:
            log.warning("journal_tail_cut", city=self.city, first=torn[0], records=len(torn))
            self._metrics.journal_cut.labels(self.city).inc(len(torn))
        if self._journal.cut_pages:
            log.warning("unfinished_write_cut", city=self.city, pages=self._journal.cut_pages)
        self._show()
        self._crash(CrashPoint.BEFORE_TICKING)
        return Recovery(head, records, tuple(torn), begun.bad, self._journal.cut_pages)

    def use(self, book: Book, order: UseBook | None = None) -> bool:
        """Put `book` in force by an Order, where another one is; whether it was needed. `order`: who wants it so.

        A tick follows at once: no row of a feed that only the new book knows may come before the Order acts.
        """
        if self._journal.meta(BOOK) == book.digest:
            return False
        self._journal.put_book(book)
        self.engine.add_book(book)
        order = structs.replace(order or UseBook(0, ""), start=self.tick + 1, digest=book.digest)
        records: list[Record] = [order]
        if self.tick:
            records.append(Tick(self.tick + 1))
        offsets = self._ledger.write(records, meta={BOOK: book.digest})
        self._judge(list(zip(offsets, records, strict=True)), self._clock.now())
        return True

    def show(self, shown: Shown) -> None:
        """Keep other counts for pages from here on."""
        if shown != self._showing.shown:
            self._showing.show(self.engine)
            self._showing.shown = shown
            self._showing.follow(self.engine, self._clock.now() if self.kind == "wall" else 0)

    def show_counts(self) -> None:
        """Lay out for pages what counts have become; what is open at most every ten seconds."""
        self._showing.show(self.engine, self._clock.steady())

    def tell_stop(self, feeds: Sequence[str], now: int) -> None:
        """After a longer stop: what these feeds pushed meanwhile was not heard. On a full disk: before time passes."""
        since = self.tick
        if since > 0 and now - since > STOP_TOLD_MS:
            self._untold = [Blind(since + 1, feed, since, now) for feed in feeds]
        with suppress(DiskFullError):
            self._tell_stop()

    def _tell_stop(self) -> None:
        while self._untold:
            self.order(self._untold[0])
            del self._untold[0]

    # work

    def take(self, parcels: Sequence[Parcel]) -> list[Receipt]:
        """Write the parcels in one transaction, judge them, answer. Raises DiskFullError: nothing was written."""
        now = self._clock.now()
        for parcel in parcels:
            if parcel.book is not None:
                self.use(parcel.book)
        records: list[Record] = []
        lengths = []
        floor = self.tick
        for parcel in parcels:
            mine = self._records(parcel, now, floor)
            floor = max([floor, *(record.now for record in mine if isinstance(record, Tick))])
            lengths.append(len(mine))
            records.extend(mine)
        cursors = [parcel.cursor for parcel in parcels if parcel.cursor is not None]
        refused = [refusal for parcel in parcels for refusal in parcel.refused]
        offsets = self._ledger.write(records, cursors=cursors, refused=refused)
        answers = self._judge(list(zip(offsets, records, strict=True)), now)
        receipts, place = [], 0
        for length in lengths:
            receipts.append(Receipt(tuple(answer for part in answers[place : place + length] for answer in part)))
            place += length
        return receipts

    def order(self, order: Order) -> None:
        self.take([Parcel(order=order)])

    def tick_to(self, now: int, *, step: int) -> None:
        """Tick on from the last tick to `now` in steps of at most `step` ms; never backwards."""
        self._tell_stop()
        at = self.tick
        if at <= 0:
            at = now - 1
        while at < now:
            ticks: list[Record] = []
            while at < now and len(ticks) < TICKS_A_COMMIT:
                at = min(now, at + step)
                ticks.append(Tick(at))
            offsets = self._ledger.write(ticks)
            self._judge(list(zip(offsets, ticks, strict=True)), self._clock.now())

    def _records(self, parcel: Parcel, now: int, floor: int) -> list[Record]:
        found: list[Record] = []
        if parcel.order is not None:
            found.append(parcel.order)
        if parcel.frame is not None and len(parcel.frame.rows):
            found.append(self._stamped(parcel.frame, now if parcel.stamp is None else min(parcel.stamp, now), floor))
        if parcel.tick is not None and parcel.tick > floor:
            found.append(Tick(parcel.tick))
        return found

    def _stamped(self, frame: Frame, stamp: int, floor: int) -> Frame:
        """The frame with its arrivals as the log's one writer sees them: never at or below the last tick."""
        rows = frame.rows.copy()
        if self.kind == "wall":
            rows["arrived_at"] = stamp
        lifted = int(np.count_nonzero(rows["arrived_at"] <= floor)) if floor > 0 else 0
        if lifted:
            rows["arrived_at"] = np.maximum(rows["arrived_at"], floor + 1)
            self._metrics.stamps_lifted.labels(self.city).inc(lifted)
        return structs.replace(frame, rows=rows)

    def _judge(
        self, records: Sequence[tuple[int, Record]], wall_at: int, *, again: bool = False
    ) -> list[tuple[str, ...]]:
        """Each record through the engine, what it says to the desk; the answers to each record's rows."""
        engine = self.engine
        answers: list[tuple[str, ...]] = []
        signals: list[Signal] = []
        with self._metrics.apply_seconds.labels(self.city).time():
            for offset, record in records:
                signals += engine.apply(record, offset)
                answers.append(tuple(engine.last_answers) if isinstance(record, Frame) else ())
                if isinstance(record, Frame) and not again:
                    self._count(record, answers[-1])
        if signals:
            self._telling.say(signals, engine.book, wall_at)
        self._show()
        return answers

    def _count(self, frame: Frame, answers: Sequence[str]) -> None:
        feeds = frame.rows["feed"].tolist()
        for (feed, answer), n in Counter(zip(feeds, answers, strict=True)).items():
            self._metrics.rows_answered.labels(self.city, frame.feeds[feed], answer).inc(n)

    def _show(self) -> None:
        self._metrics.journal_offset.labels(self.city).set(self._journal.last_offset)
        self._metrics.tick_at.labels(self.city).set(max(0, self.tick) / 1000)

    def load(
        self, records: Sequence[Record], *, cursors: Sequence[Cursor] = (), refused: Sequence[Refusal] = ()
    ) -> None:
        """Write and judge records of the past as they are, rows with their own arrivals. Raises DiskFullError."""
        offsets = self._ledger.write(records, cursors=cursors, refused=refused)
        self._hear(self.engine.apply_all(list(zip(offsets, records, strict=True))))

    def _hear(self, signals: Iterable[Signal]) -> None:
        """Say signals one by one, each at its own time."""
        for signal in signals:
            self._telling.say([signal], self.engine.book, signal.at)
        self._showing.show(self.engine)
        self._show()

    # memory

    def remember(self) -> None:
        """Write a snapshot of the engine after the last record; not while the desk waits to be told, or pages for
        counts."""
        if not self.unremembered or self._telling.waiting:
            return
        self._showing.show(self.engine)
        if self._showing.waiting:
            return
        with self._metrics.snapshot_seconds.labels(self.city).time():
            snapshot = Snapshot(self._journal.last_offset, self.engine.rows(), self._telling.told)
            self._crash(CrashPoint.BEFORE_SNAPSHOT)
            written = self._journal.put_snapshot(snapshot, since=self._remembered)
            self._crash(CrashPoint.AFTER_SNAPSHOT)
        self._metrics.snapshot_bytes.labels(self.city).set(written)
        self._metrics.snapshot_at.labels(self.city).set(self._clock.now() / 1000)
        self._remembered = self._journal.last_offset

    def forget_refused(self, kept: int) -> None:
        self._journal.forget_refused(kept)

    def refused(self, feed: str | None = None) -> list[Refusal]:
        """Every refused record that is kept, newest first."""
        return self._journal.refused(feed=feed, limit=-1)

    def forget(self, partition: str, offsets: Sequence[int]) -> None:
        """Refused records of these places were put through."""
        self._journal.forget_places(partition, offsets)

    def cursors(self) -> Mapping[str, Cursor]:
        return self._journal.cursors()

    def close(self) -> None:
        self._journal.close()
