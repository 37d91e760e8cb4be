"""The officer's guide says the same in both languages, in the words that stand on the screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from babel.messages.pofile import read_po

HOUSE: Final = Path(__file__).parents[2]
ENGLISH: Final = (HOUSE / "docs/officer.md").read_text("utf-8")
CHINESE: Final = (HOUSE / "docs/officer.zh-CN.md").read_text("utf-8")
ON_SCREEN: Final = (
    "Take", "Give back", "Raise to %(desk)s", "Close", "Add a note", "Let out", "Take this alert", "Confirmed",
    "Expected: known beforehand", "Not real", "Fault of the data", "Cannot tell", "Would not have spoken", "Limit",
    "What makes it up", "Windows judged together", "Feeds behind it", "What to do", "Moves", "Blind", "Exercise",
    "Owed an outcome", "Held", "Mutes", "Something was missed",
)  # fmt: skip
SPOKEN: Final = {"Raise to %(desk)s": ("Raise to", "上报"), "Held": ("Held", "暂存"), "Exercise": ("Exercise", "演练")}
"""Words of the screen that carry a name or stand in a longer one, as a sentence has them."""


def shape(text: str) -> list[str]:
    """A page without its words: headings by depth, items, steps, rows, pictures, keys and commands, in order."""
    found = re.findall(r"^(#+ |- |\d\. |\|)|(\]\(pictures/[^)]+\))|`([^`\n]+)`", text, re.MULTILINE)
    return ["".join(parts).replace(".zh-CN", "") for parts in found if "officer" not in "".join(parts)]


def pictures(text: str) -> list[str]:
    return re.findall(r"\]\((pictures/[^)]+)\)", text)


def test_both_guides_have_the_same_headings_lists_tables_pictures_and_keys() -> None:
    assert shape(ENGLISH) == shape(CHINESE)
    assert shape(ENGLISH).count("## ") >= 8


def test_the_moves_are_shown_in_the_language_of_the_guide() -> None:
    taken = {path.name for path in (HOUSE / "docs/pictures").glob("*.zh-CN.png")}
    assert {Path(name).name for name in pictures(CHINESE)} >= taken
    assert {Path(name).name for name in pictures(ENGLISH)} >= {name.replace(".zh-CN", "") for name in taken}


@pytest.mark.parametrize("words", ON_SCREEN)
def test_the_guides_name_what_stands_on_the_screen(words: str) -> None:
    with (HOUSE / "alerts/console/locale/zh_CN/LC_MESSAGES/console.po").open("rb") as file:
        catalogue = read_po(file)
    message = catalogue.get(words)
    assert message is not None, f"the console has no {words!r} any more"
    english, chinese = SPOKEN.get(words, (words, str(message.string)))
    assert (english in ENGLISH, chinese in CHINESE) == (True, True), (english, chinese)
