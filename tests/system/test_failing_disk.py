"""Every call to the disk fails in its turn, once or for good: one clear sentence, nothing answered for is gone.

The disk is well again when the city is taken up anew.
"""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError

from rules import canonical
from streams.journal import Journal
from streams.messages import SpokenError
from tests.system.disk import FULL, IOERR_WRITE, OK, Disk, Op, laid_under_sqlite
from tests.system.night import Night, heard, journal_of, judged_again, make_city, opened

SEED = 6


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night undisturbed, and how many calls it makes."""
    folder = tmp_path_factory.mktemp("failing")
    return Night(make_city(folder / "town"), folder / "var")


def failing(disk: Disk, nth: int, *, for_good: bool, code: int) -> None:
    calls = iter(range(10**9))

    def fault(op: Op) -> int:
        n = next(calls)
        return code if n == nth or (for_good and n > nth) else OK

    disk.fault = fault


@pytest.mark.parametrize("runs", [8, pytest.param(400, marks=pytest.mark.nightly)])
@pytest.mark.timeout(3_600)
def test_whichever_call_fails_nothing_answered_for_is_lost(runs: int, town: Night, tmp_path: Path) -> None:
    whole = Night(town.city, tmp_path / "whole")
    with laid_under_sqlite() as disk:
        whole.live(disk.ops, hours=3, stops=(2,))
        calls = len(disk.ops)
    dice = random.Random(SEED)
    broken = 0
    for n in range(runs):
        night = Night(town.city, tmp_path / f"run-{n}")
        with laid_under_sqlite() as disk:
            failing(disk, dice.randrange(calls), for_good=dice.random() < 0.5, code=dice.choice((FULL, IOERR_WRITE)))
            try:
                night.live(disk.ops, hours=3, stops=(2,))
            except (SpokenError, DatabaseError):  # the process ends: the journal's words, or the alert store's fault
                broken += 1
            disk.fault = lambda _: OK
            with opened(town.city, night.data) as again:
                journal = Journal.open(journal_of(night.data), read_only=True)
                assert journal.last_offset >= night.acknowledged(len(disk.ops)), f"run {n}"
                assert journal.integrity() == "ok"
                journal.close()
                said = judged_again(town.city, journal_of(night.data)).signals
                assert heard(again) == canonical.lines(said), f"run {n}"
    assert broken > runs // 4
