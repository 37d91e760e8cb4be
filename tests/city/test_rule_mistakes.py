"""Broken rule files, each in the place of a whole city's rule: the exact lines in both languages, and never a fall."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.city import Reading, read_city
from streams.problems import LANGUAGES
from tests.city.scenes import new_city

FILES = Path(__file__).parents[1] / "mistakes"
NAMES = sorted(path.stem for path in FILES.glob("*.yaml"))
RULE = "rules/traffic-surge.yaml"


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_city(tmp_path_factory.mktemp("rule-mistakes"))


def _with_rule(city: Path, text: bytes) -> Reading:
    (city / RULE).write_bytes(text)
    return read_city(city)


def test_there_are_sixty_of_them_at_least() -> None:
    assert len(NAMES) >= 60


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_rule_is_told_word_by_word_in_both_languages(name: str, city: Path) -> None:
    reading = _with_rule(city, (FILES / f"{name}.yaml").read_bytes())
    assert reading.city is None
    told = {language: reading.render(language) + "\n" for language in LANGUAGES}
    assert told == {language: (FILES / f"{name}.{language}.txt").read_text(encoding="utf-8") for language in LANGUAGES}


_WHOLE = (Path(__file__).parents[2] / "streams/city/template" / RULE).read_text(encoding="utf-8")
_PIECES = st.one_of(
    st.sampled_from(
        ["\t", "\n", ": ", "：", "- ", "[", "]", "{", "}", '"', "'", "&a ", "*a", "!t ", "|\n", ">\n", "---\n", "...\n",
         "# ", "? ", "%", "@", "`", "null", "~", "1e9", "-1", "0", ".inf", "true", "yes", "\0", "\x85", "\u2028", "🚨",
         "\ufeff", "counts", "category: traffic", "9" * 400, "1h", "2 per month", "<<: ", "=", "\r"]
    ),
    st.text(max_size=6),
)  # fmt: skip
_EDITS = st.lists(st.tuples(st.integers(0, len(_WHOLE)), st.integers(0, 40), _PIECES), min_size=1, max_size=4)


@given(edits=_EDITS)
def test_no_edit_of_a_rule_whatever_makes_its_reading_fall(edits: list[tuple[int, int, str]], city: Path) -> None:
    """A whole rule with up to four spans replaced: read, or told with places that lie in the file."""
    text = _WHOLE
    for at, gone, piece in edits:
        text = text[:at] + piece + text[at + gone :]
    reading = _with_rule(city, text.encode("utf-8", "surrogatepass"))
    assert (reading.city is None) == bool(reading.problems)
    for problem in reading.problems:
        if problem.file == RULE:
            assert 1 <= problem.line <= len(text.splitlines()) + 1
            assert problem.column >= 1
        assert all(problem.render(language) for language in LANGUAGES)
