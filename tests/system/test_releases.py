"""Releases from the command line: published by one, approved by another, rolled back in one command."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alerts.api.forms import move_of
from streams.releases import shelf_of
from tests.streams.town import NAME, STORM, event, in_service, make_town
from tests.system.test_cli import HAND, Tocsin, tocsin

SECOND = ("--by", "A-18", "--reason", "looked at it")
SURGE = "rules/traffic-surge.yaml"

__all__ = ["tocsin"]  # a fixture


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_town(tmp_path / "town")


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / SURGE
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")


def test_from_a_change_to_a_release_and_back_while_the_city_is_served(tocsin: Tocsin, home: Path) -> None:
    data = Path(os.environ["TOCSIN_DATA"])

    def runs() -> str:
        return next(one.version for one in scene.station.shard.engine.book.rules if one.id == "traffic-surge")

    with in_service(home, data) as scene:
        scene.post(event(1))
        plain = runs()
        first = said_id(tocsin("rules", "publish", home, *HAND).out)
        assert "another account has to approve" in tocsin("rules", "approve", home, first, *HAND).err
        assert "is in force" in tocsin("rules", "approve", home, first, *SECOND).out
        assert runs() == plain, "it is what the folder had"
        edit(home, "keep: 2h", "keep: 3h")
        assert "the folder has otherwise: traffic-surge.yaml" in tocsin("rules", "releases", home).out
        published = tocsin("rules", "publish", home, *HAND).out
        assert "-keep: 2h" in published
        assert "+keep: 3h" in published
        second = said_id(published)
        assert f"{second} waits for its approval" in tocsin("rules", "releases", home).out
        tocsin("rules", "approve", home, second, *SECOND)
        wait_until(lambda: runs() != plain)
        changed_version = runs()
        assert "the folder is what runs" in tocsin("rules", "releases", home).out
        back = tocsin("rules", "rollback", home, *HAND).out
        assert "a second account reviews it within 24 h" in back
        wait_until(lambda: runs() == plain)
        assert "rules rolled back, by A-17" in tocsin("orders", "list", home).out
        scene.post(event(2))
        links = [move_of(link, whole=True) for link in scene.station.store.links_of("")]
        told = [(one["kind"], one["about"], one["account"]) for one in links]
        assert told == [
            ("use-book", first, "A-18"), ("use-book", second, "A-18"), ("use-book", first, "A-17"),
        ]  # fmt: skip
        assert scene.station.reread() == []
        assert runs() == plain, "what runs is the release, not the folder"
    with in_service(home, data) as scene:
        assert runs() == plain
        assert changed_version != plain
    out = home.parent / "written-back"
    assert "files written" in tocsin("rules", "export", home, out).out
    assert "keep: 2h" in (out / SURGE).read_text(encoding="utf-8")
    assert "other rule files lie there" in tocsin("rules", "export", home, home).err
    assert tocsin("rules", "export", home, home, "--overwrite").code == 0
    assert "the folder is what runs" in tocsin("rules", "releases", home).out
    assert tocsin("audit", home).code == 0


def test_a_release_brings_rules_and_nothing_else(tocsin: Tocsin, home: Path) -> None:
    with in_service(home, Path(os.environ["TOCSIN_DATA"])) as scene:
        scene.post(event(1))
        first = said_id(tocsin("rules", "publish", home, *HAND).out)
        city = home / "city.yaml"
        text = city.read_text(encoding="utf-8")
        city.write_text(re.sub("lateness: .*", "lateness: 25m", text), encoding="utf-8")
        told = tocsin("rules", "approve", home, first, *SECOND)
        assert (told.code, "a release brings rules alone" in told.err) == (1, True)
        assert "no release yet" in tocsin("rules", "releases", home).out


FAILS = """\
cases:
  - name: calls within the hour are told
    series:
      - {area: east, category: traffic, every: 1h, counts: 8, from: 6h}
    expect:
      - alerts: 1
"""


def test_rules_of_which_a_case_fails_are_not_published_and_the_line_is_told(tocsin: Tocsin, home: Path) -> None:
    """Of those that the release changes: what runs already is not played again."""
    (home / "rules" / "storm.yaml").write_text(STORM.replace("{n: 5}", "{n: 9}"), encoding="utf-8")
    cases = home / "rules" / "storm.cases.yaml"
    cases.write_text(FAILS, encoding="utf-8")
    (home / "rules" / "traffic-surge.cases.yaml").unlink()
    refused = tocsin("rules", "publish", home, *HAND)
    assert refused.code == 1
    assert "rules/storm.cases.yaml:6:17: calls within the hour are told: 0 alerts" in refused.err
    assert "nothing is released" in refused.err
    shelf = shelf_of(Path(os.environ["TOCSIN_DATA"]), NAME)
    assert shelf.history() == []
    cases.write_text(FAILS.replace("counts: 8", "counts: 9"), encoding="utf-8")
    first = said_id(tocsin("rules", "publish", home, *HAND).out)
    shelf.approve(first, "A-18", "looked at it", 1)
    assert "this is what runs already" in tocsin("rules", "publish", home, *HAND).err


def test_a_release_that_no_longer_fits_is_told_in_the_language_that_is_set_when_the_folder_is_read_again(
    tocsin: Tocsin, home: Path
) -> None:
    data = Path(os.environ["TOCSIN_DATA"])
    with in_service(home, data, language="zh-CN") as scene:
        scene.post(event(1))
        first = said_id(tocsin("rules", "publish", home, *HAND).out)
        tocsin("rules", "approve", home, first, *SECOND)
        (shelf_of(data, NAME).rules(first) / "traffic-surge.yaml").write_text("id: 7", encoding="utf-8")
        said = scene.station.reread()
        assert said[0].startswith(f"版本 {first} 与目录中的其他文件不再匹配")


def said_id(out: str) -> str:
    return next(word for line in out.splitlines() if line.startswith("release ") for word in line.split()[1:2])


def wait_until(so: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not so():
        assert time.monotonic() < limit
        time.sleep(0.02)


def test_what_the_alerts_of_a_rule_were_worth_is_told(tocsin: Tocsin, home: Path) -> None:
    with in_service(home, Path(os.environ["TOCSIN_DATA"])) as scene:
        scene.post(event(1))
        told = tocsin("rules", "judge", home)
        assert told.code == 0
        assert "traffic-surge" in told.out
        assert "0 alerts, 0 of them noise" in told.out
        (found,) = json.loads(tocsin("rules", "judge", home, "--json").out)
        assert found["card"]["outcomes"]["confirmed"] == 0
        assert tocsin("rules", "judge", home, "--rule", "gone").code == 1
