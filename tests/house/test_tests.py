"""The tests keep their own word: CI skips nothing, and the nightly run looks at 2,000 examples of every law."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

HOUSE: Final = Path(__file__).parents[2]
TESTS: Final = sorted(set((HOUSE / "tests").rglob("*.py")) - {HOUSE / "tests/conftest.py"})

SCENE: Final = """
import pytest
def test_passes(): pass
@pytest.mark.skip(reason="by a mark")
def test_marked(): pass
def test_midway(): pytest.skip("midway")
@pytest.mark.xfail
def test_fails_as_expected(): assert False
"""
NIGHT: Final = """
from hypothesis import given, strategies as st
seen = []
@given(st.integers())
def test_a_property(n): seen.append(n)
def teardown_module(): assert {least} <= len(seen) <= {most}
"""
LEFT_OUT: Final = "import pytest; pytest.skip('as a whole', allow_module_level=True)"


def run_scene(folder: Path, scene: str, name: str = "test_scene.py", **env: str) -> str:
    """The last line of a pytest run over one file."""
    shutil.copy(HOUSE / "tests/conftest.py", folder / "conftest.py")
    (folder / name).write_text(scene)
    (folder / "pytest.ini").write_text("[pytest]\n")
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", str(folder)],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if name != "CI" and "PYTEST" not in name} | env,
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.strip().splitlines()[-1]


def test_where_ci_is_set_every_kind_of_skip_fails(tmp_path: Path) -> None:
    assert run_scene(tmp_path, SCENE, CI="true").startswith("2 failed, 1 passed, 1 error")


def test_where_ci_is_set_a_file_that_leaves_itself_out_fails(tmp_path: Path) -> None:
    assert run_scene(tmp_path, LEFT_OUT, CI="true").startswith("1 error")


def test_at_home_a_skip_is_a_skip(tmp_path: Path) -> None:
    assert run_scene(tmp_path, SCENE).startswith("1 passed, 2 skipped, 1 xfailed")


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("test_laws.py", 2_000, 9_999), ("test_baseline_in_force.py", 2_000, 9_999), ("test_scene.py", 400, 1_999)],
)
def test_the_nightly_run_looks_at_two_thousand_examples_of_a_law(
    tmp_path: Path, name: str, least: int, most: int
) -> None:
    assert list((HOUSE / "tests").rglob(name)) or name == "test_scene.py"
    scene = NIGHT.format(least=least, most=most)
    assert run_scene(tmp_path, scene, name, HYPOTHESIS_PROFILE="nightly").startswith("1 passed in")


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_property_sets_its_own_number_of_examples(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "max_examples"
    ] == []


def test_ci_checks_first_and_then_runs_the_command_of_the_readme() -> None:
    script = (HOUSE / ".ci/run").read_text("utf-8").split()
    assert os.access(HOUSE / ".ci/run", os.X_OK)
    assert script[-4:] == ["make", "check", "make", "test"]
    assert "make test" in (HOUSE / "README.md").read_text("utf-8")
