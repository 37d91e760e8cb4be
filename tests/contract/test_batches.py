"""Many records decoded at once are decoded as each would be by itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams.contract import RECORD_BYTES, decode_record, decode_records, event_of, events_of
from streams.decoded import _one_by_one, decoded
from streams.refusals import Refused
from tests.feeds.small import EVENT, feed_of

GOOD = json.dumps(dict(EVENT)).encode()
PIECES = st.sampled_from(
    [
        '{"a":1}',
        '{"a":1',
        ',"a":2}',
        "{",
        "}",
        '"a"',
        ":",
        " :",
        "\t:",
        "1",
        "[1]",
        "\n",
        "\r",
        "null",
        '"b":{"c":2}',
        '{"b":"\\":"}',
        "\udc80",
    ]
)
LOOSE = st.lists(PIECES, max_size=5).map(lambda pieces: "".join(pieces).encode("utf-8", "surrogatepass"))
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        name: st.sampled_from(["x", "", 3, None, {"lat": 1, "lon": 2}, 'a":b', "tel : 1"])
        for name in ("id", "area", "location", "severity", "place", "strange", "specversion")
    },
).map(lambda changes: json.dumps({**EVENT, **changes}).encode())
TWICE = st.just(GOOD[:-1] + b',"id":"e-2"}')
DEEP = st.just(b'{"a":' * 17 + b"1" + b"}" * 17)
LONG = st.just(json.dumps({**EVENT, "place": "x" * RECORD_BYTES}).encode())
RECORDS = st.lists(LOOSE | EVENTS | TWICE | DEEP | LONG, max_size=6)


def alone(data: bytes) -> Any:
    try:
        return decode_record(data)
    except Refused as refused:
        return refused


@given(RECORDS)
@example([b'{"a":1', b',"b":2}', b'{"c":1} {"d":2}'])
@example([b'{"a":1,"a":2}', b'{"b":"\\":"}'])
@example([b'{"a":1,"a":2}', b'{"b":1}'])
def test_what_is_decoded_at_once_is_what_each_gives_alone(records: list[bytes]) -> None:
    found = decode_records(records)
    one_by_one = [alone(data) for data in records]
    if found is not None:
        assert found == one_by_one
    elif all(isinstance(value, dict) for value in one_by_one):
        raise AssertionError(f"nothing is wrong with {records}")


@given(RECORDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_batch_meets_the_same_faults_as_its_records(tmp_path: Path, records: list[bytes]) -> None:
    feed = feed_of(tmp_path)
    quick, slow = decoded(feed, records), _one_by_one(feed, records)
    assert (quick.values, quick.faults) == (slow.values, slow.faults)
    assert [quick.seen(i) for i in range(len(records))] == [slow.seen(i) for i in range(len(records))]


def test_events_are_converted_at_once_or_not_at_all() -> None:
    good = json.loads(GOOD)
    assert events_of([good, good]) == [event_of(good)] * 2
    assert events_of([good, {**good, "severity": 9}]) is None
