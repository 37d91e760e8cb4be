"""Moves as a stream: each once, in order, cut to what may be seen; after a cut it goes on where it was."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from fastapi.sse import ServerSentEvent
from hypothesis import given
from hypothesis import strategies as st

from alerts import life
from alerts.access.roles import Who
from alerts.alert import Alert
from alerts.api import stream as streams
from alerts.api.pages import page_of
from alerts.api.stream import moves
from alerts.duty import Act
from tests.access.guarded import NAME, Town
from tests.alerts.signals import NOON, signal


def opened(town: Town, who: Who, after: int | None, still: Any = lambda: True) -> AsyncIterator[ServerSentEvent]:
    board = town.station.board
    return moves(town.station.duty, who, after, board.version, board.changed, still, lambda: False)


async def heard(stream: AsyncIterator[ServerSentEvent], n: int) -> list[tuple[str, str]]:
    """The first `n` moves: (id, verb)."""
    found: list[tuple[str, str]] = []
    async with asyncio.timeout(10):
        async for event in stream:
            if event.event == "move":
                found.append((str(event.id), msgspec.json.decode(event.raw_data or "{}")["verb"]))
            if len(found) == n:
                return found
    return found


def act(town: Town, note: str) -> None:
    wish = Act("note", 0, note=note)
    town.station.duty.move(Who("1001", ("officer",), None), town.alert.id, wish)


async def test_moves_come_as_they_are_made_and_after_a_cut_go_on_behind_the_last_one(fresh: Town) -> None:
    everywhere = Who("1001", ("officer",), None)
    assert await heard(opened(fresh, everywhere, 0), 1) == [("1", "first")]
    waiting = asyncio.create_task(heard(opened(fresh, everywhere, None), 2))
    await asyncio.sleep(0.2)
    begun = asyncio.get_running_loop().time()
    await asyncio.to_thread(act, fresh, "one")
    await asyncio.to_thread(act, fresh, "two")
    assert await waiting == [("2", "note"), ("3", "note")]
    assert asyncio.get_running_loop().time() - begun < 2.0
    assert await heard(opened(fresh, everywhere, 2), 1) == [("3", "note")]


async def test_a_stream_shows_nothing_of_other_areas_and_ends_with_its_session(fresh: Town) -> None:
    west = Who("1002", ("officer",), {NAME: ("west",)})
    asked = 0

    def still() -> bool:
        nonlocal asked
        asked += 1
        return asked < 2

    assert await heard(opened(fresh, west, 0, still), 1) == []  # it ended by itself
    assert asked == 2


async def test_a_reader_that_is_slow_and_far_behind_is_looked_at_as_often(
    fresh: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(streams, "AT_ONCE", 3)
    for n in range(12):
        act(fresh, f"note {n}")
    got = 0
    async for event in opened(fresh, Who("1001", ("officer",), None), 0, lambda: False):
        got += event.event == "move"
        await asyncio.sleep(0.02)
    assert got == 1


async def test_a_place_behind_the_end_begins_at_the_end(fresh: Town) -> None:
    stream = opened(fresh, Who("1001", ("officer",), None), 999)
    first = await anext(stream)
    assert (first.event, first.id) == ("begins", "1")


def test_a_stream_is_found_before_it_begins(town: Town) -> None:
    officer = town.as_role("officer", number="1700")
    assert officer.get("/v1/cities/nowhere/stream").status_code == 404
    wrong = officer.get(f"{town.base}/stream", headers={"last-event-id": "x"})
    assert wrong.status_code == 400


@given(times=st.lists(st.integers(0, 5), max_size=30), limit=st.integers(1, 7))
def test_pages_hold_every_alert_once_newest_first(times: list[int], limit: int) -> None:
    alerts: list[Alert] = [
        life.apply(None, signal(1, alert=f"a{i}", said_at=NOON + at), "county", NOON)[0] for i, at in enumerate(times)
    ]
    seen: list[Alert] = []
    cursor = ""
    while True:
        page, cursor = page_of(alerts, cursor, limit)
        seen += page
        if not cursor:
            break
        assert len(page) == limit
    assert sorted(alert.id for alert in seen) == sorted(alert.id for alert in alerts)
    said = [alert.signal.said_at for alert in seen]
    assert said == sorted(said, reverse=True)
