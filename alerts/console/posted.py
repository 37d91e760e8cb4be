"""What the forms of the pages have in common: plain posts, each answered with a page or with the way to one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import Form
from fastapi.responses import RedirectResponse, Response

Text = Annotated[str, Form()]
"""As long as the gate lets a body be: what a text may be is said in our words, not in those of the form's reader."""
AGAIN: Final = 303
UNSHOWN: Final = frozenset({"identity", "text_long"})
"""What is refused for its text is not shown again; any other text has passed the gate, and is not lost."""


def way_to(place: str, said: str = "") -> Response:
    """The way to the page `place`; `said`: a trouble that it is to tell of, "" none."""
    return RedirectResponse(f"{place}?said={said}" if said else place, AGAIN)


def moment_of(text: str, zone: str) -> int:
    """ms UTC of a local time; 0 where it is none."""
    try:
        return round(datetime.fromisoformat(text[:32]).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
