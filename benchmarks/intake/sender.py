"""Who sends: one process, a thread a connection, kept alive. Bodies are made before the clock runs."""

from __future__ import annotations

import http.client
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing.connection import Connection
from typing import Final

import msgspec

from benchmarks.intake.town import Sample, body, events

JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"


class Said(msgspec.Struct):
    """What of an answer is looked at."""

    accepted: int
    duplicate: int
    refused: int


@dataclass(slots=True)
class Sent:
    """What one sender sent, and what it was answered. Seconds."""

    answers: Counter[str] = field(default_factory=Counter)
    waited: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)  # acknowledged
    begun: float = 0.0
    ended: float = 0.0
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Load:
    """How much is sent: `rate` events a second over all senders together (0: as fast as answers come)."""

    events: int
    batch: int
    senders: int
    rate: float = 0.0
    lines: bool = True


def run(door: Connection, host: str, port: int, known: list[Sample], first: int, load: Load) -> None:
    """Make the bodies, say `ready`, wait for the word, send, hand the findings over. A process of its own.

    `first`: the number of its first sender; no two senders use the same ids.
    """
    each = load.events // load.senders // load.batch
    made = [_bodies(known, load, first + number, each) for number in range(load.senders)]
    door.send("ready")
    door.recv()
    begun = time.monotonic()
    cpu = time.process_time()
    with ThreadPoolExecutor(load.senders) as pool:
        step = load.batch * load.senders / load.rate if load.rate else 0.0
        found = [
            pool.submit(_send, host, port, bodies, load, begun + step * number / load.senders, step)
            for number, bodies in enumerate(made)
        ]
        sent = [future.result() for future in found]
    door.send((sent, time.process_time() - cpu))


def _bodies(known: list[Sample], load: Load, number: int, each: int) -> list[tuple[bytes, list[str]]]:
    told = events(known, number)
    batches = [list(islice(told, load.batch)) for _ in range(each)]
    return [(body(batch, lines=load.lines), [event.id for event in batch]) for batch in batches]


def _send(
    host: str, port: int, bodies: Sequence[tuple[bytes, list[str]]], load: Load, begun: float, step: float
) -> Sent:
    """Where a rate is asked for, a body that goes out late has waited since the moment it should have gone."""
    sent = Sent(begun=begun)
    link = http.client.HTTPConnection(host, port, timeout=60)
    headers = {"Content-Type": LINES if load.lines else JSON}
    for number, (data, ids) in enumerate(bodies):
        due = begun + step * number
        if step and (early := due - time.monotonic()) > 0:
            time.sleep(early)
        at = due if step else time.monotonic()
        try:
            link.request("POST", "/v1/events", data, headers)
            response = link.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException) as fault:
            sent.broken = type(fault).__name__
            break
        sent.waited.append(time.monotonic() - at)
        if response.status not in (200, 202):
            sent.broken = f"{response.status} {text[:200]!r}"
            break
        said = msgspec.json.decode(text, type=Said)
        sent.answers.update(accepted=said.accepted, duplicate=said.duplicate, refused=said.refused)
        sent.ids += ids
    sent.ended = time.monotonic()
    link.close()
    return sent
