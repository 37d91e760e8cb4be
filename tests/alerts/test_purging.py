"""What is kept no longer goes, with proof: the chain stays verifiable, and what somebody owes never goes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
import pytest

from alerts.acting import moved_by
from alerts.alert import Alert, Move
from alerts.chain import KEPT_LEAST_MS, Head, Mute, Purge, Unmute, decode, sign, verify
from alerts.database import DatabaseStore, PostgresStore, SqliteStore
from alerts.duty import NOBODY, Act
from alerts.notice import compose
from alerts.purging import BATCH, DAY_MS, Keep, Purger
from alerts.store import Change
from tests.alerts.signals import CITY, signal
from tests.postgres.fixtures import postgres

__all__ = ["postgres"]

KEY: Final = b"a city's key"
NOW: Final = 1_700_000_000_000
KEEP: Final = Keep(400 * DAY_MS, 200 * DAY_MS)
FRESH: Final = count(1)


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DatabaseStore]:
    made: DatabaseStore
    if request.param == "sqlite":
        made = SqliteStore(tmp_path / "alerts.sqlite")
    else:
        made = PostgresStore(request.getfixturevalue("postgres"), f"{CITY}-purged-{next(FRESH)}")
    yield made
    made.close()


def put(store: DatabaseStore, name: str, days_ago: int, *, closed: bool = True, state: str = "over") -> None:
    """An alert told so many days ago, over, and (unless it is still owed) closed an hour later."""
    at = NOW - days_ago * DAY_MS
    one = signal(1, alert=name, said_at=at, at=at, over_at=at + 1 if state == "over" else 0)
    alert = Alert(name, CITY, state, "county", 1, "yellow", at, one, (), NOBODY)  # type: ignore[arg-type]  # one of four
    acts = [Act("first", at, desk="county", role="engine", rank=1)]
    if closed:
        acts.append(Act("close", at + 3_600_000, desk="county", role="officer", outcome="confirmed"))
    for act in acts:
        alert = moved_by(alert, act)
    alert = msgspec.structs.replace(alert, moves=(Move(at, at, "first", "yellow", 5, "east"),))
    notice = msgspec.structs.replace(compose(alert, "first", "county", "county-mail", at), state="sent")
    store.commit(Change(CITY, None, (alert,), tuple((name, act) for act in acts), (notice,), was={name: 0}))


def send_head(store: DatabaseStore, days_ago: int) -> Head:
    last = store.last_link()
    assert last is not None
    head = sign(Head(CITY, last.seq, last.hash.hex(), NOW - days_ago * DAY_MS), KEY)
    store.keep_head(head)
    return head


def purger(store: DatabaseStore, keep: Keep = KEEP) -> Purger:
    return Purger(CITY, store, lambda: keep)


def test_what_is_old_and_owed_by_nobody_goes_with_its_notices_and_the_chain_says_so(store: DatabaseStore) -> None:
    put(store, "old", 500)
    put(store, "owed", 500, closed=False)
    put(store, "young", 10)
    head = send_head(store, 5)
    [done] = purger(store).run(NOW)
    assert done.alerts == ("old",)
    assert (done.before["alerts"], done.gone["alerts"], done.gone["notices"], done.gone["chain"]) == (3, 1, 1, 0)
    assert sorted(alert.id for alert in store.final()) == ["owed", "young"]
    assert store.notices_of("old") == []
    last = store.last_link()
    assert last is not None
    assert decode(last.body).act == done
    assert store.prove([head], KEY).faults == ()
    assert purger(store).plan(NOW).owed == 1
    assert purger(store).run(NOW) == []


def test_the_chain_is_cut_at_a_head_that_was_sent_and_what_remains_is_proven_against_it(store: DatabaseStore) -> None:
    put(store, "first", 600)
    put(store, "second", 590)
    old = send_head(store, 580)
    put(store, "third", 300)
    put(store, "fourth", 10)
    new = send_head(store, 1)
    done = purger(store).run(NOW)
    assert [(act.alerts, act.through) for act in done] == [(("first", "second"), 0), ((), old.seq)]
    assert store.first_seq() == old.seq + 1
    proof = store.prove([old, new], KEY)
    assert (proof.faults, proof.proven) == ((), new.seq)
    assert [head.seq for head in store.heads(9)] == [new.seq, old.seq]
    assert store.prove([new], KEY).faults != ()  # nobody outside vouches for where it begins
    assert store.prove([], KEY).faults == ()


def test_no_move_goes_before_six_months_are_over_whatever_the_city_says(store: DatabaseStore) -> None:
    put(store, "one", 170)
    head = send_head(store, 169)
    put(store, "last", 1)
    [done] = purger(store, Keep(90 * DAY_MS, 1)).run(NOW)
    assert (done.alerts, done.through) == (("one",), 0)
    later = NOW + 12 * DAY_MS
    [cut] = purger(store, Keep(90 * DAY_MS, 1)).run(later)
    assert (cut.through, later - head.at >= KEPT_LEAST_MS) == (head.seq, True)


def test_who_cuts_the_chain_too_early_and_writes_a_purge_for_it_is_found(store: DatabaseStore) -> None:
    put(store, "one", 20)
    head = send_head(store, 19)
    put(store, "last", 1)
    store.purge(CITY, Purge(NOW, {}, {}, ("one",), head.seq, head.hash))
    assert [fault.kind for fault in store.prove([head], KEY).faults] == ["missing"]


def test_who_deletes_the_beginning_without_a_word_is_found(store: DatabaseStore) -> None:
    put(store, "one", 500)
    head = send_head(store, 499)
    put(store, "last", 1)
    left = [link for link in store.links() if link.seq > head.seq]
    assert [fault.kind for fault in verify(left, [head], None, KEY).faults] == ["missing"]
    assert [fault.kind for fault in verify(left, [], None, KEY).faults] == ["missing"]


def test_an_alert_that_lies_again_where_it_was_purged_is_found(store: DatabaseStore) -> None:
    put(store, "old", 500)
    put(store, "young", 1)
    duties = {alert.id: alert.duty for alert in store.final()}
    purger(store).run(NOW)
    faults = verify(store.links(), [], duties, KEY).faults
    assert [(fault.kind, fault.alert) for fault in faults] == [("state", "old")]


@pytest.mark.parametrize(
    ("why", "entries"),
    [("no_head", []), ("mute", [Mute(NOW - 600 * DAY_MS, "m", "east", "traffic", NOW + DAY_MS, "works")])],
)
def test_the_chain_is_not_cut_where_something_needs_it_and_says_what(
    store: DatabaseStore, why: str, entries: list[Mute]
) -> None:
    store.commit(Change(CITY, None, (), tuple(("", one) for one in entries)))
    put(store, "old", 600)
    if entries:
        send_head(store, 590)
    put(store, "last", 1)
    purger(store).run(NOW)
    plan = purger(store).plan(NOW)
    assert (plan.cut, plan.why) == (None, why)
    if entries:
        store.commit(Change(CITY, None, (), (("", Unmute(NOW, "m")),)))
        assert purger(store).plan(NOW).cut is not None


def test_an_alert_that_still_stands_holds_the_chain(store: DatabaseStore) -> None:
    put(store, "owed", 600, closed=False)
    send_head(store, 590)
    put(store, "last", 1)
    assert purger(store).plan(NOW).why == "alerts"


def test_many_go_in_batches_and_each_alert_is_named_once(store: DatabaseStore) -> None:
    put(store, "a", 500)
    one, rows = store.alert("a"), BATCH + 3
    assert one is not None
    more = tuple(msgspec.structs.replace(one, id=f"a{n}", duty=NOBODY) for n in range(rows - 1))
    store.commit(Change(CITY, None, more, was={alert.id: 0 for alert in more}))
    put(store, "last", 1)
    done = purger(store).run(NOW)
    assert [len(act.alerts) for act in done] == [BATCH, 3]
    assert len({alert for act in done for alert in act.alerts}) == rows
    assert store.prove([], KEY).faults == ()


def test_a_plan_changes_nothing(store: DatabaseStore) -> None:
    put(store, "old", 500)
    put(store, "last", 1)
    before = store.rows()
    plan = purger(store).plan(NOW)
    assert (plan.gone["alerts"], store.rows()) == (1, before)


def test_one_that_was_moved_since_it_was_looked_at_stays(store: DatabaseStore) -> None:
    put(store, "old", 500)
    put(store, "last", 1)
    alert = store.alert("old")
    assert alert is not None
    reopen = Act("reopen", NOW, desk="county", role="officer", why="it was not over")
    store.commit(Change(CITY, None, (moved_by(alert, reopen),), (("old", reopen),)))
    assert not store.purge(CITY, Purge(NOW, {}, {}, ("old",)))
    assert store.alert("old") is not None
