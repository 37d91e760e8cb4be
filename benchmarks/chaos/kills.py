"""Runs a plan of kills over a stretch: start, send, be killed, start again, until every body was answered."""

from __future__ import annotations

import random
import sqlite3
import time
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final

import httpx2

from benchmarks.chaos.child import PATIENCE_SECONDS, Child, Sender
from benchmarks.chaos.plan import AT_START, SEEN_ONLY_WITH_SIGNALS, Kill
from benchmarks.chaos.stretch import Stretch
from streams.crashpoints import CrashPoint

MISSED_SHARE: Final = 4
"""One kill in so many may be laid anew because its point was not reached; beyond it the plan gives them up."""
SLACK: Final = 2
"""A point that is not reached within so many shares of the bodies is laid anew later."""
LONGEST_DELAY: Final = 0.05
"""Seconds from sending a body to a kill at random: a request is under way."""


class Killer:
    """One run. `hits`: kills at each point; `recovered`: seconds from each kill to the next answered body.

    `signals`: when the undisturbed run spoke, ms; kills between journal and desk are laid where the next ones are near.
    """

    def __init__(
        self,
        city: Path,
        data: Path,
        journal: Path,
        stretch: Stretch,
        plan: Sequence[Kill],
        signals: Sequence[int],
        dice: random.Random,
        *,
        deadline: float,
    ) -> None:
        self._city = city
        self._data = data
        self._journal = journal
        self._left = list(plan)
        self._asked = len(plan)
        self._signals = sorted(signals)
        self._dice = dice
        self._deadline = deadline
        self._bodies = stretch.bodies
        self._killed_at: float | None = None
        self._missed = 0
        self._ended_with: int | None = None
        self.sender = Sender(stretch.bodies)
        self.hits: Counter[CrashPoint] = Counter()
        self.at_random = 0
        self.recovered: list[float] = []

    def run(self) -> None:
        while self._left and not self.sender.done:
            self._check_time()
            self._one(self._next_kill())
        self._finish()

    def _next_kill(self) -> Kill:
        """The next of the plan; one between journal and desk only where a signal is near, and there first."""
        near = self._signal_near()
        fitting = (n for n, kill in enumerate(self._left) if (kill.point in SEEN_ONLY_WITH_SIGNALS) == near)
        return self._left.pop(next(fitting, 0))

    def _signal_near(self) -> bool:
        return self._next_signal() <= self.sender.at + 1

    def _next_signal(self) -> int:
        """The next body that makes somebody speak, as the undisturbed run tells; beyond the last where none does."""
        after = self._bodies[self.sender.at - 1].ends if self.sender.at else 0
        n = bisect_right(self._signals, after)
        if n == len(self._signals):
            return len(self._bodies)
        return bisect_left(self._bodies, self._signals[n], lo=self.sender.at, key=lambda body: body.ends)

    def _share(self) -> int:
        """Bodies for one kill, when the rest is shared out."""
        return max(1, (len(self._bodies) - self.sender.at) // (len(self._left) + 1))

    def _one(self, kill: Kill) -> None:
        if kill.point is CrashPoint.CUTTING_TAIL and self._journal.exists():
            self._lay_torn_record()
        child = Child(self._city, self._data, armed=kill.armed, snapshot_records=kill.snapshot_records)
        address = child.ready()
        if address is not None:
            self._load(child, address, kill)
        self._killed_at = time.monotonic()
        if kill.point is not None and child.was_killed_by_itself:
            self.hits[kill.point] += 1
        else:
            self.at_random += 1
            if (
                kill.point is not None and self._missed < self._asked // MISSED_SHARE
            ):  # not reached: that was one at random
                self._missed += 1
                self._left.append(kill)

    def _load(self, child: Child, address: str, kill: Kill) -> None:
        """Send until the child kills itself, or, where no point is armed or it is not reached, kill it under way."""
        share = self._share()
        last = self.sender.at + (self._dice.randint(1, share) if kill.point is None else SLACK * share)
        if kill.point not in SEEN_ONLY_WITH_SIGNALS and any(k.point in SEEN_ONLY_WITH_SIGNALS for k in self._left):
            last = min(last, self._next_signal())  # theirs is the next
        if kill.point in AT_START:
            last = self.sender.at  # it came up, so there was nothing to recover: give the next one something
        with httpx2.Client(base_url=address, timeout=PATIENCE_SECONDS) as client, ThreadPoolExecutor(1) as thread:
            while self.sender.at < min(last, len(self._bodies) - 1):
                if not self._send(client):
                    child.wait()
                    return
            under_way = thread.submit(self._send, client)
            time.sleep(self._dice.random() * LONGEST_DELAY)
            child.kill()
            under_way.result(PATIENCE_SECONDS)

    def _send(self, client: httpx2.Client) -> bool:
        answered = self.sender.send(client)
        if answered and self._killed_at is not None:
            self.recovered.append(time.monotonic() - self._killed_at)
            self._killed_at = None
        return answered

    def _lay_torn_record(self) -> None:
        """Bytes at the log's end that match no checksum, as no one was ever answered for."""
        with closing(sqlite3.connect(self._journal)) as link:
            link.execute("insert into log (kind, data, sum) values ('frame', x'81', x'00')")
            link.commit()

    def _finish(self) -> None:
        """Everything that is left, undisturbed; then an end in order."""
        child = Child(self._city, self._data)
        address = child.ready()
        if address is None:
            raise SystemExit(f"it did not come up; its log is {child.log}")
        with httpx2.Client(base_url=address, timeout=PATIENCE_SECONDS) as client:
            while not self.sender.done:
                self._check_time()
                if not self._send(client):
                    raise SystemExit(f"it went away unasked; its log is {child.log}")
        self._ended_with = child.end()

    def _check_time(self) -> None:
        if time.monotonic() > self._deadline:
            raise SystemExit("the run takes longer than --minutes allows")

    def verdicts(self, wanted: int) -> Iterator[tuple[str, str]]:
        """Question -> "" where the answer is as it should be, else what is wrong."""
        rare = [f"{point} {self.hits[point]}" for point in CrashPoint if self.hits[point] < wanted]
        yield f"every crash point was hit at least {wanted} times", ", ".join(rare)
        came = sum(self.hits.values()) + self.at_random
        yield "as many kills as were asked for", f"{came} of {self._asked}" if came < self._asked else ""
        yield "every body was taken", "; ".join(self.sender.refused[:3])
        ended = self._ended_with
        yield "it ends in order when asked", "" if ended == 0 else f"exit code {ended}"
