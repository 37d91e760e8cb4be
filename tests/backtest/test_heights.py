"""From which score a rule speaks on the past: what was solved for one promise says nothing of another."""

from __future__ import annotations

import msgspec

from rules.calendar import DAY_MS, HOUR_MS
from rules.records import Calibrate
from streams.backtest.trials import Ground, judged
from streams.clock import WallClock
from tests.engine import towns


def test_a_rule_that_promises_otherwise_has_the_bound_of_its_own_promise_and_not_what_was_solved_for_the_old_one() -> (
    None
):
    of = towns.book()
    [runs] = of.rules
    rarer, coloured = (
        msgspec.structs.replace(runs, version="v2", **change)
        for change in ({"false_alarms": runs.false_alarms / 10}, {"keep": 3 * HOUR_MS})
    )
    until = towns.START + 3 * DAY_MS
    log = towns.log_of(towns.calm(towns.START, until), towns.START, until, 6 * HOUR_MS)
    solved = Calibrate(towns.START + DAY_MS, {"surge/desk": 42.5})
    ground = Ground([*log[:4], solved, *log[4:]], 1, towns.START, until, until, ends=True)
    groups = [(runs,), (coloured,), (rarer,)]
    [old], [same], [other] = judged(of, groups, ground, WallClock(), 1)
    assert old.heights == same.heights == {"desk": 42.5}
    [[bound]] = judged(of, [(runs,)], Ground(log, 1, towns.START, until, until, ends=True), WallClock(), 1)
    assert bound.heights["desk"] < other.heights["desk"] < 42.5
