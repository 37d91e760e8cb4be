"""Both languages are full and say the same; every sentence of the source is in them."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from alerts.console.pages import ROOM
from alerts.console.speech import LANGUAGES, catalogue_path

HOLDS = re.compile(r"%\(\w+\)s|\{\w+\}|</?\w+>")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PUNCTUATION = re.compile(r"[：，。（）]")  # a sentence of names alone has no words of its own
SAME_IN_BOTH = {"%(day)s %(clock)s", "%(city)s · Tocsin"}


@cache
def words(language: str) -> Catalog:
    with catalogue_path(language).open("rb") as file:
        return read_po(file, locale=language.replace("-", "_"))


def messages(language: str) -> list[Message]:
    return [message for message in words(language) if message.id]


def forms(text: object) -> tuple[str, ...]:
    return tuple(text) if isinstance(text, (tuple, list)) else (str(text),)


@cache
def source_sentences() -> frozenset[str | tuple[str, ...]]:
    rows = extract_from_dir(
        str(ROOM),
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": {"extensions": "jinja2.ext.i18n"}},
    )
    return frozenset(row[2] for row in rows)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_holds_every_sentence_and_no_other(language: str) -> None:
    held = {message.id if isinstance(message.id, str) else tuple(message.id) for message in messages(language)}
    assert len(source_sentences()) > 150
    assert held == source_sentences()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_sentence_is_empty_or_unsure(language: str) -> None:
    for message in messages(language):
        assert not message.fuzzy, message.id
        assert all(forms(message.string)), message.id


def test_the_english_catalogue_says_what_its_keys_say() -> None:
    for message in messages("en"):
        assert forms(message.string) == forms(message.id)
        assert not any(CHINESE.search(form) for form in forms(message.string))


def test_the_chinese_catalogue_speaks_chinese() -> None:
    for message in messages("zh-CN"):
        if message.id not in SAME_IN_BOTH:
            assert all(CHINESE.search(form) or PUNCTUATION.search(form) for form in forms(message.string)), message.id


def test_numbers_names_and_stress_are_in_both_languages() -> None:
    for message in messages("zh-CN"):
        wanted = Counter(HOLDS.findall(forms(message.id)[-1]))
        assert all(Counter(HOLDS.findall(form)) == wanted for form in forms(message.string)), message.id
