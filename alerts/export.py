"""The line of `alerts.jsonl`: one alert's final state as data, for files, webhooks and whoever reads them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from alerts.alert import Alert
from alerts.words.figures import node_name
from rules.book import Book

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def line(alert: Alert, book: Book, language: str = "en") -> dict[str, object]:
    """One alert. Times RFC 3339 with Z; `over_at` and `merged_into` are null where there is none, `last` never is."""
    signal, evidence = alert.signal, alert.signal.evidence
    return {
        "id": alert.id,
        "key": signal.key,
        "city": alert.city,
        "rule": signal.rule,
        "rule_version": signal.rule_version,
        "kind": signal.kind,
        "state": alert.state,
        "area": signal.area,
        "area_name": node_name(book.areas, signal.area, language),
        "category": signal.category,
        "category_name": node_name(book.categories, signal.category, language),
        "feed": signal.feed or None,
        "colour": alert.colour,
        "rank": alert.rank,
        "first": rfc3339(signal.first),
        "last": rfc3339(signal.last),
        "said_at": rfc3339(signal.said_at),
        "over_at": rfc3339(signal.over_at) if signal.over_at else None,
        "observed": evidence.observed,
        "expected": round(evidence.expected, 4),
        "limit": evidence.limit,
        "would_not_have_spoken": evidence.would_not_have_spoken,
        "later": evidence.later,
        "taken_back": evidence.taken_back,
        "would_speak": evidence.would_speak,
        "window_seconds": evidence.window // 1000,
        "peak": rfc3339(evidence.peak),
        "incomplete": evidence.incomplete,
        "desk": alert.desk,
        "late": signal.late,
        "withdrawn": alert.state == "withdrawn",
        "exercise": signal.kind == "exercise",
        "merged_into": signal.merged_into or None,
        "moves": [
            {"at": rfc3339(move.at), "reason": move.reason, "colour": move.colour, "observed": move.observed}
            for move in alert.moves
        ],
    }


def write_alerts(path: Path, alerts: Iterable[Alert], book: Book, language: str = "en") -> int:
    """Write `alerts.jsonl` anew, one alert a line; how many."""
    encoder = msgspec.json.Encoder()
    written = 0
    with path.open("wb") as file:
        for alert in alerts:
            file.write(encoder.encode(line(alert, book, language)) + b"\n")
            written += 1
    return written


def rfc3339(at: int) -> str:
    """A time (ms UTC) in RFC 3339 with Z; milliseconds only where there are any.

    >>> rfc3339(1_453_552_200_000), rfc3339(1_453_552_200_250)
    ('2016-01-23T12:30:00Z', '2016-01-23T12:30:00.250Z')
    """
    moment = _EPOCH + timedelta(milliseconds=at)
    parts = "milliseconds" if at % 1000 else "seconds"
    return moment.replace(tzinfo=None).isoformat(timespec=parts) + "Z"
