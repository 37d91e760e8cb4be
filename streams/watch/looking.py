"""A thread that looks again and again, until it is told to stop or its writer has ended."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

import structlog

from streams.runtime import StoppedError
from streams.watch.feeder import PATIENCE_SECONDS

log = structlog.get_logger()


class Looking(ABC):
    """`start` and `stop`. `every`: seconds between two looks; `name`: of its thread. What is made of it can `look`."""

    def __init__(self, name: str, every: float) -> None:
        self._name = name
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"tocsin-{name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE_SECONDS)

    def alive(self) -> bool:
        return self._thread.is_alive()

    def begin(self) -> None:
        """The first look. Raises StoppedError."""
        self.look()

    @abstractmethod
    def look(self) -> None:
        """One look at all that is watched. Raises StoppedError."""

    def _run(self) -> None:
        try:
            self.begin()
            while not self._stop.wait(self._every):
                self.look()
        except StoppedError:
            log.info("feed_reader_ends_with_its_writer", reader=self._name)
        except BaseException:
            log.exception("feed_reader_broke", reader=self._name)
            raise
