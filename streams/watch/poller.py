"""The thread that looks at the addresses of a city's polled feeds.

An answer is read as a file is, and only when it is another one than before: the cursor holds how far all answers have
been read and which was the last, so that one is taken once, also over a restart. What an answer repeats of earlier
ones is known by its identity.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from streams.clock import Clock
from streams.feeds.blocks import Comes
from streams.feeds.connection import Feed
from streams.feeds.readers import records_of
from streams.journal import Cursor
from streams.keys import Keys
from streams.refusals import Refused
from streams.watch.feeder import Feeder, LaterError
from streams.watch.fetch import Fetch, FetchError
from streams.watch.files import PIECE_RECORDS, Cursors, Piece
from streams.watch.looking import Looking

AGAIN_MS = 60_000
"""A look that failed is tried again after so long, or after `every` where that is shorter."""
LONGEST_WAIT_MS = 3_600_000
"""However long a server asks not to be asked."""
REFUSED = "refused-"


@dataclass(slots=True)
class _Round:
    """Where looking at one feed stands, in ms of the clock. `seen_at`: when the last good look began; `failing`: since
    when every look failed; 0: the last did not."""

    comes: Comes
    fetch: Fetch
    next_at: int
    seen_at: int
    failing: int = 0


class Poller(Looking):
    """`start` and `stop`. `fetch_of` opens an address; `every`: seconds between two looks at which feeds are due."""

    def __init__(self, feeder: Feeder, fetch_of: Callable[[str, Comes], Fetch], clock: Clock, *, every: float) -> None:
        super().__init__("poller", every)
        self._feeder = feeder
        self._fetch_of = fetch_of
        self._clock = clock
        self._rounds: dict[str, _Round] = {}

    def look(self) -> None:
        """Look at every feed that is due. Raises StoppedError."""
        for feed in list(self._feeder.intake.feeds.values()):
            if feed.file.comes.url is None:
                continue
            if self._stop.is_set():
                return
            around = self._round(feed)
            if self._clock.now() >= around.next_at:
                self._look_at(feed, around)

    def _round(self, feed: Feed) -> _Round:
        now, comes = self._clock.now(), feed.file.comes
        known = self._rounds.get(feed.name)
        if known is None or known.comes != comes:
            known = self._rounds[feed.name] = _Round(comes, self._fetch_of(feed.name, comes), now, now)
        return known

    def _look_at(self, feed: Feed, around: _Round) -> None:
        every, looked = around.comes.every, self._clock.now()
        around.next_at = looked + every
        try:
            self._take(feed, around.fetch)
        except LaterError:  # the cursor stands, and the next look is given the whole again
            around.fetch.forget()
            around.next_at = self._clock.now() + min(every, AGAIN_MS)
        except FetchError as fault:
            now = self._clock.now()
            around.failing = around.failing or now
            around.next_at = now + max(min(every, AGAIN_MS), min(fault.seconds * 1000, LONGEST_WAIT_MS))
            if self._feeder.failed(feed, around.seen_at, around.failing, str(fault)):
                around.seen_at = around.failing = now
        else:
            around.failing, around.seen_at = 0, looked

    def _take(self, feed: Feed, fetch: Fetch) -> None:
        feeder = self._feeder
        partition = partition_of(feeder.intake.keys, feed)
        try:
            body = fetch.look()
        except Refused as fault:
            known = feeder.cursor(partition) or Cursor(partition, 0, ":0")
            feeder.hand_over(feed, Piece((), known, self._clock.now(), fault))
            return
        if body is not None:
            for piece in pieces_of(body, feed, partition, feeder.cursor, self._clock.now()):
                feeder.hand_over(feed, piece)


def partition_of(keys: Keys, feed: Feed) -> str:
    """The name under which the records of a polled feed lie in the log; of another address another one."""
    return f"poll-{feed.name}-{keys.short('partition', feed.file.comes.url or ''):016x}"


def pieces_of(body: bytes, feed: Feed, partition: str, cursors: Cursors, stamp: int) -> Iterator[Piece]:
    """What of an answer has not been taken yet. `stamp`: the answer's time, ms.

    Offsets count all the records that the address ever gave; a cursor's mark is the digest of the answer it lies in,
    and the offset at which that one began.
    """
    digest = hashlib.blake2b(body, digest_size=16).hexdigest()
    known = cursors(partition)
    done = known.offset if known else 0
    begun, start = _mark(known)
    first = start if begun.removeprefix(REFUSED) == digest else done
    records = enumerate(records_of(io.BytesIO(body), feed.file), start=first + 1)
    try:
        while batch := list(islice(records, PIECE_RECORDS)):
            last = batch[-1][0]
            if last > done:
                fresh = tuple(record._replace(offset=n) for n, record in batch if n > done)
                yield Piece(fresh, Cursor(partition, last, f"{digest}:{first}"), stamp)
    except Refused as fault:
        if begun != REFUSED + digest:  # once, as long as the answer stays the same
            known = cursors(partition)
            yield Piece((), Cursor(partition, known.offset if known else 0, f"{REFUSED}{digest}:{first}"), stamp, fault)


def _mark(cursor: Cursor | None) -> tuple[str, int]:
    if cursor is None:
        return "", 0
    digest, _, start = cursor.mark.rpartition(":")
    return digest, int(start)
