"""5,000 alerts in 10 minutes: the robots' limits hold, nothing is dropped, the most urgent is told first."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from alerts.channels.port import Channel
from alerts.channels.register import open_channel
from alerts.database import SqliteStore
from alerts.outbox import Outbox
from alerts.room import DeskRoom
from rules.signals import Signal
from tests.alerts.robots import DingTalkRobot, FeishuRobot, Robot, WeComRobot
from tests.alerts.signals import NOON, book, evidence, signal

A_MINUTE: Final = 500
SECRET: Final = b"SEC: sixteen bytes or more"
GAP: Final = 8
"""Seconds between two digests, and a turn: so long a red alert waits at most."""


@pytest.mark.parametrize("minutes", [2, pytest.param(10, marks=[pytest.mark.nightly, pytest.mark.timeout(1_200)])])
def test_in_a_storm_the_limits_of_robots_hold_and_every_alert_is_told_with_its_colour_and_place(
    tmp_path: Path, minutes: int
) -> None:
    now, every = [NOON], minutes * A_MINUTE
    top = {every // 5, every // 2, every * 4 // 5}
    with ExitStack() as stack:
        robots: dict[str, Robot] = {
            "dingtalk": stack.enter_context(DingTalkRobot(SECRET, clock=lambda: now[0])),
            "wecom": stack.enter_context(WeComRobot(clock=lambda: now[0])),
            "feishu": stack.enter_context(FeishuRobot(SECRET, clock=lambda: now[0])),
        }
        store = SqliteStore(tmp_path / "alerts.sqlite")
        stack.callback(store.close)
        box = Outbox(store, {name: road(name, robot) for name, robot in robots.items()}, lambda city: book())
        room = DeskRoom(book(), store, {"county": tuple(robots)})
        said = 0
        while said < every or store.backlog():
            now[0] += 2_000
            until = min(every, (now[0] - NOON) * A_MINUTE // 60_000)
            fresh = [one(n, top) for n in range(said + 1, until + 1)]
            room.apply(fresh, now[0])
            said += len(fresh)
            box.deliver_due(now[0], wait_for_lanes=True)
            assert now[0] < NOON + 2 * minutes * 60_000
        for name, robot in robots.items():
            assert robot.refused == []
            assert robot.most <= 20
            lines = [line for _, text in robot.heard for line in told(text)]
            assert len(lines) == every
            assert all(line.endswith("预警：下梅里恩，车辆事故") for line in lines)
            assert max(len(text.encode()) for _, text in robot.heard) <= 4_096
            assert sum(line.startswith("红色") for line in lines) == len(top), name
        notices = [notice for n in range(1, every + 1) for notice in store.notices_of(f"a{n}")]
        assert {notice.state for notice in notices} == {"sent"}
        for n in top:
            for notice in store.notices_of(f"a{n}"):
                assert notice.receipt is not None
                assert notice.receipt.at - notice.created_at <= GAP * 1_000


def road(kind: str, robot: Robot) -> Channel:
    secrets = {"hook": robot.hook.encode(), "sign": SECRET}
    options: dict[str, str | bool] = {"hook": "hook", "private": True, "secret": "" if kind == "wecom" else "sign"}
    return open_channel(kind, kind, options, language="zh-CN", folder=Path(), secrets=secrets.__getitem__)


def one(n: int, top: set[int]) -> Signal:
    rank = 3 if n in top else n % 3
    return signal(n, alert=f"a{n}", evidence=evidence(rank))


def told(text: str) -> list[str]:
    """The lines of a message that tell of an alert each: its title, or, of a digest, each but the title."""
    lines = text.splitlines()
    return lines[1:] if lines[0].startswith("汇总") else lines[:1]
