"""What was refused lately, by feed and reason: read from the journal beside its writer, for the page of feeds."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

from alerts.api.door import Refused
from streams.journal.faults import JournalError
from streams.journal.refused import reasons
from streams.journal.schema import connect
from streams.refusals import MEANINGS, Reason

FRESH_SECONDS: Final = 10.0
"""So long an answer is given again: many pages ask, and each asking reads every record that is kept."""


class RefusedLately:
    """Asked from any thread. `steady`: seconds of a clock that does not step."""

    def __init__(self, journal: Path, steady: Callable[[], float]) -> None:
        self._journal = journal
        self._steady = steady
        self._lock = threading.Lock()
        self._known: tuple[float, int, tuple[Refused, ...] | None] = (float("-inf"), 0, None)

    def __call__(self, since: int) -> Sequence[Refused] | None:
        """The most frequent first; None where the journal cannot be read just now. `since`: ms UTC."""
        with self._lock:
            at, asked, found = self._known
            if asked != since or self._steady() - at > FRESH_SECONDS:
                found = self._read(since)
                self._known = self._steady(), since, found
            return found

    def _read(self, since: int) -> tuple[Refused, ...] | None:
        try:
            with closing(connect(self._journal, read_only=True)[0]) as link:
                rows = reasons(link, since)
        except (JournalError, sqlite3.Error):
            return None
        return tuple(Refused(feed, reason, n, MEANINGS[Reason(reason)]) for feed, reason, n in rows)
