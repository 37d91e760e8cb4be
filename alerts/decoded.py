"""Alerts as they were decoded last, by id and version: a store reads the bytes of one only where it has changed.

An alert is a value, and its version is that of the commit that changed it last: what was decoded once stays right. In
a storm thousands are looked at every second, and few of them have changed.
"""

from __future__ import annotations

from typing import Final

from alerts.alert import Alert

KEPT: Final = 8_192
"""Alerts kept in memory, some 6 KiB each; above that all are forgotten and read again."""


class Decoded:
    """Every method may be called from any thread."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Alert]] = {}

    def get(self, alert_id: str, version: int) -> Alert | None:
        """None: not kept, or another version of it."""
        known = self._known.get(alert_id)
        return known[1] if known is not None and known[0] == version else None

    def put(self, version: int, alert: Alert) -> None:
        if len(self._known) >= KEPT:
            self._known = {}
        self._known[alert.id] = version, alert
