"""CloudEvents 1.0 around an event: structured (one JSON object) and binary (attributes in headers).

`data` is an event of the contract, or a record of a mapped feed. What the contract asks and `data` leaves out is
taken from the envelope: `id`, `source`, `time` as `occurred_at`, and the last word of `type` (`...incident`,
`...petition`) as `kind`. Every other attribute is dropped unread; extensions that are not listed here are refused.
Source: CloudEvents specification 1.0.2, JSON format and HTTP and Kafka bindings.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from streams.contract import RECORD_BYTES, Event, decode_record
from streams.refusals import Reason, Refused

STRUCTURED: Final = "application/cloudevents+json"
BATCH: Final = "application/cloudevents-batch+json"
VERSION: Final = "1.0"
TYPE: Final = "tocsin.event."
"""Types that Tocsin writes: `tocsin.event.incident`, `tocsin.event.petition`."""

_REQUIRED: Final = ("specversion", "id", "source", "type")
_OPTIONAL: Final = ("subject", "time", "datacontenttype", "dataschema", "data", "data_base64")
_EXTENSIONS: Final = ("partitionkey", "sequence", "sequencetype", "traceparent", "tracestate")
_ATTRIBUTES: Final = frozenset((*_REQUIRED, *_OPTIONAL, *_EXTENSIONS))
_PREFIXES: Final = ("ce-", "ce_")  # HTTP and Kafka


def is_envelope(value: Any) -> bool:
    """Whether a decoded JSON value is a CloudEvent in structured form."""
    return isinstance(value, dict) and "specversion" in value


def is_binary(headers: Mapping[str, str]) -> bool:
    """Whether the headers (any case) are those of a CloudEvent in binary form."""
    return any(name.lower() in ("ce-specversion", "ce_specversion") for name in headers)


def unwrap(envelope: Mapping[str, Any], filled: bool = True) -> Mapping[str, Any]:
    """The event in a structured envelope. `filled`: with what the contract asks taken from the envelope where
    `data` leaves it out. Raises Refused: bad_envelope, unknown_field, malformed."""
    for place, name in enumerate(envelope, start=1):
        if name not in _ATTRIBUTES:
            raise Refused(Reason.UNKNOWN_FIELD, f"#{place}")
    for name in _REQUIRED:
        if not isinstance(envelope.get(name), str) or not envelope[name]:
            raise Refused(Reason.BAD_ENVELOPE, name)
    if envelope["specversion"] != VERSION:
        raise Refused(Reason.BAD_ENVELOPE, "specversion")
    _check_content_type(envelope.get("datacontenttype", "application/json"))
    data = _data_of(envelope)
    return _filled(envelope, data) if filled else data


def unwrap_binary(headers: Mapping[str, str], body: bytes, filled: bool = True) -> Mapping[str, Any]:
    """The event in a binary message: attributes in headers `ce-...` (HTTP) or `ce_...` (Kafka), `data` in the body."""
    envelope: dict[str, Any] = {}
    for name, value in headers.items():
        low = name.lower()
        if low.startswith(_PREFIXES):
            envelope[low[3:]] = value
        elif low == "content-type":
            envelope["datacontenttype"] = value
    envelope["data"] = decode_record(body)
    return unwrap(envelope, filled)


def wrap(event: Event) -> bytes:
    """The event in a structured envelope, JSON."""
    envelope = {
        "specversion": VERSION,
        "id": f"{event.id}/{event.stage}/{event.revision}",
        "source": event.source,
        "type": TYPE + event.kind,
        "time": event.occurred_at,
        "datacontenttype": "application/json",
        "data": event,
    }
    return msgspec.json.encode(envelope)


def _check_content_type(told: Any) -> None:
    if not isinstance(told, str):
        raise Refused(Reason.BAD_ENVELOPE, "datacontenttype")
    kind = told.partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise Refused(Reason.BAD_ENVELOPE, "datacontenttype")


def _data_of(envelope: Mapping[str, Any]) -> Mapping[str, Any]:
    if ("data" in envelope) == ("data_base64" in envelope):
        raise Refused(Reason.BAD_ENVELOPE, "data")
    data = envelope.get("data")
    if "data_base64" in envelope:
        text = envelope["data_base64"]
        if not isinstance(text, str) or len(text) > 2 * RECORD_BYTES:
            raise Refused(Reason.BAD_ENVELOPE, "data_base64")
        try:
            data = decode_record(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            raise Refused(Reason.BAD_ENVELOPE, "data_base64") from None
    if not isinstance(data, Mapping) or is_envelope(data):
        raise Refused(Reason.BAD_ENVELOPE, "data")
    return data


def _filled(envelope: Mapping[str, Any], data: Mapping[str, Any]) -> Mapping[str, Any]:
    event = dict(data)
    event.setdefault("id", envelope["id"])
    event.setdefault("source", envelope["source"])
    if "time" in envelope:
        event.setdefault("occurred_at", envelope["time"])
    kind = envelope["type"].rpartition(".")[2]
    if kind in ("incident", "petition"):
        event.setdefault("kind", kind)
    return event
