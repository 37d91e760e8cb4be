"""CloudEvents 1.0, judged by the SDK."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http, to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from streams import cloudevents
from streams.contract import decode_event, decode_record, event_of
from streams.refusals import Refused
from tests.feeds.small import EVENT

ENVELOPE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "c-1",
    "source": "/calls",
    "type": "tocsin.event.incident",
    "data": dict(EVENT),
}


def by_the_sdk() -> CloudEvent:
    attributes = {
        "id": "c-1",
        "source": "/calls",
        "type": "tocsin.event.incident",
        "time": datetime(2016, 1, 23, 10, tzinfo=UTC),
        "datacontenttype": "application/json",
    }
    return CloudEvent(attributes=attributes, data={k: v for k, v in EVENT.items() if k in ("category", "area")})


def test_what_the_sdk_writes_structured_is_read() -> None:
    message = to_structured(by_the_sdk(), JSONFormat())
    event = event_of(cloudevents.unwrap(decode_record(bytes(message.body))))
    assert (event.id, event.source, event.kind, event.category) == ("c-1", "/calls", "incident", "fire")
    assert event.occurred_at.startswith("2016-01-23T10:00:00")


def test_what_the_sdk_writes_binary_is_read() -> None:
    message = to_binary(by_the_sdk(), JSONFormat())
    assert cloudevents.is_binary(message.headers)
    event = event_of(cloudevents.unwrap_binary(message.headers, bytes(message.body)))
    assert (event.id, event.source, event.kind, event.area) == ("c-1", "/calls", "incident", "north")


def test_kafka_headers_are_read_as_well() -> None:
    headers = {"ce_specversion": "1.0", "ce_id": "c-1", "ce_source": "/calls", "ce_type": "tocsin.event.incident"}
    assert event_of(cloudevents.unwrap_binary(headers, json.dumps(dict(EVENT)).encode())).id == "e-1"


def test_what_we_write_is_read_by_the_sdk() -> None:
    data = cloudevents.wrap(decode_event(json.dumps(dict(EVENT)).encode()))
    message = HTTPMessage(headers={"content-type": cloudevents.STRUCTURED}, body=data)
    event = from_http(message, JSONFormat(), CloudEvent)
    assert event.get_type() == "tocsin.event.incident"
    assert event_of(cloudevents.unwrap(decode_record(data))).id == "e-1"


def test_data_says_more_than_the_envelope() -> None:
    assert cloudevents.unwrap(ENVELOPE)["id"] == "e-1"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"specversion": "0.3"}, "bad_envelope: specversion"),
        ({"id": ""}, "bad_envelope: id"),
        ({"source": None}, "bad_envelope: source"),
        ({"datacontenttype": "text/xml"}, "bad_envelope: datacontenttype"),
        ({"datacontenttype": 3}, "bad_envelope: datacontenttype"),
        ({"data": [1]}, "bad_envelope: data"),
        ({"data": {"specversion": "1.0"}}, "bad_envelope: data"),
        ({"data_base64": "e30="}, "bad_envelope: data"),
        ({"phone13812345678": "x"}, "unknown_field: #6"),
    ],
)
def test_a_wrong_envelope_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(Refused, match=message):
        cloudevents.unwrap({**ENVELOPE, **changes})


def test_data_in_base64_is_read_and_checked() -> None:
    envelope = {k: v for k, v in ENVELOPE.items() if k != "data"}
    packed = base64.b64encode(json.dumps(dict(EVENT)).encode()).decode()
    assert cloudevents.unwrap({**envelope, "data_base64": packed})["id"] == "e-1"
    with pytest.raises(Refused, match="duplicate_key"):
        cloudevents.unwrap({**envelope, "data_base64": base64.b64encode(b'{"a":1,"a":2}').decode()})
    with pytest.raises(Refused, match="bad_envelope"):
        cloudevents.unwrap({**envelope, "data_base64": "***"})
