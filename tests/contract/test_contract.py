"""The contract: what an event may be, and how clearly everything else is refused."""

from __future__ import annotations

import json
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # ships no types
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contract import DEPTH, FIELDS, RECORD_BYTES, decode_event, decode_record, schema
from streams.refusals import MEANINGS, Reason, Refused
from tests.feeds.small import EVENT

KEYS = st.text(alphabet='ab":{}[]\\ \t\u00e9', max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(alphabet='ab":{}\\ ,', max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def encoded(**changes: Any) -> bytes:
    return json.dumps({**EVENT, **changes}).encode()


def why(data: bytes) -> tuple[Reason, str]:
    with pytest.raises(Refused) as refused:
        decode_event(data)
    return refused.value.reason, refused.value.field


def test_an_event_is_read() -> None:
    event = decode_event(encoded(severity=3, matter="m-1", due_at="2016-02-01T00:00:00+08:00"))
    assert (event.category, event.severity, event.count, event.stage, event.revision) == ("fire", 3, 1, "filed", 0)


@pytest.mark.parametrize(
    ("changes", "reason", "field"),
    [
        ({"remark": "x"}, Reason.UNKNOWN_FIELD, "#7"),
        ({"severity": 5}, Reason.BAD_VALUE, "severity"),
        ({"severity": "2"}, Reason.BAD_VALUE, "severity"),
        ({"severity": 2.5}, Reason.BAD_VALUE, "severity"),
        ({"count": True}, Reason.BAD_VALUE, "count"),
        ({"count": -1}, Reason.BAD_VALUE, "count"),
        ({"count": 10**30}, Reason.BAD_VALUE, "count"),
        ({"revision": 10**17}, Reason.BAD_VALUE, "revision"),
        ({"kind": "rumour"}, Reason.BAD_VALUE, "kind"),
        ({"id": ""}, Reason.BAD_VALUE, "id"),
        ({"id": "x" * 201}, Reason.TOO_LARGE, "id"),
        ({"id": None}, Reason.BAD_VALUE, "id"),
        ({"occurred_at": 1453550000}, Reason.BAD_VALUE, "occurred_at"),
        ({"location": {"lat": 91, "lon": 0}}, Reason.BAD_VALUE, "location"),
        ({"location": {"lat": 1, "lon": 0, "alt": 3}}, Reason.UNKNOWN_FIELD, "location"),
        ({"location": [1, 2]}, Reason.BAD_VALUE, "location"),
    ],
)
def test_what_is_wrong_is_said_with_the_field(changes: dict[str, Any], reason: Reason, field: str) -> None:
    assert why(encoded(**changes)) == (reason, field)


@pytest.mark.parametrize("name", ["id", "source", "kind", "category", "occurred_at"])
def test_a_required_field_that_is_missing_is_named(name: str) -> None:
    assert why(json.dumps({k: v for k, v in EVENT.items() if k != name}).encode()) == (Reason.MISSING_FIELD, name)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", Reason.MALFORMED),
        (b"{", Reason.MALFORMED),
        (b"[1]", Reason.MALFORMED),
        (b'{"count": NaN}', Reason.MALFORMED),
        (b'{"count": 1e999}', Reason.MALFORMED),
        (b'{"id": "\xff"}', Reason.NOT_UTF8),
        (b"\xff\xfe{\x00}\x00", Reason.NOT_UTF8),
        (b'{"a": 1, "a": 2}', Reason.DUPLICATE_KEY),
        (b'{"a": 1, "\\u0061" : 2}', Reason.DUPLICATE_KEY),
        (b'{"location": {"lat": 1, "lon": 2, "lat": 1}}', Reason.DUPLICATE_KEY),
        (b'[[{"x": {"y": 1,"y":1}}]]', Reason.DUPLICATE_KEY),
        (b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), Reason.TOO_DEEP),
        (b"[" * 60_000, Reason.TOO_DEEP),
        (b'"' + b"x" * RECORD_BYTES + b'"', Reason.TOO_LARGE),
    ],
)
def test_bytes_that_are_no_record_are_refused(data: bytes, reason: Reason) -> None:
    with pytest.raises(Refused) as refused:
        decode_event(data)
    assert refused.value.reason is reason


def test_brackets_in_a_text_are_not_depth() -> None:
    assert decode_record(json.dumps({"a": "[" * 500 + '"'}).encode()) == {"a": "[" * 500 + '"'}


@given(st.lists(st.tuples(KEYS, VALUES), max_size=5), st.sampled_from(["", " ", "\n", "\t "]))
def test_keys_that_come_twice_are_refused_and_no_others(pairs: list[tuple[str, Any]], space: str) -> None:
    data = "{" + ",".join(f"{json.dumps(key)}{space}:{space}{json.dumps(value)}" for key, value in pairs) + "}"
    if len({key for key, _ in pairs}) == len(pairs):
        assert decode_record(data.encode()) == dict(pairs)
    else:
        with pytest.raises(Refused, match="duplicate_key"):
            decode_record(data.encode())


@given(st.binary(max_size=200))
def test_no_bytes_break_the_contract(data: bytes) -> None:
    with pytest.raises(Refused):
        decode_event(data)


@given(st.dictionaries(st.sampled_from((*FIELDS, "other")), VALUES, max_size=6))
def test_no_value_breaks_the_contract(changes: dict[str, Any]) -> None:
    try:
        event = decode_event(encoded(**changes))
    except Refused as refused:
        assert refused.field in ("", *FIELDS) or refused.field.startswith("#")  # noqa: PT017  both ends are judged
    else:
        assert msgspec.to_builtins(event)["id"]


def test_the_schema_says_what_the_contract_says() -> None:
    judge = jsonschema.Draft202012Validator(schema())
    judge.validate(dict(EVENT))
    for broken in ({"remark": 1}, {"severity": 7}, {"count": -1}, {"kind": "rumour"}, {"revision": 10**17}):
        assert not judge.is_valid({**EVENT, **broken})
    assert set(schema()["$defs"]["Event"]["properties"]) == set(FIELDS)


def test_every_reason_has_a_meaning_in_both_languages() -> None:
    assert set(MEANINGS) == set(Reason)
    assert all(set(says) == {"en", "zh-CN"} and all(says.values()) for says in MEANINGS.values())
