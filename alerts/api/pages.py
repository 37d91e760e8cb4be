"""Lists in pages: newest first, each page with the cursor of the next."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Final

from alerts.alert import Alert
from alerts.api.troubles import TroubleError

MOST: Final = 200


def page_of(alerts: Sequence[Alert], cursor: str, limit: int) -> tuple[list[Alert], str]:
    """(alerts of the page, cursor of the next; "" where this is the last). Raises TroubleError."""
    ordered = sorted(alerts, key=_place)
    after = _read(cursor) if cursor else None
    rest = [alert for alert in ordered if after is None or _place(alert) > after]
    shown = rest[:limit]
    return shown, _write(shown[-1]) if len(rest) > limit else ""


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
