"""The programming interface as an application, to be mounted at /v1 behind the gate."""

import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

import msgspec
import structlog
from fastapi import Depends, FastAPI, Header, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.exceptions import HTTPException

from alerts import clocks, hold
from alerts.access.cookies import lay, take_back
from alerts.access.gate import COOKIE
from alerts.access.logins import LoginRefused, TooManyTries, UnfitPassword
from alerts.access.roles import Who
from alerts.alert import Alert
from alerts.api.areas import add_areas
from alerts.api.chain import add_chain
from alerts.api.counts import add_counts
from alerts.api.door import DutyCity
from alerts.api.exclusions import ExcludeForm, add_exclusions
from alerts.api.feeds import add_feeds
from alerts.api.forms import Login, MissedForm, MoveForm, MuteForm, alert_of, move_of
from alerts.api.handovers import NoteForm, ReadForm, add_handovers
from alerts.api.mutes import add_mutes
from alerts.api.pages import page_of
from alerts.api.service import Asks, Key, Limit, Service
from alerts.api.service import city_of as _city
from alerts.api.service import in_json as _json
from alerts.api.service import key_of as _key
from alerts.api.shadows import add_shadows
from alerts.api.stream import moves as move_stream
from alerts.api.troubles import Trouble, TroubleError, language_of, problem
from alerts.export import rfc3339

CLEARED: Final = '"cache", "storage"'
"""What a browser clears when somebody leaves, over https. Not "cookies": that takes those of neighbours under the same
domain along, and ours is taken back by name."""
SHIFT_MS: Final = 8 * 3_600_000
Listed = Literal["owed", "running", "held", "all"]
Match = Annotated[str, Header(alias="if-match", max_length=64, description="The ETag that was seen.")]

log = structlog.get_logger(__name__)


def create_api(service: Service) -> FastAPI:
    """The interface over `service`. Whoever asks was let in by the gate, which laid `who` into the request's state."""
    app = FastAPI(title="Tocsin", version="1", docs_url=None, redoc_url=None, telemetry={"logs": False})
    _logins(app, service)
    _alerts(app, service)
    _forms(app, service)
    add_mutes(app, service)
    add_shadows(app, service)
    add_exclusions(app, service)
    add_areas(app, service)
    add_counts(app, service)
    add_chain(app, service)
    add_feeds(app, service)
    add_handovers(app, service)
    _stream(app, service)
    app.add_exception_handler(TroubleError, _told)
    app.add_exception_handler(RequestValidationError, _wrong_form)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)
    return app


def _logins(app: FastAPI, service: Service) -> None:
    @app.post("/sessions", status_code=201)
    def log_in(form: Login, request: Request) -> Response:
        """Log in with password and code. The session is a cookie; programs use tokens (`tocsin users token`)."""
        token = enter(service, request, form.number, form.password, form.code)
        answer = _json({"number": form.number}, 201)
        set_session(answer, request, token)
        return answer

    @app.delete("/sessions/current", status_code=204)
    def log_out(who: Asks, request: Request) -> Response:
        """End this session or token."""
        service.accounts.stop(who)
        answer = Response(status_code=204)
        end_session(answer, request)
        return answer

    @app.delete("/accounts/{number}/sessions")
    def revoke(number: str, who: Asks) -> Response:
        """End every session and token of an account; streams end within five seconds."""
        ended = service.accounts.stop_all(number)
        log.warning("sessions_revoked", by=who.account, number=service.accounts.known(number), ended=ended)
        return _json({"ended": ended})

    @app.get("/me")
    def me(who: Asks) -> Response:
        """Who asks: number, roles, and what may be seen of each city."""
        areas = {city: list(roots) for city, roots in who.areas.items()} if who.areas is not None else None
        return _json({"number": who.account, "roles": list(who.roles), "areas": areas})


def enter(service: Service, request: Request, number: str, password: str, code: str) -> str:
    """A session's secret; the one that the browser had ends. Raises TroubleError."""
    with _told_as_trouble(service, number):
        token = service.logins.enter(number, password, code, _source(request), service.now())
    before: Who | None = getattr(request.state, "who", None)
    if before is not None and before.by_cookie:
        service.accounts.stop(before)
    return token


def changed(service: Service, request: Request, who: Who, password: str, code: str, chosen: str) -> None:
    """Another password, `chosen`, for who gives the present one with a fresh code. Raises TroubleError."""
    with _told_as_trouble(service, who.account):
        service.logins.change(who.account, password, code, _source(request), service.now(), chosen=chosen)
    log.warning("password_changed", number=who.account)


@contextmanager
def _told_as_trouble(service: Service, number: str) -> Iterator[None]:
    try:
        yield
    except LoginRefused:
        log.warning("login_refused", number=service.accounts.known(number))
        raise TroubleError("login_refused") from None
    except TooManyTries as tries:
        log.warning("login_tried_too_often")
        raise TroubleError("too_many_tries", wait=tries.wait) from None
    except UnfitPassword:
        raise TroubleError("password_unfit") from None


def _source(request: Request) -> str:
    return request.client.host if request.client else ""


def set_session(answer: Response, request: Request, token: str) -> None:
    lay(answer, request, COOKIE, token)


def end_session(answer: Response, request: Request) -> None:
    """Take the cookie back, and have the browser forget what it kept of pages and settings."""
    take_back(answer, request, COOKIE)
    answer.headers["Clear-Site-Data"] = CLEARED


def _alerts(app: FastAPI, service: Service) -> None:
    @app.get("/cities")
    def cities(who: Asks) -> Response:
        """The cities that may be seen, with their desks."""
        seen = {name: sorted(city.desks) for name, city in service.cities.items() if who.sees_city(name)}
        return _json({"cities": [{"name": name, "desks": desks} for name, desks in seen.items()]})

    @app.get("/cities/{city}/alerts")
    def alerts(
        city: str,
        who: Asks,
        request: Request,
        listed: Listed = "owed",
        desk: Annotated[str, Query(max_length=64)] = "",
        hours: Annotated[int, Query(ge=1, le=24 * 400, description="Of `all`: how far back.")] = 8,
        limit: Limit = 50,
        cursor: Annotated[str, Query(max_length=200)] = "",
    ) -> Response:
        """Alerts, newest first: those that are owed (default), that run, that are held, or all of the last hours."""
        town = _city(service, who, city)
        found = _listed(town, listed, hours)
        shown = [alert for alert in town.seen(who, found) if desk in ("", alert.desk, *alert.duty.desks)]
        page, following = page_of(shown, cursor, limit)
        book, language = town.book(), language_of(request.headers)
        return _json({"alerts": [alert_of(one, book, language) for one in page], "next": following or None})

    @app.get("/cities/{city}/alerts/{alert_id}")
    def alert(city: str, alert_id: str, who: Asks, request: Request) -> Response:
        """One alert, with its ETag: hand it in as If-Match with a move."""
        town = _city(service, who, city)
        return _alert(town, town.alert(who, alert_id), request)

    @app.get("/cities/{city}/alerts/{alert_id}/moves")
    def moves(city: str, alert_id: str, who: Asks) -> Response:
        """Every move of an alert, oldest first: desk and role, never who."""
        town = _city(service, who, city)
        links = town.store.links_of(town.alert(who, alert_id).id)
        return _json({"moves": [move_of(one) for one in links]})

    @app.get("/cities/{city}/held")
    def held(city: str, who: Asks, area: Annotated[str, Query(max_length=64)] = "") -> Response:
        """What budgets hold, every alert in one group, and how much of each budget is used; of one area, or of all."""
        town = _city(service, who, city)
        kept = town.held(who, area)
        groups = [{**_fields(group), "since": rfc3339(group.since)} for group in hold.digest(kept)]
        budgets = [{**asdict(one), "since": rfc3339(one.since)} for one in town.budgets(who)]
        return _json({"held": len(kept), "groups": groups, "budgets": budgets})

    @app.get("/cities/{city}/overdue")
    def overdue(city: str, who: Asks, request: Request) -> Response:
        """What nobody took in its time, at which level, since when: the list for supervisors."""
        town = _city(service, who, city)
        owed = town.seen(who, (alert for _, alert in town.store.owed()))
        book, language = town.book(), language_of(request.headers)
        late = clocks.overdue(owed, town.desks, town.now())
        return _json(
            {
                "overdue": [
                    {
                        "desk": one.desk,
                        "since": rfc3339(one.since),
                        "levels": one.levels,
                        "alert": alert_of(one.alert, book, language),
                    }
                    for one in late
                ]
            }
        )


def _forms(app: FastAPI, service: Service) -> None:
    @app.post("/cities/{city}/alerts/{alert_id}/moves")
    def move(
        city: str, alert_id: str, form: MoveForm, who: Asks, request: Request, key: Key = "", match: Match = ""
    ) -> Response:
        """Move an alert. With If-Match it is refused (412) where the alert has moved since; with Idempotency-Key it is
        made once."""
        town = _city(service, who, city)
        moved = town.move(who, alert_id, form.act(_key(who, key)), desk=form.desk, seen=_seen(match))
        return _alert(town, moved, request)

    @app.post("/cities/{city}/missed", status_code=201)
    def missed(city: str, form: MissedForm, who: Asks, key: Key = "") -> Response:
        """Say what happened and no alert told of."""
        town = _city(service, who, city)
        town.missed(who, form.missed(_key(who, key)), form.desk)
        return _json({}, 201)

    @app.get("/cities/{city}/missed")
    def all_missed(city: str, who: Asks) -> Response:
        """What was missed, oldest first."""
        town, book = _city(service, who, city), service.cities[city].book()
        told = [move_of(one) for one in town.store.links_of("") if one.verb == "missed"]
        return _json({"missed": [one for one in told if who.sees_area(city, book.areas, str(one.get("area")))]})


def _stream(app: FastAPI, service: Service) -> None:
    def asked(city: str, who: Asks, last: Annotated[str, Header(alias="last-event-id", max_length=18)] = "") -> Any:
        """Found before the stream begins, so that what is unknown is answered 404."""
        town = _city(service, who, city)
        if last and not (last.isascii() and last.isdigit()):
            raise TroubleError("wrong_cursor")
        return town, who, service.live[city], int(last) if last else None

    @app.get("/cities/{city}/stream", response_class=EventSourceResponse)
    async def stream(asked: Any = Depends(asked)) -> AsyncIterator[ServerSentEvent]:
        """Moves as they are made, numbered by the chain: after a cut it goes on behind Last-Event-ID."""
        town, who, live, after = asked

        def still() -> bool:
            return service.accounts.still(who, service.now())

        async for one in move_stream(town, who, after, live.version, live.changed, still, service.stopped):
            yield one


def _listed(city: DutyCity, listed: Listed, hours: int) -> list[Alert]:
    if listed == "owed":
        return [alert for _, alert in city.store.owed()]
    if listed == "held":
        return [alert for _, alert in city.store.held()]
    if listed == "running":
        return city.store.board()
    now = city.now()
    return city.store.between(now - hours * 3_600_000, now + SHIFT_MS)


def _alert(city: DutyCity, alert: Alert, request: Request) -> Response:
    tag = f'"{alert.duty.acts}.{hashlib.sha256(msgspec.json.encode(alert)).hexdigest()[:12]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Language"}
    if request.method == "GET" and request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return _json(alert_of(alert, city.book(), language_of(request.headers)), headers=headers)


def _seen(match: str) -> int | None:
    """How many acts the ETag has seen; None where none was handed in. Raises TroubleError."""
    if match in ("", "*"):
        return None
    acts = match.removeprefix('"').partition(".")[0]
    if not (acts.isascii() and acts.isdigit()):
        raise TroubleError("changed")
    return int(acts[:9])


def _fields(group: hold.Group) -> dict[str, object]:
    return {"rule": group.rule, "area": group.area, "count": group.count, "colour": group.colour, "rank": group.rank}


def note_refusal(request: Request, trouble: str) -> None:
    """Write down who was refused what: the route, never what stood in its address, and the duty number."""
    if trouble in ("unknown", "not_allowed", "no_desk"):
        who, route = request.scope.get("state", {}).get("who"), request.scope.get("route")
        by = who.account if isinstance(who, Who) else ""
        log.warning("request_refused", trouble=trouble, route=getattr(route, "path", ""), by=by)


async def _told(request: Request, fault: Exception) -> Response:
    assert isinstance(fault, TroubleError)
    note_refusal(request, fault.trouble)
    return problem(request.headers, fault.trouble, errors=fault.errors, wait=fault.wait)


async def _wrong_form(request: Request, fault: Exception) -> Response:
    """Names of our own fields alone: what else was sent may name a person."""
    assert isinstance(fault, RequestValidationError)
    known = {
        *MuteForm.model_fields,
        *MoveForm.model_fields,
        *MissedForm.model_fields,
        *ExcludeForm.model_fields,
        *Login.model_fields,
        *NoteForm.model_fields,
        *ReadForm.model_fields,
        "limit",
        "cursor",
        "hours",
        *("after", "before", "newest_first", "alert", "verb", "account", "since"),
        *("until", "rule", "category", "area"),
    }
    places = [str(step) for error in fault.errors() for step in error["loc"][1:] if step in known]
    return problem(request.headers, "wrong_form", errors=sorted(set(places)))


async def _http(request: Request, fault: Exception) -> Response:
    status = fault.status_code if isinstance(fault, HTTPException) else 500
    trouble: Trouble = "unknown" if status == 404 else "method" if status == 405 else "wrong_form"
    return problem(request.headers, trouble)


async def _broken(request: Request, fault: Exception) -> Response:
    log.error("request_broke", kind=type(fault).__name__, exc_info=fault)
    return problem(request.headers, "broken")
