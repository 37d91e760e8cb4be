"""Grafana's boards: the committed JSON is what the source writes, in both languages, over metrics that are ours.

That every query returns data is asked where there is a real run: tests/deploy/test_roads.py.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from deploy.boards import BOARDS, FOLDER, LANGUAGES, Board, pages
from deploy.boards.written import ALERTS, SOURCE, STORE
from streams.kafka.metrics import RoadMetrics
from streams.metrics import Metrics
from tests.deploy.compose import HOUSE
from tests.deploy.prometheus import rules

EVERY: Final = (*Metrics()._all, *RoadMetrics()._all)
OURS: Final = {next(iter(metric.describe())).name: set(metric._labelnames) for metric in EVERY}
CHINESE: Final = re.compile("[\u4e00-\u9fff]")


def written(board: Board, language: str) -> Any:
    return json.loads((FOLDER / language / f"{board.name}.json").read_text("utf-8"))


def test_the_boards_are_what_their_source_writes() -> None:
    """Where this fails: `make boards`, and look at what it wrote."""
    wanted = dict(pages(BOARDS, LANGUAGES))
    assert {path: path.read_text("utf-8") for path in FOLDER.rglob("*.json")} == wanted


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_both_languages_show_the_same_in_their_own_words(board: Board) -> None:
    english, chinese = written(board, "en"), written(board, "zh-CN")
    assert not CHINESE.search(json.dumps(english, ensure_ascii=False))
    assert [one["query"] for one in english["templating"].get("list", ()) if one["name"] != "language"] == [
        one["query"] for one in chinese["templating"].get("list", ()) if one["name"] != "language"
    ]
    for one, other in zip(english["panels"], chinese["panels"], strict=True):
        assert CHINESE.search(other["title"])
        assert one.get("targets") == other.get("targets")
        if one["type"] != "row":
            assert CHINESE.search(other["description"])
    assert english["uid"] != chinese["uid"]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_every_metric_and_every_label_of_a_panel_is_ours(board: Board) -> None:
    reckoned = {rule["record"] for rule in rules() if "record" in rule}
    for figure in board.figures():
        for query, legend in figure.queries:
            names = re.findall(r"(?:\w+:)?tocsin_[a-z_]+(?::\w+)?", query)
            for name in names:
                bare = re.sub(r"_(total|bucket|count|sum)$", "", name)
                assert name in reckoned or bare in OURS, name
                shown = set(re.findall(r"{{(\w+)}}", legend)) - {"instance"}
                if name not in reckoned:
                    assert shown <= OURS[bare], f"{name}: {shown}"
            assert names or "up{" in query


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_a_panel_asks_one_source_and_says_its_columns_in_both_languages(board: Board) -> None:
    for figure in board.figures():
        assert bool(figure.sql) != bool(figure.queries)
        for column in figure.columns:
            assert CHINESE.search(column.said.zh)
            assert not CHINESE.search(column.said.en)


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_every_panel_asks_a_provisioned_source_and_alerts_are_marked(board: Board) -> None:
    provisioned = YAML(typ="safe").load(
        (HOUSE / "deploy/grafana/provisioning/datasources/tocsin.yml").read_text("utf-8")
    )
    known = {(source["uid"], source["type"]) for source in provisioned["datasources"]}
    assert known == {(source.uid, source.type_val) for source in (SOURCE, STORE)}
    page = written(board, "en")
    for panel in page["panels"]:
        for target in panel.get("targets", ()):
            assert target["datasource"]["uid"] == (STORE.uid if "rawSql" in target else SOURCE.uid)
            assert target["datasource"] == panel["datasource"]
    (marks,) = page["annotations"]["list"]
    if board.marks:
        assert (marks["target"]["rawSql"], marks["datasource"]["uid"]) == (board.marks, STORE.uid)
    else:
        assert (marks["expr"], marks["datasource"]["uid"]) == (ALERTS, SOURCE.uid)


def test_nothing_of_a_board_is_fetched_from_outside() -> None:
    for path in FOLDER.rglob("*.json"):
        assert "http" not in path.read_text("utf-8")


def test_every_folder_of_boards_is_provisioned() -> None:
    told = YAML(typ="safe").load((HOUSE / "deploy/grafana/provisioning/dashboards/tocsin.yml").read_text("utf-8"))
    paths = {provider["options"]["path"] for provider in told["providers"]}
    assert paths == {f"/etc/grafana/boards/{language}" for language in LANGUAGES}
