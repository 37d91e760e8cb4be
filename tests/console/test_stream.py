"""The live part: sent after changes, under its version, and no longer than anybody listens."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing

import httpx2
import pytest

from alerts.console import Bell
from alerts.console.sample import SampleBoard, sample_board
from alerts.console.sample_night import sample_alert
from alerts.console.stream import STREAMS, Streams
from tests.console.serving import served

LONG = 60.0


async def test_a_stream_shows_what_is_and_then_what_has_changed() -> None:
    source, streams = sample_board(), Streams(beat=LONG, pause=0)
    drawn = iter(["first", "second"])
    async with aclosing(streams.parts(source, lambda: next(drawn), "")) as parts:
        first = await anext(parts)
        source.put(sample_alert("new"))
        second = await anext(parts)
    assert (first.raw_data, first.id) == ("first", "0")
    assert (second.raw_data, second.id) == ("second", "1")


async def test_who_holds_the_present_version_is_sent_nothing_until_it_changes() -> None:
    source, streams = sample_board(), Streams(beat=LONG, pause=0)
    async with aclosing(streams.parts(source, lambda: "drawn", "0")) as parts:
        waiting = asyncio.ensure_future(anext(parts))
        done, _ = await asyncio.wait([waiting], timeout=0.05)
        assert not done
        source.put(sample_alert("new"))
        assert (await waiting).id == "1"


@pytest.mark.parametrize("last_id", ["41", "-1", "x", "0x0"])
async def test_who_holds_another_version_is_sent_the_present_one(last_id: str) -> None:
    async with aclosing(Streams(beat=LONG, pause=0).parts(sample_board(), lambda: "drawn", last_id)) as parts:
        assert (await anext(parts)).raw_data == "drawn"


async def test_at_the_beat_the_same_version_is_drawn_again() -> None:
    async with aclosing(Streams(beat=0.01, pause=0).parts(sample_board(), lambda: "drawn", "0")) as parts:
        assert [(await anext(parts)).id for _ in range(3)] == ["0", "0", "0"]


async def test_a_storm_of_changes_is_drawn_once_a_pause() -> None:
    source, streams = sample_board(), Streams(beat=LONG, pause=0.05)
    async with aclosing(streams.parts(source, lambda: "drawn", "")) as parts:
        await anext(parts)
        for n in range(50):
            source.put(sample_alert(f"n{n}"))
        assert (await anext(parts)).id == "50"


async def test_stop_ends_streams_that_wait_and_those_to_come() -> None:
    source, streams = sample_board(), Streams(beat=LONG, pause=LONG)
    parts = streams.parts(source, lambda: "drawn", "0")
    waiting = asyncio.ensure_future(anext(parts, None))
    await asyncio.sleep(0)
    threading.Thread(target=streams.stop).start()
    assert await asyncio.wait_for(waiting, 10) is None
    assert [part async for part in streams.parts(source, lambda: "drawn", "")] == []
    assert streams.open == 0


async def test_a_source_that_fails_ends_the_stream_loudly() -> None:
    class Broken(SampleBoard):
        async def changed(self, after: int) -> int:
            raise OSError("gone")

    source = sample_board()
    source.__class__ = Broken
    async with aclosing(Streams(beat=LONG, pause=0).parts(source, lambda: "drawn", "0")) as parts:
        with pytest.raises(OSError, match="gone"):
            await anext(parts)


async def test_a_bell_rung_in_another_thread_wakes_all_who_wait() -> None:
    bell = Bell()
    waiting = [asyncio.ensure_future(bell.changed(0)) for _ in range(3)]
    await asyncio.sleep(0)
    threading.Thread(target=bell.ring).start()
    assert await asyncio.wait_for(asyncio.gather(*waiting), 10) == [1, 1, 1]


async def test_a_bell_already_rung_keeps_nobody_waiting() -> None:
    bell = Bell(7)
    assert await bell.changed(6) == 7


async def test_who_stops_waiting_is_forgotten_by_the_bell() -> None:
    bell = Bell()
    waiting = asyncio.ensure_future(bell.changed(0))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert bell.ring() == 1
    assert waiting.cancelled()


def test_over_the_wire_a_page_resumes_from_the_version_it_holds() -> None:
    source = sample_board()
    with served({"sample": source}) as address, httpx2.Client(base_url=address, timeout=20) as client:
        with client.stream("GET", "/events", params={"city": "sample", "lang": "zh-CN"}) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            assert "default-src 'none'" in stream.headers["content-security-policy"]
            lines = stream.iter_lines()
            event = _event(lines)
        assert event["id"] == "0"
        assert event["retry"] == "1000"
        assert "样例县" in event["data"]
        source.put(sample_alert("new", "harbour"))
        with client.stream("GET", "/events", headers={"last-event-id": "0"}) as stream:
            event = _event(stream.iter_lines())
        assert event["id"] == "1"
        assert "a-new" in event["data"]


def test_one_stream_too_many_is_told_to_come_later() -> None:
    streams = Streams(beat=LONG, pause=0, open=STREAMS)
    assert streams.full


def _event(lines: object) -> dict[str, str]:
    """The first event of a stream: its fields, data lines joined."""
    fields: dict[str, str] = {}
    for line in lines:  # type: ignore[attr-defined]  # an iterator of lines
        if not line:
            if fields:
                return fields
            continue
        name, _, value = line.partition(": ")
        fields[name] = f"{fields[name]}\n{value}" if name in fields else value
    raise AssertionError("the stream ended before its first event")
