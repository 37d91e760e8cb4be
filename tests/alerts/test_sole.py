"""Being the only one on a city's store, on a real PostgreSQL."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from alerts.database import PostgresStore
from alerts.sole import HeldElsewhereError, Sole
from streams.opened import CityError, city_of, open_desk
from streams.settings import Settings
from tests.postgres.fixtures import postgres
from tests.streams.town import make_town

__all__ = ["postgres"]
SCHEMA_LOCK = "select pid from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()"


def test_a_city_is_held_by_one_until_it_lets_go(postgres: str) -> None:
    for city in ("alone", "other"):
        PostgresStore(postgres, city).close()
    with closing(Sole(postgres, "alone")), closing(Sole(postgres, "other")), pytest.raises(HeldElsewhereError):
        Sole(postgres, "alone", seconds=0)
    Sole(postgres, "alone", seconds=60).close()  # the server notices a moment later that its client is gone


def test_whoever_lost_its_connection_knows_that_it_has_the_city_no_more(postgres: str) -> None:
    PostgresStore(postgres, "cut-off").close()
    with psycopg.connect(postgres, autocommit=True) as link:
        before = {row[0] for row in link.execute(SCHEMA_LOCK)}
        with closing(Sole(postgres, "cut-off")) as sole:
            assert not sole.lost()
            (pid,) = {row[0] for row in link.execute(SCHEMA_LOCK)} - before
            link.execute("select pg_terminate_backend(%s, 5000)", (pid,))
            assert sole.lost()
            Sole(postgres, "cut-off", seconds=5).close()


def test_a_second_desk_on_another_host_is_refused_in_one_line(
    postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerts.sole.PATIENCE_SECONDS", 0.0)
    make_town(tmp_path / "town")
    city = city_of(tmp_path / "town")
    hosts = [
        Settings(data=tmp_path / host, database=postgres, key="a key of thirty-two bytes, no less")  # type: ignore[arg-type]  # str is read as a secret
        for host in ("one", "two")
    ]
    with closing(open_desk(city, hosts[0])), pytest.raises(CityError, match="another process works on this city"):
        open_desk(city, hosts[1])
