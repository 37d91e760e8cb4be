"""A version that rises, and those who wait for it."""

from __future__ import annotations

import asyncio
import threading


class Bell:
    """Ring it from any thread; wait for it on any event loop. What `BoardSource.version` and `changed` rest on.

    >>> bell = Bell()
    >>> bell.ring(), bell.version()
    (1, 1)
    """

    def __init__(self, version: int = 0) -> None:
        self._version = version
        self._lock = threading.Lock()
        self._waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    def version(self) -> int:
        return self._version

    def ring(self) -> int:
        """Raises the version, wakes all who wait, returns the new version."""
        with self._lock:
            self._version += 1
            waiting, self._waiting = self._waiting, {}
            for event, loop in waiting.items():
                if not loop.is_closed():
                    loop.call_soon_threadsafe(event.set)
            return self._version

    async def changed(self, after: int) -> int:
        """Returns the version as soon as it differs from `after`."""
        while True:
            event = asyncio.Event()
            with self._lock:
                if self._version != after:
                    return self._version
                self._waiting[event] = asyncio.get_running_loop()
            try:
                await event.wait()
            finally:
                with self._lock:
                    self._waiting.pop(event, None)
