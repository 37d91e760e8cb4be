"""What each kind of rule makes of one matter: its steps in order, at a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from rules.calendar import Calendar
from rules.matters.deadline import Deadline
from rules.matters.entries import Entry, Mark, net
from rules.matters.look import LATE, NOTHING, QUIET, SOON, Look
from rules.matters.repeat import Repeat
from rules.matters.sequence import AbsenceOf, SequenceOf, Which
from rules.matters.table import Clocks, Deadlines, Length
from rules.records import NO_TIME
from tests.engine.matters import STEPS
from tests.engine.worlds import CATEGORY_TREE, HOUR
from tests.matters.test_worked_examples import CALENDARS

CHINA: Final[Calendar] = CALENDARS["cn"]
DAY: Final = 24 * HOUR
PETITIONS: Final = Clocks(
    "traffic", accept=Length(2, "working_days"), reply=Length(5, "working_days"), reply_from="acceptance",
    extension=Length(3, "working_days"), return_within=Length(1, "working_days"), reopened=Length(1, "working_days"),
)  # fmt: skip
TABLE: Final = Deadlines(
    (
        Clocks("fire", valid_to="2025-03-01", reply=Length(1, "days")),
        Clocks("fire", valid_from="2025-03-01", reply=Length(2, "days")),
        PETITIONS,
    ),
    STEPS,
)


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


def step(
    when: str, stage: str, *, category: str = "traffic.jam", office: str = "", due: str = "", id0: int = 1
) -> Entry:
    return Entry(at(when), stage, id0, 7, 0, 0, category, "north", office, at(due) if due else NO_TIME)


def look(*steps: Entry, when: str) -> Look:
    return Deadline(TABLE, 20, CHINA, CATEGORY_TREE).look(sorted(steps), at(when))


FILED: Final = step("2025-01-24 09:00", "filed", office="roads")
ACCEPTED: Final = step("2025-01-24 15:00", "accepted")


def test_a_matter_accepted_before_the_spring_festival_is_due_after_it_by_its_make_up_days() -> None:
    """Accepted on Friday: Sunday 26 and Monday 27 work, then Wednesday 5 to Friday 7 February."""
    assert look(FILED, ACCEPTED, when="2025-02-06 23:59") == Look(
        QUIET, "north", "traffic.jam", "roads", 0, at("2025-02-07 00:00")
    )
    soon = look(FILED, ACCEPTED, when="2025-02-07 00:00")
    assert (soon.standing, soon.since, soon.until) == (SOON, at("2025-02-08 00:00"), at("2025-02-08 00:00") + 1)
    late = look(FILED, ACCEPTED, when="2025-02-08 00:01")
    assert (late.standing, late.since, late.office, late.first) == (LATE, at("2025-02-08 00:00"), "roads", False)


def test_until_it_is_accepted_only_the_time_to_accept_runs() -> None:
    soon = look(FILED, when="2025-01-27 14:24")
    assert (soon.standing, soon.first, soon.since) == (SOON, True, at("2025-01-28 00:00"))
    assert look(FILED, when="2025-03-01 00:00")[:1] == (LATE,)


def test_an_extension_moves_the_clock_and_only_as_often_as_the_table_says() -> None:
    once = (FILED, ACCEPTED, step("2025-02-07 10:00", "extended"))
    twice = (*once, step("2025-02-07 11:00", "extended", id0=2))
    for steps in (once, twice):  # three more: 8, 10 and 11 February
        assert look(*steps, when="2025-02-10 09:35").standing == QUIET
        assert look(*steps, when="2025-02-12 00:01").standing == LATE


def test_a_pause_stops_the_clock_and_what_was_late_before_stays_late() -> None:
    paused = (FILED, ACCEPTED, step("2025-02-06 10:00", "paused"))
    assert look(*paused, when="2025-03-06 00:00").standing == QUIET
    assert look(FILED, ACCEPTED, step("2025-02-20 10:00", "paused"), when="2025-03-06 00:00").standing == LATE
    resumed = (*paused, step("2025-02-10 10:00", "resumed"))  # of 6, 7 and 8 February none counts
    assert look(*resumed, when="2025-02-11 23:59").standing == SOON
    assert look(*resumed, when="2025-02-12 00:01").since == at("2025-02-12 00:00")


def test_a_matter_that_is_returned_in_time_is_nobodys_until_it_is_filed_again() -> None:
    returned = (FILED, step("2025-01-26 12:00", "returned"))
    assert look(*returned, when="2025-03-01 00:00") == NOTHING
    again = look(*returned, step("2025-02-05 09:00", "filed", office="parks"), when="2025-02-07 14:24")
    assert (again.standing, again.office, again.since) == (SOON, "parks", at("2025-02-08 00:00"))


def test_a_return_that_comes_too_late_stops_nothing() -> None:
    assert look(FILED, step("2025-01-27 12:00", "returned"), when="2025-02-06 00:00").standing == LATE


def test_a_reply_ends_it_and_a_reopening_begins_a_clock_of_its_own() -> None:
    replied = (FILED, ACCEPTED, step("2025-02-06 09:00", "replied"))
    assert look(*replied, when="2025-04-01 00:00") == NOTHING
    reopened = look(*replied, step("2025-02-10 09:00", "reopened", office="roads"), when="2025-02-12 00:01")
    assert (reopened.standing, reopened.since, reopened.office) == (LATE, at("2025-02-12 00:00"), "roads")


def test_a_reply_whose_time_lies_before_its_filing_answers_that_row_and_no_other() -> None:
    crossed = step("2025-01-24 08:00", "replied")
    assert look(crossed, FILED, when="2025-04-01 00:00") == NOTHING
    assert look(crossed, step("2025-01-24 09:00", "filed", id0=2), when="2025-04-01 00:00").standing == LATE


def test_what_the_feed_says_goes_before_the_table_the_later_before_the_earlier() -> None:
    said = step("2025-01-24 09:00", "filed", due="2025-01-25 09:00")
    assert look(said, when="2025-01-25 04:11").standing == QUIET
    soon = look(said, when="2025-01-25 04:12")  # 80 percent of a day
    assert (soon.standing, soon.first, soon.since) == (SOON, False, at("2025-01-25 09:00"))
    later = look(said, step("2025-01-25 08:00", "extended", due="2025-01-30 09:00"), when="2025-01-26 00:00")
    assert later.standing == QUIET


def test_of_two_tables_the_one_in_force_when_it_was_filed_counts() -> None:
    before, after = (step(f"{day} 10:00", "filed", category="fire.wood") for day in ("2025-02-28", "2025-03-01"))
    assert look(before, when="2025-03-02 00:01").since == at("2025-03-02 00:00")
    assert look(after, when="2025-03-04 00:01").since == at("2025-03-04 00:00")


def test_the_third_contact_speaks_until_fewer_are_left_and_a_reply_ends_it() -> None:
    judge = Repeat(3, 10 * DAY, frozenset({"filed"}), frozenset({"replied"}))
    contacts = [step(f"2025-03-0{day} 10:00", "filed", id0=day, office="roads") for day in (1, 3, 6)]
    assert judge.look(contacts[:2], at("2025-03-05 00:00")).standing == QUIET
    third = judge.look(contacts, at("2025-03-06 10:00"))
    assert (third.standing, third.since, third.until) == (LATE, at("2025-03-06 10:00"), at("2025-03-11 10:00"))
    assert judge.look(contacts, at("2025-03-11 10:00")).standing == QUIET
    assert judge.look([*contacts, step("2025-03-07 10:00", "replied")], at("2025-03-08 00:00")) == NOTHING


def test_b_after_two_of_a_speaks_and_b_before_them_does_not() -> None:
    judge = SequenceOf(Which("traffic", frozenset()), Which("fire", frozenset()), 2, 2 * HOUR, HOUR, CATEGORY_TREE)
    first, second = step("2025-03-01 10:00", "filed"), step("2025-03-01 11:00", "filed", id0=2)
    fire = step("2025-03-01 11:30", "filed", category="fire.wood", id0=3)
    told = judge.look([first, second, fire], at("2025-03-01 12:00"))
    assert (told.standing, told.since, told.until) == (LATE, at("2025-03-01 11:30"), at("2025-03-01 12:30"))
    assert judge.look([first, fire], at("2025-03-01 12:00")).standing == QUIET
    early = fire._replace(occurred_at=at("2025-03-01 10:30"))
    assert judge.look([first, early, second], at("2025-03-01 12:00")).standing == QUIET
    late = fire._replace(occurred_at=at("2025-03-01 12:30"))
    assert judge.look([first, second, late], at("2025-03-01 12:40")).standing == QUIET


def test_a_without_b_speaks_once_what_comes_in_time_has_had_time_to_arrive() -> None:
    first, then = Which("", frozenset({"filed"})), Which("", frozenset({"accepted"}))

    def judge(*, deaf: bool = False) -> AbsenceOf:
        return AbsenceOf(first, then, 48 * HOUR, HOUR, 12 * HOUR, CATEGORY_TREE, lambda _since, _until: deaf)

    assert judge().look([FILED], at("2025-01-26 09:59")).until == at("2025-01-26 10:00")
    told = judge().look([FILED], at("2025-01-26 10:00"))
    assert (told.standing, told.since, told.until) == (LATE, at("2025-01-26 09:00"), at("2025-01-26 22:00"))
    assert judge().look([FILED], at("2025-01-26 22:00")) == NOTHING
    assert judge().look([FILED, ACCEPTED], at("2025-01-26 10:00")) == NOTHING
    assert judge(deaf=True).look([FILED], at("2025-01-26 10:00")) == NOTHING


def test_what_is_put_in_and_taken_back_leaves_nothing_in_whatever_order_it_is_told() -> None:
    there, gone = Mark(1, 5, 1, FILED), Mark(1, 5, -1, FILED)
    assert net([], [there, gone]) == net([], [gone, there]) == []
    assert net([FILED], [gone]) == []
    assert net([], [gone]) == []
