"""What the gate refuses, as a page: its words in the reader's language, and nothing of what was sent."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from starlette.types import Scope

from alerts.api.troubles import WORDS, Trouble
from alerts.console.answers import reader_of
from alerts.console.pages import trouble_page
from alerts.console.speech import LANGUAGES

KEPT: Final = ("Allow", "WWW-Authenticate")


def refusal_page(scope: Scope, trouble: Trouble, answer: Response) -> Response:
    """`answer`: what a program gets, whose status and `KEPT` headers it has."""
    reader = reader_of(Request(scope), LANGUAGES)
    said = {name: answer.headers[name] for name in KEPT if name in answer.headers}
    headers = {"Cache-Control": "no-store", "Vary": "Accept, Accept-Language, Cookie", **said}
    html = trouble_page(answer.status_code, reader, WORDS[trouble][reader.language])
    return HTMLResponse(html, answer.status_code, headers)
