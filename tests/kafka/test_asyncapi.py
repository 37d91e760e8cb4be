"""docs/asyncapi.json: made from the code, an AsyncAPI 3 document, of every topic. On the wire: test_road.py."""

from __future__ import annotations

import json
from typing import Final

import jsonschema  # type: ignore[import-untyped]  # ships no types
import msgspec
import pytest

from streams.kafka.asyncapi import CARRIED, document
from streams.kafka.topics import topics
from tests.kafka.wire_held import DOCUMENT, HOUSE

SCHEMA: Final = json.loads((HOUSE / "tests/kafka/asyncapi_spec/asyncapi-3.0.0.json").read_text("utf-8"))


def test_the_document_is_what_the_code_says() -> None:
    """Where this fails: `tocsin kafka asyncapi > docs/asyncapi.json`, and read what it wrote."""
    told = msgspec.json.format(msgspec.json.encode(document()), indent=1).decode()
    assert DOCUMENT.read_text("utf-8") == told + "\n"


def test_the_document_is_one_of_asyncapi() -> None:
    assert [*jsonschema.Draft7Validator(SCHEMA).iter_errors(document())] == []


def test_a_misspelt_key_would_be_found() -> None:
    slip = document()
    slip["channels"]["signals"]["adress"] = "x"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(SCHEMA).validate(slip)


def test_every_topic_is_told_with_how_it_is_kept() -> None:
    told = {channel["address"]: channel["bindings"]["kafka"] for channel in document()["channels"].values()}
    assert set(told) == {topic.name for topic in topics()} == set(CARRIED)
    for topic in topics():
        assert ",".join(told[topic.name]["topicConfiguration"]["cleanup.policy"]) == topic.kept
