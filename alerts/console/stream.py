"""The event stream: a page's live part, sent again after every change and at every beat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Final

from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent

from alerts.console.source import BoardSource

RETRY_MS: Final = 1000
"""How long a page waits before it asks again after a cut."""

STREAMS: Final = 200
"""Open streams at most; one more is told to come later."""


STILL_SECONDS: Final = 4.0
"""A session that has ended is found out within this."""


@dataclass(slots=True)
class Streams:
    """The open streams of one console. `stop` ends them all: an open stream holds a server's stop."""

    beat: float
    pause: float
    open: int = 0
    stopped: bool = False
    _waiting: dict[asyncio.Event, asyncio.AbstractEventLoop] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        return self.open >= STREAMS

    def stop(self) -> None:
        """Ends every open stream, from any thread; new ones end at once."""
        self.stopped = True
        for event, loop in list(self._waiting.items()):
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    async def parts(
        self, source: BoardSource, render: Callable[[], str], last_id: str, still: Callable[[], bool] | None = None
    ) -> AsyncGenerator[ServerSentEvent, None]:
        """Live parts, each under the version that it shows.

        `last_id` is the version that the page holds already: where it is the present one, nothing is sent until it
        changes or the beat comes. `render` runs in a worker thread, and so does `still`: whether whoever looks still
        may; asked within `STILL_SECONDS` all the time.
        """
        stop = asyncio.Event()
        self._waiting[stop] = asyncio.get_running_loop()
        self.open += 1
        seen, rest = last_id, self.beat
        try:
            while not self.stopped:
                version = source.version()
                if str(version) != seen:
                    html = await run_in_threadpool(render)
                    seen = str(version)
                    yield ServerSentEvent(raw_data=html, id=seen, retry=RETRY_MS)
                    await self._first(stop.wait(), within=self.pause)
                wait = min(rest, STILL_SECONDS) if still else rest
                heard = await self._first(stop.wait(), source.changed(version), within=wait)
                if still is not None and not await run_in_threadpool(still):
                    return
                rest = self.beat if heard else rest - wait
                if rest <= 0:
                    seen, rest = "", self.beat  # the clock and the ages have moved on
        finally:
            self.open -= 1
            del self._waiting[stop]

    @staticmethod
    async def _first(*waits: object, within: float) -> bool:
        """Whether any of `waits` came before the time was up. One that raised raises here."""
        tasks = [asyncio.ensure_future(wait) for wait in waits]  # type: ignore[call-overload]  # coroutines of any type
        try:
            done, _ = await asyncio.wait(tasks, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            return bool(done)
        finally:
            for task in tasks:
                task.cancel()
