"""The application: `POST /v1/events`, `/healthz`, `/readyz`, `/metrics`; the console at `/`.

An event is answered `accepted` after the journal's fsync and not before. What was turned away (429, 503) was not taken;
what was cut off on the way may have been, and counts once however often it is sent again.
"""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Future
from typing import Any, Final, Protocol, TypeVar

import msgspec
from prometheus_client import Counter, Histogram
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from streams.http import bodies
from streams.http.trouble import Trouble, TroubleError, answer
from streams.intake import Intake
from streams.journal import DiskFullError
from streams.metrics import CONTENT_TYPE, Metrics
from streams.push import EventAnswer, NotTakenError, RawBody
from streams.runtime import QueueFullError, StoppedError
from streams.settings import Settings

EVENTS: Final = "/v1/events"
ARRIVED: Final = "tocsin-arrived"
_T = TypeVar("_T")


class Body(Protocol):
    """A body on its way: futures in `waiting`, then `answers` given what they came to, in order."""

    @property
    def waiting(self) -> Sequence[tuple[Future[Any], object]]: ...
    def answers(self, receipts: Sequence[Any]) -> list[EventAnswer]: ...


class TakesBodies(Protocol):
    """The way in of one city (`streams.push.PushDoor`, on the Kafka road `streams.kafka.posting.PostDoor`)."""

    @property
    def intake(self) -> Intake: ...
    @property
    def tells_repeats(self) -> bool:
        """Whether an event that was known already is told to be."""
        ...

    def take(self, feed: str, records: Sequence[RawBody], *, arrived_at: int | None = None) -> Body: ...


class Counts(Protocol):
    """What this door counts (`streams.metrics.Catalogue` with its figures of doors)."""

    events_received: Counter
    events_refused: Counter
    requests_answered: Counter
    request_seconds: Histogram

    def page(self) -> bytes: ...


class City(Protocol):
    """What this door asks of a city in service (`streams.station.Station`)."""

    @property
    def door(self) -> TakesBodies: ...
    @property
    def pushed_feeds(self) -> tuple[str, ...]: ...
    @property
    def takes_arrivals(self) -> bool: ...
    def alive(self) -> bool: ...
    def unready(self) -> str: ...
    @property
    def stopped_rules(self) -> tuple[str, ...]: ...


class Answers(msgspec.Struct, frozen=True):
    """The answer to a body: how many of each, then one answer an event, in order. `duplicate` is left out where nobody
    knows that yet."""

    accepted: int
    duplicate: int | msgspec.UnsetType
    refused: int
    events: list[EventAnswer]


def create_app(
    cities: Mapping[str, City], console: ASGIApp, settings: Settings, metrics: Metrics, api: ASGIApp | None = None
) -> Starlette:
    """The application over `cities` in service, by name; `api`: what else lies under /v1, the gate before it."""
    door = _Door(cities, settings, metrics)
    return Starlette(
        routes=[
            *door.routes(),
            Route("/metrics", door.scrape),
            *([Mount("/v1", api)] if api is not None else []),
            Mount("/", console),
        ]
    )


def create_way_in(cities: Mapping[str, City], settings: Settings, metrics: Counts) -> Starlette:
    """The way in alone, with the health of whoever answers there."""
    return Starlette(routes=_Door(cities, settings, metrics).routes())


async def _only_post(_request: Request) -> Response:
    return Response(status_code=405, headers={"Allow": "POST"})


class _Door:
    def __init__(self, cities: Mapping[str, City], settings: Settings, metrics: Counts) -> None:
        self._cities = cities
        self._settings = settings
        self._metrics = metrics
        self._token = settings.token.get_secret_value().encode()

    def routes(self) -> list[BaseRoute]:
        return [
            Route(EVENTS, self.post, methods=["POST"]),
            Route(EVENTS, _only_post),
            Route("/healthz", self.health),
            Route("/readyz", self.ready),
        ]

    async def post(self, request: Request) -> Response:
        loop = asyncio.get_running_loop()
        begun = loop.time()
        try:
            response = await self._taken(request)
        except TroubleError as error:
            response = answer(request, error)
        self._metrics.requests_answered.labels(str(response.status_code)).inc()
        self._metrics.request_seconds.observe(loop.time() - begun)
        return response

    async def _taken(self, request: Request) -> Response:
        self._check_token(request)
        city, feed = self._addressed(request)
        arrived_at = _arrival(request, city)
        bodies.check_media(request)
        body = await bodies.read_body(request, self._settings)
        try:
            answers = await self._through(city, feed, request, body, arrived_at)
        except TroubleError as error:
            if error.reason:
                self._metrics.events_received.labels(self._name(city), feed).inc()
                self._metrics.events_refused.labels(self._name(city), feed, error.reason).inc()
            raise
        return _response(answers, tells_repeats=city.door.tells_repeats)

    async def _through(
        self, city: City, feed: str, request: Request, body: bytes, arrived_at: int | None
    ) -> list[EventAnswer]:
        def work() -> Body:
            fills, shape = city.door.intake.speaks_contract(feed), city.door.intake.shape_of(feed)
            records = bodies.records_of(request, body, self._settings, fills=fills, shape=shape)
            return city.door.take(feed, records, arrived_at=arrived_at)

        pushed = await _answered(lambda: run_in_threadpool(work))
        waiting = [asyncio.wrap_future(future) for future, _ in pushed.waiting]
        receipts = await _answered(lambda: _all(waiting, self._settings.answer_seconds))
        return pushed.answers(receipts)

    def _check_token(self, request: Request) -> None:
        if not self._token:
            return
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), self._token):
            raise TroubleError(Trouble.UNKNOWN_CALLER)

    def _addressed(self, request: Request) -> tuple[City, str]:
        """City and feed: as named by query or header, else the only ones there are."""
        name = request.query_params.get("city") or request.headers.get("tocsin-city", "")
        feed = request.query_params.get("feed") or request.headers.get("tocsin-feed", "")
        cities = [self._cities[name]] if name in self._cities else [] if name else list(self._cities.values())
        found = [(city, known) for city in cities for known in city.pushed_feeds if feed in ("", known)]
        if not found:
            raise TroubleError(Trouble.UNKNOWN_FEED)
        if len(found) > 1:
            raise TroubleError(Trouble.WHICH_FEED)
        return found[0]

    def _name(self, city: City) -> str:
        return next(name for name, known in self._cities.items() if known is city)

    async def health(self, _request: Request) -> Response:
        dead = [name for name, city in self._cities.items() if not city.alive()]
        return _said({"dead": dead} if dead else {"alive": list(self._cities)}, 503 if dead else 200)

    async def ready(self, _request: Request) -> Response:
        why = {name: city.unready() for name, city in self._cities.items()}
        waiting = {name: text for name, text in why.items() if text}
        stopped = {name: city.stopped_rules for name, city in self._cities.items() if city.stopped_rules}
        told: dict[str, object] = {"waiting": waiting} if waiting else {"ready": list(self._cities)}
        if stopped:
            told["rules_stopped"] = stopped  # every other rule goes on: the city is ready all the same
        return _said(told, 503 if waiting else 200)

    async def scrape(self, _request: Request) -> Response:
        return Response(await run_in_threadpool(self._metrics.page), media_type=CONTENT_TYPE)


def _arrival(request: Request, city: City) -> int | None:
    said = request.headers.get(ARRIVED)
    if said is None:
        return None
    if not city.takes_arrivals or not said.isascii() or not said.isdigit() or len(said) > len("9999999999999"):
        raise TroubleError(Trouble.BAD_ARRIVAL)
    return int(said)


async def _all(waiting: list[asyncio.Future[Any]], seconds: float) -> list[Any]:
    async with asyncio.timeout(seconds):
        return [await future for future in waiting]


async def _answered(work: Callable[[], Awaitable[_T]]) -> _T:
    """`work`, with what keeps it from an answer turned into words."""
    try:
        return await work()
    except QueueFullError:
        raise TroubleError(Trouble.QUEUE_FULL) from None
    except DiskFullError:
        raise TroubleError(Trouble.DISK_FULL) from None
    except StoppedError:
        raise TroubleError(Trouble.STOPPING) from None
    except NotTakenError:
        raise TroubleError(Trouble.NOT_TAKEN) from None
    except TimeoutError:
        raise TroubleError(Trouble.NOT_ANSWERED) from None


def _response(events: list[EventAnswer], *, tells_repeats: bool) -> Response:
    """202: something new was accepted. 200: nothing new. 422: every event was refused."""
    of = Tally([event.status for event in events])
    answers = Answers(of["accepted"], of["duplicate"] if tells_repeats else msgspec.UNSET, of["refused"], events)
    status = 202 if answers.accepted else 422 if answers.refused and not of["duplicate"] else 200
    return Response(msgspec.json.encode(answers), status, {"Cache-Control": "no-store"}, "application/json")


def _said(document: Mapping[str, object], status: int) -> Response:
    return Response(msgspec.json.encode(document), status, {"Cache-Control": "no-store"}, "application/json")
