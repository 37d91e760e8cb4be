"""The page on security claims nothing that no test holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).parents[2]
NAMED: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_test_that_the_page_on_security_names_exists() -> None:
    named = NAMED.findall((HOUSE / "docs/security.md").read_text("utf-8"))
    assert len(named) > 25
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (HOUSE / file).is_file()
        or not re.search(rf"^(async )?def {name}\(", (HOUSE / file).read_text("utf-8"), re.MULTILINE)
    ]
    assert missing == []
