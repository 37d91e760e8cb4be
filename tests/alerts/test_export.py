"""The line of alerts.jsonl."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from alerts import life
from alerts.export import line, rfc3339, write_alerts
from alerts.room import DeskRoom
from alerts.store import MemoryStore
from rules.signals import Signal
from tests.alerts.signals import NOON, book, evidence, signal

ASKED = (
    "id, key, rule, kind, area, area_name, category, category_name, colour, first, last, said_at, over_at, observed,"
    " expected, limit, desk, late, withdrawn, merged_into"
)


def exported(one: Signal, language: str = "en") -> dict[str, object]:
    alert, _ = life.apply(None, one, "county", NOON)
    return line(alert, book(), language)


def test_a_line_holds_every_field_that_was_asked_for() -> None:
    assert set(ASKED.split(", ")) <= set(exported(signal(1)))


def test_a_running_alert() -> None:
    one = exported(signal(1))
    assert (one["id"], one["kind"], one["area_name"], one["category_name"], one["desk"]) == (
        "a1",
        "spike",
        "Lower Merion",
        "vehicle accident",
        "county",
    )
    assert (one["first"], one["last"], one["over_at"]) == ("2016-01-23T11:30:00Z", "2016-01-23T12:30:00Z", None)
    assert (one["observed"], one["expected"], one["limit"], one["colour"]) == (9, 2.13, 6, "yellow")
    assert (one["late"], one["withdrawn"], one["merged_into"]) == (False, False, None)


def test_what_came_later_stands_beside_what_was_counted() -> None:
    names = ("observed", "later", "taken_back", "would_speak")
    assert [exported(signal(1))[name] for name in names] == [9, 0, 0, True]
    found = exported(signal(1, evidence=evidence(later=1, taken_back=6, would_speak=False)))
    assert [found[name] for name in names] == [9, 1, 6, False]


def test_names_follow_the_language() -> None:
    assert exported(signal(1), "zh-CN")["area_name"] == "下梅里恩"


@pytest.mark.parametrize(
    ("one", "field", "value"),
    [
        (signal(1, state="over", over_at=NOON), "over_at", "2016-01-23T12:30:00Z"),
        (signal(1, state="withdrawn"), "withdrawn", True),
        (signal(1, state="merged", merged_into="b"), "merged_into", "b"),
    ],
)
def test_how_an_alert_ended(one: Signal, field: str, value: object) -> None:
    assert exported(one)[field] == value
    assert exported(one)["last"] == "2016-01-23T12:30:00Z"


def test_a_place_that_the_book_no_longer_holds_is_named_by_its_code() -> None:
    assert exported(signal(1, area="gone"))["area_name"] == "gone"


def test_the_file_holds_every_alert_in_the_order_said(tmp_path: Path) -> None:
    store = MemoryStore()
    said = [signal(1, alert="b", said_at=NOON), signal(2, alert="a", said_at=NOON), signal(3, said_at=NOON - 1)]
    DeskRoom(book(), store, {}).apply([*said, signal(4, alert="c", state="withdrawn", said_at=NOON + 1)], NOON)
    path = tmp_path / "alerts.jsonl"
    assert write_alerts(path, store.final(), book()) == 4
    assert [msgspec.json.decode(text)["id"] for text in path.read_bytes().splitlines()] == ["a1", "a", "b", "c"]


def test_times_before_the_epoch_and_far_ahead_can_be_written() -> None:
    assert rfc3339(-1) == "1969-12-31T23:59:59.999Z"
    assert rfc3339(253_402_300_799_999) == "9999-12-31T23:59:59.999Z"
