"""Who hears an alert first."""

from __future__ import annotations

from alerts import life
from alerts.routing import desk_for, first_desk, widened
from tests.alerts.signals import book, signal


def test_the_most_specific_desk_hears_first() -> None:
    assert first_desk(book(), signal(area="abington")) == "eastern"
    assert first_desk(book(), signal(area="lower-merion")) == "county"


def test_codes_that_the_book_no_longer_holds_are_heard_at_the_root() -> None:
    assert first_desk(book(), signal(area="merged-away", category="renamed")) == "county"


def test_an_alert_stays_with_its_desk_while_its_name_stays() -> None:
    alert, _ = life.apply(None, signal(1), "night-desk", 0)
    assert desk_for(book(), alert, signal(2)) == "night-desk"
    assert desk_for(book(), alert, signal(2, area="abington")) == "eastern"


def test_an_alert_without_a_desk_is_routed_again() -> None:
    alert, _ = life.apply(None, signal(1), "", 0)
    assert desk_for(book(), alert, signal(2)) == "county"


def test_wider_is_up_the_tree_of_areas_or_categories() -> None:
    here = signal(area="ardmore", category="crash")
    assert widened(book(), here, signal(area="lower-merion", category="crash"))
    assert widened(book(), here, signal(area="ardmore", category="traffic"))
    assert not widened(book(), here, signal(area="ardmore", category="crash"))
    assert not widened(book(), signal(area="lower-merion"), signal(area="ardmore"))
    assert not widened(book(), here, signal(area="abington", category="crash"))
    assert not widened(book(), here, signal(area="montgomery", category="fire"))


def test_a_name_that_is_gone_from_the_book_is_not_called_wider() -> None:
    assert not widened(book(), signal(area="merged-away"), signal(area="montgomery"))
