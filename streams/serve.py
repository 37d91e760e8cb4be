"""One process, some cities: uvicorn with one worker on the main thread, a writer's thread a city.

Never more workers than one: streams, metrics and writers live in this process. On SIGTERM the event streams end first
(an open one would hold the stop), then requests under way, then what waits is written and remembered.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import structlog
import uvicorn
from starlette.types import ASGIApp

from streams.city import City
from streams.clock import Clock, WallClock
from streams.guarded import Served, guard
from streams.metrics import Metrics
from streams.opened import CityError, city_of
from streams.runtime import ClockKind
from streams.settings import Settings
from streams.station import Station
from streams.wire_settings import pair

log = structlog.get_logger()

DRAIN_SECONDS: Final = 5
IDLE_SECONDS: Final = 15
MISTAKES_TOLD: Final = 20
"""Most mistakes of a folder that the log repeats."""
HTTPS_SECONDS: Final = 31_536_000
"""A year: so long a browser remembers to come over https alone."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class Server(uvicorn.Server):
    """Uvicorn, ended by our own order: streams first, and no signal raised again after the end."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None], reread: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams
        self._reread = reread

    def end(self) -> None:
        """End in order. From any thread."""
        self._end_streams()
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        loop = asyncio.get_running_loop()
        try:
            loop.add_signal_handler(signal.SIGTERM, self.end)
            loop.add_signal_handler(signal.SIGINT, self.end)
            loop.add_signal_handler(signal.SIGHUP, self._reread)
        except (ValueError, RuntimeError):  # not the main thread (tests): whoever made it ends it
            yield
            return
        yield
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.remove_signal_handler(number)


def listen(settings: Settings) -> tuple[socket.socket, str]:
    """Take the address of the settings; the socket and what it is reached by. Raises CityError where it is taken."""
    host, port = settings.host, settings.port
    if host not in LOOPBACK and not settings.token.get_secret_value():
        log.warning("open_to_the_network", advice="set TOCSIN_TOKEN, or listen on 127.0.0.1")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as fault:
        listener.close()
        raise CityError("address-taken", host=host, port=port, why=fault.strerror) from None
    bound = listener.getsockname()[1]
    scheme = "http" if settings.certificate is None else "https"
    return listener, f"{scheme}://{f'[{host}]' if family == socket.AF_INET6 else host}:{bound}"


def config_of(app: ASGIApp, settings: Settings) -> uvicorn.Config:
    """How uvicorn serves `app`. Who asks is whoever connects, unless that is a proxy that the settings name.

    With a certificate: TLS 1.2 or later, and browsers are told to come by nothing else (RFC 6797).
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="off",
        server_header=False,
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=settings.proxies or None,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=IDLE_SECONDS,
        ssl_certfile=settings.certificate,
        ssl_keyfile=settings.certificate_key,
        headers=[] if settings.certificate is None else [("Strict-Transport-Security", f"max-age={HTTPS_SECONDS}")],
    )
    config.load()
    if config.ssl is not None:
        config.ssl.minimum_version = ssl.TLSVersion.TLSv1_2
    return config


class Service:
    """Cities in service behind one address. `run` returns when the process is told to end."""

    def __init__(self, stations: Sequence[Served], settings: Settings, clock: Clock, metrics: Metrics) -> None:
        self._stations: Mapping[str, Served] = {station.city.name: station for station in stations}
        guarded = guard(self._stations, settings, clock, metrics)
        self._settings = settings
        self.server = Server(config_of(guarded.app, settings), guarded.end_streams, self._reread)
        self.faults: list[BaseException] = []

    def run(self, listener: socket.socket, address: str) -> bool:
        """Serve until told to end; True where nothing broke."""
        for station in self._stations.values():
            station.start()
        log.info("listening", address=address, cities=list(self._stations))
        try:
            self.server.run(sockets=[listener])
        finally:
            for station in self._stations.values():
                station.stop()
        log.info("ended", faults=len(self.faults))
        return not self.faults

    def broke(self, fault: BaseException) -> None:
        """A writer broke its promise: the process ends; the log still has the record."""
        self.faults.append(fault)
        self.server.end()

    def _reread(self) -> None:
        self._take_certificate()
        loop = asyncio.get_running_loop()
        for name, station in self._stations.items():
            loop.run_in_executor(None, _reread, name, station)

    def _take_certificate(self) -> None:
        """What lies in the certificate's files now holds for connections that come; open ones keep theirs."""
        certificate, key, context = self._settings.certificate, self._settings.certificate_key, self.server.config.ssl
        if certificate is None or key is None or context is None:
            return
        wrong = [one.values["name"] for one in pair(certificate, key, "certificate")]
        if wrong:  # the one in force goes on
            log.error("certificate_not_read_again", settings=wrong, advice="mend the files, then send SIGHUP again")
            return
        context.load_cert_chain(certificate, key)
        log.info("certificate_read_again")


def _reread(name: str, station: Served) -> None:
    try:
        mistakes = station.reread()
    except Exception:
        log.exception("city_not_read_again", city=name)  # the one in force goes on
        return
    for mistake in mistakes[:MISTAKES_TOLD]:
        log.error("mistake", city=name, at=mistake)
    if mistakes:
        log.error("city_not_read_again", city=name, mistakes=len(mistakes), advice="run tocsin check")
    else:
        log.info("city_read_again", city=name)


class Opens(Protocol):
    """What brings a city into service: `streams.station.Station`, or a desk of the Kafka road."""

    def __call__(
        self, city: City, settings: Settings, clock: Clock, metrics: Metrics, *, kind: ClockKind
    ) -> Served: ...


def serve(
    folders: Sequence[Path],
    settings: Settings,
    *,
    kind: ClockKind,
    told: Callable[[str], None],
    opens: Opens = Station,
) -> bool:
    """Serve the cities in `folders`; `told` gets the address once it is had. Raises CityError, JournalError."""
    if kind == "stream" and settings.host not in LOOPBACK:
        raise CityError("stream-clock-open", host=settings.host)
    if kind == "wall" and settings.crash_at:
        raise CityError("crash-point-live")
    cities = [city_of(folder, settings.language) for folder in folders]
    names = [city.name for city in cities]
    if len(set(names)) < len(names):
        raise CityError("one-name-twice", names=", ".join(sorted(names)))
    clock, metrics = WallClock(), Metrics()
    stations: list[Served] = []
    with contextlib.ExitStack() as opened:
        listener, address = listen(settings)  # before anything is written
        opened.callback(listener.close)
        for city in cities:
            stations.append(opens(city, settings, clock, metrics, kind=kind))
            opened.callback(stations[-1].stop)
        service = Service(stations, settings, clock, metrics)
        for station in stations:
            station.on_fault = service.broke
        told(address)
        return service.run(listener, address)
