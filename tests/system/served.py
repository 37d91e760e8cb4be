"""A real process that serves a city, to be killed."""

from __future__ import annotations

import os
import re
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

HOUSE = Path(__file__).parents[2]
PATIENCE = 60.0


class Served:
    """`tocsin serve` as a child: its address, and how it ends."""

    def __init__(
        self, city: Path, data: Path, *, log: Path | None = None, trusts: ssl.SSLContext | bool = True, **settings: str
    ) -> None:
        command = [sys.executable, "-c", "from streams.cli import main; main()", "serve", str(city)]
        plain = {"TOCSIN_RESERVE_BYTES": "0", "TOCSIN_LOG": "json", "PYTHONPATH": str(HOUSE)}
        self.data = data
        self._trusts = trusts
        self._said = log or data.with_suffix(".log")
        with self._said.open("ab") as said:
            self._child = subprocess.Popen(
                [*command, "--port", "0", "--data", str(data)],
                env={**os.environ, **plain, **settings},
                stdout=said,
                stderr=said,
            )
        self.address = ""

    def said(self) -> str:
        return self._said.read_text()

    def ready(self) -> str:
        """Wait until it takes events; its address."""
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit and self._child.poll() is None:
            found = re.findall(r"serves \S+ at (https?://\S+)", self.said())
            if found:
                self.address = found[-1]
                try:
                    if httpx2.get(f"{self.address}/readyz", verify=self._trusts).status_code == 200:
                        return self.address
                except httpx2.TransportError:  # an older line of the log, or not listening yet
                    self.address = ""
            time.sleep(0.05)
        raise AssertionError(f"it never was ready:\n{self.said()}")

    def kill(self) -> None:
        self._child.kill()
        self._child.wait(PATIENCE)

    def end(self) -> int:
        """Ask it to end; its exit code."""
        self._child.send_signal(signal.SIGTERM)
        return self._child.wait(PATIENCE)

    def tell(self, number: int) -> None:
        self._child.send_signal(number)

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def code(self) -> int | None:
        return self._child.poll()


@contextmanager
def served(city: Path, data: Path, *, log: Path | None = None, **settings: str) -> Iterator[Served]:
    child = Served(city, data, log=log, trusts=True, **settings)
    try:
        yield child
    finally:
        if child.code is None:
            child.kill()
