"""What is said to people: both languages, the same figures, one line."""

from __future__ import annotations

import string

import pytest

from streams.messages import MESSAGES, SpokenError, say


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_is_there_in_both_languages_with_the_same_values(name: str) -> None:
    words = MESSAGES[name]
    assert set(words) == {"en", "zh-CN"}
    assert placeholders(words["en"]) == placeholders(words["zh-CN"])
    assert all(text and "\n" not in text for text in words.values())


@pytest.mark.parametrize("name", sorted(set(MESSAGES) - {"as-it-is"}))
def test_a_chinese_message_is_chinese(name: str) -> None:
    assert any("\u4e00" <= char <= "\u9fff" for char in MESSAGES[name]["zh-CN"])
    assert not any("\u4e00" <= char <= "\u9fff" for char in MESSAGES[name]["en"])


def test_a_problem_is_rendered_in_the_language_of_whoever_reads_it() -> None:
    problem = SpokenError("file-missing", path="a.csv")
    assert str(problem) == problem.render("en") == "a.csv: no such file: name one that is there"
    assert problem.render("zh-CN").startswith("a.csv：文件不存在")
    assert problem.render("fr") == problem.render("en")


def test_a_value_may_have_any_name() -> None:
    assert say("renamed", "en", name="other") == "city.yaml: the city is called other now: serve it as another one"
