"""The page on security claims nothing that no test holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).parents[2]
PAGE: Final = HOUSE / "docs/security.md"
ROW: Final = re.compile(r"^\| (V\d+\.\d+\.\d+) \| ([^|]+) \| (passed|not applicable|open) \| ([^|]+) \|$", re.MULTILINE)
LEVEL_1: Final = {
    "V1": "2.1 2.2 2.3 2.4 2.5 3.1 3.2 5.1", "V2": "1.1 2.1 2.2 3.1",
    "V3": "2.1 2.2 3.1 4.1 4.2 5.1 5.2 5.3", "V4": "1.1 4.1", "V5": "2.1 2.2 3.1 3.2",
    "V6": "1.1 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 3.1 3.2 4.1 4.2", "V7": "2.1 2.2 2.3 2.4 4.1 4.2",
    "V8": "1.1 2.1 2.2 3.1", "V9": "1.1 1.2 1.3 2.1", "V10": "4.1 4.2 4.3 4.4 4.5", "V11": "3.1 3.2 4.1",
    "V12": "1.1 2.1 2.2", "V13": "4.1", "V14": "2.1 3.1", "V15": "1.1 2.1 3.1",
}  # fmt: skip
"""Chapter -> the requirements of its level 1, as ASVS 5.0.0 numbers them: 70."""
NAMED: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_test_that_the_page_on_security_names_exists() -> None:
    named = NAMED.findall(PAGE.read_text("utf-8"))
    assert len(named) > 25
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (HOUSE / file).is_file()
        or not re.search(rf"^(async )?def {name}\(", (HOUSE / file).read_text("utf-8"), re.MULTILINE)
    ]
    assert missing == []


def test_every_requirement_of_level_1_is_judged_once_and_at_most_five_are_open() -> None:
    asked = [f"{chapter}.{number}" for chapter, numbers in LEVEL_1.items() for number in numbers.split()]
    assert len(asked) == 70
    rows = ROW.findall(PAGE.read_text("utf-8"))
    assert [row[0] for row in rows] == asked
    assert [row[0] for row in rows if row[2] == "passed" and not NAMED.search(row[3])] == []
    assert [row[0] for row in rows if row[2] != "passed" and len(row[3]) < len("as V10.4.1")] == []
    assert len([row for row in rows if row[2] == "open"]) <= 5


def test_every_attack_that_is_ours_has_tests() -> None:
    rows = re.findall(r"^\| (A\d+) \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert [row[0] for row in rows] == ["A10", "A11", "A12", "A13", "A21", "A22", "A23", "A24", "A25"]
    assert [row[0] for row in rows if not NAMED.search(row[2])] == []


def test_the_page_says_within_how_many_days_a_fault_is_mended() -> None:
    page = PAGE.read_text("utf-8").split("**Faults in what we stand on.**")[1]
    assert re.search(r"high or critical within \d+ days", page)
    assert re.search(r"others within \d+", page)
