"""The job on Tocsin and on other engines, on one broker, one after the other: `python -m benchmarks.peers`.

    python -m benchmarks.peers [--events 2000000] [--rounds 1] [--only ours,flink-1] [--rules 10] [--kill] [--out FILE]

What must come out is known (493 alerts for 2,000,000 events). Needs Java 17, Maven and, the first time, packages of the
others (into var/peers). On a machine that does other work read ratios within a run, and events per CPU-second.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.peers import engines, filling, ours, towns
from benchmarks.peers.engines import EVENTS, FEW, FEWEST, RIVALS, Result
from benchmarks.peers.filling import Expected
from rules.detectors.register import BROKEN, DETECTORS
from streams.city import City
from streams.kafka import admin
from tests.kafka.broker import Cluster

STREAM: Final = 2_000_000
FEW_EVENTS: Final = 200_000
FEWEST_EVENTS: Final = 60_000
PACKAGE: Final = Path(__file__).parent / "moving"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--events", type=int, default=STREAM, help="the first so many of the stream")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", default=",".join(("ours", *RIVALS)), help="names, with commas")
    parser.add_argument("--rules", type=int, default=0, help="ours with so many ordinary rules in place of the job's")
    parser.add_argument("--kill", action="store_true", help="ours once more, with kill -9 of both in the middle")
    parser.add_argument("--out", type=Path, help="file for the results as JSON lines")
    args = parser.parse_args()
    wanted = args.only.split(",")
    if unknown := set(wanted) - {"ours", *RIVALS}:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: ours, {', '.join(RIVALS)}")
    if set(wanted) - {"ours"}:
        engines.prepare()
    if "moving" not in DETECTORS:
        _install()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="tocsin-peers-") as folder:
        for number in range(args.rounds):
            for result in _round(Path(folder) / str(number), wanted, args):
                show(result)
                wrong += bool(result.error) or result.missing + result.extra > 0
                if args.out is not None:
                    with args.out.open("ab") as file:
                        file.write(msgspec.json.encode(result) + b"\n")
    return 1 if wrong else 0


def _install() -> None:
    """Install the job's detector beside us, as a user would, and begin again: kinds are read once, at a start."""
    target = engines.PLACE / "beside"
    if os.environ.get("PYTHONPATH", "").split(os.pathsep)[0] == str(target):
        raise SystemExit(f"the detector in {target} is not found: {BROKEN}")
    shutil.rmtree(target, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", str(target), str(PACKAGE)], check=True)
    path = os.pathsep.join([str(target), *filter(None, [os.environ.get("PYTHONPATH")])])
    command = [sys.executable, "-m", "benchmarks.peers", *sys.argv[1:]]
    os.execve(sys.executable, command, {**os.environ, "PYTHONPATH": path})  # noqa: S606 - ourselves


def _round(folder: Path, wanted: Sequence[str], args: argparse.Namespace) -> Iterator[Result]:
    """All engines once, on a broker of their own: what one leaves behind is the next one's burden, the same in each."""
    cluster = Cluster(folder / "kafka")
    cluster.start()
    try:
        address, cities = cluster.address, towns.lay(folder / "towns", rules=args.rules)
        admin.setup(address, cities, partitions=towns.TOWNS)
        sizes = {
            topic: min(most, args.events)
            for topic, most in ((EVENTS, args.events), (FEW, FEW_EVENTS), (FEWEST, FEWEST_EVENTS))
            if any(RIVALS[name].topic == topic for name in wanted if name in RIVALS)
        }
        filling.make_topics(address, sorted(sizes))
        expected = filling.fill(address, [city.name for city in cities], STREAM, sizes, args.events)
        print(f"{expected.events:,} events, {expected.repeats:,} repeats, {len(expected.alerts)} alerts expected")
        known = {
            size: expected if size == args.events else filling.expected_of(STREAM, size) for size in sizes.values()
        }
        for name in wanted:
            print(f"  load {os.getloadavg()[0]:.1f}", end=" ", flush=True)
            if name in RIVALS:
                yield engines.run(name, address, known[sizes[RIVALS[name].topic]], folder)
            else:
                yield _ours(folder, address, cities, expected, args)
    finally:
        cluster.stop()
    if args.kill and "ours" in wanted:
        yield _killed(folder / "killed", args)


def _ours(folder: Path, address: str, cities: Sequence[City], expected: Expected, args: argparse.Namespace) -> Result:
    found = ours.run(address, folder, cities, expected)
    state = found.state_bytes / found.events
    print(f"of ours: {found.cpu} CPU-s, {found.memory} MiB, {state:.1f} bytes of memory an event")
    judged = (0, 0, 0) if args.rules else (found.expected, found.missing, found.extra)
    title = f"Tocsin, {args.rules} ordinary rules" if args.rules else "Tocsin"
    return Result(
        "ours", title, found.events, found.seconds, sum(found.cpu.values()), max(found.memory.values()), *judged
    )


def _killed(folder: Path, args: argparse.Namespace) -> Result:
    """Ours again over topics of its own, both processes killed in the middle."""
    cluster = Cluster(folder / "kafka")
    cluster.start()
    try:
        cities = towns.lay(folder / "towns", rules=args.rules)
        admin.setup(cluster.address, cities, partitions=towns.TOWNS)
        expected = filling.fill(cluster.address, [city.name for city in cities], STREAM, {}, args.events)
        found = ours.run_killed(cluster.address, folder, cities, expected)
    finally:
        cluster.stop()
    return Result(
        "killed", "Tocsin, both killed in the middle", expected=found.expected, missing=found.missing, extra=found.extra
    )


def show(one: Result) -> None:
    if one.error:
        print(f"{one.title}: {one.error}", flush=True)
        return
    right = f"{one.expected - one.missing} of {one.expected} alerts, {one.extra} too many"
    if one.seconds:
        speed = f"{one.events / one.seconds:,.0f} events/s, {one.events / one.cpu:,.0f} a CPU-second, "
        print(
            f"{one.title}: {speed}{one.memory:.0f} MiB, {right} ({one.events:,} events, {one.seconds:.1f} s)",
            flush=True,
        )
    else:
        print(f"{one.title}: {right}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
