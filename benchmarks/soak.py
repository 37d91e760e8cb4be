"""A soak: one process serves a city at a steady rate, or over it, for as long as is asked. `python -m benchmarks.soak`.

    python -m benchmarks.soak [--rate 2000] [--minutes 60] [--over 4 --over-minutes 10]

Events come by HTTP in batches, ten a second, whether or not the last one was answered (open loop). One that is turned
away (429, 503) is sent again until it is taken, as a sender should. Once a part it is told: events a second taken, how
soon batches were answered, how long the last one waited; and of the process its memory, threads and files, at the tenth
minute (or the middle of a shorter run) and at the end. At the end `tocsin audit` proves where every event went.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2
import msgspec
import numpy as np

from alerts.export import rfc3339
from tests.streams.town import NAME, STORM, make_town
from tests.system.served import Served

BATCHES: Final = 10
"""A second."""
SENDERS: Final = 32
WARM_SECONDS: Final = 600.0
SAMPLE_SECONDS: Final = 5.0
AGAIN_SECONDS: Final = 1.0


@dataclass
class Told:
    """What one part measured. Seconds; `late`: from when a batch was due until it was taken."""

    statuses: Counter[int] = field(default_factory=Counter)
    answered: list[float] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    taken: int = 0


@dataclass(frozen=True)
class Sample:
    """The process at one instant. `memory` in MiB, resident."""

    at: float
    memory: float
    threads: int
    files: int


def sample(pid: int, at: float) -> Sample:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    told = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    files = len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - numbers, not paths
    return Sample(at, int(told["VmRSS"].split()[0]) / 1024, int(told["Threads"]), files)


def batch(first: int, size: int) -> bytes:
    """`size` events of the town, as lines; one in a hundred of another district."""
    at = rfc3339(time.time_ns() // 1_000_000_000 * 1000)
    events = (
        {
            "id": f"soak-{n}", "source": "soak", "kind": "incident", "category": "traffic",
            "area": "west" if n % 100 == 0 else "east", "occurred_at": at,
        }
        for n in range(first, first + size)
    )  # fmt: skip
    return b"\n".join(msgspec.json.encode(event) for event in events)


def send(client: httpx2.Client, address: str, body: bytes, size: int, due: float, told: Told) -> None:
    """Until it is taken."""
    while True:
        begun = time.monotonic()
        answer = client.post(f"{address}/v1/events", content=body, headers={"Content-Type": "application/x-ndjson"})
        told.statuses[answer.status_code] += 1
        if answer.status_code not in (429, 503):
            now = time.monotonic()
            told.answered.append(now - begun)
            told.late.append(now - due)
            told.taken += size if answer.status_code in (200, 202) else 0
            return
        time.sleep(AGAIN_SECONDS)


def part(served: Served, rate: int, seconds: float, first: int) -> tuple[Told, list[Sample], float]:
    """Send at `rate` events a second; what was told, the samples, and how long the last batch was waited for."""
    told, size = Told(), max(1, rate // BATCHES)
    samples: list[Sample] = []
    with httpx2.Client(timeout=120, limits=httpx2.Limits(max_connections=SENDERS)) as client:
        with ThreadPoolExecutor(SENDERS) as senders:
            begun = time.monotonic()
            owed = []
            for n in range(round(seconds * BATCHES)):
                due = begun + n / BATCHES
                time.sleep(max(0.0, due - time.monotonic()))
                if not samples or time.monotonic() - begun - samples[-1].at >= SAMPLE_SECONDS:
                    samples.append(sample(served.pid, time.monotonic() - begun))
                body = batch(first + n * size, size)
                owed.append(senders.submit(send, client, served.address, body, size, due, told))
            ended = time.monotonic()
            wait(owed)
            for one in owed:
                one.result()
        samples.append(sample(served.pid, time.monotonic() - begun))
    return told, samples, time.monotonic() - ended


def lines(what: str, told: Told, samples: list[Sample], seconds: float, drained: float) -> Iterator[str]:
    half, late = (np.percentile(times, (50, 99)) for times in (told.answered, told.late))
    whole, statuses = seconds + drained, dict(sorted(told.statuses.items()))
    yield f"{what}: {told.taken:,} events taken in {whole:.0f} s ({told.taken / whole:,.0f} a second), {statuses=}"
    yield f"  a batch was answered in {half[0]:.3f} s (p99 {half[1]:.3f} s)"
    yield f"  and taken {late[0]:.3f} s after it was due (p99 {late[1]:.3f} s)"
    yield f"  the last batch was taken {drained:.1f} s after the last was due"
    middle = next((one for one in samples if one.at >= min(WARM_SECONDS, seconds / 2)), samples[-1])
    for name, one in (("from", middle), ("to", samples[-1])):
        yield f"  {name} {one.at:,.0f} s: {one.memory:,.0f} MiB, {one.threads} threads, {one.files} files"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=2_000, help="events a second")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--over", type=float, default=4.0, help="times the rate")
    parser.add_argument("--over-minutes", type=float, default=0.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        town, data = make_town(Path(folder) / "town"), Path(folder) / "var"
        (town / "rules" / "storm.yaml").write_text(STORM, encoding="utf-8")
        data.mkdir()
        served = Served(town, data)
        try:
            served.ready()
            first = 0
            for what, rate, minutes in (
                ("soak", given.rate, given.minutes),
                ("overload", round(given.rate * given.over), given.over_minutes),
            ):
                if minutes > 0:
                    told, samples, drained = part(served, rate, minutes * 60, first)
                    first += round(minutes * 60 * BATCHES) * max(1, rate // BATCHES)
                    for line in lines(f"{what} at {rate:,}/s", told, samples, minutes * 60, drained):
                        print(line, flush=True)
        finally:
            code = served.end() if served.code is None else served.code
        print(f"ended with {code}; load of the machine {os.getloadavg()[0]:.1f} of {os.cpu_count()} processors")
        command = [
            sys.executable,
            "-c",
            "from streams.cli import main; main()",
            "audit",
            str(town),
            "--data",
            str(data),
        ]
        audit = subprocess.run(command, check=False, capture_output=True, text=True)
        print(f"tocsin audit {NAME}: code {audit.returncode}", *audit.stdout.splitlines()[-1:], sep="\n  ")
        sys.exit(audit.returncode)


if __name__ == "__main__":
    main()
