"""Lists in pages, each with the cursor of the next: alerts newest first, counts as they stand in their store."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

import msgspec

from alerts.alert import Alert
from alerts.api.troubles import TroubleError
from alerts.counts import Place

MOST: Final = 200
FURTHEST: Final = 4_102_444_800_000
"""The year 2100, ms UTC: nothing is counted behind it."""
_PLACES: Final = msgspec.json.Decoder(Place)


def page_of(alerts: Sequence[Alert], cursor: str, limit: int) -> tuple[list[Alert], str]:
    """(alerts of the page, cursor of the next; "" where this is the last). Raises TroubleError."""
    ordered = sorted(alerts, key=_place)
    after = _read(cursor) if cursor else None
    rest = [alert for alert in ordered if after is None or _place(alert) > after]
    shown = rest[:limit]
    return shown, _write(shown[-1]) if len(rest) > limit else ""


def cursor_of(place: Place) -> str:
    """What stands for a place among counts."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place_in(cursor: str) -> Place:
    """The place that a cursor stands for. Raises TroubleError."""
    try:
        place: Place = _PLACES.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error):  # what msgspec raises is a ValueError
        raise TroubleError("wrong_cursor") from None
    start, *words, step = place
    if not (0 <= start <= FURTHEST and 0 <= step <= FURTHEST and all(map(str.isprintable, map(str, words)))):
        raise TroubleError("wrong_cursor")
    return place


def _place(alert: Alert) -> tuple[int, str]:
    return -alert.signal.said_at, alert.id


def _write(alert: Alert) -> str:
    return base64.urlsafe_b64encode(f"{alert.signal.said_at}.{alert.id}".encode()).decode().rstrip("=")


def _read(cursor: str) -> tuple[int, str]:
    try:
        said, _, alert = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(".")
        return -int(said), alert
    except (ValueError, binascii.Error):
        raise TroubleError("wrong_cursor") from None
