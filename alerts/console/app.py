"""The console as an application: pages, their streams, shapes and files. What it changes goes through `alerts.api`."""

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import Scope

from alerts.access.roles import Who
from alerts.alert import Alert
from alerts.api.app import note_refusal
from alerts.api.door import DutyCity, is_id
from alerts.api.exclude_door import ExcludeDoor
from alerts.api.service import Service
from alerts.api.troubles import TroubleError
from alerts.console.answers import YEAR, page, reader_of, said_of, status_of
from alerts.console.desk import DeskFigures, desk_figures
from alerts.console.doors import add_doors
from alerts.console.duty import DutyFigures, duty_figures
from alerts.console.excluding import FORM, ExcludeForms, add_excluding, blank, kept_out
from alerts.console.handing import HandoverPages, add_handovers
from alerts.console.headers import HEADERS, SafeHeaders
from alerts.console.moving import MoveForms, add_moves
from alerts.console.mute_doors import add_mute_doors
from alerts.console.naming import Names
from alerts.console.pages import (
    STATIC,
    Desk,
    Floor,
    Reader,
    Sheet,
    alert_page,
    alert_part,
    board_page,
    board_part,
    desk_page,
    desk_part,
    offered,
    shapes_file,
    sheet_page,
    sheet_part,
    trouble_page,
)
from alerts.console.rule_doors import RulePages, add_rule_doors
from alerts.console.seen import SeenSource, who_asks
from alerts.console.sheets import SHEETS, STILL, Asked, drawn, words_of
from alerts.console.source import BoardSource
from alerts.console.speech import LANGUAGES, Speech
from alerts.console.stream import Streams


class KeptFiles(StaticFiles):
    """Static files; one asked for by its content (`?v=`) may be kept for ever."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        kept = f"public, max-age={YEAR}, immutable" if scope["query_string"].startswith(b"v=") else "no-cache"
        answer.headers["Cache-Control"] = kept
        return answer


async def trouble(request: Request, fault: Exception) -> Response:
    """Says in words what is so; never repeats the address or the fault."""
    if getattr(fault, "status_code", 0) == 404:
        note_refusal(request, "unknown")
    wrong = 422 if isinstance(fault, RequestValidationError) else 500
    status = fault.status_code if isinstance(fault, HTTPException) else wrong
    headers = {**HEADERS, "Cache-Control": "no-store", **(getattr(fault, "headers", None) or {})}
    return HTMLResponse(trouble_page(status, reader_of(request, LANGUAGES)), status, headers)


Live = tuple[BoardSource, Callable[[], str]]
"""What a stream shows: where it comes from, and how it is drawn."""


@dataclass(frozen=True, slots=True)
class Console:
    """What every address answers. Runs in worker threads; what is unknown, or may not be seen, raises 404.

    `service`: what moves and sessions go through; None: the console only shows.
    """

    sources: Mapping[str, BoardSource]
    streams: Streams
    service: Service | None = None

    def seen(self, request: Request) -> dict[str, BoardSource]:
        """The cities that whoever asks may see, each cut to his areas."""
        who = who_asks(request)
        if who is None:
            return dict(self.sources)
        return {name: SeenSource(source, who) for name, source in self.sources.items() if who.sees_city(name)}

    def reader(self, request: Request, source: BoardSource) -> Reader:
        return reader_of(request, offered(source))

    def speech(self, request: Request, source: BoardSource) -> Speech:
        return Speech(self.reader(request, source).language, ZoneInfo(source.city().zone))

    def first(self, request: Request) -> str:
        return next(iter(self.seen(request)), "")

    def find_city(self, request: Request, name: str) -> BoardSource:
        seen = self.seen(request)
        if name not in seen:
            raise HTTPException(404)
        return seen[name]

    def find_alert(self, request: Request, alert_id: str) -> tuple[BoardSource, Alert]:
        if is_id(alert_id):
            for source in self.seen(request).values():
                if alert := source.alert(alert_id):
                    return source, alert
        raise HTTPException(404)

    def town(self, request: Request, name: str) -> tuple[DutyCity, Who]:
        """The desk of a city, and who asks. Raises HTTPException where nobody is let in, or it is not there."""
        who, town = who_asks(request), self.service.cities.get(name) if self.service is not None else None
        if who is None or town is None or not who.sees_city(name):
            raise HTTPException(404)
        return town, who

    def desk(self, request: Request, alert: Alert) -> Desk | None:
        """The duty of an alert, where there is somebody who may see it."""
        who = who_asks(request)
        town = self.service.cities.get(alert.city) if self.service is not None else None
        if who is None or town is None:
            return None
        links, moves = town.store.links_of(alert.id), who.may("move")
        by = town.seen(who, town.store.alerts([alert.duty.by]).values()) if alert.duty.by else []
        explains = town.seen(who, town.store.explained_by(alert.id))
        kept = kept_out(alert, ExcludeDoor(town, who))

        def figures(names: Names) -> DutyFigures:
            return duty_figures(
                alert,
                links,
                town.desks,
                names,
                moves=moves,
                explained_by=next(iter(by), None),
                explains=explains,
                kept=kept,
            )

        return figures, town.now()

    def floor(self, request: Request, name: str) -> Floor:
        """What the desk of a city has before it. Raises HTTPException, as `town` does."""
        city, who = self.town(request, name)
        owed = city.seen(who, (alert for _, alert in city.store.owed()))
        mutes, now = city.mutes(who), city.now()

        def figures(names: Names, source: BoardSource) -> DeskFigures:
            hidden = city.acting.hidden
            return desk_figures(owed, mutes, hidden, city.desks, names, source.feeds(), source.now(), now)

        return figures, now, who.may("move")

    def desk_page(self, request: Request, name: str) -> Response:
        return self.desk_again(request, name)

    def desk_again(
        self, request: Request, name: str, trouble: TroubleError | None = None, typed: Mapping[str, str] | None = None
    ) -> Response:
        """As of the card, for the form "missed"."""
        source = self.find_city(request, name)
        reader, who = self.reader(request, source), who_asks(request)
        tree = source.city().book.areas
        areas = [node.code for node in tree.nodes if who is None or who.sees_area(name, tree, node.code)]
        said = said_of(request, reader, trouble)
        html = desk_page(source, reader, self.seen(request), self.floor(request, name), areas, said, typed)
        return page(request, html, reader, status_of(trouble))

    def area(self, request: Request, name: str, code: str) -> Response:
        return self.sheet(request, name, "area", code=code)

    def asked(self, request: Request, name: str, code: str = "") -> Asked:
        """Whoever asks for a sheet of a city. Raises HTTPException, as `town` does."""
        source, (town, who) = self.find_city(request, name), self.town(request, name)
        words = {**words_of(request), **({"code": code} if code else {})}
        tree = town.book().areas
        for area in (words.get("area", ""), words.get("code", "")):
            if area and not (area in tree.by_code and who.sees_area(name, tree, area)):
                raise HTTPException(404)
        return Asked(source, town, who, words)

    def sheet(
        self,
        request: Request,
        name: str,
        kind: str,
        more: Sheet | None = None,
        trouble: TroubleError | None = None,
        code: str = "",
    ) -> Response:
        """The page of a sheet. `more`: what a form has added to it; `trouble`: why it was not done."""
        asked = self.asked(request, name, code)
        reader, fill = self.reader(request, asked.source), drawn(kind, asked)
        html = sheet_page(
            asked.source,
            reader,
            self.seen(request),
            lambda names: {**fill(names), **(more(names) if more else {})},
            said_of(request, reader, trouble),
        )
        return page(request, html, reader, status_of(trouble))

    def mutes(
        self, request: Request, name: str, wish: Callable[[Names], object] | None, trouble: TroubleError | None = None
    ) -> Response:
        """The page of mutes, with what is wished, or why it cannot be."""
        more: Sheet | None = (lambda names: {"wish": wish(names)}) if wish is not None else None
        return self.sheet(request, name, "mutes", more, trouble)

    def front(self, request: Request) -> Response:
        return self.board(request, self.first(request))

    def board(self, request: Request, name: str) -> Response:
        source = self.find_city(request, name)
        reader = self.reader(request, source)
        return page(request, board_page(source, self.with_held(request, reader, name), self.seen(request)), reader)

    def with_held(self, request: Request, reader: Reader, name: str) -> Reader:
        """The reader with the number of what is held in areas that he may see."""
        who, city = who_asks(request), self.service.cities.get(name) if self.service is not None else None
        if who is None or city is None:
            return reader
        tree, held = city.book().areas, city.store.held_areas()
        explained = city.store.explained_areas()
        return replace(
            reader,
            held=sum(n for area, n in held.items() if who.sees_area(name, tree, area)),
            explained=sum(n for area, n in explained.items() if who.sees_area(name, tree, area)),
        )

    def card(self, request: Request, alert_id: str) -> Response:
        """`?form=exclude`: with the form open that keeps its time out, as it stands now."""
        source, alert = self.find_alert(request, alert_id)
        if request.query_params.get("form") != FORM:
            return self.card_again(request, alert_id)
        typed = {"form": FORM, "outcome": "", "note": "", **blank(alert, self.speech(request, source))}
        return self.card_again(request, alert_id, typed=typed)

    def card_again(
        self,
        request: Request,
        alert_id: str,
        trouble: TroubleError | None = None,
        typed: Mapping[str, str] | None = None,
    ) -> Response:
        """`trouble`: why a move was not made; `typed`: what stood in its form, kept for another try."""
        source, alert = self.find_alert(request, alert_id)
        reader = self.reader(request, source)
        said = said_of(request, reader, trouble)
        html = alert_page(source, alert, reader, self.seen(request), self.desk(request, alert), said, typed)
        return page(request, html, reader, status_of(trouble))

    def live(self, request: Request) -> Live:
        """Found before the stream begins, so that what is unknown is answered 404 and a full house 503."""
        if self.streams.full or self.streams.stopped:
            raise HTTPException(503, headers={"Retry-After": "5"})
        if "handover" in request.query_params:
            name = request.query_params.get("city", "")
            turned = self.find_city(request, name)
            pages, turned_reader = HandoverPages(self), self.reader(request, turned)
            return turned, lambda: pages.draw(request, name, turned_reader, turned)
        desk_of = request.query_params.get("desk", "")
        if desk_of:
            desk_source = self.find_city(request, desk_of)
            desk_reader = self.reader(request, desk_source)
            return desk_source, lambda: desk_part(desk_source, desk_reader, self.floor(request, desk_of))
        if kind := request.query_params.get("sheet", ""):
            asked = self.asked(request, request.query_params.get("city", ""))
            if kind in STILL:
                raise HTTPException(404)
            fill, sheet_reader = drawn(kind, asked), self.reader(request, asked.source)
            return asked.source, lambda: sheet_part(asked.source, sheet_reader, fill)
        alert_id = request.query_params.get("alert", "")
        if not alert_id:
            name = request.query_params.get("city", self.first(request))
            board_source = self.find_city(request, name)
            board_reader = self.reader(request, board_source)
            return board_source, lambda: board_part(board_source, self.with_held(request, board_reader, name))
        source, alert = self.find_alert(request, alert_id)
        reader = self.reader(request, source)

        def draw() -> str:
            now = source.alert(alert_id) or alert
            return alert_part(source, now, reader, self.desk(request, now))

        return source, draw

    def still(self, request: Request) -> Callable[[], bool] | None:
        """Whether whoever asks may still look."""
        who, service = who_asks(request), self.service
        if who is None or service is None:
            return None
        return lambda: service.accounts.still(who, service.now())

    def shapes(self, request: Request, name: str) -> Response:
        source = self.find_city(request, name)
        data = shapes_file(source, self.reader(request, source).language)
        if data is None:
            raise HTTPException(404)
        tag = f'"{hashlib.sha256(data).hexdigest()[:16]}"'
        headers = {"ETag": tag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(data, media_type="application/geo+json", headers=headers)


def _sheet(console: Console, kind: str) -> Callable[[Request, str], Response]:
    def answer(request: Request, name: str) -> Response:
        return console.sheet(request, name, kind)

    return answer


def create_app(
    sources: Mapping[str, BoardSource], service: Service | None = None, *, beat: float = 10.0, pause: float = 0.5
) -> FastAPI:
    """The console over `sources`, by city; the first one is shown at `/`. With `service` alerts can be moved and
    sessions begun; the gate must then stand before it.

    A page is drawn again at most every `pause` and at least every `beat` seconds. `app.state.streams.stop()` ends the
    open streams: call it before the server drains. Raises ValueError where there is no source, or one under another
    city's name.
    """
    if not sources:
        raise ValueError("a console needs at least one city")
    for name, source in sources.items():
        if source.city().name != name:
            raise ValueError(f"the board of {source.city().name!r} cannot be shown under the name {name!r}")
    app = FastAPI(title="Tocsin", docs_url=None, redoc_url=None, openapi_url=None, telemetry={"logs": False})
    app.state.streams = streams = Streams(beat, pause)
    console = Console(sources, streams, service)
    app.add_middleware(SafeHeaders)
    app.mount("/static", KeptFiles(directory=STATIC), name="static")
    for path, answer in (
        ("/", console.front),
        ("/city/{name}", console.board),
        ("/alert/{alert_id}", console.card),
        ("/shapes/{name}.json", console.shapes),
    ):
        app.get(path, response_model=None)(answer)

    @app.get("/events", response_class=EventSourceResponse)
    async def events(request: Request, live: Live = Depends(console.live)) -> AsyncIterator[ServerSentEvent]:
        source, draw = live
        last, still = request.headers.get("last-event-id", ""), console.still(request)
        async for part in streams.parts(source, draw, last, still):
            yield part

    if service is not None:
        app.get("/city/{name}/desk", response_model=None)(console.desk_page)
        for kind in SHEETS:
            app.get(f"/city/{{name}}/{kind}", response_model=None)(_sheet(console, kind))
        app.get("/city/{name}/area/{code}", response_model=None)(console.area)
        add_doors(app, service)
        add_mute_doors(app, console)
        add_rule_doors(app, RulePages(console))
        add_moves(app, MoveForms(console, service))
        add_excluding(app, ExcludeForms(console))
        add_handovers(app, HandoverPages(console))

    app.add_exception_handler(HTTPException, trouble)
    app.add_exception_handler(RequestValidationError, trouble)
    app.add_exception_handler(Exception, trouble)
    return app
