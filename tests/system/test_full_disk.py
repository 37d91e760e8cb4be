"""The disk fills up and is emptied again: said at once, events turned away, time and alerts go on, healed unasked."""

from __future__ import annotations

import errno
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from streams.journal import reserve
from streams.runtime import writer
from tests.streams.town import NAME, Scene, event, in_service, make_town
from tests.system.disk import FULL, OK, Op, laid_under_sqlite
from tests.system.served import served

RESERVE = 1 << 20
PATIENCE = 30.0


@dataclass
class SmallDisk:
    """A bound on what the files of a folder hold together; SQLite and the reserve meet it as on a full disk."""

    folder: Path
    size: int = 1 << 40

    def used(self) -> int:
        return sum(size_of(path) for path in self.folder.rglob("*"))

    def free(self, _: Path) -> int:
        return max(0, self.size - self.used())

    def fault(self, op: Op) -> int:
        if op.kind != "write":
            return OK
        path = Path(op.path)
        grows = op.at + len(op.data) - size_of(path)
        return FULL if grows > 0 and self.used() + grows > self.size else OK

    def allocate(self, handle: int, at: int, length: int) -> None:
        if self.used() + length > self.size:
            raise OSError(errno.ENOSPC, "full")
        os.ftruncate(handle, at + length)


def size_of(path: Path) -> int:
    """0 for a folder, and for a file that went while the folder was read."""
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    small = SmallDisk(tmp_path / "var")
    monkeypatch.setattr(reserve, "_free", small.free)
    monkeypatch.setattr(os, "posix_fallocate", small.allocate)
    monkeypatch.setattr(writer, "BREATHE_SECONDS", 0.1)
    with laid_under_sqlite() as recorded:
        recorded.fault = small.fault
        yield small


def until(came: Callable[[], bool]) -> None:
    limit = time.monotonic() + PATIENCE
    while not came():
        assert time.monotonic() < limit, "it never came"
        time.sleep(0.02)


def fill(scene: Scene, disk: SmallDisk) -> None:
    """Send until there is no room."""
    disk.size = disk.used()
    sent = iter(range(1_000_000))
    until(lambda: scene.post([event(f"fill-{next(sent)}") for _ in range(50)]).status_code == 503)


def test_a_full_disk_turns_events_away_and_time_goes_on_from_the_reserve(tmp_path: Path, disk: SmallDisk) -> None:
    town = make_town(tmp_path / "town")
    with in_service(town, disk.folder, reserve_bytes=RESERVE) as scene:
        assert scene.post(event("first")).status_code == 202
        fill(scene, disk)
        answer = scene.post(event("turned away"))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
        assert "disk full" in scene.client.get("/readyz").text
        assert 'tocsin_journal_full_flag{city="newcity"} 1.0' in scene.client.get("/metrics").text
        assert not (disk.folder / NAME / "reserve").exists()
        before = scene.station.shard.tick
        until(lambda: scene.station.shard.tick > before + 1_000)
        disk.size = disk.used() + 2 * RESERVE
        until(lambda: scene.client.get("/readyz").status_code == 200)  # though nobody sends
        assert (disk.folder / NAME / "reserve").stat().st_size == RESERVE
        assert scene.post(event("turned away")).status_code == 202


def test_a_start_on_a_full_disk_lives_on_the_reserve_and_takes_no_events(tmp_path: Path, disk: SmallDisk) -> None:
    town = make_town(tmp_path / "town")
    with in_service(town, disk.folder, reserve_bytes=RESERVE) as scene:
        scene.post(event("first"))
    disk.size = disk.used()
    with in_service(town, disk.folder, reserve_bytes=RESERVE) as scene:
        assert scene.post(event("second")).status_code == 503
        disk.size += 4 * RESERVE
        until(lambda: scene.client.get("/readyz").status_code == 200)
        assert scene.post(event("second")).status_code == 202
        assert scene.post(event("first")).status_code == 200


@pytest.mark.nightly
def test_a_real_disk_that_is_full_is_said_in_10_seconds_and_healed_in_30(tmp_path: Path) -> None:
    """Needs root: a file system of 64 MiB is mounted, filled by a stranger, the process killed on it, emptied again."""
    town, data = make_town(tmp_path / "town"), tmp_path / "small"
    data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(data)], check=True)
    try:
        with served(town, data / "var", log=tmp_path / "log", TOCSIN_RESERVE_BYTES=str(16 << 20)) as child:
            address = child.ready()
            assert post(address, "first") == 202
            stranger = data / "stranger"
            with stranger.open("wb") as file:
                while True:
                    try:
                        file.write(bytes(1 << 16))
                        file.flush()
                    except OSError:
                        break
            begun = time.monotonic()
            until(lambda: post(address, *(f"{time.monotonic()}-{n}" for n in range(50))) == 503)
            assert time.monotonic() - begun < 10
            assert "disk_full" in child.said()
            child.kill()
        with served(town, data / "var", log=tmp_path / "log", TOCSIN_RESERVE_BYTES=str(16 << 20)) as child:
            until(lambda: child.said().count("listening") == 2)
            address = "http://" + child.said().rpartition(" at http://")[2].split()[0]
            until(lambda: reachable(address))
            assert post(address, "second") == 503
            stranger.unlink()
            begun = time.monotonic()
            until(lambda: httpx2.get(f"{address}/readyz").status_code == 200)
            assert time.monotonic() - begun < 30
            assert post(address, "first") == 200
            assert child.end() == 0
    finally:
        subprocess.run(["umount", str(data)], check=True)


def post(address: str, *names: str) -> int:
    return httpx2.post(f"{address}/v1/events", json=[event(name) for name in names], timeout=PATIENCE).status_code


def reachable(address: str) -> bool:
    try:
        return httpx2.get(f"{address}/healthz").status_code == 200
    except httpx2.TransportError:
        return False
