"""The catalogue of texts, and how values get into them."""

from __future__ import annotations

import ast
from pathlib import Path
from string import Formatter

import pytest

import streams.feeds.durations
import streams.feeds.spec
from rules.book import DetectorSpec
from rules.detectors.register import DETECTORS, make, parameters
from streams.problems import LANGUAGES, LONGEST_VALUE, MOST_PROBLEMS, REASONS, START, TEXTS, Place, Problems, guess


def _holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("message", TEXTS)
def test_both_languages_have_every_text_with_the_same_values(message: str) -> None:
    texts = TEXTS[message]
    assert set(texts) == set(LANGUAGES)
    assert _holes(texts["en"]) == _holes(texts["zh-CN"])
    assert texts["en"] != texts["zh-CN"]


@pytest.mark.parametrize("message", [message for message in TEXTS if not message.startswith("summary-")])
def test_a_text_says_what_is_so_and_what_to_do(message: str) -> None:
    assert any(sign in TEXTS[message]["en"] for sign in (": ", "; "))
    assert "：" in TEXTS[message]["zh-CN"]


def test_reasons_of_other_rooms_are_there_in_both_languages() -> None:
    assert all(set(reason) == set(LANGUAGES) for reason in REASONS.values())


@pytest.mark.parametrize("module", [streams.feeds.spec, streams.feeds.durations])
def test_what_the_feed_file_refuses_has_a_reason_in_both_languages(module: object) -> None:
    source = Path(str(module.__dict__["__file__"])).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and "ValueError" in ast.dump(node.exc.func):
            told = node.exc.args[0]
            first = told.values[0] if isinstance(told, ast.JoinedStr) else told
            assert isinstance(first, ast.Constant)
            assert str(first.value).removesuffix(": ") in REASONS


@pytest.mark.parametrize("kind", DETECTORS)
def test_what_a_detector_refuses_has_a_reason_in_both_languages(kind: str) -> None:
    for name in parameters(kind):
        with pytest.raises(ValueError, match=": ") as fault:
            make(DetectorSpec(kind, {name: -1.0}))
        assert str(fault.value).partition(": ")[2] in REASONS


def test_a_problem_reads_file_line_column_text() -> None:
    problems = Problems()
    problems.say("rules/a.yaml", Place(9, 3), "window-short", window="5m", step="10m")
    (problem,) = problems.all()
    assert problem.render() == "rules/a.yaml:9:3: window 5m is shorter than step 10m; make it 10m or longer"
    assert problem.render("zh-CN") == "rules/a.yaml:9:3: 窗口 5m 短于步长 10m：应不短于 10m"
    assert problem.render("fr") == problem.render("en")


def test_problems_stand_in_reading_order_and_once() -> None:
    problems = Problems()
    for place in (Place(10, 1), Place(9, 2), Place(10, 1)):
        problems.say("b.yaml", place, "yaml-tab")
    problems.say("a.yaml", Place(99, 1), "yaml-tab")
    assert [(one.file, one.line) for one in problems.all()] == [("a.yaml", 99), ("b.yaml", 9), ("b.yaml", 10)]


def test_a_flood_of_problems_is_said_once() -> None:
    problems = Problems()
    for line in range(1, MOST_PROBLEMS + 100):
        problems.say("a.yaml", Place(line, 1), "yaml-tab")
    found = problems.all()
    assert len(found) == MOST_PROBLEMS + 1
    assert [one.message for one in found].count("more-problems") == 1


def test_a_value_is_shown_on_one_line_cut_and_with_nothing_hidden() -> None:
    problems = Problems()
    problems.say("a\udcff.yaml", START, "key-unknown", key="x\n\u202ey" + "z" * 500, guess="{braces}")
    shown = problems.all()[0].render()
    assert shown.startswith("a\\udcff.yaml:1:1: there is no key x\\u000a\\u202ey")
    assert shown.endswith("…: use {braces}")
    assert len(shown) < LONGEST_VALUE + 60
    assert shown.encode()


def test_a_guess_is_the_nearest_word_or_what_there_is() -> None:
    assert guess("trafic", ["traffic", "fire"]) == "traffic"
    assert guess("qqq", ["traffic", "fire"]) == "fire, traffic"
    assert guess("qqq", [f"w{n:02}" for n in range(20)]).endswith("w11 …")
    assert guess("w-1x", [f"w-{n}" for n in range(5000)]) == "w-1"
