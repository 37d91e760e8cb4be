"""Being the only one that works on a city's store, also where two hosts share a database: a lock of its schema.

It lives as long as its connection: PostgreSQL lets it go when the process ends, and some seconds after its host is
gone. A file needs none: whoever holds the data folder holds it.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic, sleep
from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from alerts.engines import postgres_alone

PATIENCE_SECONDS: Final = 20.0
"""So long may one that was cut off, or is just ending, still hold it."""
AGAIN_SECONDS: Final = 0.5
_TAKEN: Final = text("select pg_try_advisory_lock(hashtextextended(current_schema(), 1))")
_ALIVE: Final = text("select 1")


class HeldElsewhereError(Exception):
    """Another process works on the city."""


class Sole:
    """The lock, held from here on until `close`. Raises HeldElsewhereError, engines.DatabaseUnusableError."""

    def __init__(self, url: str, city: str, *, seconds: float | None = None) -> None:
        self._engine: Engine = postgres_alone(url, city)
        self._link = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        until = monotonic() + (PATIENCE_SECONDS if seconds is None else seconds)
        while not self._link.scalar(_TAKEN):
            if monotonic() > until:
                self.close()
                raise HeldElsewhereError(city)
            sleep(AGAIN_SECONDS)

    def lost(self) -> bool:
        """Whether its connection is gone, and with it the lock: another one may work on the city by now."""
        try:
            self._link.execute(_ALIVE)
        except DBAPIError:
            return True
        return False

    def close(self) -> None:
        self._link.close()
        self._engine.dispose()


def never_lost() -> bool:
    """Of a store that lies in a folder which this process holds."""
    return False


Lost = Callable[[], bool]
