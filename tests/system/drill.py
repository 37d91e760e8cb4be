"""`make drill`: a city is backed up under load, killed, its data destroyed, restored by one command, and goes on.

Ends with figures: how long the backup and the restore took, and what was accepted after the copy and is sent again.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx2
import msgspec

from streams.backup.manifest import Manifest
from tests.streams.town import NAME, STORM, event, make_town
from tests.system.served import HOUSE, served

BATCH: Final = 50


@dataclass
class Sender:
    """Sends events batch by batch until told to end; knows which were accepted."""

    address: str
    accepted: list[int] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    at: str = field(default_factory=lambda: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))

    def batch(self, first: int) -> list[dict[str, object]]:
        """The same again whenever it is asked for: a repeat must be known as one."""
        return [event(number, occurred_at=self.at) for number in range(first, first + BATCH)]

    def run(self) -> None:
        first = 0
        with httpx2.Client(timeout=60) as client:
            while not self.ended.is_set():
                try:
                    answer = client.post(f"{self.address}/v1/events", json=self.batch(first))
                except httpx2.TransportError:  # it was killed
                    return
                if answer.status_code == 202:
                    self.accepted.append(first)
                    first += BATCH


@dataclass(frozen=True, slots=True)
class Drilled:
    """`before`: events accepted before the backup began; `held`: those that it holds; `after`: accepted later."""

    before: int
    held: int
    after: int
    backup_seconds: float
    restore_seconds: float
    alerts: int


def tocsin(data: Path, *words: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", "from streams.cli import main; main()", *words, "--data", str(data)],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def drill(home: Path, seconds: float) -> Drilled:
    """One drill in a new folder; `seconds`: for how long there is load before and after the backup."""
    town = make_town(home / "town")
    (town / "rules/storm.yaml").write_text(STORM, "utf-8")
    data, copy = home / "var", home / "copy"
    with served(town, data) as child:
        sender = Sender(child.ready())
        thread = threading.Thread(target=sender.run)
        thread.start()
        try:
            while not sender.accepted:
                assert thread.is_alive()
                time.sleep(0.05)
            time.sleep(seconds)
            before, begun = len(sender.accepted) * BATCH, time.monotonic()
            tocsin(data, "backup", str(town), "--to", str(copy))
            backup_seconds = time.monotonic() - begun
            time.sleep(seconds)
            child.kill()
        finally:
            sender.ended.set()
            thread.join(60)
    shutil.rmtree(data)
    begun = time.monotonic()
    tocsin(data, "restore", str(copy))
    restore_seconds = time.monotonic() - begun
    told = msgspec.json.decode((copy / "backup.json").read_bytes(), type=Manifest)
    with served(town, data, log=home / "again.log") as child:
        address = child.ready()
        held = 0
        with httpx2.Client(timeout=60) as client:
            for first in sender.accepted:  # the source sends its horizon again
                answers = client.post(f"{address}/v1/events", json=sender.batch(first)).json()
                assert answers["accepted"] + answers["duplicate"] == BATCH
                held += answers["duplicate"]
        assert child.end() == 0
    assert "is balanced" in tocsin(data, "audit", str(town))
    tocsin(data, "verify", str(town))
    sent = len(sender.accepted) * BATCH
    return Drilled(before, held, sent - held, backup_seconds, restore_seconds, told.cities[NAME].alerts)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="tocsin-drill-") as folder:
        print(drill(Path(folder), 20.0))  # noqa: T201 - a command: its line is its result
