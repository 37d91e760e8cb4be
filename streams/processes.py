"""Work shared out over processes that are forked: each sees what lies in memory, and hands back its result alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Final, TypeVar

from streams.messages import SpokenError

Job = TypeVar("Job")
Result = TypeVar("Result")

_AT_WORK: Final[list[tuple[Callable[[Any], Any], Sequence[Any]]]] = []
"""What is shared out just now: children find it here, so that neither work nor jobs need to be packed."""


def shared_out(work: Callable[[Job], Result], jobs: Sequence[Job], processes: int) -> Iterator[Result]:
    """`work` on each job, results in the order of the jobs; in this process where one is enough.

    Raises SpokenError where a child was killed (out of memory).
    """
    if min(processes, len(jobs)) <= 1:
        yield from map(work, jobs)
        return
    _AT_WORK.append((work, jobs))
    try:
        with ProcessPoolExecutor(min(processes, len(jobs)), get_context("fork"), _leave_quietly) as pool:
            yield from pool.map(_one, range(len(jobs)))
    except BrokenProcessPool:
        raise SpokenError("process-killed", processes=processes) from None
    finally:
        _AT_WORK.pop()


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def _leave_quietly() -> None:
    """Ctrl-C ends a child at once and without a word: its parent says what there is to say."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))


def _one(number: int) -> Any:
    work, jobs = _AT_WORK[-1]
    return work(jobs[number])
