"""The guides of officer and operator say the same in both languages, in the words that stand on the screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from babel.messages.pofile import read_po

from tests.house.shown import FENCE

HOUSE: Final = Path(__file__).parents[2]
GUIDES: Final = ("officer", "operator")


def guide(name: str) -> tuple[str, str]:
    """It in English, and in Chinese."""
    english, chinese = ((HOUSE / "docs" / f"{name}{ending}.md").read_text("utf-8") for ending in ("", ".zh-CN"))
    return english, chinese


ENGLISH, CHINESE = guide("officer")
ON_SCREEN: Final = (
    "Take", "Give back", "Raise to %(desk)s", "Close", "Add a note", "Let out", "Take this alert", "Confirmed",
    "Expected: known beforehand", "Not real", "Fault of the data", "Cannot tell", "Would not have spoken", "Limit",
    "What makes it up", "Windows judged together", "Feeds behind it", "What to do", "Moves", "Blind", "Exercise",
    "Owed an outcome", "Held", "Mutes", "Something was missed",
)  # fmt: skip
OPERATORS: Final = (
    "Rules", "Stop", "A new rule", "Edit", "Try its cases, and the past", "Publish", "Go back to the release before",
    "Keep this time out of what is learned",
)  # fmt: skip
SPOKEN: Final = {"Raise to %(desk)s": ("Raise to", "上报"), "Held": ("Held", "暂存"), "Exercise": ("Exercise", "演练")}
"""Words of the screen that carry a name or stand in a longer one, as a sentence has them."""


def shape(text: str) -> list[str]:
    """A page without its words: headings by depth, items, steps, rows, pictures, keys and commands, in order."""
    found = re.findall(r"^(#+ |- |\d\. |\|)|(\]\(pictures/[^)]+\))|`([^`\n]+)`", FENCE.sub("", text), re.MULTILINE)
    return ["".join(parts).replace(".zh-CN", "") for parts in found]


def ways(text: str) -> list[str]:
    """The pages and places that it sends its reader to, but for the other language."""
    return [way for way in re.findall(r"\]\(([^)]+\.md[^)]*)\)", text) if not re.match(r"(officer|operator)\b", way)]


def pictures(text: str) -> list[str]:
    return re.findall(r"\]\((pictures/[^)]+)\)", text)


@pytest.mark.parametrize("name", GUIDES)
def test_both_guides_have_the_same_headings_lists_tables_pictures_keys_and_links(name: str) -> None:
    english, chinese = guide(name)
    assert shape(english) == shape(chinese)
    assert shape(english).count("## ") >= 8
    assert sorted(ways(english)) == sorted(ways(chinese))


@pytest.mark.parametrize("name", GUIDES)
def test_both_guides_show_the_same_commands_and_examples(name: str) -> None:
    english, chinese = ([block[0] for block in FENCE.finditer(text)] for text in guide(name))
    assert english == chinese


def test_the_moves_are_shown_in_the_language_of_the_guide() -> None:
    taken = {path.name for path in (HOUSE / "docs/pictures").glob("*.zh-CN.png")}
    assert {Path(name).name for name in pictures(CHINESE)} >= taken
    assert {Path(name).name for name in pictures(ENGLISH)} >= {name.replace(".zh-CN", "") for name in taken}


@pytest.mark.parametrize(
    ("name", "words"), [*(("officer", words) for words in ON_SCREEN), *(("operator", words) for words in OPERATORS)]
)
def test_the_guides_name_what_stands_on_the_screen(name: str, words: str) -> None:
    with (HOUSE / "alerts/console/locale/zh_CN/LC_MESSAGES/console.po").open("rb") as file:
        catalogue = read_po(file)
    message = catalogue.get(words)
    assert message is not None, f"the console has no {words!r} any more"
    english, chinese = SPOKEN.get(words, (words, str(message.string)))
    in_english, in_chinese = guide(name)
    assert (english in in_english, chinese in in_chinese) == (True, True), (english, chinese)
