"""The wheel, not the tree, is what people install: everything that is read at run time lies in it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

HOUSE: Final = Path(__file__).parents[2]
READ_AT_RUN_TIME: Final = (
    "alerts/console/templates",
    "alerts/console/static",
    "alerts/console/locale",
    "alerts/locale",
    "alerts/migrations",
    "streams/city/template",
)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built from this tree, without asking any index."""
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(build, cwd=HOUSE, check=True, capture_output=True)
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.mark.parametrize("folder", READ_AT_RUN_TIME)
def test_what_is_read_at_run_time_is_in_the_wheel(shipped: set[str], folder: str) -> None:
    assert [name for name in shipped if name.startswith(f"{folder}/")] != []


@pytest.mark.parametrize("room", ["rules", "alerts", "streams"])
def test_every_file_of_a_room_is_in_the_wheel(shipped: set[str], room: str) -> None:
    files = (path for path in (HOUSE / room).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert {str(path.relative_to(HOUSE)) for path in files} - shipped == set()
    assert f"{room}/py.typed" in shipped


def test_the_wheel_carries_its_licence_and_its_command(shipped: set[str]) -> None:
    endings = ("licenses/LICENSE", "entry_points.txt")
    assert all(any(name.endswith(ending) for name in shipped) for ending in endings)


def test_the_wheel_carries_no_tests_examples_or_data(shipped: set[str]) -> None:
    assert [name for name in shipped if name.startswith(("tests/", "examples/", "benchmarks/", "docs/"))] == []
