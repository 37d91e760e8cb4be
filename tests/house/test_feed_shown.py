"""A feed is connected as docs/feeds.md shows it: its files written, its commands run, and they print what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import time
import zoneinfo
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import pytest

from streams import cli
from streams.clock import HandClock
from streams.messages import say
from tests.streams.town import in_service

PAGE: Final = Path(__file__).parents[2] / "docs" / "feeds.md"
FILE: Final = re.compile(r"`([\w./-]+)`:\n\n```(?:json|yaml|csv)\n(.*?)^```", re.MULTILINE | re.DOTALL)
CONSOLE: Final = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
PATIENCE: Final = 60.0
SERVED_AT: Final = 1_795_579_200_000
"""2026-11-25T12:00:00+08:00: the day after the sample's events."""


def steps() -> Iterator[tuple[str, str]]:
    """(path, text) of files and (command, what it prints) in the order of the page."""
    text = PAGE.read_text("utf-8")
    part = text[text.index("\n## Step by step") : text.index("\n## From a row to an event")]
    found = [(match.start(), match) for form in (FILE, CONSOLE) for match in form.finditer(part)]
    for _, match in sorted(found, key=lambda item: item[0]):
        if match.re is FILE:
            yield f"write {match[1]}", match[2]
            continue
        for command in re.split(r"^\$ ", match[1], flags=re.MULTILINE)[1:]:
            words, _, printed = command.partition("\n")
            yield words, printed


class Terminal:
    """Runs what the page says in its own folder; `tocsin serve` goes on until the end."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], stack: ExitStack) -> None:
        self._folder = folder
        self._capsys = capsys
        self._stack = stack

    def run(self, command: str) -> str:
        words = shlex.split(command)
        if words[:2] == ["tocsin", "serve"]:
            self._scene = self._stack.enter_context(
                in_service(self._folder / words[2], self._folder / "var", clock=HandClock(SERVED_AT))
            )
            return say("serving", "en", cities=words[2], address="http://127.0.0.1:8000") + "\n"
        if words[0] != "tocsin":
            done = subprocess.run(["bash", "-c", command], check=True, capture_output=True, cwd=self._folder)
            return done.stdout.decode()
        self._capsys.readouterr()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "argv", words)
            patch.chdir(self._folder)
            patch.setattr(zoneinfo, "reset_tzpath", lambda _: None)
            with suppress(SystemExit):  # what it printed tells whether it went as shown
                cli.main()
        found = self._capsys.readouterr()
        return found.err + found.out

    def wait_read(self) -> None:
        """Until the watcher has read what was put into the folder."""
        limit = time.monotonic() + PATIENCE
        while b'tocsin_events_received_total{city="mytown",feed="works"} 3.0' not in self._scene.metrics.page():
            assert time.monotonic() < limit, "the watcher reads nothing"
            time.sleep(0.02)


def fits(shown: str, printed: str) -> bool:
    """Whether what is shown, with `…` for whatever differs, is what is printed; lines of the log do not matter."""
    lines = [line for line in printed.splitlines() if not re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \[", line)]
    form = ".*".join(re.escape(piece) for piece in shown.rstrip("\n").split("…"))
    return re.fullmatch(form, "\n".join(lines), re.DOTALL) is not None


def test_a_newcomer_goes_from_a_strange_file_to_a_running_feed_as_the_page_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TOCSIN_DATA", "TOCSIN_LANGUAGE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOCSIN_RESERVE_BYTES", "0")
    done = 0
    with ExitStack() as stack:
        terminal = Terminal(tmp_path, capsys, stack)
        for words, shown in steps():
            done += 1
            if words.startswith("write "):
                path = tmp_path / words.removeprefix("write ")
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(shown, "utf-8")
                continue
            if words.startswith("tocsin refused list"):
                terminal.wait_read()
            printed = terminal.run(words)
            assert fits(shown, printed), f"$ {words}\n{printed}"
    assert done >= 15
