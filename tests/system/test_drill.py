"""Journey A1, step 3: a drill from the door to the desk and back, marked all the way and counted nowhere."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import httpx2

from alerts.access.accounts import FILE, Account, Accounts
from alerts.access.credentials import hashed
from rules.exercises import LEAST
from streams.clock import WallClock
from tests.streams.town import NAME, STORM, make_town
from tests.system.served import served
from tests.system.test_cli import Tocsin, tocsin

__all__ = ["tocsin"]  # a fixture

FACTOR: Final = b"12345678901234567890"
DESKS: Final = """\
desks:
  - id: city
    names: {en: City desk, zh-CN: 市值班台}
    areas: [newcity]
    categories: [incident]
    channels: [console, {kind: jsonlines, path: notices.jsonl}]
    budget: 1
    clocks: {blue: 10m, yellow: 10m, orange: 10m, red: 10m}
"""
AREA, CATEGORY = "east", "traffic"


def test_a_drill_is_an_exercise_from_the_event_to_the_card_and_is_counted_nowhere(
    tocsin: Tocsin, tmp_path: Path
) -> None:
    city, data = make_town(tmp_path / "town"), tmp_path / "var"
    (city / "rules" / "storm.yaml").write_text(STORM, encoding="utf-8")
    (city / "desks.yaml").write_text(DESKS, encoding="utf-8")
    data.mkdir()
    accounts = Accounts(data / FILE)
    accounts.put(Account("1001", ("officer",), {NAME: (NAME,)}, hashed("a pass phrase of length"), FACTOR), 0)
    with ExitStack() as stack:
        address = stack.enter_context(served(city, data)).ready()
        token = accounts.begin("1001", "token", WallClock().now())
        officer = stack.enter_context(
            httpx2.Client(base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=60)
        )
        done = tocsin("drill", city, "--url", address, "--data", data)
        assert done.code == 0, done.err
        steps = done.out.splitlines()
        assert steps[0].startswith(
            f"1. sent {LEAST} events marked as an exercise to the feed calls: {AREA}, {CATEGORY}"
        )
        assert "the desk city was told of an exercise" in steps[1]
        assert any(step.startswith("3. notice by city-jsonlines: ") for step in steps)
        assert steps[-1].startswith("4. nobody has taken it yet")
        alert = steps[1].rpartition("/")[2]
        shown = officer.get(f"/v1/cities/{NAME}/alerts/{alert}").json()
        assert (shown["exercise"], shown["kind"], shown["observed"]) == (True, "exercise", LEAST)
        for language, mark, nothing in (
            ("en", "Exercise", "Nothing of it has happened"),
            ("zh-CN", "演练", "并未真实发生"),
        ):
            for page in (f"/alert/{alert}", "/"):
                html = officer.get(page, params={"lang": language}, headers={"accept": "text/html"}).text
                assert f'<span class="tag strong">{mark}</span>' in html, (language, page)
                assert " drill" in html
            assert nothing in officer.get(f"/alert/{alert}", params={"lang": language}).text
        real = officer.get(f"/v1/cities/{NAME}/alerts", params={"listed": "all"}).json()["alerts"]
        assert [(one["id"], one["exercise"]) for one in real] == [
            (alert, True)
        ]  # the rule of five an hour heard nothing
        page = officer.get(f"/city/{NAME}/desk", headers={"accept": "text/html"}).text
        assert alert in page
        taken = officer.post(f"/v1/cities/{NAME}/alerts/{alert}/moves", json={"verb": "take"})
        assert taken.status_code == 200
        counts = officer.get(f"/v1/cities/{NAME}/areas/east").json()
        assert (counts["running"], counts["said"], len(counts["alerts"])) == (0, 0, 1)
        again = tocsin("drill", city, "--url", address, "--data", data, "--answer", "30")
        assert "4. taken by the desk city after" in again.out
        told = [json.loads(line) for line in next(data.rglob("*.jsonl")).read_text("utf-8").splitlines()]
        assert told
        assert all(one["exercise"] and one["title"].startswith("EXERCISE, no real alert") for one in told)
        audit = tocsin("audit", city, "--data", data)
        assert audit.code == 0, audit.err


def test_a_drill_that_nobody_takes_in_says_what_to_do(tocsin: Tocsin, tmp_path: Path) -> None:
    city = make_town(tmp_path / "town")
    none = tocsin("drill", city, "--url", "http://127.0.0.1:9", "--data", tmp_path / "var")
    assert (none.code, "was not taken (ConnectError)" in none.err) == (1, True), none.err
    wrong = tocsin("drill", city, "--area", "nowhere", "--data", tmp_path / "var")
    assert (wrong.code, "nowhere: newcity has no such area: see areas.csv" in wrong.err) == (1, True), wrong.err
