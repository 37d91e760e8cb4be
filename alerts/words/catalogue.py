"""The catalogues: whole sentences by language, read once.

A sentence is its own key, in English, with named places for values. Catalogues lie in `alerts/locale`;
the compiled ones are in git: `pybabel compile -d alerts/locale -D alerts` makes them anew.
"""

from __future__ import annotations

import gettext
from functools import cache
from pathlib import Path
from typing import Final

from babel import Locale

LANGUAGES: Final = ("en", "zh-CN")
DOMAIN: Final = "alerts"
LOCALES: Final = Path(__file__).parent.parent / "locale"


def N_(sentence: str) -> str:  # noqa: N802 - the name by which gettext's tools find sentences
    """Marks a sentence for the catalogues, and leaves it as it is."""
    return sentence


def say(language: str, sentence: str, /, **values: object) -> str:
    """`sentence` in `language`, its places filled. Raises KeyError where a translation asks for a value that is not."""
    return _catalogue(_spoken(language)).gettext(sentence).format(**values)


@cache
def locale(language: str) -> Locale:
    """How `language` writes numbers, dates and lists."""
    return Locale.parse(_spoken(language), sep="-")


def _spoken(language: str) -> str:
    """`language` where there is a catalogue for it, else English."""
    return language if language in LANGUAGES else "en"


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALES, [language.replace("-", "_")])
