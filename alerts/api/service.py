"""What the addresses of the interface stand on: the cities, who asks, and how an answer is written."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import Depends, Header, Query, Request
from fastapi.responses import Response

from alerts.access.accounts import Accounts
from alerts.access.logins import Logins
from alerts.access.roles import Who
from alerts.api.door import DutyCity
from alerts.api.pages import MOST
from alerts.api.troubles import TroubleError

Limit = Annotated[int, Query(ge=1, le=MOST)]
Key = Annotated[str, Header(alias="idempotency-key", max_length=200, description="The same key is done once.")]


@dataclass(frozen=True, slots=True)
class Live:
    """How a stream waits: the version of what is shown, and what comes after it."""

    version: Callable[[], int]
    changed: Callable[[int], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Service:
    """Everything that the interface stands on. `now`: ms UTC; `stopped`: whether streams are to end."""

    cities: Mapping[str, DutyCity]
    live: Mapping[str, Live]
    accounts: Accounts
    logins: Logins
    now: Callable[[], int]
    stopped: Callable[[], bool]


def who_asks(request: Request) -> Who:
    who = request.scope.get("state", {}).get("who")
    if not isinstance(who, Who):
        raise TroubleError("who")
    return who


Asks = Annotated[Who, Depends(who_asks)]


def city_of(service: Service, who: Who, name: str) -> DutyCity:
    city = service.cities.get(name)
    if city is None or not who.sees_city(name):
        raise TroubleError("unknown")
    return city


def key_of(who: Who, key: str) -> str:
    """What the chain keeps of a key: it is its account's own."""
    return hashlib.sha256(f"{who.account}\0{key}".encode()).hexdigest()[:32] if key else ""


def in_json(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        msgspec.json.encode(value), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json"
    )


def tagged(request: Request, value: object) -> Response:
    """An answer with its ETag; nothing but that where the asker has it already."""
    tag = f'"{hashlib.sha256(msgspec.json.encode(value)).hexdigest()[:16]}"'
    headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Language"}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    return in_json(value, headers=headers)
