"""`POST /v1/events` beside an intake: the door of one machine (streams/http), in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from streams.city import City
from streams.clock import Clock
from streams.http import create_way_in
from streams.kafka.metrics import RoadMetrics
from streams.kafka.posting import PostCity, PostDoor, Posts
from streams.messages import SpokenError
from streams.opened import CityError, intake_of
from streams.runtime.ports import ClockKind
from streams.serve import LOOPBACK, Server, config_of, listen
from streams.settings import Settings

log = structlog.get_logger()

STOP_SECONDS: Final = 30.0


class Reception:
    """Open from the start, at `at` (host:port; port 0 takes a free one); `address` is where. `close` answers what is
    under way first. `on_end`: it ended by itself.

    Raises SpokenError where the address cannot be had or no broker answers.
    """

    def __init__(
        self,
        at: str,
        cities: Sequence[City],
        key: bytes,
        settings: Settings,
        clock: Clock,
        metrics: RoadMetrics,
        *,
        kind: ClockKind,
        on_end: Callable[[], None],
    ) -> None:
        host, port = _parted(at)
        if kind == "stream" and host not in LOOPBACK:
            raise CityError("stream-clock-open", host=host)
        settings = settings.model_copy(update={"host": host, "port": port})
        listener, self.address = listen(settings)
        try:
            self._posts = Posts(settings.brokers, metrics, bound=settings.queue_events, seconds=settings.answer_seconds)
        except SpokenError:
            listener.close()
            raise
        doors = {city.name: PostDoor(intake_of(city, key), self._posts, clock, metrics, kind=kind) for city in cities}
        served = {name: PostCity(door, self._posts, kind=kind) for name, door in doors.items()}
        app = create_way_in(served, settings, metrics)
        self._server = Server(config_of(app, settings), lambda: None, lambda: None)
        self._listener, self._on_end, self._closing = listener, on_end, False
        self.broke = False
        """Whether it ended though nobody told it to."""
        self._thread = threading.Thread(target=self._run, name="tocsin-reception", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._server.run(sockets=[self._listener])
        except Exception:
            log.exception("reception_broke")
        finally:
            self._listener.close()
        if not self._closing:
            self.broke = True
            self._on_end()

    def close(self) -> None:
        """Take no more, answer what is under way."""
        self._closing = True
        self._server.end()
        self._thread.join(STOP_SECONDS)
        self._posts.close()


def _parted(at: str) -> tuple[str, int]:
    host, _, port = at.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise SpokenError("events-at", at=at[:60])
    return host.strip("[]") or "127.0.0.1", int(port)
