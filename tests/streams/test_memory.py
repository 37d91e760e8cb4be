"""Snapshots in rows: what is written, and which damage a start gets over without judging the log again."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from rules.canonical import lines
from rules.engine import Engine
from rules.signals import Cause, Signal
from streams.crashpoints import CrashPoint
from streams.engines import RuleEngines
from streams.journal import Journal, Snapshot, memory
from streams.metrics import Metrics
from streams.runtime.recovery import restored
from tests.golden import world

HALF = 15
LAST = 30
"""Records of the golden world at two snapshots; some follow."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with closing(Journal.open(path)) as opened:
        yield opened


def edit(path: Path, statement: str, *values: object) -> int:
    with closing(sqlite3.connect(path)) as link:
        changed = link.execute(statement, values).rowcount
        link.commit()
    return changed


def state(**rows: bytes) -> dict[str, bytes]:
    return {"head": b"0", **rows}


# what is written


def test_the_last_two_snapshots_are_kept(journal: Journal) -> None:
    kept = [Snapshot(head, state(a=b"memory %d" % head), Cause(0, head, 0)) for head in (1, 5, 9)]
    for snapshot in kept:
        journal.put_snapshot(snapshot)
    assert list(journal.snapshots()) == [kept[2], kept[1]]


def test_rows_that_come_and_go_are_let_go_with_the_last_head_that_names_them(journal: Journal, path: Path) -> None:
    for head in range(1, 8):
        journal.put_snapshot(Snapshot(head, state(**{f"block{head}": b"counts"})))
    with closing(sqlite3.connect(path)) as link:
        names = {name for (name,) in link.execute("select name from state")}
    assert names == {"head", "block6", "block7"}
    assert [snapshot.head for snapshot in journal.snapshots() if snapshot] == [7, 6]


def test_a_row_that_does_not_change_is_written_twice_and_then_never(journal: Journal) -> None:
    large = bytes(range(256)) * 400
    written = [journal.put_snapshot(Snapshot(head, {"large": large})) for head in range(1, 6)]
    least = written[-1]
    assert written[0] == written[1] > 4 * least
    assert written[2:] == [least] * 3


def test_of_what_does_not_change_only_so_much_is_written_a_second_time_at_once(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "SECOND_BYTES", 1)
    rows = state(a=b"one", b=b"two")
    written = [journal.put_snapshot(Snapshot(head, rows)) for head in range(1, 7)]
    assert min(written[:4]) > written[4] == written[5], "one row a snapshot, until all three lie there twice"


def test_the_third_snapshot_of_an_engine_that_heard_nothing_more_writes_next_to_nothing(journal: Journal) -> None:
    engine = lived(LAST)
    rows = engine.rows()
    written = [journal.put_snapshot(Snapshot(head, rows)) for head in (LAST, LAST + 1, LAST + 2)]
    assert written[2] < written[0] / 2
    assert written[2] < 60 * len(rows), "a name, a slot and a checksum a row"


def test_a_kill_between_the_rows_and_the_head_leaves_what_was_there(path: Path) -> None:
    def killed(point: CrashPoint) -> None:
        if point is CrashPoint.IN_SNAPSHOT and armed:
            raise KeyboardInterrupt

    armed = False
    with closing(Journal.open(path, crash=killed)) as journal:
        before = [Snapshot(head, state(a=b"memory %d" % head)) for head in (1, 2)]
        for snapshot in before:
            journal.put_snapshot(snapshot)
        armed = True
        with pytest.raises(KeyboardInterrupt):
            journal.put_snapshot(Snapshot(3, state(a=b"another", b=b"fresh")))
        assert list(journal.snapshots()) == before[::-1]


def test_rows_that_lie_there_without_their_head_do_no_harm(journal: Journal, path: Path) -> None:
    """As a disk may leave them that wrote the rows' pages and not the head's."""
    older = Snapshot(1, state(a=b"one", b=b"same"))
    journal.put_snapshot(older)
    journal.put_snapshot(Snapshot(2, state(a=b"two", b=b"same")))
    edit(path, "delete from heads where head = 2")
    assert list(journal.snapshots()) == [older]
    fresh = Snapshot(3, state(a=b"three", b=b"same"))
    journal.put_snapshot(fresh)
    assert list(journal.snapshots()) == [fresh, older]


def test_what_could_not_be_used_goes_and_no_row_of_what_was_used_is_touched(journal: Journal) -> None:
    first, second, third = (Snapshot(head, state(a=b"memory %d" % head)) for head in (1, 2, 3))
    journal.put_snapshot(first)
    journal.put_snapshot(second)
    journal.put_snapshot(third, since=1)
    assert list(journal.snapshots()) == [third, first]


# what damage does


def test_a_changed_row_that_is_damaged_costs_its_head_alone(journal: Journal, path: Path) -> None:
    older = Snapshot(1, state(a=b"one"))
    journal.put_snapshot(older)
    journal.put_snapshot(Snapshot(2, state(a=b"two")))
    assert edit(path, "update state set data = x'00' where name = 'a' and slot = 1") == 1
    assert list(journal.snapshots()) == [None, older]


@pytest.mark.parametrize("slot", [0, 1])
def test_an_unchanged_row_that_is_damaged_is_found_in_its_other_slot(journal: Journal, path: Path, slot: int) -> None:
    rows = state(a=b"one")
    for head in (1, 2):
        journal.put_snapshot(Snapshot(head, rows))
    edit(path, "update state set data = x'00' where name = 'a' and slot = ?", slot)
    found = next(journal.snapshots())
    assert found is not None
    assert found.rows == rows
    assert found.healed == (("a",) if slot == 0 else ())
    journal.mend_snapshot(found)
    edit(path, "update state set data = x'00' where name = 'a' and slot = 1")
    again = next(journal.snapshots())
    assert (again.rows, again.healed) == (rows, ()) if again else None


def test_a_row_under_another_name_is_not_taken(journal: Journal, path: Path) -> None:
    journal.put_snapshot(Snapshot(1, state(a=b"one", b=b"two")))
    edit(path, "update state set data = (select data from state where name = 'b') where name = 'a'")
    assert list(journal.snapshots()) == [None]


@pytest.mark.parametrize("damaged", ["rows = x'00'", "told = '9/9/9'", "sum = x'00'"])
def test_a_damaged_head_leaves_the_older_one(journal: Journal, path: Path, damaged: str) -> None:
    kept = [Snapshot(head, state(a=b"memory %d" % head)) for head in (1, 2)]
    for snapshot in kept:
        journal.put_snapshot(snapshot)
    edit(path, f"update heads set {damaged} where head = 2")
    assert list(journal.snapshots()) == [None, kept[0]]
    after = Snapshot(3, state(a=b"memory 3"))
    journal.put_snapshot(after)
    assert next(journal.snapshots()) == after


# an engine's own rows


def lived(until: int) -> Engine:
    engine = Engine(world.book())
    for offset, record in enumerate(world.records()[:until], 1):
        engine.apply(record, offset)
    return engine


def kept(path: Path) -> list[str]:
    """A journal with the golden world in it and two snapshots that heard different things; the names of its rows."""
    of = world.book()
    with closing(Journal.open(path)) as journal:
        journal.put_book(of)
        journal.append([], meta={"first_book": of.digest, "book": of.digest, "epoch": "0", "clock": "wall"})
        journal.append(world.records())
        for head in (HALF, LAST):
            journal.put_snapshot(Snapshot(head, lived(head).rows()))
    with closing(sqlite3.connect(path)) as link:
        return [name for (name,) in link.execute("select distinct name from state")]


def taken_up(path: Path) -> tuple[bytes, dict[str, bytes], Metrics]:
    """What a start finds: the canonical dump of all that is said, before and after, and the engine's rows."""
    of = world.book()
    metrics = Metrics()
    with closing(Journal.open(path)) as journal:
        begun = restored(journal, RuleEngines(), of, "wall", None, metrics)
        engine = begun.engine
        said: list[Signal] = []
        before = Engine(of)
        for offset, record in enumerate(world.records()[: max(0, engine.offset)], 1):
            said += before.apply(record, offset)
        for offset, record in journal.read(after=engine.offset):
            said += engine.apply(record, offset)
        return lines(said), dict(engine.rows()), metrics


def test_a_flipped_bit_in_any_row_changes_no_answer(tmp_path: Path) -> None:
    """Every row, both slots: healed from the other slot, or the older head, or the log; never another dump."""
    whole = tmp_path / "whole"
    names = kept(whole)
    expected = taken_up(whole)[:2]
    assert expected[0], "the world says something"
    ways = set()
    places = itertools.cycle((3, 77, -2))  # bits near the beginning, further on, at the end
    for (name, slot), bit in zip(itertools.product(names, (0, 1)), places, strict=False):
        path = tmp_path / "damaged"
        path.write_bytes(whole.read_bytes())
        with closing(sqlite3.connect(path)) as link:
            row = link.execute("select data from state where name = ? and slot = ?", (name, slot)).fetchone()
        if row is None:
            continue
        data = bytearray(row[0])
        data[(bit // 8) % len(data)] ^= 1 << bit % 8
        edit(path, "update state set data = ? where name = ? and slot = ?", bytes(data), name, slot)
        with capture_logs() as logs:
            dump, rows, _ = taken_up(path)
        assert (dump, rows) == expected, f"{name} slot {slot} bit {bit}"
        ways |= {str(entry["event"]) for entry in logs}
        path.unlink()
    assert ways == {"snapshot_rows_healed", "snapshot_refused"}, "each way was gone at least once"


def test_rows_that_nobody_can_read_are_judged_again_from_the_log(tmp_path: Path) -> None:
    whole, path = tmp_path / "whole", tmp_path / "damaged"
    kept(whole)
    path.write_bytes(whole.read_bytes())
    edit(path, "update state set data = x'00'")
    assert taken_up(path)[:2] == taken_up(whole)[:2]


def test_a_healed_row_is_told_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    kept(path)
    twice = "name in (select name from state group by name, data having count(*) = 2)"
    assert edit(path, f"update state set data = x'00' where slot = 0 and {twice}") > 0
    _, _, metrics = taken_up(path)
    healed = metrics.snapshot_rows_healed.labels("small")._value.get()
    assert healed > 0
    _, _, after = taken_up(path)
    assert after.snapshot_rows_healed.labels("small")._value.get() == 0, "both slots were made whole"
