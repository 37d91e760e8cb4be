"""The cases of a draft played before it is published, in a process of their own: whoever publishes waits for them.

What a trial of the same draft has found already is not played again. The process is no thread of the service, where it
would take the interpreter from the writer, and not the queue of trials, where a year of a city may be before it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import structlog

from alerts.drafting import Draft
from alerts.trials import Trials, Tried
from alerts.workfaults import WorkRefused
from streams.city import City
from streams.workshop import in_force
from streams.workshop.trial_child import RESULT, TASK, Task
from streams.workshop.writing import Writing

log = structlog.get_logger()

COMMAND: Final = (sys.executable, "-c", "from streams.workshop.trial_child import plays_cases; plays_cases()")
LONGEST_SECONDS: Final = 60.0
"""Of waiting for others and of playing, each; a browser waits longer."""
_ONE_AT_A_TIME: Final = threading.Lock()
"""Of all cities of this process."""


class Playing:
    """Any thread."""

    def __init__(
        self,
        city: Callable[[], City],
        writing: Writing,
        trials: Trials,
        command: Sequence[str] = COMMAND,
        seconds: float = LONGEST_SECONDS,
    ) -> None:
        self._city, self._writing, self._trials = city, writing, trials
        self._command, self._seconds = command, seconds

    def check(self, draft: Draft) -> None:
        """Raises WorkRefused where a case is not as it expects, or they cannot be played."""
        if not draft.texts.cases:
            return
        found = self._found_before(draft) or self._played(draft)
        if found is None:
            raise WorkRefused("cases_unplayed")
        if found.failures:
            raise WorkRefused("cases_fail")

    def _found_before(self, draft: Draft) -> Tried | None:
        done = [one.id for one in self._trials.of(draft.rule) if (one.stamp, one.state) == (draft.stamp, "done")]
        return self._trials.result(done[0]) if done else None

    def _played(self, draft: Draft) -> Tried | None:
        """None: it came to no end."""
        if not _ONE_AT_A_TIME.acquire(timeout=self._seconds):
            raise WorkRefused("trials_full")
        folder = None
        try:
            folder = Path(tempfile.mkdtemp(prefix="tocsin-cases-"))
            return self._play(draft, folder)
        except (OSError, subprocess.TimeoutExpired, msgspec.MsgspecError) as fault:
            log.error("cases_unplayed", city=self._city().name, rule=draft.rule, why=type(fault).__name__)  # noqa: TRY400 - one line is enough
            return None
        finally:
            _ONE_AT_A_TIME.release()
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)

    def _play(self, draft: Draft, folder: Path) -> Tried:
        rules = folder / "new"
        rules.mkdir()
        for name, text in in_force.with_draft(self._writing.files(), draft).items():
            (rules / name).write_bytes(text)
        task = Task(draft.rule, draft.stamp, "stored", draft.by, draft.at, str(self._city().folder), "")
        (folder / TASK).write_bytes(msgspec.json.encode(task))
        subprocess.run(  # noqa: S603  our own interpreter, on a folder of our own
            [*self._command, str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=self._seconds,
            check=False,
        )
        return msgspec.json.decode((folder / RESULT).read_bytes(), type=Tried)
