"""Every statement of the boards over the alert store is run on a real PostgreSQL, as Grafana would, under its role.

The store is that of a city in service, with events that came in, alerts that were told, taken, closed and held.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest
from psycopg.rows import dict_row
from pydantic import SecretStr
from sqlalchemy import create_engine, event, make_url

from alerts.board_rows import ROLE, let_boards_read
from alerts.duty import Act
from alerts.engines import schema_of
from deploy.boards import BOARDS, Board
from deploy.boards.figures import Figure, filled
from streams.named import names_of
from tests.access.crowds import HOUR, closed, counted, held, put
from tests.access.guarded import NAME, Town, town_in_service
from tests.postgres.fixtures import postgres

__all__ = ["postgres"]

SHAPES: Final = """\
{"type": "FeatureCollection", "features": [
 {"type": "Feature", "properties": {"code": "east"}, "geometry": {"type": "Polygon", "coordinates":
  [[[121.5, 31.2], [121.7, 31.2], [121.7, 31.4], [121.5, 31.4], [121.5, 31.2]]]}},
 {"type": "Feature", "properties": {"code": "west"}, "geometry": {"type": "Polygon", "coordinates":
  [[[121.3, 31.2], [121.5, 31.2], [121.5, 31.4], [121.3, 31.4], [121.3, 31.2]]]}}]}
"""
DAY: Final = 24 * HOUR


class Grafana:
    """A reader of the boards: his connection, the time that he looks at, and what he has chosen on each board."""

    def __init__(self, db: psycopg.Connection[Any], now: int) -> None:
        self._db = db
        self._span = now - 7 * DAY, now + HOUR

    def ask(self, statement: str, values: dict[str, str]) -> tuple[list[str], list[dict[str, Any]]]:
        """(names of columns, rows)."""
        sent = filled(statement, values, *self._span)
        assert "$" not in sent, sent
        with self._db.cursor(row_factory=dict_row) as cursor:
            cursor.execute(sent)
            return [column.name for column in cursor.description or ()], cursor.fetchall()

    def choose(self, board: Board, language: str = "en") -> dict[str, str]:
        """The first of everything that a board lets a reader choose, as Grafana does where he has not."""
        values = {"language": language}
        for pick in board.picks:
            _, found = self.ask(pick.sql, values)
            assert found, pick.name
            assert all(set(row) == {"__text", "__value"} and row["__text"] for row in found)
            ours = [row["__value"] for row in found if row["__value"] == schema_of(NAME)]
            values[pick.name] = str((ours or [found[0]["__value"]])[0])
        return values


@pytest.fixture(scope="module")
def grafana(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grafana]:
    folder = tmp_path_factory.mktemp("boards")
    with psycopg.connect(postgres, autocommit=True) as owner:
        owner.execute(f"DO $$ BEGIN CREATE ROLE {ROLE} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    with town_in_service(folder, database=SecretStr(postgres)) as town:
        live(town, folder)
        address = make_url(postgres).set(username=ROLE).render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as db:
            yield Grafana(db, town.clock.now())


def live(town: Town, folder: Path) -> None:
    """What a desk does in a night, beside the alert that the engine told of the events that came in."""
    (folder / "town" / "areas.geojson").write_text(SHAPES, "utf-8")
    assert town.station.reread() == []
    now, store = town.clock.now(), town.station.store
    assert [row.code for row in store.names(NAME) if row.latitude] == ["east", "west"]
    assert store.names(NAME) == sorted(names_of(town.station.city), key=lambda row: (row.kind, row.code))
    for number, colour in enumerate(("red", "orange", "yellow", "blue")):
        first = Act("first", now, role="engine")
        put(town, f"told-{number}", first, area="west", colour=colour, ago=HOUR + number * 60_000)
        closed(town, f"closed-{colour}", ("confirmed", "not_real", "expected", "cannot_tell")[number])
    held(town, "held", area="west")
    put(town, "drill", Act("first", now, role="engine"), area="west", colour="red", kind="exercise")
    hours = [counted("east", now - n * HOUR, n % 7 * 3, settled=n > 0, missing=n == 3) for n in range(30)]
    store.put_counts(NAME, [*hours, *(counted(NAME, row.start, row.count, settled=True) for row in hours)])
    store.put_counts(NAME, [counted("west", now - HOUR, settled=True)])


STATEMENTS: Final = [(board, figure) for board in BOARDS for figure in board.figures() if figure.sql]


@pytest.mark.parametrize(("board", "figure"), STATEMENTS, ids=[f"{b.name}: {f.title.en}" for b, f in STATEMENTS])
def test_every_panel_over_the_store_has_data_and_words_for_its_columns(
    grafana: Grafana, board: Board, figure: Figure
) -> None:
    names, rows = grafana.ask(figure.sql, grafana.choose(board))
    assert rows
    assert any(value is not None for row in rows for name, value in row.items() if name != "time")
    said = {column.name for column in figure.columns}
    if figure.kind in ("lines", "bars"):
        assert names[0] == "time"
        assert names[1:] == ["metric", "value"] or set(names[1:]) == said
    elif figure.kind == "map":
        assert {"latitude", "longitude"} <= set(names)
        assert set(names) - {"latitude", "longitude"} == said
    elif figure.kind == "table":
        assert set(names) == said
    else:
        assert len(names) == 1


@pytest.mark.parametrize("board", [board for board in BOARDS if board.marks], ids=lambda board: board.name)
def test_alerts_are_marked_over_the_figures(grafana: Grafana, board: Board) -> None:
    names, rows = grafana.ask(board.marks, grafana.choose(board))
    assert rows
    assert set(names) <= {"time", "timeend", "text", "tags"}
    assert all(row["time"] and row["text"] and row["tags"] for row in rows)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_an_exercise_is_in_no_figure_and_in_no_list(board: Board) -> None:
    for asked in (board.marks, *(figure.sql for figure in board.figures())):
        assert asked.count(".shown_alerts") == asked.count("'exercise'"), asked


def test_the_latest_alerts_are_those_that_were_told_in_earnest(grafana: Grafana) -> None:
    board = BOARDS[0]
    latest, hours = (
        next(figure for figure in board.figures() if figure.title.en.startswith(title))
        for title in ("Latest alerts", "Alerts an hour")
    )
    _, rows = grafana.ask(latest.sql, grafana.choose(board))
    assert len(rows) == 10
    _, counted_rows = grafana.ask(hours.sql, grafana.choose(board))
    assert sum(row["value"] for row in counted_rows) == 10


def test_names_are_those_of_the_readers_language(grafana: Grafana) -> None:
    board = BOARDS[0]
    (areas,) = [figure for figure in board.figures() if figure.title.en.startswith("By area")]
    told = {
        language: {row["area"] for row in grafana.ask(areas.sql, grafana.choose(board, language))[1]}
        for language in ("en", "zh")
    }
    assert told == {"en": {"East District", "West District"}, "zh": {"东区", "西区"}}


def test_the_worst_ten_minutes_are_those_of_any_ten_and_not_of_the_clock(grafana: Grafana) -> None:
    board = next(board for board in BOARDS if board.name == "desks")
    (worst,) = [figure for figure in board.figures() if figure.title.en == "Worst ten minutes"]
    _, rows = grafana.ask(worst.sql, grafana.choose(board))
    assert {row["desk"]: row["alerts"] for row in rows}["City desk"] == 4  # told a minute apart


def test_figures_of_a_rule_are_those_of_its_report_card(grafana: Grafana) -> None:
    board = next(board for board in BOARDS if board.name == "rules")
    (promise,) = [figure for figure in board.figures() if figure.title.en.startswith("False alarms")]
    _, rows = grafana.ask(promise.sql, grafana.choose(board))
    mine = {(row["rule"], row["desk"]): row for row in rows}
    of_east = mine["many-calls", "Eastern desk"]
    months = (7 * DAY + HOUR) / (30 * DAY)
    assert float(of_east["at_least"]) == pytest.approx(1 / months, abs=0.01)
    assert float(of_east["at_most"]) == pytest.approx(3 / months, abs=0.01)  # cannot tell, and the town's own
    assert of_east["promised"] is None  # a threshold promises nothing
    assert mine["Traffic surge", None]["promised"] == 2.0


def test_a_store_that_boards_may_read_already_is_left_as_it_is(grafana: Grafana, postgres: str) -> None:
    """Each start looks whether anything is to be granted; where nothing is, nothing is written."""
    del grafana
    engine = create_engine(
        make_url(postgres).set(drivername="postgresql+psycopg"),
        connect_args={"options": f'-c search_path="{schema_of(NAME)}"'},
    )
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    with engine.begin() as db:
        let_boards_read(db)
    engine.dispose()
    assert sent
    assert not any("GRANT" in one for one in sent)
