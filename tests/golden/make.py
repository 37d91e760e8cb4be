"""Writes the golden files that are missing: `python -m tests.golden.make`. A file a kind and version, its dump beside.

A file that is there is never written again: what an older version wrote cannot be made any more. When a form changes on
purpose, raise its version (`rules.snapshots.FORMAT`, `streams.journal.schema.VERSION`, a step in `alerts/migrations`;
for a record the number here) and run this again; the old files stay and must still be read, or be refused in words.
"""

from __future__ import annotations

import re
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np

from alerts import alert as alerts
from alerts.database import SqliteStore
from alerts.notice import Notice
from alerts.room import DeskRoom
from rules import book as books
from rules import packing, snapshots
from rules.detectors.threshold import Threshold
from rules.engine import Engine
from rules.lessons import Lessons
from rules.records import Tick, encode
from rules.signals import Signal
from streams.journal import Cursor, Journal, Snapshot
from streams.journal.schema import VERSION
from streams.refusals import Place, Reason, Refusal
from tests.golden import readable, world

FILES: Final = Path(__file__).parent / "files"
RECORD: Final = 1
SIGNAL: Final = 2
SCHEMA: Final = "0009"
"""The newest step in `alerts/migrations`."""


def exact() -> dict[str, bytes]:
    """Today's bytes of each record, signal, book and row of an engine's memory: equal to today's golden files."""
    found = {f"frame.{RECORD}.bin": encode(world.records()[3]), f"tick.{RECORD}.bin": encode(world.records()[0])}
    found |= {f"order-{name}.{RECORD}.bin": encode(order) for name, order in world.orders().items()}
    found[f"signal.{SIGNAL}.json"] = msgspec.json.encode(world.signal())
    found[f"book.{RECORD}.json"] = books.encode(world.book())
    return found | {f"state.{snapshots.FORMAT}.{kind}.bin": row for kind, row in state_rows().items()}


def lived(until: int | None = None) -> tuple[Engine, list[Signal]]:
    """The engine that heard the golden world up to a record, and what it said."""
    engine = Engine(world.book())
    said = [
        signal for offset, record in enumerate(world.records()[:until], 1) for signal in engine.apply(record, offset)
    ]
    return engine, said


def kind_of(row: str) -> str:
    """What kind of row a name is of: `rule/many/fold` is a `rule-fold`."""
    if row.startswith("counts/"):
        return f"counts-{row.split('/')[3]}"
    return re.sub(r"/.*", "-one", row) if not row.startswith("rule/") else f"rule-{row.split('/')[2]}"


def state_rows() -> dict[str, bytes]:
    """Of an engine in the middle of its night the last row of each kind; and of what a rule has learned."""
    engine, _ = lived(20)
    rows = {kind_of(name): data for name, data in sorted(engine.rows().items())}
    for offset, name in enumerate(("mute-feed", "exclude"), 21):
        engine.apply(world.orders()[name], offset)
    engine.apply(Tick((engine.tick or 0) + 1), 23)
    rows["by-hand"] = engine.rows()["by-hand"]
    shadowed, _ = lived(10)
    for offset, record in enumerate([world.orders()["start-shadow"], *world.records()[10:]], 11):
        shadowed.apply(record, offset)
    rows["shadows"] = shadowed.rows()["shadows"]
    learned = {"rate": np.array([0.5, 0.25, 0.0]), "about": np.array([[1.0, 2.0], [3.0, 4.0]])}
    lessons = Lessons(Threshold(1.0), lambda _, __: learned, lambda _: world.lesson().kin)
    lessons.add(world.lesson(), {**learned, "seen": np.array([0.0, 0.0, 0.0, 7.0, 0.0])})
    kept = {"rule-lesson": lessons.kept[0][1], "rule-before": lessons.before[0][1]}
    return rows | kept | {"rule-memory": packing.pack(learned, {})}


def made() -> dict[str, Callable[[], str]]:
    """The files that hold a whole database, as SQL."""
    return {f"journal.{VERSION}.sql": _journal, f"alerts.{SCHEMA}.sql": _alerts}


def _journal() -> str:
    of, records, half = world.book(), world.records(), len(world.records()) // 2
    refused = [
        Refusal("calls", next(iter(Reason)), "#3", Place("push-calls", 7, n), world.START, 12, "00ff", b"{}")
        for n in range(2)
    ]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite"
        with closing(Journal.open(path)) as journal:
            journal.put_book(of)
            journal.append([], meta={"first_book": of.digest, "book": of.digest, "epoch": "0", "clock": "wall"})
            journal.append(records[:half], cursors=[Cursor("push-calls", 9, "m")], refused=refused)
            journal.put_snapshot(Snapshot(half, lived(half)[0].rows()))
            journal.append(records[half:])
        return sql_of(path)


def _alerts() -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "alerts.sqlite"
        with closing(SqliteStore(path)) as store:
            DeskRoom(world.book(), store, {"desk": ["line"]}).apply(lived()[1], world.START + 5 * world.HOUR)
        return sql_of(path)


def sql_of(path: Path) -> str:
    """A database as text."""
    with closing(sqlite3.connect(path)) as link:
        version = link.execute("pragma user_version").fetchone()[0]
        return "\n".join(link.iterdump()) + f"\npragma user_version = {version};\n"


def laid(file: Path, path: Path) -> Path:
    """The database that a golden file holds, made at `path`."""
    with closing(sqlite3.connect(path)) as link:
        link.executescript(file.read_text(encoding="utf-8"))
    return path


def dump_of(file: Path) -> str:
    """What a golden file says, in JSON that a person can read. Read by today's readers."""
    kind = file.name.split(".")[0]
    with tempfile.TemporaryDirectory() as folder:
        if kind == "journal":
            said: object = journal_said(laid(file, Path(folder) / "journal.sqlite"))
        elif kind == "alerts":
            said = alerts_said(laid(file, Path(folder) / "alerts.sqlite"))
        else:
            said = readable.of_file(kind, file.read_bytes())
    return readable.json_of(said)


def journal_said(path: Path) -> Mapping[str, Any]:
    """All that a journal of any version tells a start, brought up to date first."""
    with closing(Journal.open(path)) as journal:
        return {
            "records": [{"offset": offset, **readable.record(record)} for offset, record in journal.read()],
            "meta": {name: journal.meta(name) for name in ("first_book", "book", "epoch", "clock")},
            "cursors": msgspec.to_builtins(list(journal.cursors().values())),
            "refused": msgspec.to_builtins(journal.refused()),
            "refused_days": msgspec.to_builtins(journal.refused_days()),
            "books": {digest: readable.of_value(of) for digest, of in journal.books().items()},
        }


def alerts_said(path: Path) -> Mapping[str, Any]:
    """All that an alert store of any schema tells, brought up to date first."""
    with closing(SqliteStore(path)) as store:
        found = sorted(store.final(), key=lambda alert: alert.id)
        return {
            "last_cause": msgspec.to_builtins(store.last_cause("small")),
            "alerts": [msgspec.json.decode(alerts.encode(alert)) for alert in found],
            "notices": {alert.id: [_notice(notice) for notice in store.notices_of(alert.id)] for alert in found},
        }


def _notice(notice: Notice) -> list[object]:
    return [notice.id, notice.desk, notice.channel, notice.reason, notice.state, notice.created_at]


def main() -> None:
    """Write what is missing, and say what."""
    say = sys.stdout.write
    for name, data in exact().items():
        if not (FILES / name).exists():
            (FILES / name).write_bytes(data)
            say(f"wrote {name}\n")
    for name, make in made().items():
        if not (FILES / name).exists():
            (FILES / name).write_text(make(), encoding="utf-8")
            say(f"wrote {name}\n")
    for file in sorted(FILES.glob("*.*.*")):
        dump = file.with_name(f"{file.name}.dump.json")
        if not file.name.endswith(".dump.json") and not dump.exists():
            dump.write_text(dump_of(file), encoding="utf-8")
            say(f"wrote {dump.name}\n")


if __name__ == "__main__":
    main()
