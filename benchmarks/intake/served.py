"""`tocsin serve` on the wall clock, as a child: its address, its CPU, its end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import httpx2

PATIENCE_SECONDS: Final = 60.0
_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Served:
    """A serving process over a city's folder and its data."""

    def __init__(self, city: Path, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self._log = data / "served.log"
        self._skip = self._log.stat().st_size if self._log.exists() else 0
        command = [sys.executable, "-c", "from streams.cli import main; main()", "serve", str(city)]
        with self._log.open("ab") as said:
            self._process = subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--port", "0", "--data", str(data)],
                env={**os.environ, "TOCSIN_LOG": "json"},
                stdout=said,
                stderr=said,
            )

    def ready(self) -> str:
        """Wait until it takes events; its address."""
        limit = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < limit and self._process.poll() is None:
            found = re.search(r"serves \S+ at (http://\S+)", self._said())
            if found is not None and _is_ready(found[1]):
                return found[1]
            time.sleep(0.05)
        raise SystemExit(f"it never was ready: {self._said()[-2000:]}")

    def alive(self) -> bool:
        return self._process.poll() is None

    def cpu_seconds(self) -> float:
        """User and system time so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)

    def end(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE_SECONDS)

    def _said(self) -> str:
        with self._log.open("rb") as file:
            file.seek(self._skip)
            return file.read().decode()


def _is_ready(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/readyz", timeout=PATIENCE_SECONDS).status_code == 200
    except httpx2.TransportError:
        return False
