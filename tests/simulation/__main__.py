"""Seeded worlds: `python -m tests.simulation --from 0 --seeds 20 --processes 2`. Prints the seed of a broken law."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.bugs import hunts
from tests.simulation.seeds import Verdict, judge


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=20, help="how many; with --bugs, how many at most for each")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="broken seeds alone")
    parser.add_argument("--until-broken", action="store_true", help="stop at the first broken seed")
    parser.add_argument(
        "--bugs", nargs="?", const="", help="plant each bug, or those whose name holds a word, and hunt"
    )
    args = parser.parse_args()
    if args.bugs is not None:
        return _hunt(args.seeds, args.processes, args.bugs)
    begun, broken, lived, seconds = time.monotonic(), 0, 0, 0.0
    for verdict in _verdicts(range(args.first, args.first + args.seeds), args.processes):
        lived += 1
        broken += bool(verdict.broken)
        seconds += verdict.seconds
        if verdict.broken or not args.quiet:
            print(verdict.line, flush=True)
        if broken and args.until_broken:
            break
    took = time.monotonic() - begun
    print(f"{lived} seeds, {broken} broken, {took:.1f} s; {seconds / lived:.2f} s of one core a seed")
    return 1 if broken else 0


def _verdicts(seeds: range, processes: int) -> Iterator[Verdict]:
    if processes == 1:
        yield from map(judge, seeds)
        return
    with ProcessPoolExecutor(processes) as pool:
        for first in range(seeds.start, seeds.stop, 4 * processes):
            yield from pool.map(judge, range(first, min(first + 4 * processes, seeds.stop)))


def _hunt(seeds: int, processes: int, only: str) -> int:
    missed = hunted = 0
    for found in hunts(seeds, processes, only):
        hunted += 1
        missed += not found.found
        print(found.line, flush=True)
    print(f"{hunted - missed} of {hunted} bugs found")
    return 1 if missed > hunted // 20 else 0


if __name__ == "__main__":
    sys.exit(main())
