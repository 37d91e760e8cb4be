"""Counts over the programming interface: of an area by the hour, read on by cursors; and who came near to speaking."""

from __future__ import annotations

import base64
from typing import Any

from alerts.export import rfc3339
from tests.access.crowds import HOUR, counted
from tests.access.guarded import NAME, Town

RULE = {"rule": "surge"}


def lay(town: Town, *rows: Any) -> int:
    town.station.store.put_counts(NAME, rows)
    return town.clock.now() // HOUR * HOUR


def test_the_hours_of_an_area_are_read_page_by_page(fresh: Town) -> None:
    now = fresh.clock.now()
    hours = [counted("west", now - n * HOUR, n, settled=n > 0) for n in range(5)]
    begun = lay(fresh, *hours, counted("east", now))
    viewer = fresh.as_role("viewer", areas=("west",))
    told: list[dict[str, Any]] = []
    cursor: Any = ""
    while cursor is not None:
        page = viewer.get(f"{fresh.base}/areas/west/counts", params={**RULE, "limit": 2, "cursor": cursor}).json()
        assert len(page["counts"]) <= 2
        told += page["counts"]
        cursor = page["next"]
    assert [one["count"] for one in told] == [4, 3, 2, 1, 0]
    assert told[-1] == {
        "rule": "surge", "rule_version": "v1", "area": "west", "category": "traffic", "start": rfc3339(begun),
        "seconds": 3600, "count": 0, "expected": 9.5, "usual": [4.0, 15.0], "limit": 20, "missing": False,
        "whole": False,
    }  # fmt: skip
    span = {**RULE, "since": rfc3339(begun - 2 * HOUR), "until": rfc3339(begun)}
    some = viewer.get(f"{fresh.base}/areas/west/counts", params=span).json()["counts"]
    assert [one["count"] for one in some] == [2, 1]


def test_counts_that_are_known_are_not_sent_again(fresh: Town) -> None:
    lay(fresh, counted("west", fresh.clock.now()))
    viewer = fresh.as_role("viewer")
    for path in ("areas/west/counts?rule=surge", "near"):
        first = viewer.get(f"{fresh.base}/{path}")
        same = {"if-none-match": first.headers["etag"]}
        assert viewer.get(f"{fresh.base}/{path}", headers=same).status_code == 304
        lay(fresh, counted("west", fresh.clock.now(), 18))
        assert viewer.get(f"{fresh.base}/{path}", headers=same).status_code == 200
        lay(fresh, counted("west", fresh.clock.now(), 19))


def test_near_misses_of_an_area_are_those_below_it_too(fresh: Town) -> None:
    now = fresh.clock.now()
    lay(fresh, counted("west", now), counted("west", now - HOUR, 18))
    lay(fresh, counted("east", now, 17), counted("east", now, 94, 100, rule="other"))
    viewer = fresh.as_role("viewer")
    whole = viewer.get(f"{fresh.base}/near", headers={"accept-language": "zh-CN"}).json()
    shown = [(one["area"], one["lacked"], one["way"], one["times"]) for one in whole["near"]]
    assert (whole["areas"], whole["more"], shown) == (2, 0, [("west", 1, 0.95, 2), ("east", 6, 0.94, 1)])
    assert whole["near"][0]["name"] == "西区"
    one = viewer.get(f"{fresh.base}/near?area={NAME}&limit=1").json()
    assert (one["areas"], one["more"], len(one["near"])) == (2, 1, 1)
    assert [near["area"] for near in viewer.get(f"{fresh.base}/near?area=east").json()["near"]] == ["east"]
    assert viewer.get(f"{fresh.base}/near?hours=900").json()["errors"] == ["hours"]


def test_a_time_without_offset_and_a_cursor_that_is_none_are_refused_by_name(fresh: Town) -> None:
    viewer, base = fresh.as_role("viewer"), f"{fresh.base}/areas/west/counts"
    for word in ("2026-01-01T00:00:00", "2300-01-01T00:00:00Z", "yesterday"):
        answer = viewer.get(base, params={"since": word})
        assert (answer.status_code, answer.json()["errors"]) == (422, ["since"]), word
        assert word not in answer.text
    for cursor in ("@@", "WzFd", "x", base64.urlsafe_b64encode(b'[1e99,"a","b","c",1]').decode()):
        answer = viewer.get(base, params={"cursor": cursor})
        assert answer.json()["type"] == "urn:tocsin:wrong_cursor"
