"""Drafts tried on the past (`alerts.trials.Trials`), one at a time beside the service, each in a process of its own.

In that process and not in a request: a year of a city takes seconds to minutes, and wants memory. What came of a trial
lies in the data folder, so that it outlives a restart; one that the restart ended says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, get_args

import msgspec
import structlog

from alerts.drafting import Draft
from alerts.trials import Past, Trial, TrialFault, TrialState, Tried
from alerts.workfaults import WorkRefused
from streams.city import City
from streams.clock import Clock
from streams.workshop import in_force
from streams.workshop.trial_child import FAULT, RESULT, TASK, Step, Task
from streams.workshop.writing import Writing, is_rule

log = structlog.get_logger()

FOLDER: Final = "trials"
MOST_WAIT: Final = 3
MOST_KEPT: Final = 20
"""Of one city; the oldest go."""
LONGEST_SECONDS: Final = 3_600.0
END_SECONDS: Final = 5.0
COMMAND: Final = (sys.executable, "-c", "from streams.workshop.trial_child import as_child; as_child()")
CANCELED: Final = "canceled"
_ONE_AT_WORK: Final = threading.Lock()
"""Of all cities of this process: the service needs the rest of the machine."""


@dataclass(slots=True, eq=False)
class _Live:
    """One that waits or runs. Guarded by the room's lock."""

    id: str
    task: Task
    state: TrialState = "waits"
    step: Step = field(default_factory=lambda: Step(0, 0))
    begun: float = 0.0
    child: subprocess.Popen[bytes] | None = None
    canceled: bool = False


class Trying:
    """Any thread; a thread of its own runs what waits, as long as something does."""

    def __init__(
        self,
        city: Callable[[], City],
        data: Path,
        writing: Writing,
        clock: Clock,
        ring: Callable[[], object],
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._city, self._data, self._writing, self._clock, self._ring = city, data, writing, clock, ring
        self._folder = data / FOLDER
        self._command = command
        self._lock = threading.Lock()
        self._live: deque[_Live] = deque()
        self._thread: threading.Thread | None = None
        self._stopped = False

    # for pages

    def begin(self, rule: str, seen: str, past: Past, by: str) -> Trial:
        draft, _ = self._writing.ready(rule, seen)
        with self._lock:
            same = next(
                (one for one in self._live if (one.task.stamp, one.task.past) == (seen, past) and not one.canceled),
                None,
            )
            if same is None:
                if len(self._live) > MOST_WAIT or self._stopped:
                    raise WorkRefused("trials_full")
                same = self._laid(draft, past, by)
                self._live.append(same)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._work, name="tocsin-trials", daemon=True)
                    self._thread.start()
            return self._shown(same)

    def _laid(self, draft: Draft, past: Past, by: str) -> _Live:
        city, at = self._city(), self._clock.now()
        name = hashlib.blake2b(f"{draft.stamp}\0{past}\0{at}".encode(), digest_size=6).hexdigest()
        task = Task(draft.rule, draft.stamp, past, by, at, str(city.folder), str(self._data.parent))
        before = self._writing.files()
        folder = self._folder / name
        try:
            for side, files in (("old", before), ("new", in_force.with_draft(before, draft))):
                (folder / side).mkdir(parents=True, exist_ok=True)
                for file, text in files.items():
                    (folder / side / file).write_bytes(text)
            (folder / TASK).write_bytes(msgspec.json.encode(task))
        except OSError as fault:  # no room, or no right: nothing half is left, that nobody would clear away
            shutil.rmtree(folder, ignore_errors=True)
            log.error("trial_failed", city=self._data.name, rule=draft.rule, why=type(fault).__name__)  # noqa: TRY400 - one line is enough
            raise WorkRefused("not_kept") from None
        at_work = {one.id for one in self._live}
        for old, _ in self._kept()[MOST_KEPT:]:
            if old not in at_work:
                shutil.rmtree(self._folder / old, ignore_errors=True)
        return _Live(name, task)

    def cancel(self, trial: str) -> None:
        with self._lock:
            for one in [one for one in self._live if one.id == trial]:
                one.canceled = True
                if one.child is not None:
                    one.child.kill()
                else:  # it takes no place of those that wait
                    self._live.remove(one)
                    _lay_fault(self._folder / one.id, CANCELED)

    def of(self, rule: str) -> Sequence[Trial]:
        if not is_rule(rule):
            return []
        with self._lock:
            live = {one.id: self._shown(one) for one in self._live}
        kept = [(name, task) for name, task in self._kept() if task.rule == rule]
        return [live.get(name) or self._over(name, task) for name, task in kept]

    def result(self, trial: str) -> Tried | None:
        try:
            return msgspec.json.decode((self._folder / trial / RESULT).read_bytes(), type=Tried)
        except (OSError, ValueError, msgspec.MsgspecError):
            return None

    def _shown(self, one: _Live) -> Trial:
        task = one.task
        seconds = self._clock.steady() - one.begun if one.begun else 0.0
        step = one.step
        return Trial(
            one.id, task.rule, task.stamp, task.past, task.by, task.at, one.state, step.done, step.events, seconds
        )

    def _over(self, name: str, task: Task) -> Trial:
        """One that is in no thread's hands any more."""
        state: TrialState = "failed"
        fault: TrialFault | None = None
        if (self._folder / name / RESULT).is_file():
            state = "done"
        else:
            fault = _fault_in(self._folder / name / FAULT)
            if fault is None:
                state = "canceled"
        return Trial(name, task.rule, task.stamp, task.past, task.by, task.at, state, fault=fault)

    def _kept(self) -> list[tuple[str, Task]]:
        """Newest first."""
        found = []
        for path in self._folder.glob(f"*/{TASK}"):
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                found.append((path.parent.name, msgspec.json.decode(path.read_bytes(), type=Task)))
        return sorted(found, key=lambda one: (-one[1].at, one[0]))

    # the work

    def stop(self) -> None:
        """End what runs; what waits is not begun."""
        with self._lock:
            self._stopped = True
            thread = self._thread
            for one in self._live:
                if one.child is not None:
                    one.child.kill()
        if thread is not None:
            thread.join(END_SECONDS)

    def _work(self) -> None:
        while True:
            with self._lock:
                one = self._live[0] if self._live and not self._stopped else None
                if one is None:
                    self._thread = None
                    return
            with _ONE_AT_WORK:
                try:
                    self._run(one)
                except OSError as fault:  # no process, no room: this one has failed, the next is tried
                    log.error("trial_failed", city=self._data.name, rule=one.task.rule, why=type(fault).__name__)  # noqa: TRY400 - one line is enough
                    _lay_fault(self._folder / one.id, self._why(one, "broken"))
            with self._lock:
                if one in self._live:
                    self._live.remove(one)
            self._ring()

    def _run(self, one: _Live) -> None:
        folder = self._folder / one.id
        with self._lock:
            if one.canceled or self._stopped:
                _lay_fault(folder, self._why(one, "ended"))
                return
            one.state, one.begun = "runs", self._clock.steady()
            one.child = child = subprocess.Popen(  # noqa: S603  our own interpreter, on a folder of our own
                [*self._command, str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        slow = threading.Event()

        def end() -> None:
            slow.set()
            child.kill()

        late = threading.Timer(LONGEST_SECONDS, end)
        late.daemon = True
        late.start()
        assert child.stdout is not None
        for line in child.stdout:
            with contextlib.suppress(msgspec.MsgspecError):
                one.step = msgspec.json.decode(line, type=Step)
        code = child.wait()
        child.stdout.close()
        late.cancel()
        if (folder / RESULT).is_file() or (folder / FAULT).is_file():
            return
        why = self._why(one, "time" if slow.is_set() else "memory" if code == -signal.SIGKILL else "broken")
        log.error("trial_failed", city=self._data.name, rule=one.task.rule, code=code, why=why)
        _lay_fault(folder, why)

    def _why(self, one: _Live, otherwise: TrialFault) -> str:
        """By whom it was ended, where it was; else why it ended by itself."""
        return CANCELED if one.canceled else "ended" if self._stopped else otherwise


def _lay_fault(folder: Path, why: str) -> None:
    """Where it cannot be laid, it is told as one that ended with its process."""
    with contextlib.suppress(OSError):
        (folder / FAULT).write_bytes(msgspec.json.encode(why))


def _fault_in(path: Path) -> TrialFault | None:
    """Why one failed; None: it was canceled by hand. What says nothing ended with its process."""
    try:
        why = msgspec.json.decode(path.read_bytes(), type=str)
    except (OSError, msgspec.MsgspecError):
        return "ended"
    return next((one for one in get_args(TrialFault) if one == why), None if why == CANCELED else "broken")
