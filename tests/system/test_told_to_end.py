"""A process of the road that is told to end while it still begins."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

PATIENCE_SECONDS: Final = 240


@pytest.mark.parametrize("words", [["intake", "a-town"], ["worker"]], ids=lambda words: words[0])
def test_a_process_that_is_told_to_end_before_it_has_begun_ends_well(words: list[str], tmp_path: Path) -> None:
    """It waits for a key that nobody writes: so far it is, and no further, when the order comes."""
    key = tmp_path / "key"
    os.mkfifo(key)
    begun = subprocess.Popen(
        [sys.executable, "-c", "from streams.entry import main; main()", *words, "--kafka", "127.0.0.1:9"],
        env={**os.environ, "TOCSIN_KEY_FILE": str(key)},
        stderr=subprocess.PIPE,
    )
    held = None
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        while held is None and begun.poll() is None and time.monotonic() < end:
            try:
                held = os.open(key, os.O_WRONLY | os.O_NONBLOCK)  # not before somebody reads
            except OSError:
                time.sleep(0.05)
        begun.send_signal(signal.SIGTERM)
        said = begun.communicate(timeout=PATIENCE_SECONDS)[1]
    finally:
        begun.kill()
        if held is not None:
            os.close(held)
    assert held is not None, said
    assert (begun.returncode, said) == (0, b"")
