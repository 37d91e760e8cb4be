"""The locks name exact versions and hashes, and no place on the net."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

HOUSE: Final = Path(__file__).parents[2]
LOCKS: Final = {path.name: path.read_text("utf-8") for path in sorted((HOUSE / "requirements").glob("*.txt"))}
PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    return {canonicalize_name(name): pinned for name, pinned, _ in PIN.findall(lock)}


def test_there_is_a_lock_for_each_use() -> None:
    assert set(LOCKS) == {"build.txt", "image.txt", "run.txt", "supply.txt", "test.txt"}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_download_address(name: str) -> None:
    assert not re.findall(r"\S*(?:://|--index|--find-links|--trusted-host|@ )\S*", LOCKS[name])


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_version_has_hashes(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", LOCKS[name].strip())
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert len(blocks) == len(PIN.findall(LOCKS[name]))


@pytest.mark.parametrize("name", ["run.txt", "image.txt", "build.txt"])
def test_the_test_lock_holds_every_other_lock_version_for_version(name: str) -> None:
    other, test = pins(LOCKS[name]), pins(LOCKS["test.txt"])
    assert {name: test.get(name) for name in other} == other


def test_the_image_holds_what_is_run_and_the_extras() -> None:
    run, image = pins(LOCKS["run.txt"]), pins(LOCKS["image.txt"])
    assert run.items() <= image.items()
    assert {"faust-streaming", "confluent-kafka", "psycopg"} <= set(image)


def test_every_dependency_of_the_project_is_locked() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    wanted = [*project["project"]["dependencies"], *groups["docs"], *groups["test"]]
    locked = pins(LOCKS["test.txt"])
    loose = [
        wish
        for wish in map(Requirement, wanted)
        if not wish.specifier.contains(locked.get(canonicalize_name(wish.name), "0"))
    ]
    assert loose == []


def test_what_is_installed_is_what_is_locked() -> None:
    unlike = {}
    for name, pinned, marker in PIN.findall(LOCKS["test.txt"]):
        if (not marker or Marker(marker).evaluate()) and version(name) != pinned:
            unlike[name] = (version(name), pinned)
    assert unlike == {}
