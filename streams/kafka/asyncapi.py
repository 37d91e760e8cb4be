"""The topics of the Kafka road as an AsyncAPI 3 document: `tocsin kafka asyncapi`, and docs/asyncapi.json.

Made from the topics and the types that are written and read. What is binary is said to be so: only Tocsin reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from rules.shown import Count, Recount
from rules.signals import Signal
from streams.contract import Event
from streams.in_band import BandTick
from streams.kafka import topics as names
from streams.kafka.alert_events import CONTENT_TYPE, AlertEvent
from streams.kafka.retries import RELEASED, Retry
from streams.kafka.topics import Topic, topics
from streams.kafka.views import Shadow, View
from streams.kafka.wire import ARRIVED, BOOK, CLOCK, FEED, KIND, STAGE
from streams.refusals import Refusal

VERSION: Final = "3.0.0"
JSON: Final = "application/json"
BINARY: Final = "application/octet-stream"
REFERENCE: Final = "#/components/schemas/{name}"
RAW_HEADERS: Final[Mapping[str, str]] = {
    FEED: "The feed; left out where only one comes that way.",
    ARRIVED: "On the stream clock: when it arrived, ms since 1970.",
    STAGE: "On the stream clock: the stage of the row that arrived then.",
}
LOG_HEADERS: Final[Mapping[str, str]] = {KIND: "frame, tick or order.", CLOCK: "Which clock the log keeps."}


SIGNAL_HEADERS: Final[Mapping[str, str]] = {
    CLOCK: "Which clock the log keeps.",
    BOOK: "Digest of the book that was in force.",
}
ALERT_HEADERS: Final[Mapping[str, str]] = {
    "content-type": CONTENT_TYPE,
    CLOCK: "Which clock the desk keeps.",
}


@dataclass(frozen=True, slots=True)
class Said:
    """A message of a topic. `type_`: of its value; None: it is binary, or a tombstone. `key`: what the key is."""

    name: str
    meaning: str
    key: str
    type_: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Carried:
    """What a topic carries. `sends`: Tocsin alone writes it; `receives`: Tocsin reads it. Neither: nobody uses it yet.

    Into raw topics Tocsin writes too, what was replayed or pushed, as its sender made it: that is no message of ours.
    """

    meaning: str
    messages: tuple[Said, ...] = ()
    sends: bool = False
    receives: bool = False


_EVENT: Final = Said("event", "A raw event, as a feed of format `contract` writes it.", "city", Event, RAW_HEADERS)
_TICK: Final = Said("tick", "On the stream clock: time alone, in band.", "city", BandTick)
_CELL: Final = "city, rule, area, category, length, start"
CARRIED: Final[Mapping[str, Carried]] = {
    names.INCIDENTS: Carried(
        "Raw incidents; other formats too, as the feed's file says.", (_EVENT, _TICK), receives=True
    ),
    names.PETITIONS: Carried(
        "Raw petitions; other formats too, as the feed's file says.", (_EVENT, _TICK), receives=True
    ),
    names.ORDERS: Carried(
        "What the engine cannot derive.",
        (
            Said("retry", "Read these refused records again, by their places.", "city", Retry),
            Said("order", "A rule stopped, a feed muted, a calibration ..., packed; read by intakes alone.", "city"),
        ),
        sends=True,
        receives=True,
    ),
    names.FRAMES: Carried(
        "A city's log, in its one order.",
        (Said("record", "A frame, tick or order, packed; read by workers alone.", "city", None, LOG_HEADERS),),
        sends=True,
        receives=True,
    ),
    names.REFUSED: Carried(
        "What was refused, scrubbed, with place and reason.",
        (
            Said("refusal", "A refused record; without a key where its city is not known.", "city", Refusal),
            Said("release", "What lay there has passed since.", "city", None, {RELEASED: "Its place."}, empty=True),
        ),
        sends=True,
        receives=True,
    ),
    names.SIGNALS: Carried(
        "What the engine says. A signal said again has the same `id` and bytes.",
        (Said("signal", "The whole state of an episode.", "city", Signal, SIGNAL_HEADERS),),
        sends=True,
        receives=True,
    ),
    names.STATE: Carried(
        "The engines' memory.",
        (
            Said("memory", "Rows and heads, packed; read by workers alone.", "city, row"),
            Said("forgotten", "A row that is no more.", "city, row", empty=True),
        ),
        sends=True,
        receives=True,
    ),
    names.RULES: Carried(
        "Books of rules, by content.",
        (Said("book", "A book, packed; read by workers alone.", "digest"),),
        sends=True,
        receives=True,
    ),
    names.COUNTS: Carried(
        "What pages see of counts, absolute; of each key the last record is all there is to know.",
        (
            Said("count", "A cell of one series, what was expected of it and what would speak.", _CELL, Count),
            Said("recount", "What a settled cell counts by now.", f"{_CELL}, later", Recount),
            Said(
                "view", "How the engine stands: its time, book, feeds, stopped rules, orders owed.", "city, view", View
            ),
            Said("shadow", "A candidate in shadow, and what it said.", "city, shadow, rule", Shadow),
        ),
        sends=True,
        receives=True,
    ),
    names.BASE: Carried("Made for base counts of a province; nothing writes it yet."),
    names.ALERTS: Carried(
        "Alerts as the desk has them: CloudEvents; of each key the last record is all there is to know.",
        (
            Said(
                "alert",
                "A move of an alert, or a change that no move made (`move` null), with the alert as it was when that"
                " was said. Said again it has the same `id`; of two the higher `version` is the later.",
                "city/alert",
                AlertEvent,
                ALERT_HEADERS,
            ),
            Said("purged", "An alert whose time is over: deleted.", "city/alert", empty=True),
        ),
        sends=True,
    ),
}


def document() -> dict[str, Any]:
    """The whole, as JSON values."""
    types = [said.type_ for carried in CARRIED.values() for said in carried.messages if said.type_ is not None]
    _, schemas = msgspec.json.schema_components(list(dict.fromkeys(types)), ref_template=REFERENCE)
    channels, operations = {}, {}
    for topic in topics():
        carried, name = CARRIED[topic.name], topic.name.partition(".")[2]
        channels[name] = _channel(topic, carried)
        for action, done in (("send", carried.sends), ("receive", carried.receives)):
            if done:
                operations[f"{action}-{name}"] = {"action": action, "channel": {"$ref": f"#/channels/{name}"}}
    return {
        "asyncapi": VERSION,
        "info": {
            "title": "Tocsin: the Kafka road",
            "version": "1",
            "description": "Topics of docs/kafka.md. Keys say which city a record is of; a city lies in one partition.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": JSON,
        "channels": channels,
        "operations": operations,
        "components": {"schemas": schemas},
    }


def _channel(topic: Topic, carried: Carried) -> dict[str, Any]:
    kept = -1 if topic.days is None else topic.days * names.DAY_MS
    settings = {"cleanup.policy": topic.kept.split(","), "retention.ms": kept, "max.message.bytes": topic.largest_bytes}
    return {
        "address": topic.name,
        "description": carried.meaning,
        "messages": {said.name: _message(said) for said in carried.messages},
        "bindings": {"kafka": {"topic": topic.name, "topicConfiguration": settings}},
    }


def _message(said: Said) -> dict[str, Any]:
    told: dict[str, Any] = {"summary": said.meaning, "contentType": JSON if said.type_ is not None else BINARY}
    if said.type_ is not None:
        told["payload"] = {"$ref": REFERENCE.format(name=said.type_.__name__)}
    elif said.empty:
        told["payload"] = {"type": "null"}
    if said.headers:
        texts = {name: {"type": "string", "description": meaning} for name, meaning in said.headers.items()}
        told["headers"] = {"type": "object", "properties": texts}
    told["bindings"] = {"kafka": {"key": {"type": "string", "description": said.key}}}
    return told
