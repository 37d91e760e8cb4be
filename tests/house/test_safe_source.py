"""What the product's source never does, whatever it is given: run text, call a shell, put values into a statement."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).parents[2]
ROOMS: Final = ("rules", "alerts", "streams")
NEVER: Final = {
    "S102": "exec('x')",
    "S307": "eval('x')",
    "S301": "import pickle\npickle.loads(b'')",
    "S302": "import marshal\nmarshal.loads(b'')",
    "S324": "import hashlib\nhashlib.md5(b'')",
    "S323": "import ssl\nssl._create_unverified_context()",
    "S501": "import httpx\nhttpx.get('x', verify=False)",
    "S506": "import yaml\nyaml.load('x')",
    "S602": "import subprocess\nsubprocess.run(x, shell=True)",
    "S604": "run(x, shell=True)",
    "S605": "import os\nos.system(x)",
    "S608": "db.execute(f'select a from b where c = {x}')",
    "S701": "import jinja2\njinja2.Environment(autoescape=False)",
}
"""Rule of the linter (bandit's): a line that breaks it."""
ONE_LITERAL: Final = "S608"
"""Statements put together out of our own words say so on their line, which the linter takes."""


def broken(*where: str, text: str = "") -> list[str]:
    """Rules of `NEVER` that are broken in rooms, or in `text`; what a line excuses is counted but for statements."""
    excused = ["--ignore-noqa"] if text else []
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--output-format", "json", *excused]
    command += ["--select", ",".join(NEVER), *(where or ("-",))]
    done = subprocess.run(command, cwd=HOUSE, input=text, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return [fault["code"] for fault in json.loads(done.stdout)]


def test_no_source_runs_text_calls_a_shell_trusts_anybody_or_puts_values_into_a_statement() -> None:
    assert broken(*ROOMS) == []


def test_each_of_these_slips_would_be_found() -> None:
    for rule, line in NEVER.items():
        assert rule in broken(text=line + "\n"), rule


def test_a_line_that_excuses_itself_does_so_for_a_statement_of_our_own_words_alone() -> None:
    excused = [
        f"{path.relative_to(HOUSE)}:{n}"
        for room in ROOMS
        for path in sorted((HOUSE / room).rglob("*.py"))
        for n, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if any(f"noqa: {rule}" in line for rule in NEVER if rule != ONE_LITERAL)
    ]
    assert excused == []


def imported() -> set[str]:
    """First words of every module that the product imports."""
    found: set[str] = set()
    for room in ROOMS:
        for path in (HOUSE / room).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                found |= {name.split(".")[0] for name in names}
    return found


def test_nothing_reads_xml_or_encrypts_by_itself() -> None:
    known = imported()
    assert {"ssl", "hmac"} <= known
    assert known & {"xml", "lxml", "defusedxml", "cryptography", "Crypto", "nacl"} == set()
