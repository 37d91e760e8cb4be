"""One town for the tests of a file: each makes the accounts that it needs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.access.guarded import Town, town_in_service


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town_in_service(tmp_path_factory.mktemp("guarded")) as found:
        yield found


@pytest.fixture
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town that no other test has made accounts in."""
    with town_in_service(tmp_path_factory.mktemp("fresh")) as found:
        yield found
