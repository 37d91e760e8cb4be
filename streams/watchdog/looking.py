"""Looking at a city from outside: at the last tick in its journal, and at what its address answers.

Each way of looking has a thread of its own. A look that hangs, on a disk or a socket, keeps nobody else from looking,
and is itself seen as a look that saw nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from streams.asking import PAGE_BYTES, asking
from streams.journal import Journal, JournalError
from streams.watchdog.judge import Seen

METRICS: Final = "/metrics"
TICK_METRIC: Final = "tocsin_tick_written_timestamp_seconds"


class Look(Protocol):
    """A way to look at one city."""

    def seen(self) -> Seen:
        """What the newest look saw; nothing where none has ended since this was last asked. Returns at once."""
        ...


class Eye:
    """One way of looking, again and again, in a thread of its own: the newest tick that it saw, once."""

    def __init__(self, name: str, look: Callable[[], int | None], pause: float) -> None:
        self._look = look
        self._pause = pause / 2  # so that each turn of the watchdog finds a fresh look
        self._newest: int | None = None
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends after the look under way; nobody waits for it."""
        self._ended.set()

    def saw(self) -> int | None:
        """What the newest look saw; None where none has ended since this was last asked, or it saw nothing."""
        newest, self._newest = self._newest, None
        return newest

    def _run(self) -> None:
        while not self._ended.is_set():
            self._newest = self._look()
            self._ended.wait(self._pause)


class Lookout:
    """Looks at one city. `url`: of the process that serves it, read with `token`; `journal`: where its log lies."""

    def __init__(self, city: str, *, journal: Path, url: str | None, pause: float, token: str = "") -> None:
        self._log = Eye(f"journal-{city}", lambda: tick_written(journal), pause)
        self._door = Eye(f"door-{city}", lambda: tick_told(url, city, token), pause) if url else None

    def start(self) -> None:
        for eye in (self._log, self._door):
            if eye is not None:
                eye.start()

    def stop(self) -> None:
        for eye in (self._log, self._door):
            if eye is not None:
                eye.stop()

    def seen(self) -> Seen:
        written = self._log.saw()
        if self._door is None:
            return Seen(written)
        told = self._door.saw()
        return Seen(max((tick for tick in (written, told) if tick is not None), default=None), told is not None)


def tick_written(path: Path) -> int | None:
    """The last tick in a journal, ms; None where none can be read."""
    try:
        with closing(Journal.open(path, read_only=True)) as journal:
            return journal.last_tick()
    except JournalError:  # not there yet, locked or damaged: nothing was seen
        return None


def tick_told(url: str, city: str, token: str = "") -> int | None:
    """The last tick of `city` as the process at `url` tells it, ms; None where it does not answer, or not for it."""
    try:
        with (
            asking(token) as client,
            client.stream("GET", url.rstrip("/") + METRICS) as answer,
        ):
            if answer.status_code != httpx2.codes.OK:
                return None
            page = b""
            for part in answer.iter_bytes():
                page += part
                if len(page) > PAGE_BYTES:
                    return None
    except httpx2.HTTPError:
        return None
    return _tick_in(page.decode("utf-8", "replace"), city)


def _tick_in(page: str, city: str) -> int | None:
    try:
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if sample.name == TICK_METRIC and sample.labels.get("city") == city:
                    return round(sample.value * 1000)
    except ValueError:  # it is not a page of figures
        return None
    return None
