"""Whatever is said to people is said in English and in Chinese, whole, with the same places for values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

HOUSE: Final = Path(__file__).parents[2]
LANGUAGES: Final = {"en", "zh_CN"}
FILES: Final = sorted((HOUSE / "alerts").rglob("*.po"))
PLACE: Final = re.compile(r"%\(\w+\)[sd]|\{\w*\}|</?\w+>")


def name(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], abort_invalid=True)


def texts(said: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """A sentence, or its forms by number."""
    return [said] if isinstance(said, str) else list(said or ("",))


def messages(path: Path) -> Iterator[tuple[str, Message]]:
    for message in catalogue(path):
        if message.id:
            yield texts(message.id)[0], message


def test_every_set_of_words_exists_in_both_languages() -> None:
    spoken: dict[tuple[Path, str], set[str]] = {}
    for path in FILES:
        spoken.setdefault((path.parents[2], path.stem), set()).add(path.parts[-3])
    assert len(spoken) >= 2
    assert [str(where) for where, languages in spoken.items() if languages != LANGUAGES] == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_catalogue_is_whole(path: Path) -> None:
    found = dict(messages(path))
    lacking = [text for text, message in found.items() if message.fuzzy or not all(texts(message.string))]
    assert found != {}
    assert lacking == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_a_translation_has_the_places_for_values_of_its_sentence(path: Path) -> None:
    unlike = [
        text
        for text, message in messages(path)
        for said in texts(message.string)
        if set(PLACE.findall(said)) != set(PLACE.findall(texts(message.id)[-1]))
    ]
    assert unlike == []


@pytest.mark.parametrize("path", [path for path in FILES if "zh_CN" in path.parts], ids=name)
def test_both_languages_hold_the_same_sentences(path: Path) -> None:
    english = Path(str(path).replace("zh_CN", "en"))
    assert {text for text, _ in messages(path)} == {text for text, _ in messages(english)}


@pytest.mark.parametrize("path", sorted((HOUSE / "alerts").rglob("*.mo")), ids=name)
def test_a_compiled_catalogue_says_what_its_source_says(path: Path) -> None:
    with path.open("rb") as file:
        compiled = {texts(message.id)[0]: message.string for message in read_mo(file) if message.id}
    assert compiled == {text: message.string for text, message in messages(path.with_suffix(".po"))}
