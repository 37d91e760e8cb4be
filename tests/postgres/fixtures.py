"""One PostgreSQL for all tests of a process; where there is none they say why and are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres.server import NoPostgresError, Server


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a database that answers."""
    try:
        server = Server()
        server.start()
    except NoPostgresError as fault:
        pytest.skip(str(fault))
    yield server.url
    server.stop()
