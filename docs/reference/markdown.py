"""The few shapes of Markdown that the reference is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def cell(text: object) -> str:
    """Text as it may stand in a table's cell."""
    return re.sub(r"\s+", " ", str(text)).strip().replace("|", "\\|")


def code(text: object) -> str:
    """Text as code; nothing for nothing."""
    return f"`{cell(text)}`" if str(text) else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, its last line ended."""
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def first_paragraph(text: str | None) -> str:
    """A docstring's first paragraph, on one line."""
    return cell((text or "").strip().split("\n\n")[0])


def flowing(text: str | None) -> str:
    """A docstring with each paragraph on one line."""
    paragraphs = (text or "").replace("\f", "\n").strip().split("\n\n")
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", paragraph) for paragraph in paragraphs)
