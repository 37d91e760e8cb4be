"""Work shared out over processes that are forked: each sees what lies in memory, and hands back its result alone."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, Final, TypeVar

from streams.messages import SpokenError

Job = TypeVar("Job")
Result = TypeVar("Result")

_AT_WORK: Final[list[tuple[Callable[[Any], Any], Sequence[Any]]]] = []
"""What is shared out just now: children find it here, so that neither work nor jobs need to be packed."""


LOOK_SECONDS: Final = 0.5


def shared_out(
    work: Callable[[Job], Result], jobs: Sequence[Job], processes: int, look: Callable[[], None] | None = None
) -> Iterator[Result]:
    """`work` on each job, results in the order of the jobs; in this process where one is enough.

    `look` is called twice a second while children work, and after each job. Raises SpokenError where a child was killed
    (out of memory).
    """
    look = look or _nothing
    if min(processes, len(jobs)) <= 1:
        for job in jobs:
            yield work(job)
            look()
        return
    _AT_WORK.append((work, jobs))
    try:
        with ProcessPoolExecutor(min(processes, len(jobs)), get_context("fork"), _be_a_child, (os.getpid(),)) as pool:
            for future in [pool.submit(_one, number) for number in range(len(jobs))]:
                while not wait([future], LOOK_SECONDS).done:
                    look()
                look()
                yield future.result()
    except BrokenProcessPool:
        raise SpokenError("process-killed", processes=processes) from None
    finally:
        _AT_WORK.pop()


def _nothing() -> None:
    return None


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


def _be_a_child(parent: int) -> None:
    """Ctrl-C ends a child at once and without a word: its parent says what there is to say. Nor does it outlive it."""
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    ends_with(parent)


def ends_with(parent: int) -> None:
    """This process ends with its parent: one that was killed cannot say so, and who waits for its next job would wait
    for ever."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK_SECONDS)
        os._exit(130)

    threading.Thread(target=look, daemon=True).start()


def _one(number: int) -> Any:
    work, jobs = _AT_WORK[-1]
    return work(jobs[number])
