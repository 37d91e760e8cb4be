"""The writer's thread: bounded, grouped, and honest when it cannot write."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from alerts.alert import Alert
from rules.records import Frame, Tick
from rules.signals import Signal
from streams.clock import HandClock
from streams.journal import DiskFullError, Journal
from streams.metrics import Metrics
from streams.runtime import ClockKind, Parcel, QueueFullError, Shard, StoppedError, Writer
from streams.runtime.writer import LONG_STOP_MS, STEP_MS
from tests.streams.counting import CountingEngines, ListeningDesk, book, frame

NOON = 1_452_000_000_000
SOON = 10.0


class Desk(ListeningDesk):
    """Can hold the writer's thread back, or break it."""

    def __init__(self) -> None:
        super().__init__(book())
        self.gate = threading.Event()
        self.gate.set()
        self.reached = threading.Event()
        self.breaks = False

    def apply(self, signals: Sequence[Signal], wall_at: int) -> list[Alert]:
        self.reached.set()
        self.gate.wait(SOON)
        if self.breaks:
            raise MemoryError("13912345678")
        return super().apply(signals, wall_at)


class Scene:
    def __init__(self, folder: Path, *, queue: int = 100, kind: ClockKind = "wall", backlog: bool = False) -> None:
        self.clock = HandClock(NOON)
        self.engines = CountingEngines()
        self.desk = Desk()
        self.metrics = Metrics()
        self.path = folder / "journal.sqlite"
        self.journal = Journal.open(self.path)
        self.shard = Shard(self.journal, self.engines, self.desk, self.clock, self.metrics, kind=kind)
        self.shard.recover(book())
        self.faults: list[BaseException] = []
        self.writer = Writer(
            self.shard,
            self.clock,
            self.metrics,
            queue_events=queue,
            snapshot_records=1_000,
            snapshot_seconds=60,
            refused_kept=10,
            backlog=backlog,
            on_fault=self.faults.append,
        )

    def hold(self) -> None:
        """Bring the writer's thread to a stand inside the desk, with nothing waiting."""
        self.desk.gate.clear()
        self.desk.reached.clear()
        self.writer.submit(Parcel(frame=frame([901, 902, 903])))
        assert self.desk.reached.wait(SOON)

    def records(self) -> list[object]:
        return [record for _, record in self.journal.read()]


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    made.writer.start()
    yield made
    made.desk.gate.set()
    made.writer.stop()
    made.shard.close()


def test_an_answer_comes_after_the_record_lies_in_the_journal(scene: Scene) -> None:
    receipt = scene.writer.submit(Parcel(frame=frame([1, 1]))).result(SOON)
    assert receipt.answers == ("accepted", "duplicate")
    reader = Journal.open(scene.path, read_only=True)
    assert any(isinstance(record, Frame) for _, record in reader.read())
    reader.close()


def test_a_queue_over_its_bound_turns_away_at_once(scene: Scene) -> None:
    scene.hold()
    scene.writer.submit(Parcel(frame=frame(range(60))))
    with pytest.raises(QueueFullError):
        scene.writer.submit(Parcel(frame=frame(range(60, 120))))
    assert b'tocsin_queue_waiting_events{city="town"} 60.0' in scene.metrics.page()
    assert b'tocsin_queue_bound_events{city="town"} 100.0' in scene.metrics.page()


def test_a_parcel_larger_than_the_bound_still_passes_an_empty_queue(scene: Scene) -> None:
    assert len(scene.writer.submit(Parcel(frame=frame(range(500)))).result(SOON).answers) == 500


def test_a_reader_of_files_waits_for_room(scene: Scene) -> None:
    scene.hold()
    scene.writer.submit(Parcel(frame=frame(range(90))))
    with pytest.raises(QueueFullError):
        scene.writer.submit_waiting(Parcel(frame=frame(range(100, 150))), seconds=0.01)
    late = threading.Timer(0.05, scene.desk.gate.set)
    late.start()
    waited = scene.writer.submit_waiting(Parcel(frame=frame(range(100, 150))), seconds=SOON)
    assert len(waited.result(SOON).answers) == 50
    late.join()


def test_what_waits_while_one_group_commits_goes_out_as_one_group(scene: Scene) -> None:
    scene.hold()
    before = scene.journal.last_offset
    waiting = [scene.writer.submit(Parcel(frame=frame([n]))) for n in range(5)]
    commits = _commits(scene)
    scene.desk.gate.set()
    for future in waiting:
        future.result(SOON)
    scene.writer.stop()
    assert scene.journal.last_offset >= before + 5
    assert _commits(scene) - commits <= 3  # the group, and at most a tick before and behind it


def _commits(scene: Scene) -> float:
    found = scene.metrics.registry.get_sample_value("tocsin_journal_commit_seconds_count", {"city": "town"})
    return found or 0.0


def test_a_full_disk_is_told_to_each_sender_and_the_writer_lives_on(scene: Scene) -> None:
    def full(*_: object, **__: object) -> range:
        raise DiskFullError("disk-full", path="journal")

    wrote, scene.journal.append = scene.journal.append, full  # type: ignore[method-assign]  # the disk fills up
    with pytest.raises(DiskFullError):
        scene.writer.submit(Parcel(frame=frame([1]))).result(SOON)
    scene.journal.append = wrote  # type: ignore[method-assign]  # space again
    assert scene.writer.submit(Parcel(frame=frame([1]))).result(SOON).answers == ("accepted",)


def test_a_broken_promise_ends_the_writer_and_answers_everyone(
    scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    scene.hold()
    waiting = scene.writer.submit(Parcel(frame=frame([1])))
    scene.desk.breaks = True
    scene.desk.gate.set()
    with pytest.raises(StoppedError):
        waiting.result(SOON)
    with pytest.raises(StoppedError):
        scene.writer.submit(Parcel(frame=frame([2])))
    until = time.monotonic() + SOON  # everyone is answered first
    while not scene.faults and time.monotonic() < until:
        time.sleep(0.01)
    assert [type(fault) for fault in scene.faults] == [MemoryError]
    assert not scene.writer.caught_up


def test_a_stop_writes_what_waits_and_a_last_snapshot(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.writer.start()
    scene.hold()
    waiting = scene.writer.submit(Parcel(frame=frame([1])))
    scene.desk.gate.set()
    scene.writer.stop()
    assert waiting.result(0).answers == ("accepted",)
    (snapshot,) = scene.journal.snapshots()
    assert snapshot is not None
    assert snapshot.head == scene.journal.last_offset
    scene.shard.close()


def test_while_a_backlog_is_read_time_passes_only_up_to_its_stamps(tmp_path: Path) -> None:
    scene = Scene(tmp_path, backlog=True)
    scene.shard.tick_to(NOON - 60_000, step=10_000)
    scene.writer.start()
    scene.writer.submit(Parcel(frame=frame([1]), stamp=NOON - 35_000)).result(SOON)
    pushed = scene.writer.submit(Parcel(frame=frame([2])))
    scene.writer.submit(Parcel(frame=frame([3]), stamp=NOON - 30_000)).result(SOON)
    assert not pushed.done()
    assert not scene.writer.caught_up
    scene.writer.backlog_read()
    pushed.result(SOON)
    scene.writer.stop()
    ticks = [record.now - NOON for record in scene.records() if isinstance(record, Tick)]
    frames = [int(record.rows["arrived_at"][0]) - NOON for record in scene.records() if isinstance(record, Frame)]
    assert ticks == [-60_000, -50_000, -40_000, -35_001, -30_001, -20_001, -10_001, -1, 0]
    assert frames == [-35_000, -30_000, 1]
    scene.shard.close()


def test_on_the_stream_clock_only_ticks_that_come_in_let_time_pass(tmp_path: Path) -> None:
    scene = Scene(tmp_path, kind="stream")
    scene.writer.start()
    scene.writer.submit(Parcel(tick=50)).result(SOON)
    scene.clock.forward(3_600)
    scene.writer.submit(Parcel(frame=frame([1], arrived_at=60))).result(SOON)
    scene.writer.stop()
    assert [type(record) for record in scene.records()] == [Tick, Frame]
    scene.shard.close()


def test_after_a_long_stop_days_pass_at_once_and_the_last_one_in_small_steps(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.shard.tick_to(NOON - 5 * LONG_STOP_MS, step=STEP_MS)
    scene.writer.start()
    scene.writer.submit(Parcel(frame=frame([1]))).result(60)
    scene.writer.stop()
    ticks = [record.now - NOON for record in scene.records() if isinstance(record, Tick)]
    assert ticks[:5] == [-n * LONG_STOP_MS for n in (5, 4, 3, 2, 1)]
    assert ticks[5:] == list(range(STEP_MS - LONG_STOP_MS, 1, STEP_MS))
    scene.shard.close()


def test_a_stop_is_heard_while_catching_up_and_what_waits_is_promised_nothing(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    scene.shard.tick_to(NOON - 4_000 * LONG_STOP_MS, step=STEP_MS)
    waiting = scene.writer.submit(Parcel(frame=frame([1])))
    scene.writer.start()
    while scene.shard.tick == NOON - 4_000 * LONG_STOP_MS:
        time.sleep(0.001)
    scene.writer.stop(seconds=SOON)
    assert not scene.writer.alive()
    with pytest.raises(StoppedError):
        waiting.result(0)
    assert scene.shard.tick < NOON - LONG_STOP_MS
    assert not any(isinstance(record, Frame) for record in scene.records())
    scene.shard.close()
