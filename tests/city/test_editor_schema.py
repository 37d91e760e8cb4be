"""The JSON Schema for editors: what is shipped fits it, what is mistaken in form does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # ships no types
import pytest
from typer.testing import CliRunner

from streams.city import City, read_city
from streams.city.editor_schema import cases_schema, rule_schema
from streams.city.yaml import parse
from streams.cli import app
from streams.problems import Problems

HOUSE = Path(__file__).parents[2]
MISTAKES = sorted((HOUSE / "tests" / "mistakes").glob("*.yaml"))
CITIES = [HOUSE / "examples/montgomery", HOUSE / "examples/boston"]
BEYOND_A_SCHEMA = {
    "absence-over-a-week", "accumulated-by-the-hour", "blank-owner", "category-level-above", "colours-fall",
    "drop-over-a-month",
    "feed-of-another-kind",  "first-seen-within-an-hour", "guidance-in-one-language", "id-is-not-the-file",
    "keep-shorter-than-step", "kind-without-a-feed", "once-within-nothing", "parameter-misspelt",
    "parameter-out-of-range", "rate-of-nothing", "repeat-of-a-stage-that-no-feed-has",
    "an-override-finer-than-the-series", "an-override-of-an-unknown-area", "an-override-that-changes-nothing",
    "an-override-twice", "key-twice", "key-twice-in-a-block", "stage-that-no-feed-has", "step-of-half-a-day",
    "step-of-seven-minutes",
    "window-not-whole-steps", "window-shorter-than-step", "window-twice", "without-guidance", "without-owner",
}  # fmt: skip
"""What one value has to do with another, with a feed, a detector or the file's name: `tocsin check` tells it."""


def _city(folder: Path) -> City:
    city = read_city(folder).city
    assert city is not None
    return city


def _value(path: Path) -> Any:
    document = parse(path.name, path.read_text(encoding="utf-8"), Problems())
    return document and document.value


@pytest.mark.parametrize("folder", [*CITIES, HOUSE / "streams/city/template"], ids=lambda folder: folder.name)
def test_what_is_shipped_fits_the_schema_of_its_city(folder: Path) -> None:
    city = _city(folder)
    rules = jsonschema.Draft202012Validator(rule_schema(city))
    cases = jsonschema.Draft202012Validator(cases_schema(city))
    rules.check_schema(rules.schema)
    cases.check_schema(cases.schema)
    for path in sorted((folder / "rules").glob("*.yaml")):
        wanted = cases if path.name.endswith(".cases.yaml") else rules
        assert [error.message for error in wanted.iter_errors(_value(path))] == [], path


def test_what_is_mistaken_in_form_does_not_fit() -> None:
    validator = jsonschema.Draft202012Validator(rule_schema(_city(HOUSE / "streams/city/template")))
    values = {path.stem: value for path in MISTAKES if (value := _value(path)) is not None}
    assert {name for name, value in values.items() if validator.is_valid(value)} == BEYOND_A_SCHEMA


def test_the_schema_without_a_city_takes_any_city_s_names() -> None:
    validator = jsonschema.Draft202012Validator(rule_schema())
    for path in sorted((HOUSE / "examples").glob("*/rules/*-surge.yaml")):
        assert validator.is_valid(_value(path)), path


def test_the_command_prints_it() -> None:
    run = CliRunner()
    said = run.invoke(app, ["rules", "schema", str(HOUSE / "examples/boston")])
    assert said.exit_code == 0
    assert '"neighbourhood"' in said.output
    assert '"noise"' in run.invoke(app, ["rules", "schema", "--cases"]).output
