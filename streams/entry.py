"""Where `tocsin` begins. A worker is waited for by its cities, so it starts without what other commands import."""

from __future__ import annotations

import os
import signal
import sys
import zoneinfo
from collections.abc import Callable
from typing import Final

from streams.messages import SpokenError

QUICK: Final = "worker"
ROAD: Final = frozenset({QUICK, "intake"})
"""Commands that begin nothing before they listen for the order to end."""


def main() -> None:
    """Run the command line. What is told to end before it has begun ends well: to whoever looks at how it ended, one
    that died by the signal has failed."""
    if sys.argv[1:2] and sys.argv[1] in ROAD:
        signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if sys.argv[1:2] == [QUICK]:
        from streams.worker_command import alone  # noqa: PLC0415 - the others' imports take a second

        guarded(lambda: alone(sys.argv[2:]))
    else:
        from streams.cli import app  # noqa: PLC0415 - as above

        guarded(app)


def guarded(command: Callable[[], None]) -> None:
    """Run it; every problem that a person can mend is one line, never a traceback."""
    zoneinfo.reset_tzpath(())  # the package's own zone files, or two machines replay differently
    try:
        command()
    except SpokenError as problem:
        sys.stderr.write(f"{problem.render(language_set())}\n")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def language_set() -> str:
    """As it is set, even where the other settings cannot be read."""
    return os.environ.get("TOCSIN_LANGUAGE", "en")
