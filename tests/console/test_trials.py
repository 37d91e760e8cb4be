"""What came of a trial: what a draft would have said, by what is known of it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec

from alerts import life
from alerts.alert import Alert
from alerts.console.naming import Names
from alerts.console.source import City
from alerts.console.speech import Speech
from alerts.console.trying import Month, trial_figures
from alerts.trials import MonthRow, Said, Tried
from tests.alerts.signals import NOON, book, signal

BOOK = book()
NAMES = Names(City(BOOK), Speech("en", ZoneInfo(BOOK.calendar.zone)))


def said(key: str, other: str = "", *, labelled: bool = False) -> Said:
    return Said(key, "abington", "traffic", "eastern", "yellow", NOON, 9, 6, other, labelled=labelled)


def found(outcome: str) -> Alert:
    alert, _ = life.apply(None, signal(1), "eastern", NOON)
    return msgspec.structs.replace(alert, duty=msgspec.structs.replace(alert.duty, outcome=outcome))


def test_false_alerts_that_are_gone_are_counted_and_the_new_ones_by_month_as_officers_and_labels_know_them() -> None:
    old = [said("real", "real"), said("false", "false"), said("gone"), said("gone too"), said("lost"), said("open")]
    new = [said("real", "real"), said("false", "false"), said("storm", labelled=True), said("who knows")]
    tried = Tried(0, (), old=tuple(old), new=tuple(new), months=(MonthRow("eastern", "2016-01", 6, 4),))
    outcomes = {
        "real": "confirmed", "false": "not_real", "gone": "not_real", "gone too": "data_fault", "lost": "confirmed",
    }  # fmt: skip
    figures = trial_figures(tried, {key: found(outcome) for key, outcome in outcomes.items()}, NAMES)
    assert (figures.false_dropped, figures.false_old, figures.confirmed_lost) == (2, 3, 1)
    assert figures.months == (Month("2016-01", "Eastern desk", 6, 4, real=2, false=1),)
    assert (figures.real, figures.false, figures.unknown) == (2, 1, 1)


def test_a_label_does_not_make_real_what_an_officer_found_false() -> None:
    one = said("false", "false", labelled=True)
    tried = Tried(0, (), old=(one,), new=(one,), months=(MonthRow("eastern", "2016-01", 1, 1),))
    figures = trial_figures(tried, {"false": found("not_real")}, NAMES)
    assert (figures.real, figures.false) == (0, 1)
