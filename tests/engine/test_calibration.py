"""Heights solved for a promise: quiet histories as the law has them, judged by the code that judges the city."""

from __future__ import annotations

import math
from collections import Counter
from functools import cache
from typing import Final

import msgspec
import numpy as np
import pytest

from rules import calibration
from rules.book import DeskReach
from rules.calibration import LEAST, Solved, Tally, solve
from rules.detectors.port import Points
from rules.engine import Engine
from rules.judge import Judge
from rules.nulls import Null
from rules.records import Calibrate, Tick
from rules.scatter import Family, raked, shocks
from rules.signals import Bar
from tests.engine import towns

MONTHS: Final = 6.0


def judge_of(**changes: object) -> Judge:
    """The town's judge, six weeks learned."""
    of = msgspec.structs.replace(towns.book(), **changes)
    engine = Engine.restore(towns.learned(), {of.digest: of, towns.book().digest: towns.book()})
    judge = engine.rules["surge"].judge
    judge.book = of
    judge.calibrated = {}
    return judge


@cache
def solved(months: float = MONTHS) -> dict[str, Solved]:
    return solve(judge_of(), towns.NOW, months=months)


def test_a_drawn_history_has_the_mean_and_the_spread_of_its_law() -> None:
    null = Null(judge_of(), towns.NOW // towns.STEP + 1, 4_320)
    counts, window = null.counts, 6
    first = np.arange(null.begin // 6 * 6 + 6, null.beyond - 6, 6)
    for series in [counts.series["town", "any"], counts.series["a1", "any"], counts.series["c1", "fire"]]:
        points = Points(np.full(len(first), series), first, first + window - 1)
        law = null.judge.law(points, null.begin)
        came = []
        for seed in range(20):
            null.draw(np.random.default_rng(seed))
            came.append(counts.ring.total(points.series, points.first, points.last))
        mean = np.mean(came)
        variance = np.mean((np.array(came) - law.mean) ** 2)
        assert mean == pytest.approx(law.mean.mean(), rel=0.12)
        assert variance == pytest.approx((law.mean * (1 + law.over)).mean(), rel=0.25)


def test_parents_count_what_their_children_do_and_little_of_their_own() -> None:
    null = Null(judge_of(), towns.NOW // towns.STEP + 1, 1_000)
    null.draw(np.random.default_rng(1))
    counts = null.counts
    first, last = np.array([null.begin]), np.array([null.beyond - 1])

    def total(*pair: str) -> int:
        return int(counts.ring.total(np.array([counts.series[pair]]), first, last)[0])  # type: ignore[index]  # a pair

    districts = [pair for pair in counts.series if pair[1] == "any" and pair[0] in "abcd"]
    below = sum(total(*pair) for pair in districts)
    assert 0 < below <= total("town", "any") <= 1.05 * below


def test_the_solved_height_keeps_its_promise_on_other_quiet_months() -> None:
    """20 other months: 40 alerts promised, and the height itself rests on some sixty."""
    height = {"desk": solved(months=30.0)["desk"].height}
    null = Null(judge_of(), towns.NOW // towns.STEP + 1, 4_320)
    tally = Tally(Counter(), Counter())
    for seed in range(1_000, 1_020):
        null.draw(np.random.default_rng(seed))
        buckets, _, scores = null.loud(LEAST)
        calibration.heard(null, height, np.unique(buckets[scores >= height["desk"]]), tally)
    assert 20 <= tally.alerts["desk"] <= 64


def test_the_bound_of_the_detector_promised_less_than_it_could() -> None:
    found = solved()["desk"]
    assert LEAST < found.height < found.before
    assert found.modelled == pytest.approx(found.promised, rel=0.25)
    assert found.hours > 0


def test_the_same_past_gives_the_same_heights_and_a_smaller_promise_a_higher_one() -> None:
    assert solve(judge_of(), towns.NOW, months=2) == solve(judge_of(), towns.NOW, months=2)
    rarer = judge_of()
    rarer.rule = msgspec.structs.replace(rarer.rule, false_alarms=0.2)
    assert solve(rarer, towns.NOW, months=MONTHS)["desk"].height > solved()["desk"].height


def test_each_first_desk_has_a_height_of_its_own() -> None:
    desks = (DeskReach("one", ("a1",), ("any",)), DeskReach("town", ("town",), ("any",)))
    found = solve(judge_of(desks=desks), towns.NOW, months=MONTHS)
    assert LEAST <= found["one"].height < found["town"].height, "who has fewer series may hear more of each"


def test_a_rule_that_has_learned_nothing_has_no_height_to_solve() -> None:
    of = towns.book()
    engine = Engine(of, clock="stream")
    engine.apply(Tick(towns.START), 1)
    assert solve(engine.rules["surge"].judge, towns.START, months=1) == {}


def test_a_calibration_in_the_log_moves_what_is_said() -> None:
    heights = {"surge/desk": solved()["desk"].height}
    night = towns.later(towns.burst("a1", 8, minutes=50))
    before = towns.alerts(towns.after(night))
    after = towns.alerts(towns.after([Calibrate(towns.NOW + 1, heights), *night]))
    assert min(signal.evidence.limit for signal in after) < min(signal.evidence.limit for signal in before)


def test_shocks_of_parents_and_children_add_up_to_the_spread_that_each_has() -> None:
    """A whole of four equal parts: what they share is the whole's, the rest their own."""
    fed = [np.array([0]), *(np.array([0, n]) for n in range(1, 5))]
    family = Family.of(fed, np.array([0, 1, 1, 1, 1]))
    parts = np.array([0.0, 50.0, 50.0, 50.0, 50.0])
    wanted = np.array([[0.04], [0.1], [0.1], [0.1], [0.1]])
    found = shocks(wanted, np.array([1]), parts, family)[:, 0]
    assert found[0] + found[1:].mean() / 4 == pytest.approx(0.04, rel=0.05)
    assert found[0] + found[1] == pytest.approx(0.1, rel=0.05)


def test_parts_are_raked_until_every_series_holds_what_it_expects() -> None:
    fed = [np.array([0]), np.array([0, 1]), np.array([0, 2])]
    family = Family.of(fed, np.array([0, 1, 1]))
    factor = raked(np.array([1.0, 2.0, 3.0]), np.array([10.0, 4.0, 5.0]), family)
    assert family.summed(np.array([1.0, 2.0, 3.0]) * factor) == pytest.approx([10.0, 4.0, 5.0], rel=0.03)
    assert math.isfinite(factor.sum())


def test_an_alert_keeps_the_score_that_it_had_and_the_height_that_it_reached() -> None:
    rows = towns.later([*towns.usual(6), *towns.burst("a1", 12, begin=60.0)], hours=6)
    (alert,) = towns.alerts(towns.after(rows))
    bar = alert.evidence.bar
    assert isinstance(bar, Bar)
    assert bar.height == pytest.approx(judge_of().analytic("desk"), abs=1e-3)
    assert bar.score > bar.height
    assert bar.promised == towns.book().rules[0].false_alarms
    lower = Calibrate(towns.NOW + 1, {"surge/desk": 6.5})
    (again,) = towns.alerts(towns.after([lower, *rows]))
    assert isinstance(again.evidence.bar, Bar)
    assert again.evidence.bar.height == 6.5
