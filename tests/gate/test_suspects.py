"""The quick scan of a column: what it proves harmless without a search is what the search would have found harmless."""

from __future__ import annotations

from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from streams.gate import Class, Gate, suspects
from streams.gate import email as emails
from streams.gate.suspects import BETWEEN
from streams.gate.verdict import DETECTORS, _verdict
from streams.gate.view import view_of
from tests.gate.planted import DRESSES, KINDS

PIECES = st.sampled_from(
    [
        *("138", "1234", "5678", "0", "3131", "1f8b08", "ABCDEFGH", "abcdefgh", "Qx7", " ", "-", ".", "(", ")", "/"),
        *("_", "*", ",", "%31", "\\u0031", "=", "@", "+", "&#49;", "tel", "Ms.", "Mr ", " at ", "LIC.", "name"),
        *("é", "一", "\u200b", "\x1f", BETWEEN, "Ⅷ", "İ"),
    ]
)
TEXTS = st.text(max_size=40) | st.lists(PIECES, max_size=12).map("".join)


def searched(text: str, kind: Class) -> bool:
    """Whether the text is suspect by the patterns alone, each of them searched in this text alone."""
    if BETWEEN in text:
        return True
    if any(pattern.search(text) for pattern, *_ in suspects._SCANS[kind]):
        return True
    if suspects._TOLD.search(text.encode("ascii", "replace").decode().lower()):
        return True
    both = [run for run in suspects._RUN.findall(text) if run.lower() != run != run.upper()]
    return kind in (Class.ID, Class.PART) and bool(both)


@given(st.lists(TEXTS, max_size=6, unique=True), st.sampled_from(Class))
@example(["0a0a00", "1F8B08"], Class.ID)
@example(["123 456-7890"], Class.ID)
def test_no_proof_spares_a_text_that_the_patterns_would_find(texts: list[str], kind: Class) -> None:
    assert set(suspects.suspects(texts, kind)) == {text for text in texts if searched(text, kind)}


def test_no_proof_spares_a_planted_identity() -> None:
    dice = Random(21)
    for _ in range(400):
        text = dice.choice(DRESSES)(dice.choice(KINDS)(dice))
        for kind in Class:
            assert list(suspects.suspects([text], kind)) == ([text] if searched(text, kind) else [])


@given(st.lists(st.lists(TEXTS, max_size=5), max_size=4), st.sampled_from(Class))
def test_a_gate_that_remembers_says_the_same_as_one_that_does_not(columns: list[list[str]], kind: Class) -> None:
    """Column after column through one gate, each twice; and each text by itself, searched and looked at."""
    gate = Gate()
    for column in [column for column in columns for _ in range(2)]:
        slow = {i: _verdict(text, kind) for i, text in enumerate(column) if searched(text, kind)}
        assert gate.judge(column, kind) == {i: reason for i, reason in slow.items() if reason is not None}


@given(TEXTS, st.sampled_from(Class), st.integers(0, 2**32))
def test_no_detector_finds_anything_in_fewer_digits_than_it_says(text: str, kind: Class, seed: int) -> None:
    dice = Random(seed)
    for held in (text, dice.choice(DRESSES)(dice.choice(KINDS)(dice))):
        view = view_of(held, kind)
        digits = sum(char in "0123456789" for char in view.plain)
        assert all(digits >= least for detects, _, least in DETECTORS if detects(view))


@given(TEXTS)
@example("İ someone at example dot org")
def test_an_address_is_found_without_its_short_cut_too(text: str) -> None:
    view = view_of(text, Class.PLACE)
    address = emails._UNDER if view.disguised else emails._ADDRESS
    slow = address.search(view.plain) or emails._SPELLED.search(view.plain)
    apart = "@" in view.plain and emails._APART.search("".join(view.plain.split()))
    assert emails.email(view) == bool(slow or apart)
