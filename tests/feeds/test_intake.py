"""Intake: every record gets an answer, and a frame holds what was accepted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules import records
from streams.feeds.readers import Broken
from streams.feeds.records import flat
from streams.intake import Intake, Raw
from streams.keys import SHORTEST_KEY, Keys
from streams.refusals import Reason
from tests.feeds.small import AREAS, ARRIVED, CATEGORIES, EVENT, SECRET, feed_of, intake_of, raws
from tests.feeds.test_times import ms


def encoded(**changes: Any) -> bytes:
    return json.dumps({**EVENT, **changes}).encode()


@pytest.fixture
def intake(tmp_path: Path) -> Intake:
    return intake_of(feed_of(tmp_path))


def test_an_event_of_the_contract_becomes_a_row(intake: Intake) -> None:
    taken = intake.take("calls", [Raw(41, encoded(severity=2, count=3, revision=5), ARRIVED)], "http")
    assert taken.frame is not None
    row = taken.frame.rows[0]
    assert (row["offset"], row["n"], row["severity"], row["count"], row["revision"]) == (41, 0, 2, 3, 5)
    assert (row["occurred_at"], row["arrived_at"], row["due_at"]) == (
        ms("2016-01-23T10:00:00+00:00"),
        ARRIVED,
        records.NO_TIME,
    )
    assert (row["matter"], row["place"], row["office"]) == (0, 0, 0)
    assert (taken.frame.feeds, taken.frame.partitions, taken.frame.offices) == (("calls",), ("http",), ("",))
    assert records.decode(records.encode(taken.frame)).rows.tolist() == taken.frame.rows.tolist()  # type: ignore[union-attr]  # a frame


def test_every_record_gets_its_answer_in_order(intake: Intake) -> None:
    batch = [
        encoded(),
        b"{",
        encoded(category="none"),
        encoded(id="e-2"),
        encoded(kind="petition"),
        encoded(stage="lost"),
    ]
    taken = intake.take("calls", [*raws(*batch), Raw(9, Broken(Reason.NOT_UTF8, "", b"\xff"), ARRIVED)], "http")
    assert [(answer.status, answer.reason, answer.events) for answer in taken.answers] == [
        ("accepted", None, 1),
        ("refused", Reason.MALFORMED, 0),
        ("refused", Reason.UNKNOWN_CATEGORY, 0),
        ("accepted", None, 1),
        ("refused", Reason.WRONG_KIND, 0),
        ("refused", Reason.UNKNOWN_STAGE, 0),
        ("refused", Reason.NOT_UTF8, 0),
    ]
    assert taken.frame is not None
    assert taken.frame.rows["offset"].tolist() == [0, 3]
    assert [refusal.place.offset for refusal in taken.refusals] == [1, 2, 4, 5, 9]


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"area": None}, Reason.MISSING_FIELD, "area"),
        ({"area": "nowhere"}, Reason.UNKNOWN_AREA, "area"),
        ({"location": {"lat": 1, "lon": 1}}, Reason.BAD_VALUE, "location"),
        ({"occurred_at": "2016-01-23T10:00:00"}, Reason.TIME_WITHOUT_OFFSET, "occurred_at"),
        ({"due_at": "soon"}, Reason.BAD_TIME, "due_at"),
        ({"office": "roads"}, Reason.UNKNOWN_OFFICE, "office"),
        ({"office": "李小明"}, Reason.NAME, "office"),
        ({"source": "call 13812345678"}, Reason.PHONE, "source"),
        ({"matter": "11010519491231002X"}, Reason.CITIZEN_NUMBER, "matter"),
        ({"place": "4111 1111 1111 1111"}, Reason.CARD, "place"),
        ({"revision": 13812345678}, Reason.PHONE, "revision"),
    ],
)
def test_a_record_is_refused_with_reason_and_field(
    intake: Intake, changes: dict[str, Any], reason: Reason, field: str
) -> None:
    answer = intake.take("calls", raws(encoded(**changes)), "http").answers[0]
    assert (answer.reason, answer.field) == (reason, field)


def test_an_event_may_give_a_point_in_place_of_its_area(intake: Intake) -> None:
    event = {k: v for k, v in EVENT.items() if k != "area"}
    inside, outside = (json.dumps({**event, "location": {"lat": lat, "lon": 0}}).encode() for lat in (45, 60))
    taken = intake.take("calls", raws(inside, outside, json.dumps(event).encode()), "http")
    assert taken.frame is not None
    assert taken.frame.areas == ("north",)
    assert [answer.reason for answer in taken.answers] == [None, Reason.UNKNOWN_AREA, Reason.MISSING_FIELD]


def test_a_cloudevent_in_a_record_is_unwrapped(intake: Intake) -> None:
    envelope = {"specversion": "1.0", "id": "x", "source": "y", "type": "t", "data": dict(EVENT)}
    assert intake.take("calls", raws(json.dumps(envelope).encode()), "http").answers[0].status == "accepted"


def test_a_feed_with_a_source_takes_no_other(tmp_path: Path) -> None:
    taken = intake_of(feed_of(tmp_path, source="radio")).take("calls", raws(encoded()), "http")
    assert taken.answers[0].reason is Reason.WRONG_SOURCE


def test_a_broken_record_keeps_its_length_and_digest_only(intake: Intake) -> None:
    data = b'{"id": "13812345678"'
    refusal = intake.take("calls", raws(data), "http").refusals[0]
    assert (refusal.length, refusal.kept) == (len(data), b"")
    assert refusal.digest == Keys(SECRET).digest(data)


def test_an_unknown_feed_is_a_bug_of_the_caller(intake: Intake) -> None:
    with pytest.raises(KeyError):
        intake.take("none", raws(encoded()), "http")


def test_no_records_give_nothing(intake: Intake) -> None:
    taken = intake.take("calls", [], "http")
    assert (taken.frame, taken.answers, taken.refusals) == (None, (), ())


def test_identities_differ_by_source_and_by_city_key(tmp_path: Path) -> None:
    feed = feed_of(tmp_path)
    other = Intake("town", {"calls": feed}, AREAS, CATEGORIES, Keys(b"another secret of thirty-two b.."))
    ids = []
    for intake, event in ((intake_of(feed), encoded()), (intake_of(feed), encoded(source="b")), (other, encoded())):
        frame = intake.take("calls", raws(event), "http").frame
        assert frame is not None
        ids.append((int(frame.rows["id0"][0]), int(frame.rows["id1"][0])))
    assert len(set(ids)) == 3


def test_source_and_id_cannot_be_pushed_together() -> None:
    ids = Keys(SECRET).identities(["a", "ab"], ["bc", "c"])
    assert ids[0].tolist() != ids[1].tolist()


def test_a_short_key_is_not_taken() -> None:
    with pytest.raises(ValueError, match="16 or more"):
        Keys(b"x" * (SHORTEST_KEY - 1))


@given(st.lists(st.tuples(st.integers(-(2**62), 2**62), st.integers(0, 2**63)), min_size=2, max_size=2, unique=True))
def test_contents_differ_where_a_cell_does(rows: list[tuple[int, int]]) -> None:
    columns = [np.array([row[0] for row in rows], np.int64), np.array([row[1] for row in rows], np.uint64)]
    first, second = Keys(SECRET).contents(columns)
    assert first != second


@given(st.lists(st.binary(max_size=60) | st.sampled_from([encoded(), encoded(id="e-9", location=3)]), max_size=8))
def test_no_bytes_break_intake_and_none_is_lost(batch: list[bytes]) -> None:
    taken = intake_of(feed_of(Path())).take("calls", raws(*batch), "http")
    accepted = sum(answer.events for answer in taken.answers)
    assert accepted == (0 if taken.frame is None else len(taken.frame.rows))
    assert len(batch) == accepted + len(taken.refusals)


def test_a_nested_record_becomes_flat() -> None:
    record = {"a": {"b": 1, "c": [2, {"d": 3}]}, "e": None, "x": {"y": 4}}
    assert flat(record, frozenset({"x"})) == {"a.b": 1, "a.c.0": 2, "a.c.1.d": 3, "e": None}
