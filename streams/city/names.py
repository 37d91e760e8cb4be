"""Names as screens show them: there in every language of the city, and with nothing hidden in them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from streams.problems import Place, Problems

LONGEST_NAME: Final = 120
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, joiners and turns of direction, lone surrogates, private signs, line breaks."""


def check_names(
    file: str, place: Place, what: str, names: Mapping[str, str], languages: Sequence[str], problems: Problems
) -> None:
    """`what`: the thing's code, for the message."""
    for language in languages:
        if not names.get(language, "").strip():
            problems.say(file, place, "name-missing", what=what, language=language)
    for name in names.values():
        if any(unicodedata.category(sign) in _HIDDEN for sign in name):
            problems.say(file, place, "name-hidden", what=what, name=name)
        if len(name) > LONGEST_NAME:
            problems.say(file, place, "name-long", what=what, most=LONGEST_NAME)


def check_languages(
    file: str, place: Place, names: Mapping[str, str], languages: Sequence[str], problems: Problems
) -> None:
    """Whether every text given is in a language that the city speaks."""
    for language in names:
        if language not in languages:
            problems.say(file, place, "language-not-city", language=language, known=list(languages))
