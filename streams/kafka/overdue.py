"""Ends a process in which a call of the library does not come back in its own time.

`send_offsets_to_transaction` does not look at its timeout while the group's coordinator is away, and once the broker
is back it may wait for ever (librdkafka issues 5456 and 5511): an intake stood still after a broker's restart, and
heard no signal, for a signal is heard between two calls. Decision: docs/decisions/0059.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

log = structlog.get_logger()


class Overdue:
    """`bounded` calls end within `seconds`, or the process does, with exit code 1. One thread, from the first on."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._changed = threading.Condition()
        self._limit: float | None = None
        self._call = ""
        self._thread: threading.Thread | None = None

    @contextmanager
    def bounded(self, call: str) -> Iterator[None]:
        """For one call at a time."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, name="tocsin-overdue", daemon=True)
            self._thread.start()
        with self._changed:
            self._call, self._limit = call, time.monotonic() + self._seconds
            self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._limit = None

    def _look(self) -> None:
        with self._changed:
            while True:
                left = None if self._limit is None else self._limit - time.monotonic()
                if left is not None and left <= 0:
                    log.error("call_overdue", call=self._call, seconds=self._seconds)
                    os._exit(1)
                self._changed.wait(left)
