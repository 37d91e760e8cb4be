"""What time does to an alert: who should have answered, who hears next, what lapses, what cannot be confirmed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import life
from alerts.acting import due_at, moved_by
from alerts.alert import Alert
from alerts.clocks import answer_due, freeze, next_act, overdue
from alerts.desks import Channel, Desk, Shift
from alerts.duty import Act, MoveRefused, Verb
from alerts.shifts import next_turn, turn_at
from rules.signals import FeedEvidence
from tests.alerts.signals import HOUR, NOON, evidence, signal

MINUTE: Final = 60_000
CLOCKS: Final = {"yellow": 30 * MINUTE, "orange": 15 * MINUTE, "red": 5 * MINUTE}


def desk(name: str, parent: str = "", **changes: Any) -> Desk:
    given: dict[str, Any] = {"channels": (), "clocks": CLOCKS, "lapse": 4 * HOUR, **changes}
    return Desk(name, {"en": name}, "Asia/Shanghai", ("montgomery",), ("incident",), parent=parent, **given)


COUNTY, TOWN, PROVINCE = desk("county", "city"), desk("city", "province"), desk("province")
DESKS: Final = {one.id: one for one in (COUNTY, TOWN, PROVINCE)}


def alert(rank: int = 1, *acts: Act, **changes: Any) -> Alert:
    made, _ = life.apply(None, signal(1, evidence=evidence(rank), **changes), "county", NOON)
    for act in acts:
        made = moved_by(made, act)
    return made


def hand(verb: Verb, at: int, **changes: Any) -> Act:
    return Act(verb, at, account="1001", role="officer", **{"desk": "county", **changes})


def lived(one: Alert, until: int, desks: dict[str, Desk] = DESKS) -> list[tuple[str, str, int]]:
    """What clocks do to it, each on the second: (verb, desk, minutes after it was said)."""
    done: list[tuple[str, str, int]] = []
    while (act := next_act(one, desks)) is not None and act.at <= until:
        one = moved_by(one, act)
        done.append((act.verb, act.to or act.desk, (act.at - NOON) // MINUTE))
    return done


def test_an_alert_that_nobody_takes_rises_level_by_level_each_with_its_own_time() -> None:
    rises = [("raise", "city", 5), ("raise", "province", 10), ("remind", "province", 15)]  # the highest is reminded
    assert lived(alert(3), NOON + HOUR) == rises
    assert lived(alert(1), NOON + HOUR) == [("raise", "city", 30), ("raise", "province", 60)]


def called(name: str, parent: str = "", **untaken: int) -> Desk:
    """A desk with a channel that is told at once, and one that waits so many minutes for each colour."""
    line = Channel(f"{name}-line", "jsonlines", "en")
    mail = Channel(f"{name}-mail", "email", "en", untaken={colour: n * MINUTE for colour, n in untaken.items()})
    return desk(name, parent, channels=(line, mail))


def test_before_an_alert_rises_the_further_channels_of_its_desk_are_called_each_desk_by_its_own_time() -> None:
    desks = {**DESKS, "county": called("county", "city", red=3), "city": called("city", "province", red=5)}
    assert lived(alert(3), NOON + HOUR, desks) == [
        ("call", "county-mail", 3), ("raise", "city", 5),
        ("call", "city-mail", 10), ("raise", "province", 10),  # both due at once: who is there first, then who is above
        ("remind", "province", 15),
    ]  # fmt: skip
    assert lived(alert(1), NOON + HOUR, desks) == lived(alert(1), NOON + HOUR)  # yellow has no time there


def test_nobody_is_called_for_what_was_taken_is_held_or_is_over() -> None:
    desks = {"county": called("county", red=3)}
    assert next_act(alert(3, hand("take", NOON + MINUTE)), desks).verb == "lapse"  # type: ignore[union-attr]  # there is one
    assert next_act(alert(3, Act("hold", NOON, desk="county", role="budget")), desks) is None
    over, _ = life.apply(alert(3), signal(2, state="over", evidence=evidence(3)), "county", NOON + MINUTE)
    assert next_act(over, desks) is None


def test_a_channel_is_called_once_and_again_for_an_alert_that_was_closed_and_got_worse() -> None:
    desks = {"county": called("county", red=3, orange=3)}
    lapsed = alert(3, Act("call", NOON + 3 * MINUTE, to="county-mail"), hand("take", NOON + HOUR))
    assert lived(lapsed, NOON + 9 * HOUR, desks) == [("lapse", "county", 300), ("remind", "county", 305)]
    closed = alert(2, Act("call", NOON + 3 * MINUTE, to="county-mail"), hand("close", NOON + HOUR, outcome="confirmed"))
    worse, _ = life.apply(closed, signal(2, evidence=evidence(3)), "county", NOON + 2 * HOUR)
    assert lived(worse, NOON + 9 * HOUR, desks)[0] == ("call", "county-mail", 123)


def test_a_desk_that_nobody_staffs_hands_on_before_any_of_its_channels_is_called() -> None:
    away = replace(called("county", "city", red=3), shifts=(Shift("night", "00:00", "00:01"),))
    assert lived(alert(3), NOON + MINUTE, {**DESKS, "county": away}) == [("raise", "city", 0)]


def test_the_lowest_rank_never_interrupts_anybody() -> None:
    assert lived(alert(0), NOON + 100 * HOUR) == []


def test_the_clock_of_each_desk_is_its_own() -> None:
    slow = {**DESKS, "city": desk("city", "province", clocks={"red": 20 * MINUTE})}
    assert lived(alert(3), NOON + HOUR, slow) == [
        ("raise", "city", 5), ("raise", "province", 25), ("remind", "province", 30),
    ]  # fmt: skip


def test_a_taken_alert_waits_for_nobody_and_lapses() -> None:
    taken = alert(3, hand("take", NOON + MINUTE))
    assert answer_due(taken, DESKS) == 0
    assert lived(taken, NOON + 4 * HOUR) == []
    assert lived(taken, NOON + 4 * HOUR + 6 * MINUTE) == [("lapse", "county", 241), ("raise", "city", 246)]


def test_an_acknowledgement_that_is_renewed_lapses_later() -> None:
    renewed = alert(3, hand("take", NOON + MINUTE), hand("take", NOON + 3 * HOUR))
    assert lived(renewed, NOON + 6 * HOUR) == []


def test_where_the_desk_says_never_nothing_lapses() -> None:
    assert lived(alert(3, hand("take", NOON)), NOON + 999 * HOUR, {"county": desk("county", lapse=0)}) == []


@pytest.mark.parametrize("state", ["over", "withdrawn", "merged"])
def test_what_is_over_or_taken_back_has_no_clock(state: Any) -> None:
    ended, _ = life.apply(alert(3), signal(2, state=state, evidence=evidence(3)), "county", NOON + 1)
    assert lived(ended, NOON + 9 * HOUR) == []
    assert answer_due(ended, DESKS) == 0


@pytest.mark.parametrize("state", ["withdrawn", "merged"])
def test_nobody_is_late_with_what_was_taken_back(state: Any) -> None:
    ended, _ = life.apply(alert(3), signal(2, state=state, evidence=evidence(3)), "county", NOON + 1)
    assert overdue([ended], DESKS, NOON + 9 * HOUR) == []


def test_what_was_over_before_anybody_took_it_is_on_the_supervision_list_until_somebody_does() -> None:
    over, _ = life.apply(alert(3), signal(2, state="over", evidence=evidence(3)), "county", NOON + MINUTE)
    assert overdue([over], DESKS, NOON + 5 * MINUTE - 1) == []
    [late] = overdue([over], DESKS, NOON + 23 * HOUR)
    assert (late.desk, late.since, late.levels) == ("county", NOON + 5 * MINUTE, 1)
    risen = moved_by(over, Act("raise", NOON + 9 * MINUTE, to="city", desk="county", role="officer"))
    assert [(one.desk, one.levels) for one in overdue([risen], DESKS, NOON + HOUR)] == [("city", 2)]
    assert overdue([moved_by(over, hand("take", NOON + HOUR))], DESKS, NOON + 23 * HOUR) == []
    held = moved_by(alert(1), Act("hold", NOON, desk="county", role="budget"))
    assert overdue([held], DESKS, NOON + 23 * HOUR) == []


def test_a_desk_that_is_gone_hands_on_at_once_to_the_desk_that_hears_such_alerts_now() -> None:
    left = {"city": TOWN, "province": PROVINCE}
    act = next_act(alert(1), left, "city")
    assert act is not None
    assert (act.verb, act.to, act.at, act.why) == ("raise", "city", NOON, "desk_gone")
    assert [one.desk for one in overdue([alert(1)], left, NOON)] == ["county"]
    told = moved_by(alert(1), Act("raise", NOON, desk="county", to="city", role="clock"))
    up = next_act(told, {"county": COUNTY, "province": desk("province")}, "county")
    assert up is None  # it was told, and has nobody above it that is left
    up = next_act(told, {"county": desk("county", "province"), "province": PROVINCE}, "county")
    assert up is not None
    assert up.to == "province"
    assert lived(alert(3, hand("take", NOON + MINUTE)), NOON + MINUTE, {"city": TOWN}) == [("lapse", "county", 1)]
    assert next_act(alert(1), {}) is None  # a room without desks has no clocks


def test_an_alert_that_gets_worse_has_the_time_of_its_new_colour_from_then_on() -> None:
    worse, _ = life.apply(alert(1), signal(2, evidence=evidence(3)), "county", NOON + 20 * MINUTE)
    assert lived(worse, NOON + 26 * MINUTE) == [("raise", "city", 25)]


def test_a_desk_that_nobody_staffs_hands_on_at_once() -> None:
    night = desk("county", "city", shifts=(Shift("day", "08:00", "20:00"),))  # NOON is 20:30 in Shanghai
    assert lived(alert(3), NOON, {**DESKS, "county": night}) == [("raise", "city", 0)]
    alone = desk("county", shifts=night.shifts)
    assert lived(alert(3), NOON + HOUR, {"county": alone}) == [("remind", "county", 5)]


def test_the_supervision_list_names_what_is_overdue_at_which_level_since_when() -> None:
    red, yellow, taken = alert(3), alert(1), alert(3, hand("take", NOON))
    first = overdue([yellow, taken, red], {"county": desk("county")}, NOON + 31 * MINUTE)
    assert [(one.alert.rank, one.desk, one.since, one.levels) for one in first] == [
        (3, "county", NOON + 5 * MINUTE, 1),
        (1, "county", NOON + 30 * MINUTE, 1),
    ]
    risen = alert(3, Act("raise", NOON + 5 * MINUTE, to="city", desk="county", role="clock"))
    assert [(o.desk, o.levels) for o in overdue([risen], DESKS, NOON + 6 * MINUTE)] == [("city", 2)]
    assert overdue([red], DESKS, NOON + MINUTE) == []


def test_what_was_loaded_of_the_past_is_nobodys_delay() -> None:
    old, _ = life.apply(None, signal(1, evidence=evidence(3)), "county", NOON, timed=False)
    assert (lived(old, NOON + 99 * HOUR), overdue([old], DESKS, NOON + 99 * HOUR)) == ([], [])


def test_an_alert_is_frozen_while_a_feed_it_rests_on_is_blind() -> None:
    one = alert(3)
    act = freeze(one, frozenset({"calls"}), NOON)
    assert act is not None
    frozen = moved_by(one, act)
    assert frozen.duty.frozen_at == NOON
    assert freeze(frozen, frozenset({"calls"}), NOON) is None
    heard = freeze(frozen, frozenset(), NOON + 9)
    assert heard is not None
    assert moved_by(frozen, heard).duty.frozen_at == 0
    assert freeze(one, frozenset({"others"}), NOON) is None


def test_the_alert_on_the_silence_itself_is_not_frozen_by_it() -> None:
    silence = alert(3, kind="silence", feed="calls")
    quiet = msgspec.structs.replace(silence.signal.evidence, feeds=(FeedEvidence("calls", 0, NOON),))
    silence = msgspec.structs.replace(silence, signal=msgspec.structs.replace(silence.signal, evidence=quiet))
    assert freeze(silence, frozenset({"calls"}), NOON) is None


@given(
    verbs=st.lists(st.sampled_from(["take", "leave", "close", "reopen", "raise"]), max_size=8),
    rank=st.integers(0, 3),
    gap=st.integers(1, 5 * HOUR),
)
def test_clocks_come_to_an_end_and_never_go_back(verbs: list[Verb], rank: int, gap: int) -> None:
    one, now = alert(rank), NOON
    for verb in verbs:
        now += gap
        try:
            one = moved_by(
                one,
                hand(verb, now, to="city" if verb == "raise" else "", outcome="confirmed" if verb == "close" else ""),
            )
        except MoveRefused:
            continue
    acts = lived(one, NOON + 10_000 * HOUR)
    assert len(acts) <= 4  # one lapse and every level above
    assert due_at(one, DESKS) == 0 or due_at(one, DESKS) >= NOON


# turns of duty

SHIFTS: Final = (
    Shift("day", "07:00", "15:00"),
    Shift("evening", "15:00", "23:00"),
    Shift("night", "23:00", "07:00"),
)


def at(zone_desk: Desk, text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone_desk.zone)).timestamp() * 1000)


EAST: Final = Desk("east", {}, "America/New_York", (), (), (), shifts=SHIFTS)


@pytest.mark.parametrize(
    ("moment", "shift"),
    [
        ("06:59:59", "night"),
        ("07:00", "day"),
        ("14:59", "day"),
        ("15:00", "evening"),
        ("23:00", "night"),
        ("00:30", "night"),
    ],
)
def test_a_turn_is_half_open_and_may_go_over_midnight(moment: str, shift: str) -> None:
    turn = turn_at(EAST, at(EAST, f"2016-01-23T{moment}"))
    assert turn is not None
    assert turn.shift == shift


@pytest.mark.parametrize(("night", "hours"), [("2016-03-12", 7), ("2016-11-05", 9), ("2016-01-23", 8)])
def test_a_night_over_the_change_of_the_clocks_is_an_hour_shorter_or_longer(night: str, hours: int) -> None:
    turn = turn_at(EAST, at(EAST, f"{night}T23:30"))
    assert turn is not None
    assert (turn.until - turn.since) / HOUR == hours


def test_a_shift_of_some_days_leaves_the_others_without() -> None:
    week = Desk("week", {}, "Asia/Shanghai", (), (), (), shifts=(Shift("office", "09:00", "17:00", (0, 1, 2, 3, 4)),))
    saturday = at(week, "2016-01-23T12:00")
    assert turn_at(week, saturday) is None
    coming = next_turn(week, saturday)
    assert coming is not None
    assert coming.since == at(week, "2016-01-25T09:00")


def test_the_turn_of_a_desk_that_is_always_there_is_its_local_day() -> None:
    always = Desk("always", {}, "Asia/Shanghai", (), (), ())
    turn = turn_at(always, at(always, "2016-01-23T12:00"))
    assert turn is not None
    assert (turn.since, turn.until) == (at(always, "2016-01-23T00:00"), at(always, "2016-01-24T00:00"))


@given(
    moment=st.integers(1_400_000_000, 1_900_000_000),
    zone=st.sampled_from(["America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]),
)
def test_shifts_around_the_clock_leave_no_second_without_and_none_twice(moment: int, zone: str) -> None:
    around = Desk("around", {}, zone, (), (), (), shifts=SHIFTS)
    now = moment * 1000
    turn = turn_at(around, now)
    assert turn is not None
    assert turn.since <= now < turn.until
    after = next_turn(around, now)
    assert after is not None
    assert after.since == turn.until
