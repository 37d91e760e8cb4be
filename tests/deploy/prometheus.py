"""What Prometheus' own tools say of the files in deploy/prometheus, and their rules as data."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

HOUSE: Final = Path(__file__).parents[2]
FOLDER: Final = HOUSE / "deploy" / "prometheus"
RULES: Final = sorted((FOLDER / "rules").glob("*.yml"))
CASES: Final = sorted((FOLDER / "tests").glob("*.yml"))


def read(path: Path) -> Any:
    return YAML(typ="safe").load(path.read_text("utf-8"))


def rules() -> list[dict[str, Any]]:
    """Every rule, recording and alerting."""
    return [rule for path in RULES for group in read(path)["groups"] for rule in group["rules"]]


def program(*names: str) -> str:
    """The first of these programs that is there; where there is none the test says so and is skipped."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.skip(f"{names[0]} is not installed: these tests need the packages prometheus and prometheus-alertmanager")


def promtool(*words: object) -> str:
    """What promtool says; it must be content."""
    done = subprocess.run(
        [program("promtool"), *map(str, words)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
