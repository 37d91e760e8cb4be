"""How far a long command is: a bar on the terminal; where there is none, a line now and then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from alerts.export import rfc3339
from streams.arguments import ERRORS
from streams.clock import WallClock
from streams.messages import say

LINE_SECONDS: Final = 5.0
"""Between two lines of progress, where no terminal can show a bar."""


class Bar:
    """A progress bar on the terminal; where there is none, a line now and then."""

    def __init__(self, language: str, word: str = "on-the-way") -> None:
        self._language = language
        self._word = word
        self._clock = WallClock()
        self._told_at = self._clock.steady()

    def __enter__(self) -> Callable[[int, int, int], None]:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=ERRORS,
            disable=not ERRORS.is_terminal,
        )
        self._task = self._progress.add_task("", total=None)
        return self._show

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _show(self, done: int, events: int, at: int) -> None:
        day = rfc3339(at)[:10]
        self._progress.start()  # its thread begins here and not before, for children are forked until then
        self._progress.update(self._task, completed=done, total=events, description=day)
        if not ERRORS.is_terminal and self._clock.steady() - self._told_at >= LINE_SECONDS:
            self._told_at = self._clock.steady()
            ERRORS.print(say(self._word, self._language, day=day, done=done, events=events))
