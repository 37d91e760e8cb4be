"""A Prometheus Alertmanager, told by its API v2.

An Alertmanager knows an alert by its labels alone, and forgets one that is not sent again before its `endsAt`. So the
labels hold only what does not move, but for the colour: what was told under an earlier one is ended in the same push.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final

import msgspec

from alerts.channels.addresses import Resolve, lookup
from alerts.channels.port import UNBOUNDED, Limits, Message, Receipt
from alerts.channels.post import SECONDS, Post
from alerts.channels.signature import NOTICE
from alerts.export import rfc3339

RUNS_FOR: Final = timedelta(days=7)
"""An alert of which nothing more is said ends there by itself."""
PATH: Final = "/api/v2/alerts"


class AlertmanagerChannel:
    """POSTs to `url` + `/api/v2/alerts`. `token`: sent as bearer token; b"" none. Raises ValueError as webhooks do."""

    limits: ClassVar[Limits] = UNBOUNDED

    def __init__(
        self,
        name: str,
        url: str,
        token: bytes = b"",
        *,
        language: str = "en",
        private: bool = False,
        seconds: float = SECONDS,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = lookup,
    ) -> None:
        self.name = name
        self.language = language
        self._post = Post(url.rstrip("/") + PATH, private=private, seconds=seconds, tls=tls, resolve=resolve)
        self._headers = {"Authorization": f"Bearer {token.decode('ascii')}"} if token else {}

    def deliver(self, message: Message, at: int) -> Receipt:
        body = msgspec.json.encode(list(entries(message, at)))
        answer = self._post.send(body, {**self._headers, NOTICE: message.id})
        return Receipt(at, answer.outcome, answer.detail, answer.retry_after, answer.road)

    def close(self) -> None:
        """Nothing stays open between two notices."""


def entries(message: Message, at: int) -> Iterator[dict[str, Any]]:
    """What one notice tells an Alertmanager: the alert as it is, and the end of each colour that it had before."""
    alert = message.alert
    colour = str(alert.get("colour", ""))
    moved_on = alert.get("desk", message.desk) != message.desk
    ended = alert.get("state") != "open" or moved_on or message.exercise
    now = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at)
    start = min(str(alert.get("first") or rfc3339(at)), rfc3339(at))
    yield _entry(message, colour, start, rfc3339(at) if ended else _later(now))
    moves: Any = alert.get("moves", ())
    for before in dict.fromkeys(str(move["colour"]) for move in moves):
        if before != colour:
            yield _entry(message, before, start, rfc3339(at))


def _later(now: datetime) -> str:
    return (now + RUNS_FOR).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def _entry(message: Message, colour: str, start: str, end: str) -> dict[str, Any]:
    alert = message.alert
    labels = {
        "alertname": "TocsinExercise" if message.exercise else str(alert.get("rule") or "Tocsin"),
        "alert": str(alert.get("id") or alert.get("kind") or message.id),
        "city": message.city,
        "desk": message.desk,
        "severity": colour or "none",
    }
    annotations = {
        "summary": message.title,
        "description": message.text,
        "reason": message.reason,
        "area": str(alert.get("area") or ""),
        "category": str(alert.get("category") or ""),
    }
    link = {"generatorURL": message.link} if message.link else {}
    return {"labels": labels, "annotations": annotations, "startsAt": start, "endsAt": end, **link}
