"""A city that is served is calibrated once a week by itself: in a process of its own, beside the one that serves.

The child is `tocsin calibrate`: it reads the journal, and hands the Order over as a person's command would, so that a
replay of the log gives the same. Heights wait for nobody: a calibration that fails is told in the log and tried again.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog

from rules.engine import Engine
from streams.calibration import FIRST_AFTER, LAST, begun
from streams.clock import Clock
from streams.past import DAY
from streams.settings import Settings

log = structlog.get_logger()

AGAIN_AFTER: Final = 7 * DAY
RETRY_SECONDS: Final = 6 * 3_600.0
START_SECONDS: Final = 600.0
"""After a start the processor is wanted for what waits."""
LOOK_SECONDS: Final = 30.0
NICE: Final = 10
COMMAND: Final = (sys.executable, "-c", "from streams.weekly import as_child; as_child()")
_END_SECONDS: Final = 5.0


class Weekly:
    """Looks now and then, on the thread that owns the engine, whether a calibration is due."""

    def __init__(
        self, city: Path, name: str, settings: Settings, clock: Clock, command: Sequence[str] = COMMAND
    ) -> None:
        self._city, self._name, self._data, self._clock = city, name, settings.data, clock
        self._command = command
        self._child: subprocess.Popen[bytes] | None = None
        self._looked_at = clock.steady() - LOOK_SECONDS
        self._not_before = clock.steady() + START_SECONDS

    def look(self, engine: Engine) -> None:
        """Begin a calibration where one is due; say what came of the last one."""
        now = self._clock.steady()
        if now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        if self._child is not None:
            self._look_after(self._child, now)
        elif now >= self._not_before and self.due(engine):
            self._child = self._begin()

    def due(self, engine: Engine) -> bool:
        """Whether the heights in force are a week old; the first are due when five weeks are known."""
        now = engine.tick or 0
        last = self._last()
        if last:
            return now - last >= AGAIN_AFTER
        return now - begun(engine) >= FIRST_AFTER

    def is_at_work(self) -> bool:
        """Whether a calibration is under way, as far as was looked."""
        return self._child is not None

    def stop(self) -> None:
        """End a calibration that is under way: it is made again."""
        child, self._child = self._child, None
        if child is not None and child.poll() is None:
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(_END_SECONDS)
            if child.poll() is None:
                child.kill()

    def _last(self) -> int:
        """When the last calibration was handed over, by the city's time, ms; 0: never."""
        try:
            told = msgspec.json.decode((self._data / self._name / LAST).read_bytes(), type=_Made)
        except (OSError, msgspec.MsgspecError):
            return 0
        return told.tick

    def _begin(self) -> subprocess.Popen[bytes] | None:
        told = [*self._command, "calibrate", str(self._city), "--data", str(self._data), "--processes", "1"]
        try:
            child = subprocess.Popen(  # noqa: S603 - as above
                told, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        except OSError as fault:
            log.error("calibration_not_begun", city=self._name, why=fault.strerror)  # noqa: TRY400 - one line is enough
            self._not_before = self._clock.steady() + RETRY_SECONDS
            return None
        log.info("calibration_begun", city=self._name, process=child.pid)
        return child

    def _look_after(self, child: subprocess.Popen[bytes], now: float) -> None:
        code = child.poll()
        if code is None:
            return
        self._child = None
        if code == 0:
            log.info("calibration_done", city=self._name)
        else:
            self._not_before = now + RETRY_SECONDS
            log.error("calibration_failed", city=self._name, code=code, advice="run tocsin calibrate")


class _Made(msgspec.Struct, frozen=True):
    tick: int


def as_child() -> None:
    """`tocsin`, after everything else that wants the processor."""
    from streams.entry import main  # noqa: PLC0415 - commands import whoever serves

    os.nice(NICE)
    main()
