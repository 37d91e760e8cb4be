"""Processes of ours as a benchmark runs them: started as a user starts them, killed, started again, and measured."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from streams.replay import REPLAY_KEY

PATIENCE_SECONDS: Final = 120.0


class Process:
    """`tocsin WORDS`, on loopback with the key of a replay. `deaths`: exit codes that nobody asked for."""

    def __init__(
        self, name: str, words: Sequence[str], log: Path, *, settings: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.log = log
        self._words = [*words]
        self._settings = {"TOCSIN_KEY": REPLAY_KEY.decode(), "TOCSIN_LOG": "json", **(settings or {})}
        self.deaths: list[int] = []
        self.start()

    def start(self, armed: str = "") -> None:
        """`armed`: where it shall kill itself, as TOCSIN_CRASH_AT says it."""
        command = [sys.executable, "-c", "from streams.entry import main; main()", *self._words]
        env = {**os.environ, **self._settings, "TOCSIN_CRASH_AT": armed}
        self.began = time.monotonic()
        with self.log.open("ab") as said:
            self._process = subprocess.Popen(command, env=env, stdout=said, stderr=said)

    @property
    def number(self) -> int:
        return self._process.pid

    def ended_with(self) -> int | None:
        return self._process.poll()

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)

    def end(self) -> int:
        self.send(signal.SIGTERM)
        return self._process.wait(PATIENCE_SECONDS)

    def ran(self) -> float:
        """Seconds of processor that it took so far, all its threads."""
        fields = Path(f"/proc/{self.number}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def most_memory(self) -> float:
        """The most memory that it held at once, MiB."""
        for line in Path(f"/proc/{self.number}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        return 0.0
