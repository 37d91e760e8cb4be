"""The doors between rooms stay shut, the clock is read in one place, and nothing is left unfinished."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

HOUSE: Final = Path(__file__).parents[2]
ROOMS: Final = ("rules", "alerts", "streams")
CLOCK: Final = "streams/clock.py"
READS_THE_WALL_CLOCK: Final = {
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.date.today",
}
HIDING_NAMES: Final = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager"}


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((HOUSE / folder).rglob("*.py"))


def calls(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func)


def wall_clock_readers(files: Iterator[Path]) -> list[str]:
    return [
        f"{path.relative_to(HOUSE)}: {call}"
        for path in files
        for call in calls(ast.parse(path.read_text("utf-8")))
        if call in READS_THE_WALL_CLOCK
    ]


def test_the_import_contracts_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    check = subprocess.run([lint, "--no-cache"], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stdout


def test_only_the_clock_reads_the_wall_clock() -> None:
    assert [reader for reader in wall_clock_readers(sources(*ROOMS)) if not reader.startswith(CLOCK)] == []


def test_the_search_for_wall_clock_readers_finds_the_clock_itself() -> None:
    assert wall_clock_readers(iter([HOUSE / CLOCK])) != []


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_name_hides_its_contents(room: str) -> None:
    assert [path for path in sources(room) if path.stem in HIDING_NAMES] == []


def test_nothing_is_marked_unfinished_or_silenced_without_a_reason() -> None:
    unfinished = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
    silenced = re.compile(r"#\s*(noqa|type:\s*ignore|pragma)\b[^#]*$")
    reason = re.compile(
        r"#\s*(noqa|type:\s*ignore|pragma)[^#]*#\s*\S+|(noqa:[^-—]*|ignore\[[^\]]*\])\s+[-—#(]?\s*\w{2,}"
    )
    found = []
    for path in sources(*ROOMS, "tests", "benchmarks"):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if unfinished.search(line) or (silenced.search(line) and not reason.search(line)):
                found.append(f"{path.relative_to(HOUSE)}:{number}: {line.strip()}")
    assert found == []
