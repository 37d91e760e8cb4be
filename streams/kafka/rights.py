"""What each process may do at the brokers, and no more: values alone; streams/kafka/granting.py makes them.

Reading or writing a topic includes seeing that it is there: that is named only where it is all that is needed. A user
may write with idempotence wherever it may write at all (Kafka 3.0 and later): that needs no right of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from streams.kafka.topics import (
    ALERTS,
    COUNTS,
    FRAMES,
    INCIDENTS,
    ORDERS,
    PETITIONS,
    REFUSED,
    RULES,
    SIGNALS,
    STATE,
    topics,
)

Kind = Literal["topic", "group", "transactional-id"]
Operation = Literal["Read", "Write", "Describe", "Create", "DescribeConfigs"]
RAW: Final = (INCIDENTS, PETITIONS)
READING: Final = "tocsin-reading"
"""Group of readers that remember nothing at the brokers; a client looks for its group all the same."""
DOES: Final[Mapping[str, str]] = {
    "setup": "`tocsin kafka setup` and `check`",
    "sender": "whatever sends raw records",
    "replay": "`tocsin replay CITY --to kafka`",
    "intake": "`tocsin intake`",
    "worker": "`tocsin worker`",
    "desk": "`tocsin desk`",
    "operator": "`tocsin rules`, `calibrate`, `refused list` and `retry` with `--road kafka`; `tocsin kafka book`",
    "auditor": "`tocsin explain` and `tocsin audit` with `--road kafka`",
    "doctor": "`tocsin doctor --road kafka`",
    "reader": "whatever reads what we say",
}
"""Process -> what it is."""


@dataclass(frozen=True, slots=True)
class Right:
    """One right. `prefixed`: it holds for all names that begin so."""

    kind: Kind
    name: str
    operation: Operation
    prefixed: bool = False


def rights(foreign: Iterable[str] = ()) -> Mapping[str, tuple[Right, ...]]:
    """By process. `foreign`: topics of others that feeds come by."""
    raw = (*RAW, *foreign)
    ours = tuple(topic.name for topic in topics())
    return {
        "setup": (
            *_on(ours, "Create"),
            *_on((*ours, *foreign), "Describe"),
            *_on(ours, "DescribeConfigs"),
        ),
        "sender": _on(raw, "Write"),
        "replay": (*_on(raw, "Write"), *_on((ORDERS,), "Describe")),
        "intake": (
            *_on((*raw, ORDERS), "Read"),
            *_on((FRAMES, REFUSED, RULES, *RAW), "Write"),
            Right("group", "tocsin-intake", "Read", prefixed=True),
            Right("group", READING, "Read"),
            Right("transactional-id", "tocsin-intake-", "Write", prefixed=True),
        ),
        "worker": (
            *_on((FRAMES, STATE, RULES), "Read"),
            *_on((STATE, SIGNALS, COUNTS), "Write"),
            Right("group", "tocsin-worker", "Read"),
            Right("group", READING, "Read"),
            Right("transactional-id", "tocsin-worker-", "Write", prefixed=True),
        ),
        "desk": (
            *_on((SIGNALS, COUNTS, RULES, REFUSED), "Read"),
            *_on((ALERTS, ORDERS), "Write"),
            Right("group", "tocsin-desk", "Read"),
            Right("group", READING, "Read"),
            Right("transactional-id", "tocsin-desk-", "Write", prefixed=True),
        ),
        "operator": (
            *_on((ORDERS, RULES), "Write"),
            *_on((REFUSED, STATE, RULES), "Read"),
            *_on(raw, "Describe"),
            Right("group", READING, "Read"),
        ),
        "auditor": (
            *_on((FRAMES, STATE, RULES, REFUSED), "Read"),
            *_on((ORDERS,), "Describe"),
            Right("group", READING, "Read"),
        ),
        "doctor": (
            *_on((*ours, *foreign), "Describe"),
            *_on(ours, "DescribeConfigs"),
            Right("group", "tocsin-", "Describe", prefixed=True),
        ),
        "reader": (*_on((SIGNALS, COUNTS, ALERTS), "Read"), Right("group", "reader-", "Read", prefixed=True)),
    }


def _on(names: Iterable[str], operation: Operation) -> tuple[Right, ...]:
    return tuple(Right("topic", name, operation) for name in names)
