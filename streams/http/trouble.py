"""Answers to what cannot be taken: problem+json (RFC 9457), in the reader's language, never with a value that came."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

MEDIA_TYPE: Final = "application/problem+json"


class Trouble(StrEnum):
    """Why a whole request was not taken. Closed."""

    BAD_BODY = "bad_body"
    EMPTY = "empty"
    UNKNOWN_CALLER = "unknown_caller"
    WHICH_FEED = "which_feed"
    UNKNOWN_FEED = "unknown_feed"
    BAD_ARRIVAL = "bad_arrival"
    SLOW_BODY = "slow_body"
    BODY_TOO_LARGE = "body_too_large"
    TOO_MANY_EVENTS = "too_many_events"
    MEDIA = "media"
    ENCODING = "encoding"
    QUEUE_FULL = "queue_full"
    DISK_FULL = "disk_full"
    STOPPING = "stopping"
    NOT_ANSWERED = "not_answered"
    NOT_TAKEN = "not_taken"


STATUS: Final[Mapping[Trouble, int]] = {
    Trouble.BAD_BODY: 400,
    Trouble.EMPTY: 400,
    Trouble.UNKNOWN_CALLER: 401,
    Trouble.WHICH_FEED: 400,
    Trouble.UNKNOWN_FEED: 404,
    Trouble.BAD_ARRIVAL: 400,
    Trouble.SLOW_BODY: 408,
    Trouble.BODY_TOO_LARGE: 413,
    Trouble.TOO_MANY_EVENTS: 413,
    Trouble.MEDIA: 415,
    Trouble.ENCODING: 415,
    Trouble.QUEUE_FULL: 429,
    Trouble.DISK_FULL: 503,
    Trouble.STOPPING: 503,
    Trouble.NOT_ANSWERED: 503,
    Trouble.NOT_TAKEN: 503,
}

HEADERS: Final[Mapping[Trouble, Mapping[str, str]]] = {
    Trouble.UNKNOWN_CALLER: {"WWW-Authenticate": "Bearer"},
    Trouble.ENCODING: {"Accept-Encoding": "gzip"},
    Trouble.QUEUE_FULL: {"Retry-After": "1"},
    Trouble.DISK_FULL: {"Retry-After": "10"},
    Trouble.STOPPING: {"Retry-After": "5"},
    Trouble.NOT_ANSWERED: {"Retry-After": "5"},
    Trouble.NOT_TAKEN: {"Retry-After": "5"},
}

WORDS: Final[Mapping[Trouble, Mapping[str, str]]] = {
    Trouble.BAD_BODY: {
        "en": "The body cannot be read as what its Content-Type says. Nothing of it was taken.",
        "zh-CN": "正文与 Content-Type 不符，无法读取。未接收任何内容。",
    },
    Trouble.EMPTY: {"en": "The body is empty. Send one event or more.", "zh-CN": "正文为空。请至少发送一个事件。"},
    Trouble.UNKNOWN_CALLER: {
        "en": "This door asks for a token: send Authorization: Bearer, then the token.",
        "zh-CN": "此接口需要令牌：请发送 Authorization: Bearer 加令牌。",
    },
    Trouble.WHICH_FEED: {
        "en": "Several feeds can be pushed here: name city and feed in the query, as ?city=...&feed=...",
        "zh-CN": "此处可推送多个数据源：请在查询串中指明城市和数据源，如 ?city=...&feed=...",
    },
    Trouble.UNKNOWN_FEED: {
        "en": "No feed of this name takes pushes here. Its file must say `comes: {push: true}`.",
        "zh-CN": "此处没有可推送的同名数据源。其文件须写明 `comes: {push: true}`。",
    },
    Trouble.BAD_ARRIVAL: {
        "en": "Tocsin-Arrived must be milliseconds since 1970, and only a log on the stream clock takes it.",
        "zh-CN": "Tocsin-Arrived 须为 1970 年以来的毫秒数，且仅用于流时钟的日志。",
    },
    Trouble.SLOW_BODY: {"en": "The body did not come in time.", "zh-CN": "正文未能及时到达。"},
    Trouble.BODY_TOO_LARGE: {
        "en": "The body is larger than this door takes, as sent or unpacked. Send smaller batches.",
        "zh-CN": "正文（发送时或解压后）超出上限。请减小批量。",
    },
    Trouble.TOO_MANY_EVENTS: {
        "en": "The body holds more events than one request may. Send smaller batches.",
        "zh-CN": "单次请求的事件数超出上限。请减小批量。",
    },
    Trouble.MEDIA: {
        "en": "Send application/json, application/x-ndjson, application/cloudevents+json or its batch.",
        "zh-CN": "请使用 application/json、application/x-ndjson、application/cloudevents+json 或其批量形式。",
    },
    Trouble.ENCODING: {"en": "The body may come plain or as gzip.", "zh-CN": "正文只能不压缩或使用 gzip。"},
    Trouble.QUEUE_FULL: {
        "en": "More events wait than the queue may hold. Nothing was lost: send the same again.",
        "zh-CN": "等待写入的事件已达上限。没有丢失：请稍后重发同一内容。",
    },
    Trouble.DISK_FULL: {
        "en": "The disk is full, so nothing can be promised. Send the same again later.",
        "zh-CN": "磁盘已满，无法保证写入。请稍后重发同一内容。",
    },
    Trouble.STOPPING: {
        "en": "The service is stopping or has failed. Send the same again; repeats are counted once.",
        "zh-CN": "服务正在停止或已发生故障。请重发同一内容；重复只计一次。",
    },
    Trouble.NOT_ANSWERED: {
        "en": "The journal did not answer in time. Send the same again; repeats are counted once.",
        "zh-CN": "日志未能及时应答。请重发同一内容；重复只计一次。",
    },
    Trouble.NOT_TAKEN: {
        "en": "The brokers of the Kafka road did not take it. Send the same again; repeats are counted once.",
        "zh-CN": "Kafka 消息代理未接收。请重发同一内容；重复只计一次。",
    },
}


class TroubleError(Exception):
    """Ends the handling of a request. `reason`: out of the closed list of refusals, where there is one."""

    def __init__(self, trouble: Trouble, reason: str = "") -> None:
        super().__init__(trouble.value)
        self.trouble = trouble
        self.reason = reason


def language_of(request: Request) -> str:
    """The first language the client wants, as far as we speak it."""
    return "zh-CN" if request.headers.get("accept-language", "").strip().lower().startswith("zh") else "en"


def answer(request: Request, error: TroubleError) -> Response:
    """The problem as a document. It holds our words only."""
    trouble = error.trouble
    language = language_of(request)
    status = STATUS[trouble]
    document = {
        "type": f"urn:tocsin:trouble:{trouble.value}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": WORDS[trouble][language],
    }
    if error.reason:
        document["reason"] = error.reason
    headers = {**HEADERS.get(trouble, {}), "Content-Language": language, "Cache-Control": "no-store"}
    return Response(msgspec.json.encode(document), status, headers, MEDIA_TYPE)
