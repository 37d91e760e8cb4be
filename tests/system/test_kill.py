"""A serving process is killed under load: what it acknowledged is there, and there once."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import httpx2

from rules.records import Frame, Tick
from streams import replay
from streams.audit import audit
from streams.clock import WallClock
from streams.journal import Journal
from streams.opened import city_of
from tests.streams.town import NAME, event, make_town
from tests.system.served import Served, served

KILLS = 2
BATCH = 20
BEFORE_A_KILL = 15
"""Batches acknowledged before each kill: so the kill always falls under load."""


class Sender:
    """Sends batches of new events, one after the other, and sends again what was not answered."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.acknowledged: list[str] = []
        self.sent = 0
        self._waiting: list[str] = []

    def run(self, address: str, stop: threading.Event) -> None:
        with httpx2.Client(base_url=address, timeout=10) as client:
            while not stop.is_set():
                if not self._waiting:
                    self._waiting = [f"{self.name}-{self.sent + n}" for n in range(BATCH)]
                    self.sent += BATCH
                try:
                    response = client.post("/v1/events", json=[event(number) for number in self._waiting])
                except httpx2.TransportError:  # killed in the middle: the same goes out again
                    return
                if response.status_code in (200, 202):
                    assert {answer["status"] for answer in response.json()["events"]} <= {"accepted", "duplicate"}
                    self.acknowledged += self._waiting
                    self._waiting = []


def load_until(child: Served, senders: list[Sender], batches: int) -> None:
    """Let all senders run until they have `batches` more answers between them; then the process is killed."""
    wanted = sum(len(sender.acknowledged) for sender in senders) + batches * BATCH
    stop = threading.Event()
    threads = [threading.Thread(target=sender.run, args=(child.ready(), stop)) for sender in senders]
    for thread in threads:
        thread.start()
    while sum(len(sender.acknowledged) for sender in senders) < wanted and any(t.is_alive() for t in threads):
        stop.wait(0.01)
    child.kill()
    stop.set()
    for thread in threads:
        thread.join()


def test_no_acknowledged_event_is_missing_or_double_after_kills(tmp_path: Path) -> None:
    town, data = make_town(tmp_path / "town"), tmp_path / "var"
    senders = [Sender("one"), Sender("two")]
    for _ in range(KILLS):
        with served(town, data) as child:
            load_until(child, senders, BEFORE_A_KILL)
    acknowledged = [number for sender in senders for number in sender.acknowledged]
    assert len(acknowledged) >= KILLS * BEFORE_A_KILL * BATCH
    with served(town, data) as child:
        address = child.ready()
        answers = [
            answer["status"]
            for first in range(0, len(acknowledged), 500)
            for answer in httpx2.post(
                f"{address}/v1/events", json=[event(number) for number in acknowledged[first : first + 500]]
            ).json()["events"]
        ]
        assert set(answers) == {"duplicate"}
        assert balanced(data)
        assert child.end() == 0
    accepted, distinct = counted(town, data)
    assert accepted == distinct >= len(acknowledged)
    assert balanced(data)


def balanced(data: Path) -> bool:
    """Law 9 holds, whether the city is served just now or not."""
    with closing(Journal.open(data / NAME / "journal.sqlite", read_only=True)) as journal:
        found = audit(journal)
    assert sum(day.boxes["duplicate"] for day in found.days.values()) > 0
    return found.balanced


def counted(town: Path, data: Path) -> tuple[int, int]:
    """(events that the log's judgement accepts, distinct identities in the log)."""
    path = data / NAME / "journal.sqlite"
    with closing(Journal.open(path, read_only=True)) as journal:
        records = [record for _, record in journal.read()]
    ticks = [record.now for record in records if isinstance(record, Tick)]
    assert ticks == sorted(set(ticks))
    identities = {
        (int(row["id0"]), int(row["id1"])) for record in records if isinstance(record, Frame) for row in record.rows
    }
    found = replay.stored_past(city_of(town), Journal.open(path, read_only=True))
    told = replay.run(city_of(town).book, found, WallClock())
    boxes = told.engine.boxes()
    return sum(row["accepted"] for days in boxes.values() for row in days.values()), len(identities)
