"""The city's secret key: given by a setting, or made once and kept beside the journal, never in it."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

from streams.keys import SHORTEST_KEY
from streams.settings import Settings, SettingsError

FILE: Final = "key"
MADE_BYTES: Final = 32


def read_key(settings: Settings, folder: Path) -> bytes:
    """The key of the city whose data lie in `folder`. Raises SettingsError where it is too short or unreadable."""
    given = settings.key.get_secret_value().encode()
    if given:
        if len(given) < SHORTEST_KEY:
            raise SettingsError("key-short", length=len(given), least=SHORTEST_KEY)
        return given
    path = folder / FILE
    if not path.exists():
        _make(path)
    found = path.read_text("ascii").strip().encode()
    if len(found) < SHORTEST_KEY:
        raise SettingsError("key-cut", path=path)
    return found


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_hex(MADE_BYTES) + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(path)
