"""kill -9 while notices leave, around the send: what came through, what came twice, and whether the receipts agree.

    python -m benchmarks.delivery --kills 300

A life delivers from one store over a webhook, mail and the three robots. The parent is the other side: between two
lives it writes the notices of new alerts, and it kills each life at a random moment around a send: before it, after the
other side has heard and before it has answered, after its answer. The last life is left alone until nothing is owed.

It must show: no notice lost; what came twice was in doubt, on each road at most once a kill, and came under the same
id; every receipt "accepted" was heard; no robot was ever sent more than it takes a minute.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from alerts.channels.register import open_channel
from alerts.database import SqliteStore
from alerts.outbox import Outbox
from alerts.room import DeskRoom
from tests.alerts.mailserver import MailServer
from tests.alerts.receiver import Receiver
from tests.alerts.robots import DingTalkRobot, FeishuRobot, Robot, WeComRobot
from tests.alerts.signals import book, evidence, signal

SECRET: Final = b"SEC: sixteen bytes or more"
ROADS: Final = ("hook", "mail", "dingtalk", "wecom", "feishu")
ALERTS_A_LIFE: Final = 2
LIFE_SECONDS: Final = 1.0
LIVES: Final = multiprocessing.get_context("forkserver")
"""Lives are born of a process that has read the code and nothing else, so that each begins at once."""
LAST_LIFE_SECONDS: Final = 900
TURN_SECONDS: Final = 0.02


def wall() -> int:
    return time.time_ns() // 1_000_000


def child(path: Path, ways: dict[str, dict[str, Any]], alive: Connection) -> None:
    """A life: deliver until killed, or until nothing is owed any more."""
    channels = {
        name: open_channel(
            name,
            way["kind"],
            way,
            language="zh-CN",
            folder=path.parent,
            secrets=lambda wanted: SECRET if wanted == "sign" else wanted.removeprefix("is:").encode(),
        )
        for name, way in ways.items()
    }
    with closing(SqliteStore(path)) as store:
        box = Outbox(store, channels, lambda _: book())
        alive.send(True)
        while any(owed.pending for owed in store.backlog()):
            box.deliver_due(wall())
            time.sleep(TURN_SECONDS)
        box.close()


def born(path: Path, side: OtherSide) -> BaseProcess:
    """A life that has opened its store and is about to deliver."""
    here, there = LIVES.Pipe(duplex=False)
    with here, there:
        run = LIVES.Process(target=child, args=(path, side.ways(), there))
        run.start()
        here.recv()
    return run


@dataclass
class OtherSide:
    """All that a life can reach, and what it heard."""

    hook: Receiver
    mail: MailServer
    robots: dict[str, Robot]

    def heard(self) -> dict[str, list[str]]:
        """Road -> the ids under which messages came."""
        said = {name: [notice for notice, _ in list(robot.heard)] for name, robot in self.robots.items()}
        said["hook"] = [push.headers["Tocsin-Notice"] for push in list(self.hook.pushes)]
        said["mail"] = self.mail.ids
        return said

    def count(self) -> int:
        return sum(map(len, self.heard().values()))

    def ways(self) -> dict[str, dict[str, Any]]:
        ways: dict[str, dict[str, Any]] = {
            "hook": {"kind": "webhook", "url": f"http://127.0.0.1:{self.hook.port}/", "secret": "sign"},
            "mail": {"kind": "email", "host": "127.0.0.1", "port": self.mail.port, "tls": "none",
                     "sender": "tocsin@desk.example", "to": ("duty@desk.example",)},
        }  # fmt: skip
        for name, robot in self.robots.items():
            ways[name] = {"kind": name, "hook": f"is:{robot.hook}", "secret": "sign"}
        return {name: {**way, "private": True} for name, way in ways.items()}


def live(path: Path, side: OtherSide, dice: random.Random) -> None:
    """One life, killed around a send: within some milliseconds before or after the other side has heard one more."""
    before = side.count()
    run = born(path, side)
    try:
        sends = dice.randint(0, 3)
        until = time.monotonic() + LIFE_SECONDS
        while side.count() < before + sends and time.monotonic() < until:
            time.sleep(0.0005)
        time.sleep(dice.choice((0.0, 0.0, dice.uniform(0, 0.01), dice.uniform(0, 0.05))))
    finally:
        run.kill()
        run.join()


def last_life(path: Path, side: OtherSide) -> bool:
    """Left alone; whether it came to an end."""
    run = born(path, side)
    run.join(LAST_LIFE_SECONDS)
    run.kill()
    run.join()
    return run.exitcode == 0


def write(path: Path, life: int, dice: random.Random) -> None:
    """What the desk's room writes between two lives: some alerts, each told over every road."""
    with closing(SqliteStore(path)) as store:
        room = DeskRoom(book(), store, {"county": ROADS})
        first = 1 + life * ALERTS_A_LIFE
        said = [
            signal(n, alert=f"a{n}", evidence=evidence(dice.randint(0, 3))) for n in range(first, first + ALERTS_A_LIFE)
        ]
        room.apply(said, wall())


@dataclass(frozen=True)
class Verdict:
    """What the two sides say of one another."""

    kills: int
    notices: int = 0
    lost: int = 0
    doubled: int = 0
    doubled_most: int = 0  # on one road: a kill leaves at most one message a road in doubt
    other_id: int = 0  # came twice under different ids, or under one that no notice knows
    receipts_astray: int = 0
    unsent: int = 0
    refused: int = 0
    digests: int = 0
    most_a_minute: int = 0
    ended: bool = True

    @property
    def holds(self) -> bool:
        wrong = self.lost or self.other_id or self.receipts_astray or self.unsent or self.refused
        return self.ended and not wrong and self.doubled_most <= self.kills

    def line(self) -> str:
        return (
            f"{self.kills} kills, {self.notices} notices over {len(ROADS)} roads: lost {self.lost}; came twice"
            f" {self.doubled}, on one road at most {self.doubled_most}, under another id {self.other_id}; receipts that"
            f" nobody heard {self.receipts_astray}; unsent {self.unsent}; refused by robots {self.refused};"
            f" {self.digests} digests; most that a robot had in a minute {self.most_a_minute}:"
            f" {'holds' if self.holds else 'BROKEN'}"
        )


def judged(path: Path, side: OtherSide, kills: int, *, ended: bool) -> Verdict:
    """Every notice against what was heard: by its own id, or by that of the digest that held it."""
    with closing(SqliteStore(path)) as store:
        notices = [notice for alert in store.final() for notice in store.notices_of(alert.id)]
    heard = {road: Counter(ids) for road, ids in side.heard().items()}
    told = {n.id: heard[n.channel][n.digest or n.id] for n in notices}
    known = {road: {n.digest or n.id for n in notices if n.channel == road} for road in ROADS}
    doubles = [sum(times - 1 for times in said.values()) for said in heard.values()]
    return Verdict(
        kills=kills,
        notices=len(notices),
        lost=sum(not times for times in told.values()),
        doubled=sum(doubles),
        doubled_most=max(doubles),
        other_id=sum(len(heard[road].keys() - known[road]) for road in ROADS),
        receipts_astray=sum(not told[n.id] for n in notices if n.receipt and n.receipt.outcome == "accepted"),
        unsent=sum(n.state != "sent" for n in notices),
        refused=sum(len(robot.refused) for robot in side.robots.values()),
        digests=len({n.digest for n in notices if n.digest not in ("", n.id)}),
        most_a_minute=max(robot.most for robot in side.robots.values()),
        ended=ended,
    )


def ordeal(kills: int, seed: int, folder: Path) -> Verdict:
    """`kills` lives that end by SIGKILL, and one that ends by itself."""
    dice, path = random.Random(seed), folder / "alerts.sqlite"
    with ExitStack() as stack:
        robots: dict[str, Robot] = {
            "dingtalk": stack.enter_context(DingTalkRobot(SECRET)),
            "wecom": stack.enter_context(WeComRobot()),
            "feishu": stack.enter_context(FeishuRobot(SECRET)),
        }
        side = OtherSide(stack.enter_context(Receiver()), stack.enter_context(MailServer()), robots)
        for life in range(kills):
            write(path, life, dice)
            live(path, side, dice)
            if sys.stderr.isatty() or life % 25 == 0:
                sys.stderr.write(f"kill {life + 1} of {kills}, heard {side.count()}\n")
        ended = last_life(path, side)
        return judged(path, side, kills, ended=ended)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kills", type=int, default=300)
    words.add_argument("--seed", type=int, default=7)
    given = words.parse_args()
    LIVES.set_forkserver_preload(["benchmarks.delivery", "alembic.command"])  # all that a life reads, once
    with tempfile.TemporaryDirectory() as folder:
        verdict = ordeal(given.kills, given.seed, Path(folder))
    print(verdict.line())
    sys.exit(not verdict.holds)


if __name__ == "__main__":
    main()
