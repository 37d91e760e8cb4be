"""Names as screens show them: there in every language of the city, and with nothing hidden in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from streams.city.yaml import Document, Path
from streams.problems import Place, Problems

LONGEST_NAME: Final = 120
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, joiners and turns of direction, lone surrogates, private signs, line breaks."""


def check_written_names(
    document: Document, path: Path, what: str, names: Mapping[str, str], languages: Sequence[str], problems: Problems
) -> None:
    """Names that stand at `path` of a document: complete, visible, and in no other language than the city's."""
    place = document.place(path)
    places = {language: document.place((*path, language)) for language in names}
    check_names(document.file, place, what, names, languages, problems, places)
    check_languages(document, path, names, languages, problems)


def check_names(
    file: str,
    place: Place,
    what: str,
    names: Mapping[str, str],
    languages: Sequence[str],
    problems: Problems,
    places: Mapping[str, Place],
) -> None:
    """`what`: the thing's code, for the message. `places`: of each name by its language."""
    for language in languages:
        if not names.get(language, "").strip():
            problems.say(file, place, "name-missing", what=what, language=language)
    for language, name in names.items():
        if any(unicodedata.category(sign) in _HIDDEN for sign in name):
            problems.say(file, places[language], "name-hidden", what=what, name=name)
        if len(name) > LONGEST_NAME:
            problems.say(file, places[language], "name-long", what=what, most=LONGEST_NAME)


def check_languages(
    document: Document, path: Path, names: Mapping[str, str], languages: Sequence[str], problems: Problems
) -> None:
    """Whether every text given is in a language that the city speaks. No `languages`: not known."""
    for language in names:
        if languages and language not in languages:
            place = document.key_place((*path, language))
            problems.say(document.file, place, "language-not-city", language=language, known=list(languages))
