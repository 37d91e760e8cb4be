"""Planted bugs: each a text of the code in service and what stands there instead. A world that finds none is blind.

`python -m tests.simulation --bugs` plants each in a copy of the packages and lives seeds until a law breaks.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "bugs"
ROOMS = ("rules", "streams", "alerts", "tests")


@dataclass(frozen=True, slots=True)
class Bug:
    """`old` stands once in `file`; `new` is planted in its place."""

    name: str
    says: str
    file: str
    old: str
    new: str

    def fits(self, root: Path = ROOT) -> bool:
        return (root / self.file).read_text(encoding="utf-8").count(self.old) == 1

    def plant(self, root: Path) -> None:
        """Raises ValueError where the code has moved on."""
        path = root / self.file
        if not self.fits(root):
            raise ValueError(f"{self.name}: {self.file} does not hold its text once; write the bug anew")
        path.write_text(path.read_text(encoding="utf-8").replace(self.old, self.new), encoding="utf-8")


def bugs() -> list[Bug]:
    return [Bug(path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.toml"))]


@dataclass(frozen=True, slots=True)
class Hunt:
    """`found`: the line of the first broken law, "" where none broke."""

    bug: Bug
    found: str

    @property
    def line(self) -> str:
        return f"{self.bug.name}: {self.found[:160] or 'NOT FOUND'}"


def hunt(bug: Bug, seeds: int, processes: int) -> Hunt:
    """Live seeds over a copy with the bug in it, until one breaks a law."""
    with tempfile.TemporaryDirectory(prefix="tocsin-bug-") as folder:
        copy = Path(folder)
        for room in ROOMS:
            shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
        bug.plant(copy)
        command = [sys.executable, "-m", "tests.simulation", "--seeds", str(seeds), "--processes", str(processes)]
        ran = subprocess.run(
            [*command, "--quiet", "--until-broken"], cwd=copy, capture_output=True, text=True, check=False
        )
        if ran.returncode not in (0, 1):
            raise RuntimeError(f"{bug.name}: {ran.stderr[-2000:]}")
        found = re.search(r"^seed \d+: BROKEN .*$", ran.stdout, re.MULTILINE)
        return Hunt(bug, found[0] if found else "")


def hunts(seeds: int, processes: int, only: str = "") -> Iterator[Hunt]:
    for bug in bugs():
        if only in bug.name:
            yield hunt(bug, seeds, processes)
