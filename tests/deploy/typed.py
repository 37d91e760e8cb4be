"""The commands of docs/install.md, typed as they stand there, on a machine without an engine.

`docker compose run` is the service's command with what the service sees, `docker compose up` starts the processes of
tests/deploy/native.py, and everything else is what it says. A command that nobody here knows fails the test.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tests.deploy.compose import HOUSE, secrets
from tests.deploy.native import Host
from tests.deploy.programs import OURS, plain

PAGE: Final = HOUSE / "docs" / "install.md"
PASSWORD: Final = "correct horse battery"


def commands(heading: str) -> Iterator[str]:
    """Every line to be typed under a heading of the guide."""
    text = PAGE.read_text("utf-8")
    part = re.split(r"^## ", text, flags=re.MULTILINE)
    (chosen,) = [one for one in part if one.startswith(heading)]
    for block in re.findall(r"^```sh\n(.*?)^```", chosen, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()


class Typist:
    """Types lines in a folder. `host` is made once there are secrets; `laid` may add to the city that `init` wrote."""

    def __init__(self, folder: Path, profiles: list[str], laid: Callable[[Path, Host], None]) -> None:
        self.folder = folder
        self.said = ""
        self._profiles = profiles
        self._laid = laid
        self._host: Host | None = None

    @property
    def host(self) -> Host:
        if self._host is None:
            given = {"TOCSIN_CITY": str(self.folder / "city")}
            self._host = Host(self.folder / "host", self._profiles, self.folder / "secrets", **given)
        return self._host

    def type(self, line: str) -> None:
        """Raises AssertionError for what went wrong or is not known."""
        command, pipe, rest = line.partition(" | tail -n 1 > ")
        words = shlex.split(command.replace("$(id -u)", "0").replace("$PWD", str(self.folder)))
        match words:
            case ["cp", ".env.example", ".env"]:
                (self.folder / ".env").write_text((HOUSE / ".env.example").read_text("utf-8"), "utf-8")
            case ["make", "secrets"]:
                secrets(self.folder, ",".join(self._profiles))
            case ["docker", "compose", "build"]:
                assert (HOUSE / "deploy/Dockerfile").exists()
            case ["docker", "run", *_, "init", "/out/city"]:
                self._once(*OURS, "init", str(self.folder / "city"))
                self._laid(self.folder / "city", self.host)
            case ["docker", "compose", "run", *options]:
                self.said = self._run([word for word in options if word not in {"--rm", "-T"}])
            case ["docker", "compose", "up", "-d", *waits] if set(waits) <= {"--wait"}:
                self.host.up()
            case ["docker", "compose", "ps"]:
                assert all(one.poll() is None for name, one in self.host.running().items() if name != "topics")
            case ["curl", *_]:
                self.said = self._once("bash", "-c", self.host.local("serve", line))
            case _:
                raise AssertionError(f"nobody here knows: {line}")
        if pipe:
            (self.folder / rest).write_text(self.said.splitlines()[-1] + "\n", "utf-8")

    def _run(self, words: list[str]) -> str:
        service, *told = words
        given = ""
        if told[:2] == ["users", "add"]:  # it asks at a terminal; here there is none
            told, given = [*told, "--password-stdin"], PASSWORD + "\n"
        return self.host.run(service, *[self.host.local(service, word) for word in told], given=given)

    def _once(self, *words: str) -> str:
        done = subprocess.run(words, cwd=self.folder, env=plain(), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout
