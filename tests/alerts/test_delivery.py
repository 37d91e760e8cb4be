"""Delivery that forgets nothing: order of urgency, stand-ins, digests, a road that is down for an hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.port import Channel, FakeChannel, Limits, Message, Outcome, Receipt
from alerts.channels.register import open_channel
from alerts.database import SqliteStore
from alerts.notice import BACKOFF_TOP_MS, tell
from alerts.outbox import Outbox
from alerts.room import DeskRoom
from alerts.store import MemoryStore, Store
from tests.alerts.mailserver import MailServer, free_port
from tests.alerts.receiver import Receiver
from tests.alerts.robots import WeComRobot
from tests.alerts.signals import HOUR, NOON, book, evidence, signal

MINUTE = 60_000
ROBOT = Limits(per_minute=20, text_bytes=4_096)


@pytest.fixture(params=[MemoryStore, SqliteStore])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    make: Callable[..., Store] = request.param
    made = make(tmp_path / "alerts.sqlite") if make is SqliteStore else make()
    yield made
    made.close()


def outbox(store: Store, *channels: Channel) -> Outbox:
    return Outbox(store, {channel.name: channel for channel in channels}, lambda city: book())


def say(
    store: Store, *ranks: int, channels: tuple[str, ...] = ("line",), standby: dict[str, int] | None = None,
    at: int = NOON, first: int = 1,
) -> None:  # fmt: skip
    """One alert a rank, called after its place."""
    desk = DeskRoom(book(), store, {"county": channels}, standby=standby)
    for n, rank in enumerate(ranks, first):
        desk.apply([signal(n, alert=f"a{n}", evidence=evidence(rank))], at)


def run(box: Outbox, seconds: int, since: int = NOON, *, every: int = 1) -> None:
    """The outbox as it is turned in service, once a second, or, where time is long, every so many."""
    for n in range(0, seconds, every):
        box.deliver_due(since + n * 1_000, wait_for_lanes=True)


class Down(FakeChannel):
    """Refuses every connection until `up_at`."""

    def __init__(self, name: str, up_at: int, *, limits: Limits = ROBOT) -> None:
        super().__init__(name, limits=limits)
        self.up_at = up_at

    def deliver(self, message: Message, at: int) -> Receipt:
        if at < self.up_at:
            return Receipt(at, "failed", "no connection", road=True)
        return super().deliver(message, at)


class Killed(FakeChannel):
    """The process dies once the other side has heard, before the receipt is kept."""

    def deliver(self, message: Message, at: int) -> Receipt:
        super().deliver(message, at)
        raise SystemExit


def alerts_of(messages: list[Message]) -> list[object]:
    return [message.alert["id"] for message in messages]


# urgency


def test_the_most_urgent_goes_first_and_among_equals_the_oldest(store: Store) -> None:
    say(store, 0, 3, 1, 3)
    line = FakeChannel("line")
    outbox(store, line).deliver_due(NOON, wait_for_lanes=True)
    assert alerts_of(line.heard) == ["a2", "a4", "a3", "a1"]


def test_what_asks_for_somebody_goes_before_what_lets_somebody_go(store: Store) -> None:
    say(store, 1)
    run(outbox(store, FakeChannel("line")), 1)
    room = DeskRoom(book(), store, {"county": ["line"]})
    room.apply([signal(2, alert="a1", state="over", over_at=NOON)], NOON)
    room.apply([signal(3, alert="b")], NOON)
    line = FakeChannel("line")
    outbox(store, line).deliver_due(NOON, wait_for_lanes=True)
    assert [(m.alert["id"], m.reason) for m in line.heard] == [("b", "first"), ("a1", "over")]


def test_an_earlier_notice_is_lent_the_urgency_of_what_waits_behind_it(store: Store) -> None:
    """Nothing overtakes within an alert: else its red would wait until every orange of the city has been told."""
    say(store, 0, 2)
    DeskRoom(book(), store, {"county": ["line"]}).apply([signal(9, alert="a1", evidence=evidence(3, 40))], NOON)
    line = FakeChannel("line")
    run(outbox(store, line), 2)
    assert [(m.alert["id"], m.reason) for m in line.heard] == [("a1", "first"), ("a2", "first"), ("a1", "worse")]


def test_after_an_hour_without_a_road_all_arrive_in_order_of_urgency_and_nobody_else_waited(store: Store) -> None:
    down, line = Down("down", NOON + HOUR, limits=Limits()), FakeChannel("line")
    box = outbox(store, down, line)
    ranks = [0, 2, 1, 3, 0, 2]
    for n, rank in enumerate(ranks, 1):  # they come in one by one while the road is down
        say(store, rank, channels=("down", "line"), at=NOON + n * MINUTE, first=n)
        run(box, 60, NOON + n * MINUTE, every=10)
        assert len(line.heard) == n
    assert down.heard == []
    for n in range(0, 4_000, 20):
        box.deliver_due(NOON + 10 * MINUTE + n * 1_000, wait_for_lanes=True)
    assert [m.alert["rank"] for m in down.heard] == sorted(ranks, reverse=True)


def test_a_notice_that_alone_fails_keeps_the_less_urgent_waiting_for_a_moment_only(store: Store) -> None:
    say(store, 3, *[0] * 10)

    class Chokes(FakeChannel):
        def deliver(self, message: Message, at: int) -> Receipt:
            if message.alert["id"] == "a1":
                return Receipt(at, "failed", "http 500")
            return super().deliver(message, at)

    line = Chokes("line")
    run(outbox(store, line), 3)
    assert len(line.heard) == 10


# stand-ins


def states(store: Store, alert: str = "a1") -> dict[str, str]:
    return {notice.channel: notice.state for notice in store.notices_of(alert)}


def test_a_stand_in_says_nothing_while_what_it_covers_is_heard(store: Store) -> None:
    say(store, 1, channels=("mail", "robot"), standby={"robot": 5 * MINUTE})
    assert states(store) == {"mail": "pending", "robot": "standby"}
    mail, robot = FakeChannel("mail"), FakeChannel("robot")
    run(outbox(store, mail, robot), 600, every=10)
    assert (len(mail.heard), robot.tried) == (1, [])
    assert states(store) == {"mail": "sent", "robot": "spared"}
    assert store.backlog() == []


def test_a_stand_in_speaks_where_the_other_was_not_heard_in_time(store: Store) -> None:
    say(store, 1, channels=("mail", "robot"), standby={"robot": 5 * MINUTE})
    mail, robot = Down("mail", NOON + HOUR), FakeChannel("robot")
    box = outbox(store, mail, robot)
    run(box, 300, every=10)
    assert robot.tried == []
    run(box, 2, NOON + 5 * MINUTE)
    assert len(robot.heard) == 1
    run(box, 600, NOON + HOUR, every=10)
    assert len(mail.heard) == 1
    assert states(store) == {"mail": "sent", "robot": "sent"}


def test_a_stand_in_speaks_at_once_where_the_other_is_a_dead_letter(store: Store) -> None:
    say(store, 1, channels=("mail", "robot"), standby={"robot": 5 * MINUTE})
    mail, robot = FakeChannel("mail", script=["refused"]), FakeChannel("robot")
    run(outbox(store, mail, robot), 2)
    assert len(robot.heard) == 1
    assert states(store) == {"mail": "dead", "robot": "sent"}


def test_stand_ins_in_a_row_take_over_from_one_another_and_are_spared_together(store: Store) -> None:
    ways = ("mail", "robot", "hook")
    standby = {"robot": 5 * MINUTE, "hook": 10 * MINUTE}
    say(store, 1, 1, channels=ways, standby=standby)
    mail, robot, hook = Down("mail", NOON + MINUTE), FakeChannel("robot"), FakeChannel("hook")
    run(outbox(store, mail, robot, hook), 200, every=10)
    assert (len(mail.heard), robot.tried, hook.tried) == (2, [], [])
    assert states(store) == {"mail": "sent", "robot": "spared", "hook": "spared"}
    say(store, 1, channels=ways, standby=standby, first=3)
    box = outbox(store, Down("mail", NOON + HOUR), Down("robot", NOON + HOUR), hook)
    run(box, 899, every=10)
    assert hook.tried == []
    run(box, 5, NOON + 15 * MINUTE)
    assert len(hook.heard) == 1


def test_a_stand_in_that_fails_goes_on_trying_until_one_of_both_is_heard(store: Store) -> None:
    say(store, 1, channels=("mail", "robot"), standby={"robot": MINUTE})
    mail, robot = Down("mail", NOON + 2 * MINUTE), Down("robot", NOON + HOUR)
    box = outbox(store, mail, robot)
    run(box, 100, every=10)
    assert states(store) == {"mail": "pending", "robot": "pending"}
    run(box, 300, NOON + 2 * MINUTE, every=10)
    assert states(store) == {"mail": "sent", "robot": "spared"}


def test_a_channel_that_stands_in_for_none_is_told_like_any_other() -> None:
    one = DeskRoom(book(), MemoryStore(), {}).apply([signal(1)], NOON)[0]
    assert [n.state for n in tell(one, "first", "county", ["robot"], {"robot": MINUTE}, NOON)] == ["pending"]


# budgets and digests


def test_a_few_notices_go_one_by_one(store: Store) -> None:
    say(store, *[1] * 10)
    robot = FakeChannel("line", limits=ROBOT)
    run(outbox(store, robot), 10)
    assert len(robot.heard) == 10
    assert not any(m.holds for m in robot.heard)


def test_what_is_over_the_budget_goes_together_in_a_digest(store: Store) -> None:
    say(store, *[1] * 50)
    robot = FakeChannel("line", limits=ROBOT)
    run(outbox(store, robot), 30)
    [digest] = robot.heard
    assert digest.title == "50 notices at once, up to Yellow: most urgent first"
    assert len(digest.text.splitlines()) == len(digest.holds) == 50
    assert {n.state for n in store.notices_of("a50")} == {"sent"}


def test_a_digest_cuts_no_line_and_keeps_within_its_bytes(store: Store) -> None:
    say(store, *[n % 4 for n in range(200)])
    robot = FakeChannel("line", "zh-CN", limits=Limits(20, 1_000))
    run(outbox(store, robot), 240, every=2)
    digests = [m for m in robot.heard if m.holds]
    assert {len(m.holds) == len(m.text.splitlines()) for m in digests} == {True}
    assert max(len(f"{m.title}\n{m.text}".encode()) for m in digests) <= 1_000
    told = [i for m in robot.heard for i in (m.holds or (m.id,))]
    assert len(told) == len(set(told)) == 200
    assert digests[0].text.startswith("红色预警")


def test_a_digest_in_doubt_is_repeated_whole_with_the_same_id(store: Store) -> None:
    say(store, *[1] * 30)
    robot = FakeChannel("line", limits=ROBOT, script=["in_doubt"])
    box = outbox(store, robot)
    run(box, 1)
    say(store, 1, first=31)  # comes between the two tries, and goes its own way
    run(box, 60, NOON + 1_000)
    first, again = [m for m in robot.tried if m.holds][:2]
    assert (first.id, first.holds) == (again.id, again.holds)
    told = [i for m in robot.heard for i in (m.holds or (m.id,))]
    assert len(set(told)) == 31
    assert len(told) - len(set(told)) == len(first.holds)


def test_what_left_by_itself_and_is_in_doubt_goes_into_no_digest(tmp_path: Path) -> None:
    """Found by 10 kills around the send: it would come a second time under the digest's id."""
    path = tmp_path / "alerts.sqlite"
    store, robot = SqliteStore(path), FakeChannel("line", limits=ROBOT)
    say(store, 1, 1)
    dying = Killed("line", limits=ROBOT)
    with pytest.raises(SystemExit):
        run(outbox(store, dying), 1)
    say(store, *[1] * 30, first=3)
    store.close()
    store = SqliteStore(path)
    run(outbox(store, robot), 120, NOON + 1_000)
    store.close()
    [doubted] = dying.heard
    assert [m.id for m in robot.heard].count(doubted.id) == 1
    assert all(doubted.id not in m.holds for m in robot.heard)


def test_a_digest_once_in_doubt_stays_itself_though_its_next_try_surely_fails(store: Store) -> None:
    """Else what the first try brought would come a second time under another id."""
    say(store, *[1] * 30)
    robot = FakeChannel("line", limits=ROBOT, script=["in_doubt", "failed"])
    run(outbox(store, robot), 90)
    digests = [m for m in robot.tried if m.holds]
    assert [d.id for d in digests] == [digests[0].id] * 3
    assert store.backlog() == []


def test_what_a_digest_surely_did_not_bring_is_free_to_go_another_way(store: Store) -> None:
    say(store, *[1] * 30)
    robot = FakeChannel("line", limits=ROBOT, script=["refused"])
    run(outbox(store, robot), 60)
    assert store.backlog() == []
    assert {n.state for i in range(1, 31) for n in store.notices_of(f"a{i}")} == {"sent"}


def test_a_restart_gives_no_new_budget(tmp_path: Path) -> None:
    """Each life lasts a second, and has one notice to tell."""
    came: list[int] = []

    class Counts(FakeChannel):
        def deliver(self, message: Message, at: int) -> Receipt:
            came.append(at)
            return super().deliver(message, at)

    robot = Counts("line", limits=ROBOT)
    for life in range(60):
        store = SqliteStore(tmp_path / "alerts.sqlite")
        at = NOON + life * 1_000
        say(store, 1, first=life + 1, at=at)
        run(outbox(store, robot), 1, at)
        store.close()
    assert len(came) >= 10
    for last in came:
        assert sum(last - MINUTE < at <= last for at in came) <= 20


def test_a_ban_for_too_many_messages_rests_the_lane_for_as_long_as_it_holds(store: Store) -> None:
    say(store, 1, 1)
    banned = Receipt(NOON, "failed", "errcode 130101", 10 * MINUTE, road=True)

    class Banned(FakeChannel):
        def deliver(self, message: Message, at: int) -> Receipt:
            return super().deliver(message, at) if self.tried or self.heard else self._ban(message)

        def _ban(self, message: Message) -> Receipt:
            self.tried.append(message)
            return banned

    robot = Banned("line", limits=ROBOT)
    box = outbox(store, robot)
    run(box, 599, every=10)
    assert len(robot.tried) == 1
    run(box, 5, NOON + 10 * MINUTE)
    assert len(robot.heard) == 2


@given(
    script=st.lists(st.sampled_from(("accepted", "failed", "in_doubt", "refused")), max_size=40),
    ranks=st.lists(st.integers(0, 3), min_size=1, max_size=60),
)
def test_whatever_fails_every_notice_of_a_robot_is_told_or_a_dead_letter(
    script: list[Outcome], ranks: list[int]
) -> None:
    store, robot = MemoryStore(), FakeChannel("line", script=script, limits=Limits(20, 400))
    say(store, *ranks)
    box = outbox(store, robot)
    for n in range(300):
        box.deliver_due(NOON + n * BACKOFF_TOP_MS // 20, wait_for_lanes=True)
    notices = [n for i in range(1, len(ranks) + 1) for n in store.notices_of(f"a{i}")]
    told = {i for m in robot.heard for i in (m.holds or (m.id,))}
    assert {n.id for n in notices if n.state == "sent"} <= told
    assert {n.state for n in notices} <= {"sent", "dead"}
    assert sum(n.state == "dead" for n in notices) <= script.count("refused")


# an hour's outage over real doors


def test_mail_and_webhook_down_for_an_hour_arrive_afterwards_in_order_and_the_robot_stood_in(tmp_path: Path) -> None:
    port, hook_port = free_port(), free_port()
    secrets = {"hook": b"sixteen bytes or more"}
    with WeComRobot(clock=lambda: NOON) as robot, closing(SqliteStore(tmp_path / "alerts.sqlite")) as store:
        secrets["robot"] = robot.hook.encode()
        mail = {"host": "127.0.0.1", "port": port, "tls": "none", "sender": "t@desk.example", "to": ("d@desk.example",)}
        hook = {"url": f"http://127.0.0.1:{hook_port}/", "secret": "hook"}
        ways: dict[str, dict[str, Any]] = {"webhook": hook, "email": mail, "wecom": {"hook": "robot"}}
        roads = [
            open_channel(kind, kind, {**way, "private": True}, language="en", folder=tmp_path,
                         secrets=secrets.__getitem__)
            for kind, way in ways.items()
        ]  # fmt: skip
        ranks = [0, 2, 3, 1, 2, 0, 3]
        say(store, *ranks, channels=("webhook", "email", "wecom"), standby={"wecom": 5 * MINUTE})
        box = outbox(store, *roads)
        run(box, 3_600, every=60)
        assert len(robot.heard) == len(ranks)
        with MailServer(port=port) as server, Receiver(port=hook_port) as receiver:
            run(box, 60, NOON + HOUR + BACKOFF_TOP_MS, every=2)
            got = [msgspec.json.decode(push.body)["alert"]["rank"] for push in receiver.pushes]
            assert got == sorted(ranks, reverse=True)
            colours = [str(letter["Subject"]).partition(":")[0] for letter in server.mails]
            assert colours == ["Red", "Red", "Orange", "Orange", "Yellow", "Blue", "Blue"]
        assert store.backlog() == []
