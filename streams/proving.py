"""Holding a served city's chain against the heads that lie outside, for the page of those who judge it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from alerts.audit import Judged
from alerts.chain import Head
from alerts.database import DatabaseStore
from alerts.desks import HeadWay
from alerts.heads import read_heads

AGAIN_MS: Final = 10_000
"""So long a proof is given again: each one reads the whole chain."""


class Prover:
    """Asked from any thread; one proof is made at a time. `now`: the desk's clock, ms UTC."""

    def __init__(
        self, city: str, store: DatabaseStore, key: bytes, ways: Iterable[HeadWay], now: Callable[[], int]
    ) -> None:
        self._city = city
        self._store = store
        self._key = key
        self._files = [Path(str(way.options["path"])) for way in ways if way.kind == "file"]
        self._now = now
        self._lock = threading.Lock()
        self._last: Judged | None = None

    def __call__(self) -> Judged:
        with self._lock:
            now, last = self._now(), self._last
            if last is None or not 0 <= now - last.at < AGAIN_MS:
                last = self._last = self._judged(now)
            return last

    def _judged(self, now: int) -> Judged:
        heads: list[Head] = []
        unread = 0
        for path in self._files:
            try:
                found = [head for head in read_heads(path.read_bytes()) if head.city == self._city]
            except OSError:
                found = []
            unread += not found
            heads += found
        return Judged(self._store.prove(heads, self._key), now, len(self._files), unread)
