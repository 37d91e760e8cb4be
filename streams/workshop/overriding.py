"""The block `overrides` of a rule's text, read and written anew; every other line stays as it is."""

from __future__ import annotations

import json
import re
from typing import Final

from alerts.drafting import Override
from streams.city.rule_file import RuleFile
from streams.city.schema import checked
from streams.city.yaml import parse
from streams.problems import Problems

_KEY: Final = re.compile(r"^overrides\s*:")
_INSIDE: Final = re.compile(r"^(\s|-|#|\]|\}|$)")
_APART: Final = re.compile(r"^(#|\s*$)")
"""Inside where more of the block follows; after its last line it belongs to what comes next."""


def overrides_in(text: str) -> list[Override] | None:
    """In the order of the text; None where it cannot be read as a rule that counts."""
    document = parse("", text, Problems())
    rule = checked(document, RuleFile, Problems()) if document else None
    if rule is None:
        return None
    return [
        Override(one.area, one.rarer, one.at_least, one.reason.strip(), one.by, str(one.on or ""))
        for one in rule.overrides
    ]


def with_overrides(text: str, overrides: list[Override]) -> str:
    """The text with other overrides: in the place of those it has, else before its owner, else at its end.

    Comments within the block are not kept.
    """
    lines = text.splitlines()
    begin = next((n for n, line in enumerate(lines) if _KEY.match(line)), None)
    if begin is None:
        begin = end = next((n for n, line in enumerate(lines) if line.startswith("owner:")), len(lines))
    else:
        end = next((n for n in range(begin + 1, len(lines)) if not _INSIDE.match(lines[n])), len(lines))
        while _APART.match(lines[end - 1]):
            end -= 1
    block = ["overrides:", *(f"  - {_written(one)}" for one in overrides)] if overrides else []
    return "\n".join([*lines[:begin], *block, *lines[end:]]) + "\n"


def _written(one: Override) -> str:
    parts = [f"area: {json.dumps(one.area, ensure_ascii=False)}"]
    if one.rarer != 1.0:
        parts.append(f"rarer: {one.rarer:g}")
    if one.at_least is not None:
        parts.append(f"at_least: {one.at_least}")
    parts += [f"reason: {json.dumps(one.reason, ensure_ascii=False)}", f"by: {json.dumps(one.by)}"]
    return "{" + ", ".join([*parts, *([f"on: {one.on}"] if one.on else [])]) + "}"
