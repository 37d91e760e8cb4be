"""PostgreSQL as a process of the tests, on a free port: made by its own initdb, stopped by its process id."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Final

UP_SECONDS: Final = 30.0
ACCOUNT: Final = "postgres"
"""Whose process it is where the tests run as root, which PostgreSQL refuses to."""


class NoPostgresError(RuntimeError):
    """No PostgreSQL can be brought up here; says what is missing."""


def tool(name: str) -> str:
    """Where a program of the server lies: Debian keeps it off the path."""
    found = shutil.which(name)
    there = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if found is None and not there:
        raise NoPostgresError(f"{name} is not installed: the tests on PostgreSQL need the package postgresql")
    return found or str(there[-1])


class Server:
    """One cluster in a folder of its own. `start` returns once it answers."""

    def __init__(self, **more: str) -> None:
        """`more`: options of the server beside the given ones."""
        self._more = more
        self.folder = Path(tempfile.mkdtemp(prefix="tocsin-postgres-"))
        self._account: str | None = None
        if os.geteuid() == 0:
            try:
                owner = pwd.getpwnam(ACCOUNT)
            except KeyError:
                raise NoPostgresError(f"there is no account {ACCOUNT} to run it under") from None
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self._account = ACCOUNT
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def add(self, **more: str) -> None:
        """Options beside the given ones, before it is started."""
        self._more |= more

    @property
    def url(self) -> str:
        return f"postgresql://tests@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Raises NoPostgresError."""
        data = self.folder / "data"
        make = [tool("initdb"), "-D", str(data), "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(make, user=self._account, cwd=self.folder, capture_output=True, text=True, check=False)
        if made.returncode:
            raise NoPostgresError(f"initdb: {made.stderr[-500:]}")
        options = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "fsync": "off",  # the machine does not go down in a test
            "full_page_writes": "off",
            **self._more,
        }
        run = [tool("postgres"), "-D", str(data)]
        run += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "said").open("ab") as said:
            self._process = subprocess.Popen(run, user=self._account, cwd=self.folder, stdout=said, stderr=said)
        self._wait()

    def _wait(self) -> None:
        limit = time.monotonic() + UP_SECONDS
        while time.monotonic() < limit and self._process is not None and self._process.poll() is None:
            ready = b"ready to accept connections" in (self.folder / "said").read_bytes()
            if ready:
                return
            time.sleep(0.05)
        raise NoPostgresError(f"it did not come up: {(self.folder / 'said').read_text()[-500:]}")

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # open connections are cut
            self._process.wait(UP_SECONDS)
        shutil.rmtree(self.folder, ignore_errors=True)
