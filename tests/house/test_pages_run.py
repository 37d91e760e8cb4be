"""A page that is typed is typed here: its files written, its commands run in a shell, against a city in service."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import zoneinfo
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import pytest

from streams import cli
from tests.house.shown import HOUSE
from tests.kafka.broker import free_ports

TYPED: Final = ("quick-start.md", "integrator.md")
TYPED_BY_NIGHT: Final = ("admin.md", "operator.md", "operator.zh-CN.md")
"""Typed by `make nightly`; that their commands are taken is asked of every page, always."""

STEP: Final = re.compile(
    r"^```console\n(?P<console>.*?)^```|`(?P<path>[\w./-]+)`:\n\n```(?:json|yaml|csv)\n(?P<file>.*?)^```",
    re.MULTILINE | re.DOTALL,
)
SHOWN_AT: Final = "127.0.0.1:8000"
PATIENCE: Final = 90.0


def steps(page: str) -> Iterator[tuple[str, str]]:
    """(command, what it prints), or (`write PATH`, text), in the order of the page."""
    for found in STEP.finditer((HOUSE / "docs" / page).read_text("utf-8")):
        if found["path"]:
            yield f"write {found['path']}", found["file"]
            continue
        for command in re.split(r"^\$ ", found["console"], flags=re.MULTILINE)[1:]:
            words, _, printed = command.partition("\n")
            yield words, printed


class Shell:
    """Two shells in one folder: in one of them the city goes on being served."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys
        self._at = f"127.0.0.1:{free_ports(1)[0]}"
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
        self._env = {**kept, "PATH": path, "TOCSIN_PORT": self._at.rpartition(":")[2], "TOCSIN_RESERVE_BYTES": "0"}
        self._served: subprocess.Popen[bytes] | None = None

    def run(self, command: str) -> str:
        """What the command prints, on both roads, with the address as the page has it."""
        if command.startswith("tocsin serve"):
            return self._serve(command)
        if command.startswith("tocsin") and not re.search(r"[|<>;&]", command):
            return self._told_by_us(command)
        words = ["bash", "-c", command.replace(SHOWN_AT, self._at)]
        done = subprocess.run(
            words, cwd=self._folder, env=self._env, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        return (done.stderr + done.stdout).replace(self._at, SHOWN_AT)

    def _told_by_us(self, command: str) -> str:
        """The same, without the second that a new process takes to begin."""
        script = f'tocsin() {{ printf "%s\\0" tocsin "$@"; }}\n{command}'
        words = subprocess.run(["bash", "-c", script], check=True, capture_output=True).stdout.decode().split("\0")[:-1]
        self._capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            for name in [name for name in os.environ if name.startswith("TOCSIN_")]:
                patch.delenv(name)
            for name, value in self._env.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", words)
            patch.chdir(self._folder)
            patch.setattr(zoneinfo, "reset_tzpath", lambda _: None)
            with suppress(SystemExit):  # what it printed tells whether it went as shown
                cli.main()
        found = self._capsys.readouterr()
        return (found.err + found.out).replace(self._at, SHOWN_AT)

    def _serve(self, command: str) -> str:
        log = self._folder / "served.log"
        with log.open("wb") as out:
            self._served = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=self._folder, env=self._env, stdout=out, stderr=out
            )
        limit = time.monotonic() + PATIENCE
        while "listening" not in log.read_text("utf-8"):
            assert self._served.poll() is None, log.read_text("utf-8")
            assert time.monotonic() < limit, "it does not begin to listen"
            time.sleep(0.05)
        while '{"ready"' not in self.run(f"curl -s http://{SHOWN_AT}/readyz"):
            assert time.monotonic() < limit, "it does not get ready"
            time.sleep(0.1)
        return log.read_text("utf-8").replace(self._at, SHOWN_AT)

    def close(self) -> None:
        if self._served is not None:
            self._served.send_signal(signal.SIGTERM)
            assert self._served.wait(PATIENCE) == 0


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Shell]:
    made = Shell(tmp_path, capsys)
    yield made
    made.close()


def fits(shown: str, printed: str) -> bool:
    """Whether what is shown, with `…` for whatever differs, is what is printed."""
    form = ".*".join(re.escape(piece) for piece in shown.strip().split("…"))
    return re.fullmatch(form, printed.strip(), re.DOTALL) is not None


@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", [*TYPED, *(pytest.param(p, marks=pytest.mark.nightly) for p in TYPED_BY_NIGHT)])
def test_a_page_that_is_typed_prints_what_it_shows(page: str, tmp_path: Path, shell: Shell) -> None:
    done = 0
    for words, shown in steps(page):
        done += 1
        if words.startswith("write "):
            (tmp_path / words.removeprefix("write ")).write_text(shown, "utf-8")
            continue
        printed = shell.run(words)
        while "/alerts" in words and '"observed"' in shown and '"observed"' not in printed and done < 500:
            done += 1  # accepted is on the disk; judged is a moment later
            time.sleep(0.1)
            printed = shell.run(words)
        assert fits(shown, printed), f"$ {words}\n{printed}"
    assert done >= 6


def test_every_page_with_commands_that_print_is_typed_by_a_test() -> None:
    pages = {
        str(p.relative_to(HOUSE / "docs"))
        for p in (HOUSE / "docs").rglob("*.md")
        if "```console" in p.read_text("utf-8")
    }
    assert pages - {*TYPED, *TYPED_BY_NIGHT, "feeds.md"} == set(), "add it to TYPED, or show it as text"
