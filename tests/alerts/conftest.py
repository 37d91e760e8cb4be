"""What the tests of this room share: each store, the fake and the real ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from alerts.database import PostgresStore, SqliteStore
from alerts.store import MemoryStore, Store
from tests.alerts.signals import CITY
from tests.postgres.fixtures import postgres

__all__ = ["postgres"]

FRESH: Final = count(1)
"""A schema a test."""


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore()
    if request.param == "sqlite":
        made = SqliteStore(tmp_path / "alerts.sqlite")
    elif request.param == "postgres":
        made = PostgresStore(request.getfixturevalue("postgres"), f"{CITY}-{next(FRESH)}")
    yield made
    made.close()
