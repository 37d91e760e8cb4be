"""Cases of rules: the shipped ones hold, and what differs is told line by line, with its place, in both languages."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rules.detectors.surprise import Surprise
from streams.city import City, read_city
from streams.city.case_checks import read_cases
from streams.cli import app
from streams.clock import WallClock
from streams.rehearsal import Outcome, Rehearsal, lines
from tests.city.scenes import new_city

pytestmark = pytest.mark.timeout(900)  # seconds of work, on a machine that may do much else
EXAMPLES = Path(__file__).parents[2] / "examples"

WRONG = """\
cases:
  - name: a burst
    background:
      - {rate: 6 per day, areas: [east, west], categories: [traffic]}
    series:
      - {area: east, category: traffic, counts: 3x6, from: 2h}
    expect:
      - quiet: {to: 3h}
      - spoke: {area: west, colour: red, said_by: 2h10m, over_by: 3h}
      - at: 3h
        running: []
      - at: 1h
        running: [{area: east, colour: red}]
      - at: 3h
        running: [{area: west, colour: red, late: false}]
      - alerts: 2
      - signals: 0
  - name: a calm
    background:
      - {rate: 6 per day, areas: [east, west], categories: [traffic]}
    expect:
      - spoke: true
"""


def _whole(folder: Path) -> City:
    city = read_city(folder).city
    assert city is not None
    return city


def _outcomes(city: City, processes: int = 1) -> list[Outcome]:
    found = read_cases(city)
    assert not found.problems, found.render()
    return list(Rehearsal(city, WallClock(), processes).run(found.cases))


def _told(outcomes: list[Outcome], language: str = "en") -> list[str]:
    return [line for outcome in outcomes for line in lines(outcome, language)]


@pytest.mark.parametrize("name", ["montgomery", "boston"])
def test_every_rule_of_an_example_city_has_cases_and_they_hold(name: str) -> None:
    city = _whole(EXAMPLES / name)
    outcomes = _outcomes(city, processes=2)
    assert _told(outcomes) == []
    assert {outcome.cases.rule.id for outcome in outcomes} == {rule.id for rule in city.book.all_rules}


def test_the_case_that_the_documents_show_holds(tmp_path: Path) -> None:
    page = (EXAMPLES.parent / "docs" / "cases.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    folder = tmp_path / "montgomery"
    shutil.copytree(EXAMPLES / "montgomery", folder, ignore=shutil.ignore_patterns("data", "*.cases.yaml"))
    (folder / "rules" / "traffic-surge.cases.yaml").write_text(shown, encoding="utf-8")
    outcomes = _outcomes(_whole(folder))
    assert (len(outcomes), _told(outcomes)) == (1, [])


def test_what_differs_is_told_with_the_place_of_the_expectation(tmp_path: Path) -> None:
    folder = new_city(tmp_path)
    (folder / "rules" / "traffic-surge.cases.yaml").write_text(WRONG, encoding="utf-8")
    outcomes = _outcomes(_whole(folder))
    told = _told(outcomes)
    here = "rules/traffic-surge.cases.yaml"
    seen = [line for line in told if not line.startswith(" ")]
    assert seen == [
        f"{here}:8:16: a burst: nothing new was to be told, and this was (1):",
        f"{here}:9:16: a burst: of 1 alert none fits; the nearest:",
        f"{here}:11:18: a burst: at 3h other alerts run:",
        f"{here}:13:18: a burst: at 1h other alerts run:",
        f"{here}:15:18: a burst: at 3h other alerts run:",
        f"{here}:16:17: a burst: 1 alert stands, 2 expected",
        next(line for line in seen if line.startswith(f"{here}:17:18: a burst: ") and line.endswith(", 0 expected")),
        f"{here}:22:16: a calm: no alert was said",
    ]
    nearest = told.index(f"{here}:9:16: a burst: of 1 alert none fits; the nearest:")
    assert [line.strip() for line in told[nearest + 1 : nearest + 8]] == [
        "- area: west", "+ area: east", "colour: red", "- said_by: 2h10m", "+ said_by: 2h11m40s", "- over_by: 3h",
        told[nearest + 7].strip(),
    ]  # fmt: skip
    assert told[nearest + 7].strip().startswith("+ over_by: ")
    assert "    - {area: east, colour: red}" in told
    chinese = _told(outcomes, "zh-CN")
    assert [line.split(": ")[0] for line in chinese] == [line.split(": ")[0] for line in told]
    assert f"{here}:22:16: a calm：没有发出任何告警" in chinese


def test_the_same_case_says_the_same_over_any_number_of_processes(tmp_path: Path) -> None:
    folder = new_city(tmp_path)
    (folder / "rules" / "traffic-surge.cases.yaml").write_text(WRONG, encoding="utf-8")
    city = _whole(folder)
    assert _told(_outcomes(city, 1)) == _told(_outcomes(city, 2))


def test_a_rule_that_raises_fails_its_case_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ArithmeticError("no")

    monkeypatch.setattr(Surprise, "limits", broken)
    told = _told(_outcomes(_whole(new_city(tmp_path))))
    assert "rules/traffic-surge.cases.yaml:3:5: a burst in one district is told within half an hour: " in told[0]
    assert "the rule raised an error (ArithmeticError: no)" in told[0]


def test_the_command_answers_0_where_all_holds_and_1_where_not(tmp_path: Path) -> None:
    folder, run = new_city(tmp_path), CliRunner()
    well = run.invoke(app, ["test", str(folder), "--processes", "1"])
    assert (well.exit_code, well.output.startswith("2 cases of 1 rule: all as expected (")) == (0, True)
    (folder / "rules" / "traffic-surge.cases.yaml").write_text(WRONG, encoding="utf-8")
    ill = run.invoke(app, ["test", str(folder), "--rule", "traffic-surge", "--processes", "1"])
    assert ill.exit_code == 1
    assert "2 of 2 cases failed (" in ill.output
    (folder / "rules" / "traffic-surge.cases.yaml").unlink()
    none = run.invoke(app, ["test", str(folder)])
    assert none.exit_code == 0
    assert "traffic-surge has no cases: write rules/traffic-surge.cases.yaml" in none.output
