"""`tocsin serve --clock stream` as a child that may be killed, and the one who sends to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import httpx2

from benchmarks.chaos.stretch import Body
from streams.replay import REPLAY_KEY

PATIENCE_SECONDS: Final = 120.0
"""Longest wait for a start, an answer or an end; beyond it the run is broken."""


class Child:
    """A serving process. `armed`: where it shall kill itself, as TOCSIN_CRASH_AT says it."""

    def __init__(self, city: Path, data: Path, *, armed: str = "", snapshot_records: int = 400) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.log = data / "served.log"
        self._skip = self.log.stat().st_size if self.log.exists() else 0
        self._killed = False
        settings = {
            "TOCSIN_KEY": REPLAY_KEY.decode(),  # ties fall as in the undisturbed run
            "TOCSIN_CRASH_AT": armed,
            "TOCSIN_SNAPSHOT_RECORDS": str(snapshot_records),
            "TOCSIN_RESERVE_BYTES": str(1 << 20),
            "TOCSIN_LOG": "json",
        }
        command = [sys.executable, "-c", "from streams.cli import main; main()", "serve", str(city)]
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(
                [*command, "--clock", "stream", "--host", "127.0.0.1", "--port", "0", "--data", str(data)],
                env={**os.environ, **settings},
                stdout=said,
                stderr=said,
            )

    def said(self) -> str:
        with self.log.open("rb") as file:
            file.seek(self._skip)
            return file.read().decode()

    def ready(self) -> str | None:
        """Its address once it takes events; None where it was killed on the way."""
        limit = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < limit:
            if self._process.poll() == -signal.SIGKILL:
                return None
            if self._process.poll() is not None:
                raise SystemExit(f"it ended by itself: {self.said()[-2000:]}")
            found = re.search(r"serves \S+ at (http://\S+)", self.said())
            if found is not None and _is_ready(found[1]):
                return found[1]
            time.sleep(0.02)
        raise SystemExit(f"it never was ready: {self.said()[-2000:]}")

    def kill(self) -> None:
        """From outside."""
        self._killed = self._process.poll() is None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE_SECONDS)

    def wait(self) -> None:
        self._process.wait(PATIENCE_SECONDS)

    @property
    def was_killed_by_itself(self) -> bool:
        return not self._killed and self._process.poll() == -signal.SIGKILL

    def end(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(PATIENCE_SECONDS)


def _is_ready(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/readyz", timeout=PATIENCE_SECONDS).status_code == 200
    except httpx2.TransportError:
        return False


class Sender:
    """Sends bodies in order and keeps what was answered for; what was not answered goes out again."""

    def __init__(self, bodies: tuple[Body, ...]) -> None:
        self._bodies = bodies
        self.at = 0
        self.sent_again = 0
        self.refused: list[str] = []
        self._unanswered = -1

    @property
    def done(self) -> bool:
        return self.at >= len(self._bodies)

    @property
    def acknowledged(self) -> tuple[Body, ...]:
        return self._bodies[: self.at]

    def send(self, client: httpx2.Client) -> bool:
        """The next body; False where the server was gone before it answered."""
        self.sent_again += self._unanswered == self.at
        self._unanswered = self.at
        try:
            response = client.post(
                "/v1/events", content=self._bodies[self.at].data, headers={"Content-Type": "application/x-ndjson"}
            )
        except httpx2.TransportError:
            return False
        if response.status_code not in (200, 202):
            if response.status_code != 503:
                self.refused.append(f"body {self.at}: {response.status_code} {response.text[:200]}")
                self.at += 1
            return True
        self.at += 1
        return True
