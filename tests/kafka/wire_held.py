"""What lies on the wire, held against docs/asyncapi.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import jsonschema  # type: ignore[import-untyped]  # ships no types
from confluent_kafka import Message

from streams.kafka.reading import whole
from streams.kafka.wire import texts

HOUSE: Final = Path(__file__).parents[2]
DOCUMENT: Final = HOUSE / "docs" / "asyncapi.json"
LOOKED_AT: Final = 20
"""Records of each partition: the last ones. To hold one against a schema takes longer than to write it."""


def unlike(address: str, partitions: int) -> list[str]:
    """What in the topics that Tocsin writes is otherwise than the document says; topics without a message are empty."""
    told = json.loads(DOCUMENT.read_text("utf-8"))
    sent = {one["channel"]["$ref"].rpartition("/")[2] for one in told["operations"].values() if one["action"] == "send"}
    found = []
    for name, channel in told["channels"].items():
        for number in range(partitions):
            lying = list(whole(address, channel["address"], number))[-LOOKED_AT:]
            if name in sent:
                found += [fault for message in lying if (fault := _fault(told, channel, message))]
            elif lying and not channel["messages"]:
                found.append(f"{channel['address']}: somebody writes it, and no message is told")
    return found


def _fault(told: dict[str, Any], channel: dict[str, Any], message: Message) -> str:
    """Why a record is none of its channel's messages; "" where it is one."""
    faults = []
    for name, one in channel["messages"].items():
        headers = texts(message.headers())
        if not set(one.get("headers", {}).get("properties", {})) <= set(headers):
            faults.append(f"{name}: headers {sorted(headers)}")
            continue
        value = message.value()
        if one["contentType"] != "application/json":
            if (value is None) == (one.get("payload") == {"type": "null"}):
                return ""
            faults.append(f"{name}: value")
            continue
        schema = {**one["payload"], "components": told["components"]}
        try:
            jsonschema.Draft202012Validator(schema).validate(json.loads(value or b"null"))
        except (ValueError, jsonschema.ValidationError) as fault:
            faults.append(f"{name}: {str(fault)[:200]}")
        else:
            return ""
    return f"{channel['address']}@{message.offset()}: {faults}"
