"""The head of the chain goes outside every hour, signed; what an insider does to the store is found against it."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
import pytest
from sqlalchemy import text

from alerts.acting import Acting
from alerts.chain import Head, is_signed
from alerts.channels.port import FakeChannel
from alerts.database import DatabaseStore, PostgresStore, SqliteStore
from alerts.duty import Act
from alerts.heads import AGAIN_MS, EVERY_MS, ChannelRoad, FileRoad, Heads, read_heads
from alerts.room import DeskRoom
from alerts.store import MemoryStore, Store
from tests.alerts.signals import CITY, NOON, book, evidence, signal

KEY: Final = b"the city's own key, 32 bytes long"
DESKS: Final[dict[str, Any]] = {}


def a_night(store: Store, since: int = 1, alerts: int = 4) -> None:
    room, acting = DeskRoom(book(), store, {}), Acting(CITY, store, DESKS, 3)
    for i in range(since, since + alerts):
        room.apply([signal(i, alert=f"a{i}", evidence=evidence(3))], NOON + i)
        acting.by_hand(f"a{i}", Act("take", NOON + i, account="1001", desk="county", role="officer"))
        close = Act("close", NOON + i + 1, account="1001", desk="county", role="officer", outcome="confirmed")
        acting.by_hand(f"a{i}", close)


def test_a_head_is_sent_at_once_and_then_every_hour(tmp_path: Path) -> None:
    store, path = MemoryStore(), tmp_path / "heads"
    sent: list[int] = []
    heads = Heads(CITY, store, KEY, [FileRoad(path)], sent.append)
    heads.look(NOON)  # no move yet: nothing to prove
    a_night(store)
    for now in (NOON, NOON + EVERY_MS - 1, NOON + EVERY_MS, NOON + EVERY_MS + 1):
        heads.look(now)
        if heads._run is not None:
            heads._run.result()
    heads.close(NOON + EVERY_MS + 9)
    found = list(read_heads(path.read_bytes()))
    assert [head.seq for head in found] == [12, 12]
    assert all(is_signed(head, KEY) for head in found)
    assert store.last_head() == found[-1]
    assert sent == [head.at for head in found]


def test_a_process_that_starts_again_does_not_send_before_the_hour_is_over(tmp_path: Path) -> None:
    store = MemoryStore()
    a_night(store)
    store.keep_head(Head(CITY, 12, "00", NOON, "s"))
    heads = Heads(CITY, store, KEY, [FileRoad(tmp_path / "heads")])
    heads.look(NOON + EVERY_MS - 1)
    assert not (tmp_path / "heads").exists()


def test_a_line_that_was_torn_by_a_full_disk_swallows_no_other_head(tmp_path: Path) -> None:
    path = tmp_path / "heads"
    for number in (1, 2):
        assert FileRoad(path).send(Head(CITY, number, "00", NOON, "s"), NOON)
    path.write_bytes(path.read_bytes()[:-9])
    assert FileRoad(path).send(Head(CITY, 3, "00", NOON, "s"), NOON)
    assert [head.seq for head in read_heads(path.read_bytes())] == [1, 3]


def test_where_no_road_takes_it_it_is_tried_again_after_a_minute(tmp_path: Path) -> None:
    store, channel = MemoryStore(), FakeChannel("head-1", script=["failed", "accepted"])
    a_night(store)
    heads = Heads(CITY, store, KEY, [FileRoad(tmp_path / "not mounted" / "heads"), ChannelRoad(channel)])
    for now in (NOON, NOON + 1, NOON + AGAIN_MS, NOON + AGAIN_MS + 2):
        heads.look(now)
        if heads._run is not None:
            heads._run.result()
    assert len(channel.tried) == 2
    assert not (tmp_path / "not mounted").exists()
    last = store.last_head()
    assert last is not None
    body = msgspec.json.encode(channel.heard[0])
    assert list(read_heads(body)) == [last]


def test_lines_that_are_no_heads_are_passed_over() -> None:
    head = Head(CITY, 3, "ab", NOON, "s")
    good = msgspec.json.encode(head)
    assert list(read_heads(good + b'\nrubbish\n[]\n\n{"alert": 7}\n' + good[:20] + b"\n" + good)) == [head, head]


EDITS: Final = {
    "change": "update chain set body = {1001 to 1009}",
    "delete": "delete from chain where seq = 5",
    "cut": "delete from chain where seq > 9",
    "empty": "delete from chain",
    "column": "update chain set alert = 'a9' where seq = 3",
    "insert": "insert into chain select 13, alert, verb, at, body, hash from chain where seq = 4",
    "state": "update alerts set body = {confirmed to not_real}",
}
REPLACED: Final = {
    "sqlite": r"cast(replace(cast(body as text), '\1', '\2') as blob)",
    "postgres": r"convert_to(replace(convert_from(body, 'UTF8'), '\1', '\2'), 'UTF8')",
}


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_an_edit_of_the_database_is_found(kind: str, edit: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    store: DatabaseStore
    if kind == "sqlite":
        store = SqliteStore(tmp_path / "alerts.sqlite")
    else:
        store = PostgresStore(request.getfixturevalue("postgres"), f"edited-{edit}")
    a_night(store)
    road = tmp_path / "heads"
    Heads(CITY, store, KEY, [FileRoad(road)]).send(NOON)
    heads = list(read_heads(road.read_bytes()))
    assert store.prove(heads, KEY).faults == ()
    statement = re.sub(r"\{(\w+) to (\w+)\}", REPLACED[kind], EDITS[edit])
    with store._writer.begin() as db:
        assert db.execute(text(statement)).rowcount > 0
    proof = store.prove(heads, KEY)
    assert proof.faults != ()
    store.close()


def test_a_store_put_back_from_an_older_copy_is_a_cut_tail(tmp_path: Path) -> None:
    dice, path = Random(3), tmp_path / "alerts.sqlite"
    store = SqliteStore(path)
    a_night(store, alerts=dice.randrange(1, 4))
    store.close()
    copy = path.read_bytes()
    store = SqliteStore(path)
    a_night(store, since=10)
    Heads(CITY, store, KEY, [FileRoad(tmp_path / "heads")]).send(NOON)
    store.close()
    path.write_bytes(copy)
    older = SqliteStore(path)
    proof = older.prove(list(read_heads((tmp_path / "heads").read_bytes())), KEY)
    assert [fault.kind for fault in proof.faults] == ["cut"]
    older.close()
