"""The gate before the whole application: who asks, whether that may be, and whether a browser was led to ask it.

It lays `who` into the request's state; what a role may see of a city is cut where it is read. Before the first account
is made only loopback comes in, and there everybody may do everything but keep the machine: so it is where nothing says
that a proxy stands before us, for over a proxy on this machine everybody comes from loopback.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Final
from urllib.parse import urlsplit

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alerts.access.accounts import Accounts
from alerts.access.cookies import cookie_name
from alerts.access.policy import rule_for, rules_for
from alerts.access.roles import EVERYBODY, Who
from alerts.api.troubles import Trouble, problem

COOKIE: Final = "tocsin-session"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})
"""What a browser calls this machine. Any other name over loopback is a stranger's, led here by a lie of its DNS."""
PROXIED: Final = frozenset({"forwarded", "via", "x-real-ip", "x-client-ip", "cf-connecting-ip", "true-client-ip"})
"""Headers that a proxy adds, beside X-Forwarded-*: whoever sent the request is not on this machine."""
EVENTS: Final = "/v1/events"
"""It has a secret, a bound and words of its own."""
BODY_LONGEST: Final = 64 << 10
LONGER: Final = {"/city/{name}/rules/{rule}/draft": 512 << 10}
"""Addresses that take more: a rule and its cases, 20,000 characters each, of which a form makes up to twelve bytes."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})

Now = Callable[[], int]
Shown = Callable[[Scope, Trouble, Response], Response]
"""A refusal as a page says it, out of the answer that a program gets."""

log = structlog.get_logger(__name__)


class Gate:
    """ASGI. `now`: ms UTC. Refusals are problem+json, to a browser a page (`shown`); one without a session is led to
    the login.

    `alone`: no proxy is told of in the settings; else nobody comes in before the first account. A body that is not
    there after `body_seconds` is read no further.
    """

    def __init__(
        self,
        app: ASGIApp,
        accounts: Accounts,
        now: Now,
        *,
        alone: bool = True,
        shown: Shown | None = None,
        body_seconds: float = 30.0,
    ) -> None:
        self._body_seconds = body_seconds
        self._shown = shown
        self._alone = alone
        self._app = app
        self._accounts = accounts
        self._now = now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = await self._judged(scope)
        if refusal is not None:
            rule, who = rule_for(scope["method"], scope["path"]), scope.get("state", {}).get("who")
            log.warning(
                "request_refused",
                status=refusal.status_code,
                route=rule.template if rule is not None else "",
                by=who.account if who is not None else "",
            )
            await refusal(scope, receive, send)
            return
        slow = scope["method"] not in SAFE and scope["path"] != EVENTS
        await self._app(scope, _in_time(receive, self._body_seconds) if slow else receive, send)

    async def _judged(self, scope: Scope) -> Response | None:
        """Why the request goes no further; None: it may. Lays `who` into its state."""
        path, method, headers = scope["path"], scope["method"], Headers(scope=scope)
        rule = rule_for(method, path)
        most = LONGER.get(rule.template, BODY_LONGEST) if rule is not None else BODY_LONGEST
        if path != EVENTS and method not in SAFE and not _is_short(headers, most):
            return self._refusal(scope, "too_large")
        if rule is None:
            allowed = sorted({one.method for one in rules_for(path)})
            return self._refusal(scope, "method", allowed) if allowed else self._refusal(scope, "unknown")
        who = await run_in_threadpool(self._who, scope, headers)
        scope.setdefault("state", {})["who"] = who
        if rule.action == "public":
            if path != EVENTS and method not in SAFE and _led_here(headers):
                return self._refusal(scope, "led_here")
            return None
        if who is None:
            return self._login(scope)
        if not who.may(rule.action):
            return self._refusal(scope, "not_allowed")
        if method not in SAFE and not _by_token(who) and _led_here(headers):
            return self._refusal(scope, "led_here")
        return None

    def _who(self, scope: Scope, headers: Headers) -> Who | None:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        now = self._now()
        if scheme.lower() == "bearer" and given:
            return self._accounts.who(given.strip(), now, by_cookie=False)
        token = _cookie(headers, scope.get("scheme", "http"))
        if token:
            return self._accounts.who(token, now, by_cookie=True)
        if self._alone and _over_loopback(scope, headers) and self._accounts.empty():
            return EVERYBODY
        return None

    def _login(self, scope: Scope) -> Response:
        if scope["method"] == "GET" and _wants_page(scope):
            return RedirectResponse("/login", 303, {"Cache-Control": "no-store"})
        return self._refusal(scope, "who")

    def _refusal(self, scope: Scope, trouble: Trouble, allow: Sequence[str] = ()) -> Response:
        answer = problem(Headers(scope=scope), trouble, allow=allow)
        return self._shown(scope, trouble, answer) if self._shown is not None and _wants_page(scope) else answer


def _wants_page(scope: Scope) -> bool:
    """Whether a browser asks, for something that is no address of programs."""
    return not scope["path"].startswith("/v1/") and "text/html" in Headers(scope=scope).get("accept", "")


def _in_time(receive: Receive, seconds: float) -> Receive:
    """What is received, as if whoever sends had gone once the body took longer than `seconds`."""
    whole = False
    until: float | None = None

    async def within() -> Message:
        nonlocal whole, until
        if whole:
            return await receive()
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds if until is None else until
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        whole = not message.get("more_body", False)
        return message

    return within


def _is_short(headers: Headers, most: int) -> bool:
    """A body must say how long it is, and be no longer than `most`; of a request without one nothing is said."""
    length = headers.get("content-length", "0")
    digits = length.lstrip("0") or "0"
    said = length.isascii() and length.isdigit() and len(digits) <= len(str(most))
    return "transfer-encoding" not in headers and said and int(digits) <= most


def _by_token(who: Who) -> bool:
    """A token is sent by a program on purpose; a cookie goes along with whatever a page makes a browser send."""
    return bool(who.session) and not who.by_cookie


def _led_here(headers: Headers) -> bool:
    """Whether a browser sends this because a page of somebody else made it. A program says neither, and is believed."""
    site = headers.get("sec-fetch-site", "")
    if site:
        return site not in ("same-origin", "none")
    origin = headers.get("origin", "")
    try:
        return bool(origin) and urlsplit(origin).netloc != headers.get("host", "")
    except ValueError:
        return True


def _cookie(headers: Headers, scheme: str) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(cookie_name(COOKIE, scheme))
    except CookieError:
        return ""
    return found.value if found is not None else ""


def _over_loopback(scope: Scope, headers: Headers) -> bool:
    client = scope.get("client")
    if client is None or client[0] not in LOOPBACK or any(_is_of_a_proxy(name) for name in headers):
        return False
    try:
        return urlsplit(f"//{headers.get('host', '')}").hostname in NAMES
    except ValueError:
        return False


def _is_of_a_proxy(name: str) -> bool:
    return name in PROXIED or name.startswith("x-forwarded-")
