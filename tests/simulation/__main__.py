"""Seeded worlds: `python -m tests.simulation --from 0 --seeds 20 --processes 2`. Prints the seed of every broken law."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.seeds import judge


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=20, help="how many")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="broken seeds alone")
    args = parser.parse_args()
    begun, broken, seconds = time.monotonic(), 0, 0.0
    with ProcessPoolExecutor(args.processes) as pool:
        for verdict in pool.map(judge, range(args.first, args.first + args.seeds)):
            broken += bool(verdict.broken)
            seconds += verdict.seconds
            if verdict.broken or not args.quiet:
                print(verdict.line, flush=True)
    took = time.monotonic() - begun
    print(f"{args.seeds} seeds, {broken} broken, {took:.1f} s; {seconds / args.seeds:.2f} s of one core a seed")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
