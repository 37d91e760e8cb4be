"""What only PostgreSQL has to promise: a schema a city, its migrations, and words where it cannot be used."""

from __future__ import annotations

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import InternalError

from alerts import engines, tables
from alerts.database import PostgresStore
from alerts.engines import DatabaseUnusableError
from alerts.room import DeskRoom
from alerts.schema import StoreTooNewError, configuration, upgrade
from tests.alerts.signals import CITY, book, signal


def test_the_migrations_make_exactly_the_tables_that_the_code_reads_and_go_down_and_up_again(postgres: str) -> None:
    writer, reader = engines.postgres(postgres, "migrated")
    upgrade(writer, "migrated")
    with writer.connect() as db:
        assert compare_metadata(MigrationContext.configure(db), tables.metadata) == []
    with writer.begin() as db:
        command.downgrade(configuration(db), "base")
        named = "select table_name from information_schema.tables where table_schema = current_schema()"
        assert db.execute(text(named)).scalars().all() == ["alembic_version"]
    upgrade(writer, "migrated")
    reader.dispose()
    writer.dispose()


def test_two_cities_share_a_database_and_see_nothing_of_each_other(postgres: str) -> None:
    one, other = PostgresStore(postgres, "one"), PostgresStore(postgres, "other")
    DeskRoom(book(), one, {"county": ["line"]}).apply([signal(1)], 5)
    assert (len(one.board()), other.board(), other.last_cause(CITY)) == (1, [], None)
    one.close()
    other.close()


def test_a_store_opened_again_holds_what_was_committed(postgres: str) -> None:
    killed = PostgresStore(postgres, "opened-again")
    DeskRoom(book(), killed, {"county": ["line"]}).apply([signal(1)], 5)
    again = PostgresStore(postgres, "opened-again")  # the first was never closed, as after a kill
    assert again.alert("a1") == killed.alert("a1")
    assert [n.alert_id for n in again.due("line", 5)] == ["a1"]
    looking = PostgresStore.look(postgres, "opened-again")
    assert looking.prove([], b"key").faults == ()
    for store in (looking, again, killed):
        store.close()


def test_readers_cannot_write(postgres: str) -> None:
    store = PostgresStore(postgres, "read-only")
    with store._reader.connect() as db, pytest.raises(InternalError, match="read-only"):
        db.execute(tables.causes.delete())
    store.close()


def test_a_store_of_a_newer_version_is_left_untouched_and_says_so(postgres: str) -> None:
    store = PostgresStore(postgres, "newer")
    with store._writer.begin() as db:
        db.execute(text("update alembic_version set version_num = '9999'"))
    store.close()
    with pytest.raises(StoreTooNewError, match="schema tocsin_newer"):
        PostgresStore(postgres, "newer")


@pytest.mark.parametrize(
    ("url", "what"),
    [
        ("postgresql://tests@127.0.0.1:1/none", "answer"),
        ("mysql://officer:secret@localhost/none", "address"),
        ("no address at all, but a secret", "address"),
    ],
)
def test_a_database_that_cannot_be_used_is_told_without_its_address(url: str, what: str) -> None:
    with pytest.raises(DatabaseUnusableError) as caught:
        PostgresStore(url, "nowhere")
    assert caught.value.what == what
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
