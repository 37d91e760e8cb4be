"""Rules for Tocsin itself: taken by Prometheus, each alert with its cases, no metric that is not ours."""

from __future__ import annotations

import re
from typing import Final

import pytest

from streams.kafka.metrics import RoadMetrics
from streams.metrics import Metrics
from tests.deploy.prometheus import CASES, FOLDER, RULES, promtool, read, rules

ALERTS: Final = [rule for rule in rules() if "alert" in rule]
ALWAYS: Final = "TocsinDeadMansSwitch"
NAME: Final = re.compile(r"\b(tocsin_[a-z_]+|up)\b(?!:)")
PARTS: Final = ("_bucket", "_count", "_sum")


def test_prometheus_takes_the_rules_and_their_cases_hold() -> None:
    assert "SUCCESS" in promtool("check", "rules", *RULES)
    promtool("test", "rules", *CASES)


@pytest.mark.parametrize("name", ["small.yml", "full.yml"])
def test_prometheus_takes_its_configuration(name: str) -> None:
    promtool("check", "config", "--syntax-only", FOLDER / name)


def test_every_alert_has_a_case_in_which_it_speaks_and_one_in_which_it_does_not() -> None:
    said = {True: set[str](), False: set[str]()}
    for path in CASES:
        for case in read(path)["tests"]:
            for look in case.get("promql_expr_test", ()):
                (name,) = re.findall(r"alertname='(\w+)', alertstate", look["expr"])
                told = [re.findall(r"instance='([^']*)'|city='([^']*)'", one["labels"]) for one in look["exp_samples"]]
                said[bool(told)].add(name)
                if told and len(case["input_series"]) > len(look["exp_samples"]):
                    said[False].add(name)  # a series of the same case of which it keeps silent
    assert said[True] == {alert["alert"] for alert in ALERTS}
    assert said[False] >= said[True] - {ALWAYS}


def test_whoever_is_called_reads_what_is_so_and_what_to_do_in_both_languages() -> None:
    for alert in ALERTS:
        texts = alert["annotations"]
        assert set(texts) == {"summary", "summary_zh", "action", "action_zh"}, alert["alert"]
        for name in ("summary", "action"):
            english, chinese = texts[name], texts[f"{name}_zh"]
            assert sorted(re.findall(r"{{.*?}}", english)) == sorted(re.findall(r"{{.*?}}", chinese))
            assert re.search("[\u4e00-\u9fff]", chinese)
            assert not re.search("[\u4e00-\u9fff]", english)
        assert alert["labels"]["severity"] in {"critical", "warning", "none"}


def test_every_metric_that_a_rule_asks_for_is_one_of_ours() -> None:
    ours = {name for name, _, _ in (*Metrics().catalogue(), *RoadMetrics().catalogue())} | {"up"}
    ours |= {rule["record"] for rule in rules() if "record" in rule}
    asked = {name for rule in rules() for name in NAME.findall(re.sub(r"[a-z]+:[a-z_]+:\w+", "", rule["expr"]))}
    assert len(asked) > 15
    stripped = {name.removesuffix(part) for name in asked for part in PARTS if name.endswith(part)}
    assert {name for name in asked if name not in ours and not any(name.endswith(part) for part in PARTS)} == set()
    assert stripped <= ours


def test_every_reckoned_name_that_an_alert_asks_for_is_reckoned() -> None:
    made = {rule["record"] for rule in rules() if "record" in rule}
    asked = {name for alert in ALERTS for name in re.findall(r"[a-z]+:[a-z_]+:\w+|tocsin_\w+:\w+", alert["expr"])}
    assert asked != set()
    assert asked - made == set()
