"""Report cards: what a rule's alerts were worth, by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import get_args

import msgspec
import pytest

from alerts.alert import Alert
from alerts.duty import Duty, Outcome
from alerts.report_card import MONTH_MS, Card, cards
from rules.book import DetectorSpec
from tests.alerts.signals import NOON, book, signal


def alert(number: int, outcome: str = "", *, rule: str = "traffic-surge", **changes: object) -> Alert:
    duty = Duty(stage="closed" if outcome else "open", outcome=outcome, taken_at=NOON + 60_000 * (number % 3 + 1))  # type: ignore[arg-type]  # an Outcome
    plain = Alert(
        f"a{number}", "montgomery", "over", "county", 1, "yellow", NOON, signal(alert=f"a{number}", rule=rule), (), duty
    )
    return msgspec.structs.replace(plain, **changes)


def card(outcomes: Sequence[str], span: int = MONTH_MS) -> Card:
    (found,) = cards([alert(n, outcome) for n, outcome in enumerate(outcomes)], book(), span)
    return found


def test_a_card_counts_outcomes_false_alarms_a_month_and_the_time_to_take() -> None:
    found = card(["confirmed", "not_real", "data_fault", "expected", "cannot_tell", ""], span=2 * MONTH_MS)
    assert found.alerts == 6
    assert found.outcomes == dict.fromkeys((*get_args(Outcome), "open"), 1)
    (desk,) = found.desks
    assert (desk.desk, desk.promised, desk.at_least, desk.at_most) == ("county", 2.0, 1.0, 2.0)
    assert (found.noise, found.judged) == (3, 5)
    assert (found.take_seconds, found.taken) == (120, 6)


def test_alerts_that_no_desk_was_told_of_and_those_of_the_watcher_do_not_count() -> None:
    unheard = alert(1, announced_at=0)
    watcher = alert(2, signal=signal(kind="stopped"))
    (found,) = cards([unheard, watcher], book(), MONTH_MS)
    assert (found.alerts, found.noise_rank, found.take_seconds) == (0, 0, -1)


def test_the_noisiest_comes_first_and_a_rule_without_noise_has_no_rank() -> None:
    rule = book().rules[0]
    three = book(rules=tuple(msgspec.structs.replace(rule, id=name) for name in ("calm", "loud", "louder")))
    told = [alert(n, "not_real", rule="loud") for n in range(2)]
    told += [alert(10 + n, "expected", rule="louder") for n in range(3)] + [alert(20, "confirmed", rule="calm")]
    assert [(one.rule, one.noise_rank) for one in cards(told, three, MONTH_MS)] == [
        ("louder", 1), ("loud", 2), ("calm", 0),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "advice"),
    [
        (["not_real"] * 9, ""),
        (["not_real"] * 10, "retire"),
        (["not_real"] * 9 + ["cannot_tell"], "promise"),
        (["not_real"] * 9 + ["confirmed"], "promise"),
        (["confirmed"] * 20, ""),
        (["expected"] * 9 + ["confirmed"], ""),
    ],
)
def test_what_is_proposed_follows_from_the_outcomes(outcomes: list[str], advice: str) -> None:
    assert card(outcomes).advice == advice


def test_where_one_area_makes_most_of_the_noise_an_override_is_proposed() -> None:
    told = [alert(n, "not_real", signal=signal(area="abington" if n < 8 else "ardmore")) for n in range(11)]
    (found,) = cards([*told, alert(20, "confirmed")], book(), MONTH_MS)
    assert (found.advice, found.areas) == ("override", (("abington", 8), ("ardmore", 3)))


def test_a_rule_that_promises_nothing_is_held_against_nothing() -> None:
    rule = msgspec.structs.replace(book().rules[0], detector=DetectorSpec("threshold", {"n": 3}))
    told = [alert(n, "not_real" if n else "confirmed") for n in range(12)]
    (found,) = cards(told, book(rules=(rule,)), MONTH_MS)
    assert (found.advice, found.desks[0].promised) == ("", -1.0)
