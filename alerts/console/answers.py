"""Who reads a page, out of what he asks, and how it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from alerts.access.cookies import cookie_name, lay
from alerts.api.troubles import STATUS, WORDS, TroubleError
from alerts.console.pages import THEMES, Reader
from alerts.console.seen import who_asks
from alerts.console.sheets import rooms_of
from alerts.console.speech import choose

LANGUAGE_COOKIE: Final = "tocsin-language"
THEME_COOKIE: Final = "tocsin-theme"
YEAR: Final = 365 * 86_400
"""Seconds."""


def reader_of(request: Request, languages: Sequence[str]) -> Reader:
    """Language and theme, out of the address, the cookies and the browser's wish; never anything else."""
    language = choose(
        request.query_params.get("lang", ""),
        request.cookies.get(cookie_name(LANGUAGE_COOKIE, request.url.scheme), ""),
        request.headers.get("accept-language", ""),
        languages,
    )
    theme = request.cookies.get(cookie_name(THEME_COOKIE, request.url.scheme), THEMES[0])
    who = who_asks(request)
    account, theme = bool(who and who.session), theme if theme in THEMES else THEMES[0]
    return Reader(language, theme, account, who is not None and who.may("view"), rooms=rooms_of(who))


def said_of(request: Request, reader: Reader, trouble: TroubleError | None) -> str:
    """Why something was not done: just now, or as the address says, which may be any text."""
    name = trouble.trouble if trouble is not None else request.query_params.get("said", "")
    return next((words[reader.language] for known, words in WORDS.items() if known == name), "")


def status_of(trouble: TroubleError | None) -> int:
    """The status of a page that says what was not done; None: there is nothing of that kind."""
    return STATUS[trouble.trouble] if trouble is not None else 200


def page(request: Request, html: str, reader: Reader, status: int = 200) -> Response:
    """A page that nobody keeps; a language asked for in the address is remembered."""
    answer = HTMLResponse(html, status, headers={"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"})
    if request.query_params.get("lang") == reader.language:
        lay(answer, request, LANGUAGE_COOKIE, reader.language, seconds=YEAR, site="lax")
    return answer
