"""Rows as Houston's board writes them. These are invented; the real ones lie outside of the house."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

COLUMNS: Final = (
    "op", "seen_at_utc", "UID", "Agency", "Address", "CrossStreet", "CALL_TIME", "IncidentType", "ALARM_LEVEL",
    "NO_UNITS", "Units", "LONGITUDE", "LATITUDE", "KeyMap", "CombinedResponse",
)  # fmt: skip
NOON: Final = datetime(2024, 3, 4, 18, 0, tzinfo=UTC)


def row(called: int, seen: int, kind: str, **changes: str) -> dict[str, str]:
    """An incident `called` minutes after noon, on the board at `seen` minutes."""
    at = int((NOON + timedelta(minutes=called)).timestamp() * 1000)
    plain = {
        "op": "add", "seen_at_utc": f"{NOON + timedelta(minutes=seen):%Y-%m-%dT%H:%M:%SZ}", "UID": "29000001",
        "Agency": "F", "Address": "EXAMPLE ST", "CrossStreet": "", "CALL_TIME": str(at), "IncidentType": kind,
        "ALARM_LEVEL": "0", "NO_UNITS": "1", "Units": "E000", "LONGITUDE": "-95.0", "LATITUDE": "29.0",
        "KeyMap": "493S", "CombinedResponse": "F",
    }  # fmt: skip
    return plain | changes
