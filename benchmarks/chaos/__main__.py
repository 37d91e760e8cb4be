"""Replay a real stretch of a city over HTTP against a serving process that is killed again and again.

    python -m benchmarks.chaos --road local --kills 100 [--seed N] [--from DAY] [--to DAY] [--out FILE]
    python -m benchmarks.chaos --road kafka --kills 20 [--seed N] [--out FILE]     (benchmarks/chaos/kafka_road.py)

Half of the kills come at named crash points (`streams.crashpoints`), half at random while a request is under way. The
process is started again, what was not answered is sent again, and at the end what the desk holds is compared with a run
that nothing disturbed. Exit code 1 where anything differs, 0 else. The server listens on loopback, on the stream clock.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from benchmarks.chaos.kills import Killer
from benchmarks.chaos.plan import plan, wanted
from benchmarks.chaos.stretch import read_stretch
from benchmarks.chaos.verdict import undisturbed, verdicts
from streams.city import City
from streams.crashpoints import CrashPoint
from streams.opened import city_of, intake_of
from streams.replay import REPLAY_KEY

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "montgomery"


class Report(msgspec.Struct, frozen=True):
    """What came of a run. `hits`: crash point -> kills there; seconds from a kill to the next answered body."""

    road: str
    seed: int
    kills: int
    at_random: int
    hits: dict[str, int]
    events: int
    bodies: int
    sent_again: int
    seconds: float
    recovered_p50_seconds: float
    recovered_p99_seconds: float
    verdicts: dict[str, str]

    @property
    def broken(self) -> list[str]:
        return [question for question, answer in self.verdicts.items() if answer]


def run(city: City, args: argparse.Namespace, data: Path) -> Report:
    begun = time.monotonic()
    dice = random.Random(args.seed)
    intake = intake_of(city, REPLAY_KEY)
    since, until = (_midnight(day, city) for day in (args.since, args.until))
    before = undisturbed(city, intake, since, until)
    stretch = read_stretch(city, intake, since, until, dice)
    kills = plan(args.kills, random.Random(args.seed))
    journal = data / city.name / "journal.sqlite"
    killer = Killer(city.folder, data, journal, stretch, kills, before.spoke, dice, deadline=begun + 60 * args.minutes)
    killer.run()
    found = verdicts(city, data, before, killer.sender.acknowledged)
    found |= dict(killer.verdicts(wanted(args.kills)))
    took = killer.recovered or [0.0]
    return Report(
        road=args.road,
        seed=args.seed,
        kills=sum(killer.hits.values()) + killer.at_random,
        at_random=killer.at_random,
        hits={str(point): killer.hits[point] for point in CrashPoint},
        events=stretch.events,
        bodies=len(stretch.bodies),
        sent_again=killer.sender.sent_again,
        seconds=round(time.monotonic() - begun, 1),
        recovered_p50_seconds=round(float(np.percentile(took, 50)), 2),
        recovered_p99_seconds=round(float(np.percentile(took, 99)), 2),
        verdicts=found,
    )


def run_on_kafka(args: argparse.Namespace, folder: Path) -> Report:
    from benchmarks.chaos.kafka_road import Road  # noqa: PLC0415 - the local road needs none of its packages

    begun = time.monotonic()
    road = Road(folder, args.kills, args.seed)
    try:
        road.run()
        found = dict(road.verdicts())
    finally:
        road.close()
    took = road.recovered or [0.0]
    return Report(
        road=args.road,
        seed=args.seed,
        kills=sum(road.hits.values()) + road.at_random,
        at_random=road.at_random,
        hits=dict(road.hits),
        events=road.load.events,
        bodies=0,
        sent_again=0,
        seconds=round(time.monotonic() - begun, 1),
        recovered_p50_seconds=round(float(np.percentile(took, 50)), 2),
        recovered_p99_seconds=round(float(np.percentile(took, 99)), 2),
        verdicts=found,
    )


def _midnight(day: str, city: City) -> int:
    moment = datetime.fromisoformat(day)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(city.zone))).timestamp() * 1000)


def show(report: Report) -> None:
    print(f"{report.kills} kills ({report.at_random} at random) under {report.events} events,")
    if report.bodies:
        print(f"in {report.bodies} bodies, of which {report.sent_again} were sent again,")
    print(f"{report.seconds} s in all, seed {report.seed}")
    for point, hits in report.hits.items():
        print(f"  {hits:4d}  {point}")
    took = f"p50 {report.recovered_p50_seconds} s, p99 {report.recovered_p99_seconds} s"
    print(f"from a kill to the next answer, or record written: {took}")
    for question, answer in report.verdicts.items():
        print(f"  {'BROKEN' if answer else 'holds '}  {question}{': ' + answer if answer else ''}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__)
    parser.add_argument("--road", choices=["local", "kafka"], default="local")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--city", type=Path, default=EXAMPLE)
    parser.add_argument("--from", dest="since", default="2016-01-01", help="city time")
    parser.add_argument("--to", dest="until", default="2016-02-01")
    parser.add_argument("--minutes", type=float, default=60.0, help="most minutes; beyond them the run is broken")
    parser.add_argument("--out", type=Path, help="file for the report as JSON")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-chaos-") as folder:
        if args.road == "kafka":
            report = run_on_kafka(args, Path(folder))
        else:
            report = run(city_of(args.city), args, Path(folder))
        show(report)
        if args.out is not None:
            args.out.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
    return 1 if report.broken else 0


if __name__ == "__main__":
    sys.exit(main())
