"""A change of the table of clocks forgets no matter: what is open is looked at anew; and a log with such changes is
replayed to the byte."""

from __future__ import annotations

from rules.canonical import lines
from rules.engine import Engine
from rules.records import Record, UseBook
from rules.signals import Signal
from tests.engine.matters import LATER, TABLE, Told, city, log_of, rule
from tests.engine.worlds import MINUTE, START, TICKS

BEFORE, AFTER = (city((rule("late"),), table) for table in (TABLE, LATER))


def lived(records: list[Record], *, at_once: bool = False) -> tuple[Engine, list[Signal]]:
    engine = Engine(BEFORE)
    engine.add_book(AFTER)
    numbered = list(enumerate(records, 1))
    if at_once:
        return engine, list(engine.apply_all(numbered))
    return engine, [signal for offset, record in numbered for signal in engine.apply(record, offset)]


def told(signals: list[Signal]) -> list[tuple[str, int, int, int]]:
    """(state, minute of the step, due soon, late) of what was said."""
    found: list[tuple[str, int, int, int]] = []
    for signal in signals:
        owed = signal.evidence.owed
        assert owed
        found.append((signal.state, (signal.last - START) // MINUTE, owed.soon, owed.late))
    return found


def night(*orders: int) -> list[Record]:
    """One matter, filed in minute 5 and never accepted; the table changes at minutes `orders`, there and back."""
    records = log_of([Told(1, 5, 5)], TICKS)
    for n, minute in enumerate(orders):
        place = next(at for at, record in enumerate(records) if getattr(record, "now", 0) > START + minute * MINUTE)
        records.insert(place, UseBook(START + minute * MINUTE, (AFTER, BEFORE)[n % 2].digest))
    return records


def test_what_was_late_by_the_old_table_is_over_and_runs_out_by_the_new_one() -> None:
    """An hour to accept by the old table, of which 12 minutes are the last fifth; two hours to reply by the new one."""
    _, said = lived(night(90))
    assert told(said) == [
        ("running", 60, 1, 0),
        ("running", 70, 0, 1),
        ("over", 90, 0, 1),
        ("running", 110, 1, 0),
        ("running", 130, 0, 1),
    ]


def test_a_log_with_changes_of_the_table_is_replayed_to_the_byte() -> None:
    for orders in ((), (90,), (90, 101), (3, 62, 128), (64, 66, 68, 70)):
        records = night(*orders)
        engine, said = lived(records)
        again, repeated = lived(records)
        walked, at_once = lived(records, at_once=True)
        assert said == repeated == at_once
        assert lines(said) == lines(at_once)
        rows = {name: row for name, row in engine.rows().items() if name.startswith("matter/")}
        for other in (again, walked):
            assert {name: row for name, row in other.rows().items() if name.startswith("matter/")} == rows
