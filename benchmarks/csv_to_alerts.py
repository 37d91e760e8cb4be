"""A CSV to alerts: `tocsin replay` of half a million rows. `python -m benchmarks.csv_to_alerts`.

The rows are those of Boston's year, as often as it takes: each copy under its own ids, its times some minutes later, so
that hours and seasons stay and the city is as many times larger. Two lines: the file read, mapped and through the gate;
and the whole of `tocsin replay`, from the start of its process to its last file. A row with a closing time gives two
events; CPU is told a row and an event.
"""

from __future__ import annotations

import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from streams.feeds.packed import opened
from streams.opened import city_of, intake_of
from streams.replay import REPLAY_KEY, read_past
from streams.summary import Summary

EXAMPLE: Final = Path(__file__).parents[1] / "examples" / "boston"
FEW: Final = ("petition-surge", "trees-surge")
APART: Final = timedelta(minutes=13)
"""From copy to copy."""
TIMES: Final = ("OPEN_DT", "TARGET_DT", "CLOSED_DT")
_FORM: Final = "%m/%d/%Y %I:%M:%S %p"
_REPLAY: Final = "from streams.cli import main; main()"


class Figures(msgspec.Struct, frozen=True):
    """What one run measured. CPU in microseconds."""

    what: str
    rows: int
    events: int
    seconds: float
    cpu_seconds: float
    alerts: int = 0

    def line(self) -> str:
        told = f"   {self.alerts:,} alerts" if self.alerts else ""
        return (
            f"{self.what:<14} {self.events / self.seconds:>9,.0f} events/s {self.rows / self.seconds:>9,.0f} rows/s"
            f"   CPU {1e6 * self.cpu_seconds / self.events:6.1f} us/event"
            f" {1e6 * self.cpu_seconds / self.rows:6.1f} us/row{told}"
        )


def write_rows(path: Path, wanted: int) -> None:
    """`wanted` rows of the example, copy after copy."""
    with opened(EXAMPLE / "data" / "311.csv.xz") as stream:
        header, *rows = csv.reader(line.decode() for line in stream)
    times = [header.index(name) for name in TIMES]
    read = [[datetime.strptime(row[i], _FORM) if row[i] else None for i in times] for row in rows]  # noqa: DTZ007 - local
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for number in range(wanted):
            copy, place = divmod(number, len(rows))
            row = list(rows[place])
            row[0] = str(int(row[0]) + copy * 10_000_000)
            for i, at in zip(times, read[place], strict=True):
                row[i] = (at + copy * APART).strftime(_FORM) if at else ""
            writer.writerow(row)


def reading(city: Path, path: Path, rows: int) -> Figures:
    """The file read into frames, in this process."""
    known = city_of(city)
    intake = intake_of(known, REPLAY_KEY)
    begun, cpu = time.perf_counter(), time.process_time()
    found = read_past(known, intake, {next(iter(known.feeds)): [path]})
    return Figures("reading alone", rows, found.events, time.perf_counter() - begun, time.process_time() - cpu)


def replaying(city: Path, path: Path, rows: int, out: Path) -> Figures:
    """`tocsin replay`, in a process of its own."""
    begun, before = time.perf_counter(), os.times()
    command = [sys.executable, "-c", _REPLAY, "replay", str(city), str(path), "--out", str(out)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds, after = time.perf_counter() - begun, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    said = msgspec.json.decode((out / "summary.json").read_bytes(), type=Summary)
    alerts = sum(1 for _ in (out / "alerts.jsonl").open("rb"))
    return Figures("tocsin replay", rows, said.events, seconds, cpu, alerts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--rules", nargs="+", default=list(FEW), help="names of Boston's rules that are in force")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON lines")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-csv-") as folder:
        city, path = Path(folder) / "boston", Path(folder) / "rows.csv"
        shutil.copytree(EXAMPLE, city, ignore=shutil.ignore_patterns("data", "*.cases.yaml"))
        for rule in (city / "rules").glob("*.yaml"):
            if rule.stem not in arguments.rules:
                rule.unlink()
        write_rows(path, arguments.rows)
        for figures in (
            reading(city, path, arguments.rows),
            replaying(city, path, arguments.rows, Path(folder) / "out"),
        ):
            print(msgspec.json.encode(figures).decode() if arguments.json else figures.line())


if __name__ == "__main__":
    main()
