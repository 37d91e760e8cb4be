"""Every form that is kept: today's bytes are those of today's golden file, and every older file is read, or refused in
words."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final, get_args

import pytest

from rules.book import Book
from rules.canonical import lines
from rules.engine import Engine
from rules.packing import pack
from rules.records import Order
from rules.snapshots import FORMAT, HEAD, READ, Unreadable, engine_of
from streams.engines import RuleEngines
from streams.journal import Journal, JournalError, Snapshot, sums
from streams.journal.schema import VERSION
from streams.messages import SpokenError
from streams.metrics import Metrics
from streams.runtime.recovery import restored
from tests.golden import make, world
from tests.system.disk import Op, after_power_loss, laid_under_sqlite
from tests.system.night import make_city, opened

GOLDEN: Final = sorted(path for path in make.FILES.iterdir() if not path.name.endswith(".dump.json"))
JOURNALS: Final = sorted(make.FILES.glob("journal.*.sql"))
SEED: Final = 3


# today's form


def test_every_kind_of_record_and_every_row_of_an_engine_has_a_golden_file() -> None:
    orders = {type(order) for order in world.orders().values()}
    assert orders == set(get_args(Order))
    engine, _ = make.lived()
    kinds = {make.kind_of(row) for row in engine.rows()}
    assert {name.split(".")[2] for name in make.exact() if name.startswith("state.")} >= kinds
    assert {path.name for path in GOLDEN} >= {*make.exact(), *make.made()}


@pytest.mark.parametrize("name", sorted(make.exact()))
def test_what_is_written_today_is_the_golden_file_byte_for_byte(name: str) -> None:
    """Fails when a form has changed: on purpose, raise its version and make the new file; see tests/golden/make.py."""
    assert make.exact()[name] == (make.FILES / name).read_bytes()


@pytest.mark.parametrize("name", sorted(make.made()))
def test_what_is_written_today_lies_in_the_tables_of_the_golden_file(name: str) -> None:
    def tables(sql: str) -> list[str]:
        return sorted(line for line in sql.splitlines() if not line.startswith(("INSERT", "DELETE", "BEGIN", "COMMIT")))

    assert tables(make.made()[name]()) == tables((make.FILES / name).read_text(encoding="utf-8"))


# every form there ever was


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.name)
def test_a_golden_file_of_any_version_says_what_it_always_said(file: Path) -> None:
    dump = file.with_name(f"{file.name}.dump.json")
    version = file.name.split(".")[1]
    if file.name.startswith("state.") and int(version) not in READ:  # rows are read under their head alone
        head = (make.FILES / f"state.{version}.head.bin").read_bytes()
        with pytest.raises(Unreadable, match=f"snapshot of format {version}, this version reads {FORMAT}"):
            engine_of({HEAD: head, file.name.split(".")[2]: file.read_bytes()}, {})
        return
    assert make.dump_of(file) == dump.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", JOURNALS, ids=lambda file: file.name)
def test_a_journal_of_any_version_is_taken_up_and_says_what_an_undisturbed_city_says(
    file: Path, tmp_path: Path
) -> None:
    """With a snapshot half way that an older version made: it is read, or the log is judged from its first record."""
    undisturbed, said = make.lived()
    assert taken_up(make.laid(file, tmp_path / "journal.sqlite")) == (lines(said), undisturbed.rows())


def taken_up(path: Path) -> tuple[bytes, dict[str, bytes]]:
    """The canonical dump and the memory of a city whose journal is opened, and judged from where its snapshot ends."""
    with closing(Journal.open(path)) as journal:
        engine = restored(journal, RuleEngines(), world.book(), "wall", None, Metrics()).engine
        _, said = make.lived(max(0, engine.offset))
        for offset, record in journal.read(after=engine.offset):
            said += engine.apply(record, offset)
        return lines(said), dict(engine.rows())


@pytest.mark.parametrize("version", [1, 2])
def test_an_upgrade_that_loses_power_anywhere_is_done_by_the_next_start(version: int, tmp_path: Path) -> None:
    dice, was, images = random.Random(SEED), tmp_path / "was" / "journal.sqlite", 25
    was.parent.mkdir()
    make.laid(make.FILES / f"journal.{version}.sql", was)
    lain = [Op("write", str(was), 0, was.read_bytes()), Op("sync", str(was))]
    with laid_under_sqlite() as disk:
        Journal.open(was).close()
    expected = make.journal_said(was)
    for n in range(images):
        image = tmp_path / f"image-{n}"
        image.mkdir()
        for path, content in after_power_loss(lain + disk.ops[: dice.randint(0, len(disk.ops))], dice).items():
            (image / Path(path).name).write_bytes(content)
        assert make.journal_said(image / "journal.sqlite") == expected, f"image {n}"


@pytest.mark.parametrize("version", [1, 2])
def test_a_journal_of_an_older_version_that_is_only_read_is_left_as_it_is(version: int, tmp_path: Path) -> None:
    path = make.laid(make.FILES / f"journal.{version}.sql", tmp_path / "journal.sqlite")
    if version == 1:
        with pytest.raises(JournalError, match=r"journal.sqlite: journal of version 1, this program reads 3: start"):
            Journal.open(path, read_only=True)
    else:
        with closing(Journal.open(path, read_only=True)) as journal:
            assert len(list(journal.read())) == len(world.records())
            assert list(journal.snapshots()) == []
    with closing(sqlite3.connect(path)) as link:
        assert link.execute("pragma user_version").fetchone() == (version,)


def test_a_snapshot_in_one_piece_as_older_versions_wrote_it_is_refused(tmp_path: Path) -> None:
    path = make.laid(make.FILES / "journal.2.sql", tmp_path / "journal.sqlite")
    with closing(sqlite3.connect(path)) as link:
        (piece,) = link.execute("select data from snapshots").fetchone()
    with pytest.raises(Unreadable):
        Engine.of_rows({HEAD: piece}, books())
    with pytest.raises(Unreadable):
        Engine.restore(piece, books())


def books() -> dict[str, Book]:
    of = world.book()
    return {of.digest: of}


# a form that is not known yet


def test_a_snapshot_of_a_later_format_is_left_and_the_log_judged_again(tmp_path: Path) -> None:
    """After a step back to an older program: the log says it all again."""
    path = make.laid(make.FILES / f"journal.{VERSION}.sql", tmp_path / "journal.sqlite")
    with closing(Journal.open(path)) as journal:
        now = next(journal.snapshots())
        assert now is not None
        later = {**now.rows, HEAD: pack({"format": FORMAT + 1}, {})}
        journal.put_snapshot(Snapshot(now.head, later, now.told))
    undisturbed, said = make.lived()
    assert taken_up(path) == (lines(said), undisturbed.rows())


def test_an_alert_store_of_a_newer_version_is_told_in_one_line(tmp_path: Path) -> None:
    town, data = make_city(tmp_path / "town"), tmp_path / "var"
    with opened(town, data):
        pass
    with closing(sqlite3.connect(next(data.rglob("alerts.sqlite")))) as link, link:
        link.execute("update alembic_version set version_num = '9999'")
    said = f"alerts.sqlite: alert store of schema 9999, this program knows {make.SCHEMA}: use the release that wrote it"
    with pytest.raises(SpokenError, match=said), opened(town, data):
        pass


def test_a_record_that_is_whole_and_of_an_unknown_kind_is_told_and_not_cut(tmp_path: Path) -> None:
    path = make.laid(make.FILES / f"journal.{VERSION}.sql", tmp_path / "journal.sqlite")
    place = len(world.records()) + 1
    unknown = b"\x81\xa4type\xa6future"
    with closing(sqlite3.connect(path)) as link:
        link.execute(
            "insert into log values (?, 'order', ?, ?)", (place, unknown, sums.of_data(place, "order", unknown))
        )
        link.commit()
    with closing(Journal.open(path)) as journal:
        assert journal.cut_torn(0) == []
        with pytest.raises(
            JournalError, match=rf"journal.sqlite: record {place} is whole .* journal version {VERSION}"
        ):
            list(journal.read())
