"""What boards may read: names, counts and alerts by a role that sees no duty number, no chain and no notice."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import make_url

from alerts.acting import moved_by
from alerts.alert import Alert, Move
from alerts.board_rows import ROLE, VIEWS
from alerts.database import DatabaseStore, PostgresStore
from alerts.duty import Act
from alerts.engines import schema_of
from alerts.named import Named, named
from alerts.store import Change, Store
from rules.shown import Count
from tests.alerts.signals import CITY, HOUR, NOON, book, signal

FRESH = count(1)
"""A schema a test."""
NUMBER = "4711"
"""The duty number of whoever closes the alert of these tests."""


def test_names_are_kept_as_they_were_said_last(store: Store) -> None:
    if not isinstance(store, DatabaseStore):
        return  # the fake keeps no names: nothing that reads it needs them
    said = named(book(), {"abington": (40.12, -75.11)})
    store.put_names(CITY, said)
    store.put_names(CITY, said)
    assert {row.code: row for row in store.names(CITY)} == {row.code: row for row in said}
    assert store.names("elsewhere") == []
    store.put_names(CITY, said[:1])
    assert store.names(CITY) == said[:1]


def test_everything_that_a_board_names_is_called_in_both_languages() -> None:
    rows = {(row.kind, row.code): row for row in named(book(), {"abington": (40.12, -75.11)})}
    assert rows["area", "abington"] == Named("area", "abington", "Abington", "阿宾顿", "montgomery", 1, 40.12, -75.11)
    assert rows["area", "ardmore"].latitude is None
    assert rows["category", "crash"].parent == "traffic"
    assert rows["rule", "traffic-surge"] == Named(
        "rule", "traffic-surge", "Traffic calls above usual", "交通警情多于平时", promise=2.0
    )
    assert (rows["desk", "county"].zh, rows["feed", "calls"].en) == ("县值班台", "911 calls")


@pytest.fixture
def boards(postgres: str) -> Iterator[psycopg.Connection]:
    """The connection that Grafana has: of its own role, to a store that holds something of everything."""
    with psycopg.connect(postgres, autocommit=True) as owner:
        owner.execute(f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    name = f"boards_{next(FRESH)}"
    store = PostgresStore(postgres, name)
    fill(store)
    store.close()
    PostgresStore(postgres, name).close()  # a start that has nothing left to grant
    address = make_url(postgres).set(username=ROLE).render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True, options=f"-c search_path={schema_of(name)}") as db:
        yield db


def fill(store: PostgresStore) -> None:
    said = signal(1)
    moves = (Move(NOON, NOON, "first", "yellow", 9, "lower-merion"),)
    alert = Alert("a1", CITY, "open", "county", 1, "yellow", NOON, said, moves)
    acts = [
        Act("first", NOON, desk="county", role="engine", rank=1),
        Act("take", NOON + 60_000, account=NUMBER, desk="county", role="officer", rank=1),
        Act("close", NOON + HOUR, account=NUMBER, desk="county", role="officer", outcome="confirmed", rank=1),
    ]
    for act in acts:
        alert = moved_by(alert, act)
    store.commit(Change(CITY, None, (alert,), tuple(("a1", act) for act in acts), was={"a1": 0}))
    store.put_names(CITY, named(book(), {}))
    store.put_counts(
        CITY, [Count("traffic-surge", "v1", "abington", "traffic", NOON, HOUR, 9, 2.1, 0.0, 4.5, 6, False, True)]
    )


def test_the_role_of_the_boards_reads_the_views_and_nothing_else(boards: psycopg.Connection) -> None:
    for view in VIEWS:
        assert boards.execute(f"SELECT count(*) FROM {view}").fetchone() is not None
    every = boards.execute(
        "SELECT relname, relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE nspname = current_schema() AND relkind IN ('r', 'v', 'S', 'm', 'p', 'f')"
    ).fetchall()
    kept_from_it = {str(name) for name, _ in every} - set(VIEWS)
    assert {"chain", "alerts", "notices", "heads", "counts", "names"} <= kept_from_it
    for name in kept_from_it:
        with pytest.raises(InsufficientPrivilege):
            boards.execute(f'SELECT * FROM "{name}"')
    for statement in ("DELETE FROM shown_counts", "INSERT INTO shown_names (code) VALUES ('x')", "CREATE TABLE x ()"):
        with pytest.raises(InsufficientPrivilege):
            boards.execute(statement)


def test_no_view_holds_a_duty_number(boards: psycopg.Connection) -> None:
    """The taker of the alert is in its chain and in its body, and in no view."""
    for view in VIEWS:
        rows = boards.execute(f"SELECT to_jsonb(v)::text FROM {view} v").fetchall()
        assert rows
        assert not any(NUMBER in row for (row,) in rows)


def test_what_a_board_shows_of_an_alert_is_what_the_desk_knows(boards: psycopg.Connection) -> None:
    row = boards.execute(
        "SELECT colour, kind, stage, desk, outcome, said_ms, extract(epoch FROM taken - said), held_since, explained"
        " FROM shown_alerts"
    ).fetchone()
    assert row == ("yellow", "spike", "closed", "county", "confirmed", NOON, 60, None, False)
    cell = boards.execute('SELECT seconds, start_ms, extract(epoch FROM "time") FROM shown_counts').fetchone()
    assert cell == (3600, NOON, NOON // 1000)
