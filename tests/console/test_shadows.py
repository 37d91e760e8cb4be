"""The shadow on the page of its rule, and over the interface: begun from a draft, promoted by another, dropped."""

from __future__ import annotations

from typing import Any

from alerts.drafting import Texts
from tests.access.guarded import NAME, Town

PAGE = f"/city/{NAME}/rules"
RULE = f"{PAGE}/many-calls"


def drafted(town: Town, n: int = 3) -> str:
    """The stamp of a draft that speaks from so many on."""
    drafting = town.station.workshop.drafting
    text = drafting.texts("many-calls").rule.replace("n: 5", f"n: {n}")
    return drafting.keep("many-calls", Texts(text, ""), "", "1001").stamp


def form(client: Any, act: str, **fields: str) -> str:
    """Where the answer leads."""
    answer = client.post(f"{RULE}/shadow", data={"act": act, **fields})
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_a_draft_judges_in_shadow_and_another_account_promotes_it_with_a_reason(fresh: Town) -> None:
    """By plain forms alone, as without scripts."""
    operator, second = fresh.as_role("operator"), fresh.as_role("operator", number="1002")
    stamp = drafted(fresh)
    assert "Let it judge in shadow" in operator.get(RULE).text
    assert form(operator, "begin", seen="old", reason="the ring road") == f"{RULE}?said=draft_changed"
    assert form(operator, "begin", seen=stamp) == f"{RULE}?said=reason_missing"
    assert form(operator, "begin", seen=stamp, reason="the ring road") == RULE
    assert form(operator, "begin", seen=stamp, reason="once more") == f"{RULE}?said=shadow_there"
    own, page = operator.get(RULE).text, second.get(RULE).text
    assert "begun by you: <q>the ring road</q>" in own
    assert "<b>0</b> of 14 whole shifts" in page
    assert "In shadow, its shifts are not done" in page
    assert "Promote, put in force" not in own
    assert "why it cannot wait" in page
    assert "in shadow</span>" in operator.get(PAGE).text
    chinese = second.get(RULE, headers={"accept-language": "zh-CN"}).text
    assert "转正并生效" in chinese
    assert form(operator, "promote", reason="mine", early="now") == f"{RULE}?said=shadow_own"
    assert form(second, "promote", reason="read it") == f"{RULE}?said=shadow_young"
    assert form(second, "promote", reason="read it", early="call 13800138000") == f"{RULE}?said=identity"
    release = form(second, "promote", reason="read it", early="the fair begins")
    assert release.startswith(f"/city/{NAME}/releases/")
    assert "the fair begins" in second.get(release).text
    [rule] = [one for one in fresh.station.board.city().book.rules if one.id == "many-calls"]
    assert rule.detector.parameters == {"n": 3.0}
    assert fresh.station.workshop.shadowing.shadows() == []
    assert fresh.station.workshop.drafting.draft("many-calls") is None


def test_a_shadow_is_begun_read_and_dropped_over_the_interface(fresh: Town) -> None:
    operator, viewer = fresh.as_role("operator"), fresh.as_role("viewer", number="1003")
    there = f"{fresh.base}/shadows"
    drafted(fresh, 4)
    assert operator.get(f"{there}/many-calls").status_code == 404
    begun = operator.post(there, json={"rule": "many-calls", "reason": "the ring road"})
    assert (begun.status_code, begun.json()["yours"], begun.json()["ripe"]) == (201, True, False)
    told = viewer.get(f"{there}/many-calls").json()
    assert (told["shifts"], told["reason"], told["yours"]) == (14, "the ring road", False)
    assert [week["theirs"] for week in told["weeks"]] == [0]
    assert set(told["outcomes"]) > {"confirmed_kept", "confirmed_lost", "new", "gained"}
    assert [one["rule"] for one in viewer.get(there).json()["shadows"]] == ["many-calls"]
    assert viewer.get(RULE).text.count("<form") == viewer.get(PAGE).text.count("<form"), "no form but the header's"
    part = fresh.as_role("operator", areas=("west",), number="1004")
    assert [part.get(path).status_code for path in (there, f"{there}/many-calls")] == [404, 404]
    assert part.post(f"{there}/many-calls/drop", json={"reason": "no better"}).status_code == 404
    assert "in shadow" not in part.get(PAGE).text
    assert operator.post(f"{there}/many-calls/drop", json={"reason": "no better"}).json() == {"rule": "many-calls"}
    again = operator.post(f"{there}/many-calls/drop", json={"reason": "no better"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:tocsin:shadow_gone")
    assert viewer.get(there).json() == {"shadows": []}
