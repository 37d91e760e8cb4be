"""From a request to its raw records: bounded before it is read, unpacked within a bound, split, never parsed twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from starlette.requests import ClientDisconnect, Request

from streams import cloudevents
from streams.feeds.blocks import Json
from streams.feeds.packed import unpacked
from streams.feeds.readers import JSON, NDJSON, split
from streams.http.trouble import Trouble, TroubleError
from streams.push import RawBody
from streams.refusals import Reason, Refused
from streams.settings import Settings

READ: Final = frozenset({JSON, cloudevents.STRUCTURED, cloudevents.BATCH, *NDJSON})
_LARGE: Final = frozenset({Reason.BOMB, Reason.TOO_LARGE})


async def read_body(request: Request, settings: Settings) -> bytes:
    """The bytes as sent. Raises TroubleError: encoding, body_too_large, slow_body."""
    said = request.headers.get("content-length", "")
    if said.isdigit() and int(said) > settings.body_bytes:
        raise TroubleError(Trouble.BODY_TOO_LARGE)
    parts: list[bytes] = []
    length = 0
    try:
        async with asyncio.timeout(settings.body_seconds):
            async for part in request.stream():
                length += len(part)
                if length > settings.body_bytes:
                    raise TroubleError(Trouble.BODY_TOO_LARGE)
                parts.append(part)
    except TimeoutError:
        raise TroubleError(Trouble.SLOW_BODY) from None
    except ClientDisconnect:
        raise TroubleError(Trouble.BAD_BODY) from None
    return b"".join(parts)


def check_media(request: Request) -> None:
    """Whether the content type and encoding can be read, asked before the body is. Raises TroubleError."""
    kind = media_type(request)
    if kind not in READ and not (kind == "" and cloudevents.is_binary(request.headers)):
        raise TroubleError(Trouble.MEDIA)
    if _encoding(request) not in ("", "identity", "gzip"):
        raise TroubleError(Trouble.ENCODING)


def media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _encoding(request: Request) -> str:
    return request.headers.get("content-encoding", "").strip().lower()


def records_of(
    request: Request, body: bytes, settings: Settings, *, fills: bool, shape: Json | None = None
) -> Sequence[RawBody]:
    """The raw records in a body, one an event. Raises TroubleError; costs as much as the body is long.

    `fills`: whether the feed speaks the contract, so that an envelope may fill in what its data leave out. `shape`:
    where the records lie in the feed's documents.
    """
    try:
        if _encoding(request) == "gzip":
            body = unpacked(body, settings.unpacked_bytes)
        if not body.strip():
            raise TroubleError(Trouble.EMPTY, Reason.MALFORMED)
        if cloudevents.is_binary(request.headers):
            return [cloudevents.unwrap_binary(request.headers, body, filled=fills)]
        records = split(body, media_type(request), shape)
    except Refused as refused:
        trouble = Trouble.BODY_TOO_LARGE if refused.reason in _LARGE else Trouble.BAD_BODY
        raise TroubleError(trouble, refused.reason.value) from None
    if len(records) > settings.body_events:
        raise TroubleError(Trouble.TOO_MANY_EVENTS)
    return records
