"""One seed: live its script, ask the laws, say what is broken."""

from __future__ import annotations

import logging
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from tests.simulation.laws import broken
from tests.simulation.life import live
from tests.simulation.lived import trace

_MEMORY = Path("/dev/shm")
"""Files that need not outlive the run lie in memory where there is such a folder: an fsync costs nothing there."""


LONGEST_S = 60
"""Of one core; a seed takes one or two. What has not ended by then never would."""


class Endless(BaseException):
    """No fault that code in service may catch: the world is stopped."""


@contextmanager
def _ends(seconds: int) -> Iterator[None]:
    """Raises Endless in what takes longer, of this process's own time."""

    def stop(_number: int, _frame: object) -> None:
        raise Endless(f"not at its end after {seconds} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`broken`: law -> what is wrong. `seconds`: of one core."""

    seed: int
    broken: dict[str, str]
    trace: str
    weather: str
    kills: int
    events: int
    alerts: int
    seconds: float

    @property
    def line(self) -> str:
        if not self.broken:
            return (
                f"seed {self.seed}: sound  {self.weather}; {self.events} events, {self.kills} kills, "
                f"{self.alerts} alerts, trace {self.trace[:12]}, {self.seconds:.2f} s"
            )
        return "\n".join(f"seed {self.seed}: BROKEN {law}: {what}" for law, what in self.broken.items())


def judge(seed: int) -> Verdict:
    """Live a seed and ask every law. What raises on the way is a broken law too."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    begun = time.process_time()
    with tempfile.TemporaryDirectory(prefix="tocsin-seed-", dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        try:
            with _ends(LONGEST_S):
                lived = live(seed, Path(folder))
                found, hashed = broken(lived), trace(lived)
        except (Exception, Endless):  # noqa: BLE001 - whatever the real code raises is what the world was made to find
            places = traceback.format_exc(limit=-4).strip().splitlines()
            return Verdict(seed, {"nothing_raises": " | ".join(places[-9:])}, "", "", 0, 0, 0, 0.0)
        weather = f"{lived.weather.kind}: {' '.join(sorted(lived.weather.classes))}"
        events = sum(len(body.sents) for body, _, _ in lived.answers)
        seconds = time.process_time() - begun
        return Verdict(seed, found, hashed, weather, lived.kills, events, len(lived.alerts), seconds)
