"""The machine that the processes of a town run on, one after the other; they are killed where a script says."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random

from rules.signals import Signal
from streams.city import City
from streams.runtime import Recovery
from tests.simulation.clock import MachineTime
from tests.simulation.outside import Blade, Habits, Road
from tests.simulation.process import Process
from tests.system.disk import Disk, Op, after_power_loss


class Machine:
    """The machine that the processes of one town run on, one after the other: its clock, its disk, its roads."""

    def __init__(
        self, city: City, root: Path, time: MachineTime, habits: Habits, roads: Sequence[Road], dice: Random,
        disk: Disk | None,
    ) -> None:  # fmt: skip
        self.city, self.time, self.habits, self.disk = city, time, habits, disk
        self.roads = {road.name: road for road in roads}
        self.said: list[tuple[int, Signal]] = []  # (life, signal)
        self.lives = 0
        self.power = self.desk_lost = False
        self.blade = Blade(falls=self._falls)
        self._dice = dice
        self._root = root
        self.data = root / "life-0"
        self._image: Path | None = None
        self._process: Process | None = None
        self._seen = 0  # calls that had reached the disk when somebody outside last learned something
        for road in roads:
            road.on_heard = self._on_heard

    @property
    def process(self) -> Process:
        assert self._process is not None
        return self._process

    @property
    def up(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Raises Killed where the blade falls on the way up."""
        self.lives += 1
        self._process = Process(self)

    def die(self, *, power: bool) -> None:
        """From outside, between two turns."""
        self.power = power
        self._falls("outside")
        self.bury()

    def stop(self) -> None:
        """In order."""
        process, self._process = self.process, None
        process.stop()

    def lose_the_desk(self) -> None:
        """The store of the alerts is gone, between two lives."""
        self.desk_lost = True
        for path in (self.data / self.city.name).glob("alerts.sqlite*"):
            path.unlink()
        if self.disk is not None:
            self.disk.ops[:] = [op for op in self.disk.ops if "alerts.sqlite" not in op.path]
            self.learned()

    def bury(self) -> None:
        """The process is gone; the next one finds what the disk holds."""
        process, self._process = self._process, None
        if process is not None:
            process.abandon()
        assert self._image is not None
        shutil.rmtree(self.data, ignore_errors=True)
        self.data, self._image = self._image, None

    def hear(self, said: Sequence[Signal]) -> None:
        self.said += [(self.lives, signal) for signal in said]

    def found(self, recovery: Recovery) -> None:
        """A start found the log up to here: what earlier lives said of records beyond it was of no durable record."""
        last = max(recovery.head, 0) + recovery.records + len(recovery.torn)
        self.said = [one for one in self.said if one[0] == self.lives or one[1].cause.offset <= last]

    def learned(self) -> None:
        """Somebody outside has learned something: what was written until now must outlive any loss of power."""
        self._seen = len(self.disk.ops) if self.disk is not None else 0

    def _on_heard(self) -> None:
        self.learned()
        self.blade("in-delivery")

    def _falls(self, point: str) -> None:
        """Keep what the disk holds at this moment, or what it may hold after a loss of power."""
        self._image = self._root / f"life-{self.lives}"
        shutil.copytree(self.data, self._image, ignore=shutil.ignore_patterns("*-shm", "lock"))
        if self.disk is None:
            return
        prefix, now = str(self.data), str(self._image)
        if not self.power:
            self.disk.ops[:] = [_moved(op, prefix, now) for op in self.disk.ops]
        else:
            at = self._dice.randint(self._seen, len(self.disk.ops))
            left = after_power_loss([op for op in self.disk.ops[:at] if op.path.startswith(prefix)], self._dice)
            for path in self._image.rglob("*.sqlite*"):
                path.unlink()
            self.disk.ops.clear()
            for name, content in left.items():
                if name.endswith("-shm"):
                    continue
                moved = now + name.removeprefix(prefix)
                Path(moved).write_bytes(content)
                self.disk.ops += [Op("write", moved, 0, content), Op("sync", moved)]
        self._seen = len(self.disk.ops)


def _moved(op: Op, old: str, new: str) -> Op:
    return Op(op.kind, new + op.path.removeprefix(old), op.at, op.data) if op.path.startswith(old) else op
