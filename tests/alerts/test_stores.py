"""What every store promises: one battery over the fake and the real ones."""

from __future__ import annotations

import msgspec
import pytest

from alerts import life
from alerts.alert import Alert
from alerts.chain import Head, Missed, verify
from alerts.channels.port import Receipt
from alerts.database import CHUNK
from alerts.duty import Act
from alerts.notice import GIVE_UP_AFTER_MS, WAIT_TOP_MS, Notice, compose, settled
from alerts.offsets import ReadTo, StaleError
from alerts.store import Change, ConflictError, Store
from rules.signals import Cause, Signal
from tests.alerts.signals import CITY, HOUR, NOON, evidence, signal


def change(*signals: Signal, desk: str = "county", channels: tuple[str, ...] = ()) -> Change:
    """The change that first signals of different alerts make."""
    alerts: list[Alert] = []
    acts: list[tuple[str, Act]] = []
    notices: list[Notice] = []
    for one in signals:
        alert, reason = life.apply(None, one, desk, NOON)
        alerts.append(alert)
        if reason:
            acts.append((alert.id, life.act_of(alert, reason, timed=True)))
            notices += [compose(alert, reason, desk, channel, NOON) for channel in channels]
    return Change(CITY, signals[-1].cause, tuple(alerts), tuple(acts), tuple(notices))


def test_how_far_was_read_is_kept_with_what_it_caused_or_neither_is(store: Store) -> None:
    """A reader that began elsewhere than the one before ended is another one's shadow: nothing of it is written."""
    one, other = change(signal(1)), change(signal(2, alert="b"))
    read = msgspec.structs.replace
    store.commit(read(one, read=(ReadTo("signals", 3, 0, 7),)))
    with pytest.raises(StaleError):
        store.commit(read(other, read=(ReadTo("signals", 3, 0, 9),)))
    with pytest.raises(StaleError):
        store.put_counts(CITY, [], read=[ReadTo("signals", 3, 6, 9)])
    assert [alert.id for alert in store.final()] == ["a1"]
    assert store.offsets() == {("signals", 3): 7}
    store.commit(read(other, read=(ReadTo("signals", 3, 7, 9),)))
    store.read_on([ReadTo("signals", 3, 9, 12), ReadTo("counts", 3, 0, 4)])
    assert store.offsets() == {("signals", 3): 12, ("counts", 3): 4}


def test_an_alert_comes_back_as_it_went_in(store: Store) -> None:
    one = change(signal(1))
    store.commit(one)
    assert store.alert("a1") == one.alerts[0]
    assert store.alert("b") is None
    assert store.alerts(["a1", "b"]) == {"a1": one.alerts[0]}


def test_a_later_change_replaces_the_alert(store: Store) -> None:
    store.commit(change(signal(1)))
    store.commit(change(signal(2, evidence=evidence(3, 40))))
    found = store.alert("a1")
    assert found is not None
    assert found.rank == 3
    assert len(store.board()) == 1


def test_the_cause_of_a_city_is_kept_and_never_goes_back(store: Store) -> None:
    assert store.last_cause(CITY) is None
    store.commit(change(signal(5, n=2)))
    assert store.last_cause(CITY) == Cause(0, 5, 2)
    with pytest.raises(StaleError):
        store.commit(change(signal(5, n=2, alert="b")))
    assert store.alert("b") is None
    store.commit(change(signal(1, epoch=1, alert="b")))
    assert store.last_cause(CITY) == Cause(1, 1, 0)
    assert store.last_cause("elsewhere") is None


def test_the_version_rises_with_every_commit_and_tells_what_changed(store: Store) -> None:
    assert store.version() == 0
    first = store.commit(change(signal(1), signal(2, alert="b")))
    second = store.commit(change(signal(3, alert="c")))
    assert 0 < first < second == store.version()
    assert [a.id for a in store.changed_since(0)] == ["a1", "b", "c"]
    assert [a.id for a in store.changed_since(first)] == ["c"]
    assert store.changed_since(second) == []


def test_the_board_shows_what_runs_by_rank_and_then_newest(store: Store) -> None:
    store.commit(
        change(
            signal(1, alert="old"),
            signal(2, alert="new", said_at=NOON + 5),
            signal(3, alert="red", evidence=evidence(3)),
            signal(4, alert="gone", state="over", over_at=NOON + HOUR),
        )
    )
    assert [a.id for a in store.board()] == ["red", "new", "old"]


def test_the_board_shows_what_ended_lately_when_asked(store: Store) -> None:
    store.commit(
        change(
            signal(1, alert="early", state="over", over_at=NOON),
            signal(2, alert="late", state="over", over_at=NOON + HOUR),
            signal(3, alert="runs"),
        )
    )
    assert {a.id for a in store.board(ended_since=NOON + 1)} == {"late", "runs"}
    assert {a.id for a in store.board(ended_since=0)} == {"early", "late", "runs"}


def test_what_nobody_was_told_of_is_on_no_board_but_in_the_final_list(store: Store) -> None:
    store.commit(change(signal(1, state="withdrawn"), signal(2, alert="b")))
    assert [a.id for a in store.board(ended_since=0)] == ["b"]
    assert [a.id for a in store.between(0, NOON + HOUR)] == ["b"]
    assert [a.id for a in store.final()] == ["a1", "b"]


def test_a_desk_sees_its_own_alerts(store: Store) -> None:
    store.commit(change(signal(1)))
    store.commit(change(signal(2, alert="b"), desk="eastern"))
    assert [a.id for a in store.board("eastern")] == ["b"]
    assert [a.id for a in store.between(0, NOON + 1, desk="county")] == ["a1"]


def test_between_reads_the_alerts_of_one_rule_alone(store: Store) -> None:
    store.commit(change(signal(1), signal(2, alert="b")))
    rule = signal(1).rule
    assert [a.id for a in store.between(0, NOON + 1, rule=rule)] == ["a1", "b"]
    assert store.between(0, NOON + 1, rule="another") == []


def test_between_is_half_open_and_goes_by_the_time_said(store: Store) -> None:
    store.commit(change(*(signal(i, alert=f"a{i}", said_at=NOON + i) for i in (3, 4, 5))))
    assert [a.id for a in store.between(NOON + 3, NOON + 5)] == ["a3", "a4"]


def test_many_alerts_are_found_at_once(store: Store) -> None:
    many = change(*(signal(i, alert=f"a{i:04}") for i in range(1, 2 * CHUNK)))
    store.commit(many)
    assert len(store.alerts(f"a{i:04}" for i in range(2 * CHUNK))) == 2 * CHUNK - 1
    assert [a.id for a in store.final()] == [a.id for a in many.alerts]


def test_notices_are_due_oldest_first_and_by_channel(store: Store) -> None:
    store.commit(change(signal(1), signal(2, alert="b"), channels=("line", "hook")))
    assert [n.alert_id for n in store.due("line", NOON)] == ["a1", "b"]
    assert [n.alert_id for n in store.due("hook", NOON, limit=1)] == ["a1"]
    assert store.due("line", NOON - 1) == []
    assert store.due("mail", NOON) == []


def test_a_notice_comes_back_as_it_went_in_and_keeps_its_receipt(store: Store) -> None:
    one = change(signal(1), channels=("line",))
    store.commit(one)
    assert store.notices_of("a1") == list(one.notices)
    sent = settled(one.notices[0], Receipt(NOON + 7, "accepted", "http 204"))
    store.record(sent)
    assert store.notices_of("a1") == [sent]
    assert store.due("line", NOON + HOUR) == []


def test_no_notice_overtakes_an_earlier_one_of_its_alert(store: Store) -> None:
    store.commit(change(signal(1), channels=("line",)))
    store.commit(change(signal(2), signal(3, alert="b"), channels=("line",)))
    first = store.due("line", NOON)[0]
    store.record(settled(first, Receipt(NOON, "failed", "no connection")))
    assert [n.alert_id for n in store.due("line", NOON)] == ["b"]
    later = store.due("line", NOON + HOUR)
    assert [n.id for n in later if n.alert_id == "a1"] == [first.id]


def test_a_desk_does_not_wait_for_what_another_desk_is_owed(store: Store) -> None:
    """Two desks may share a road: the old one's failed notice holds nothing back from the new one."""
    store.commit(change(signal(1), channels=("line",)))
    store.commit(change(signal(2), desk="eastern", channels=("line",)))
    store.record(settled(store.due("line", NOON)[0], Receipt(NOON, "failed", "no connection")))
    assert [n.desk for n in store.due("line", NOON)] == ["eastern"]


def test_a_clock_that_went_back_keeps_no_notice_waiting(store: Store) -> None:
    store.commit(change(signal(1), channels=("line",)))
    long_ago = NOON - 2 * WAIT_TOP_MS
    assert [n.alert_id for n in store.due("line", long_ago)] == ["a1"]


def test_dead_letters_are_counted_and_can_be_put_back(store: Store) -> None:
    store.commit(change(signal(1), signal(2, alert="b"), channels=("line",)))
    refused = settled(store.due("line", NOON)[0], Receipt(NOON, "refused", "http 400"))
    store.record(refused)
    assert [(b.channel, b.pending, b.dead, b.oldest_at) for b in store.backlog()] == [("line", 1, 1, NOON)]
    assert store.revive("line", NOON + 5) == 1
    assert [n.alert_id for n in store.due("line", NOON + 5)] == ["a1", "b"]
    revived = store.notices_of("a1")[0]
    assert (revived.attempts, revived.give_up_at) == (0, NOON + 5 + GIVE_UP_AFTER_MS)
    assert store.revive("line", NOON + 5) == 0


def test_the_same_notice_written_twice_is_one(store: Store) -> None:
    one = change(signal(1), channels=("line",))
    store.commit(one)
    store.commit(msgspec.structs.replace(one, cause=Cause(0, 9, 0), acts=()))
    assert len(store.notices_of("a1")) == 1


def test_a_change_made_from_an_older_alert_is_refused_whole(store: Store) -> None:
    first = store.commit(change(signal(1)))
    assert {i: version for i, (version, _) in store.known(["a1", "b"]).items()} == {"a1": first}
    second = store.commit(change(signal(2, evidence=evidence(3, 40))))
    late = msgspec.structs.replace(change(signal(3), signal(4, alert="b")), cause=None, was={"a1": first, "b": 0})
    with pytest.raises(ConflictError):
        store.commit(late)
    assert (store.version(), store.alert("b"), len(list(store.links()))) == (second, None, 2)
    store.commit(msgspec.structs.replace(late, was={"a1": second, "b": 0}))
    assert store.alert("b") is not None


def test_an_alert_that_should_be_new_and_is_there_is_a_conflict(store: Store) -> None:
    store.commit(change(signal(1)))
    with pytest.raises(ConflictError):
        store.commit(msgspec.structs.replace(change(signal(2)), was={"a1": 0}))


def test_every_act_is_a_link_behind_the_one_before(store: Store) -> None:
    assert store.last_link() is None
    store.commit(change(signal(1), signal(2, alert="b")))
    store.commit(Change(CITY, None, (), acts=(("", Missed(NOON, "abington", "crash", NOON - 9)),)))
    links = list(store.links())
    assert [(one.seq, one.alert, one.verb) for one in links] == [
        (1, "a1", "first"),
        (2, "b", "first"),
        (3, "", "missed"),
    ]
    assert verify(links, [], None, b"").faults == ()
    assert store.last_link() == links[-1]
    assert list(store.links(after=1)) == links[1:]
    assert store.links_of("b") == links[1:2]
    assert store.links_of("") == links[2:]


def test_a_change_without_a_cause_leaves_the_citys_cause(store: Store) -> None:
    store.commit(change(signal(5)))
    store.commit(Change(CITY, None, (), acts=(("", Missed(NOON, "abington", "crash", NOON)),)))
    assert store.last_cause(CITY) == Cause(0, 5, 0)


def test_the_store_says_which_alerts_a_clock_waits_for(store: Store) -> None:
    due = {"a1": NOON + 9, "b": NOON + 5}
    store.commit(msgspec.structs.replace(change(signal(1), signal(2, alert="b"), signal(3, alert="c")), due=due))
    assert [alert.id for _, alert in store.due_acts(NOON + 9)] == ["b", "a1"]
    assert [alert.id for _, alert in store.due_acts(NOON + 9, 1)] == ["b"]
    assert [alert.id for _, alert in store.due_acts(NOON + 5)] == ["b"]
    at = {i: version for i, (version, _) in store.known(["a1", "b", "c"]).items()}
    store.set_due({"b": (at["b"], 0), "c": (at["c"], NOON), "a1": (at["a1"] + 1, 0), "never-there": (0, 7)})
    assert [alert.id for _, alert in store.due_acts(NOON + 9)] == ["c", "a1"]
    store.set_due({})


def test_what_nobody_closed_is_owed_though_it_is_over(store: Store) -> None:
    store.commit(
        change(
            signal(1, alert="over", state="over", said_at=NOON - 5),
            signal(2, alert="runs"),
            signal(3, alert="gone", state="withdrawn"),
        )
    )
    assert [alert.id for _, alert in store.owed()] == ["over", "runs"]


def test_the_head_that_was_sent_last_is_kept(store: Store) -> None:
    assert store.last_head() is None
    heads = [Head(CITY, n, "00", NOON + n, "s") for n in (1, 2)]
    for head in (*heads, heads[0]):
        store.keep_head(head)
    assert store.last_head() in heads
    further = Head(CITY, 9, "00", NOON - 99, "s")  # the clock went back
    store.keep_head(further)
    assert store.last_head() == further
