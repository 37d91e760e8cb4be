"""A storm over a desk: how fast the board answers and how far its stream lags, how often the desk is interrupted.

    python -m benchmarks.storm [--alerts 5000] [--minutes 10] [--budget 12 | --unbounded] [--database postgresql://...]

One city on a store on the disk, its pages over a real server on this machine behind the gate. Alerts come in at an even
pace, three of them of the top rank; while they come, and for a minute with all of them there, the board is asked once a
second by a reader of the whole city, one stream of the board is open, and a robot is told as its limit allows.

It must show: at most budget + 3 first notices; never more than the robot's 20 messages a minute; every alert told or in
the digest; the board in 300 ms or less (p95); the stream 2 s behind at most.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import uvicorn

from alerts import hold
from alerts.access.accounts import FILE, Account, Accounts
from alerts.access.gate import Gate
from alerts.access.logins import Logins
from alerts.acting import Acting
from alerts.api.door import DutyCity
from alerts.api.service import Live, Service
from alerts.channels.register import open_channel
from alerts.console import create_app
from alerts.database import DatabaseStore, PostgresStore, SqliteStore
from alerts.desks import Channel, Desk
from alerts.handing import Handing
from alerts.lines import Lines
from alerts.outbox import Outbox
from alerts.room import DeskRoom
from streams.board import CityBoard
from streams.proving import Prover
from tests.alerts.robots import DingTalkRobot
from tests.alerts.signals import CITY, book, evidence, signal

SECRET: Final = b"SEC: sixteen bytes or more"
TOP: Final = 3
AREAS: Final = ("abington", "lower-merion", "ardmore", "montgomery")
COUNTY: Final = Desk(
    "county", {}, "America/New_York", ("montgomery",), ("incident",), (Channel("dingtalk", "dingtalk", "zh-CN"),),
    clocks={"red": 300_000},
)  # fmt: skip
REST_SECONDS: Final = 60
NUMBER: Final = "1001"


def wall() -> int:
    return time.time_ns() // 1_000_000


@dataclass
class Seen:
    """What was measured. Seconds."""

    board: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    rung: dict[int, float] = field(default_factory=dict)  # version of the board -> when it was rung


@dataclass(frozen=True)
class Place:
    store: DatabaseStore
    room: DeskRoom
    acting: Acting
    handing: Handing
    lines: Lines
    board: CityBoard


def place(store: DatabaseStore, budget: int | None) -> Place:
    desks = {"county": replace(COUNTY, budget=budget)}
    town = book(desks=book().desks[:1])
    acting = Acting(CITY, store, desks, TOP)
    room = DeskRoom(town, store, {"county": ["dingtalk"]}, desks=desks, mutes=acting.running_mutes)
    handing = Handing(CITY, store, lambda: desks, lambda: town, lambda: acting.mutes)
    lines = Lines(CITY, store, lambda: desks, lambda _: frozenset())
    return Place(store, room, acting, handing, lines, CityBoard(town, ("en", "zh-CN"), None, store))


@contextmanager
def served(at: Place, folder: Path) -> Iterator[tuple[int, str]]:
    """(port, token of a reader of the whole city)."""
    accounts = Accounts(folder / FILE)
    accounts.put(Account(NUMBER, ("supervisor",), {CITY: ("montgomery",)}, b"none", b"none"), wall())
    token = accounts.begin(NUMBER, "token", wall())
    city = DutyCity(
        book=lambda: at.room.book,
        store=at.store,
        acting=at.acting,
        handing=at.handing,
        now=wall,
        ring=at.board.ring,
        names_nobody=lambda _: True,
        feeds=at.board.feeds,
        refused=lambda _: None,
        city_now=at.board.now,
        judge=Prover(CITY, at.store, SECRET, (), wall),
    )
    live = Live(at.board.version, at.board.changed)
    service = Service({CITY: city}, {CITY: live}, accounts, Logins(accounts), wall, lambda: False)
    console = create_app({CITY: at.board}, service)
    config = uvicorn.Config(Gate(console, accounts, wall), port=0, log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield server.servers[0].sockets[0].getsockname()[1], token
    finally:
        console.state.streams.stop()
        server.should_exit = True
        thread.join(10)


def ask(port: int, token: str) -> float:
    """How long the board takes to its last byte, s."""
    begun = time.perf_counter()
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as line:
        line.request("GET", "/", headers={"authorization": f"Bearer {token}", "accept-language": "en"})
        answer = line.getresponse()
        body = answer.read()
    if answer.status != 200 or b"</html>" not in body:
        raise SystemExit(f"the board answered {answer.status}")
    return time.perf_counter() - begun


def listen(port: int, token: str, seen: Seen, stop: threading.Event) -> None:
    """Follow the board's stream; a part shows what was rung up to its version."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as line:
        line.request("GET", f"/events?city={CITY}", headers={"authorization": f"Bearer {token}"})
        answer = line.getresponse()
        while not stop.is_set():
            text = answer.readline()
            if text.startswith(b"id:"):
                now, shown = time.perf_counter(), int(text[3:])
                due = [version for version in list(seen.rung) if version <= shown]
                if due:
                    seen.lags.append(now - min(seen.rung.pop(version) for version in due))


def storm(at: Place, box: Outbox, seen: Seen, alerts: int, minutes: float, over: threading.Event) -> None:
    """The writer's thread: once a second what has come, clocks, notices, a ring."""
    reds = {alerts // 10, alerts // 2, alerts * 9 // 10}
    begun, said = time.perf_counter(), 0
    end = minutes * 60
    while not over.is_set():
        tick = time.perf_counter()
        until = min(alerts, int((tick - begun) / end * alerts))
        now = wall()
        fresh = [
            signal(
                n, alert=f"a{n}", rule=f"rule-{n % 7}", area=AREAS[n % 4], first=now - 600_000, said_at=now, at=now,
                evidence=evidence(TOP if n in reds else n % TOP),
            )
            for n in range(said + 1, until + 1)
        ]  # fmt: skip
        at.room.apply(fresh, now)
        at.handing.by_clock(now, frozenset())
        at.acting.by_clock(now, frozenset())
        at.lines.by_clock(now)
        box.deliver_due(now)
        said = until
        if fresh:
            at.board.ring()
            seen.rung[at.board.version()] = time.perf_counter()
        time.sleep(max(0.0, 1 - (time.perf_counter() - tick)))


def percentile(values: list[float], part: float) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[round(part * 100) - 1] if len(values) > 1 else 0.0


def ordeal(given: argparse.Namespace, folder: Path) -> bool:
    budget = None if given.unbounded else given.budget
    store: DatabaseStore
    store = PostgresStore(given.database, CITY) if given.database else SqliteStore(folder / "alerts.sqlite")
    seen, over, quiet = Seen(), threading.Event(), threading.Event()
    with ExitStack() as stack:
        stack.callback(store.close)
        robot = stack.enter_context(DingTalkRobot(SECRET))
        secrets = {"hook": robot.hook.encode(), "sign": SECRET}
        options: dict[str, str | bool] = {"hook": "hook", "private": True, "secret": "sign"}
        road = open_channel(
            "dingtalk", "dingtalk", options, language="zh-CN", folder=folder, secrets=secrets.__getitem__
        )
        at = place(store, budget)
        box = Outbox(store, {"dingtalk": road}, lambda _: at.room.book)
        port, token = stack.enter_context(served(at, folder))
        threads = [
            threading.Thread(target=listen, args=(port, token, seen, quiet), daemon=True),
            threading.Thread(target=storm, args=(at, box, seen, given.alerts, given.minutes, over)),
        ]
        for thread in threads:
            thread.start()
        end = time.perf_counter() + given.minutes * 60 + REST_SECONDS
        while time.perf_counter() < end:
            took = ask(port, token)
            seen.board.append(took)
            time.sleep(max(0.0, 1 - took))
        over.set()
        threads[1].join()
        quiet.set()
        box.close()
        return judged(store, seen, robot, given.alerts, budget)


def judged(store: DatabaseStore, seen: Seen, robot: DingTalkRobot, alerts: int, budget: int | None) -> bool:
    told = sum(n.reason == "first" for alert in store.final() for n in store.notices_of(alert.id))
    kept = [alert for _, alert in store.held()]
    grouped = sum(group.count for group in hold.digest(kept))
    late = seen.board[-REST_SECONDS // 2 :]  # with all of them there
    p95, p95_full, lag = percentile(seen.board, 0.95), percentile(late, 0.95), max(seen.lags, default=0.0)
    most = budget + 3 if budget is not None else alerts
    holds = {
        f"interrupted {told} times (at most {most})": told <= most,
        f"robot: {robot.most} messages in its fullest minute, {len(robot.refused)} refused": not robot.refused,
        f"{told} told and {grouped} in the digest of {alerts}": told + grouped == alerts == told + len(kept),
        f"board p95 {p95 * 1000:.0f} ms, with all of them there {p95_full * 1000:.0f} ms (300)": max(p95, p95_full)
        <= 0.3,
        f"stream at most {lag:.2f} s behind (2), {len(seen.lags)} parts": bool(seen.lags) and lag <= 2,
    }
    for words, right in holds.items():
        print(f"{words}: {'holds' if right else 'BROKEN'}")
    return all(holds.values())


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--alerts", type=int, default=5_000)
    words.add_argument("--minutes", type=float, default=10)
    words.add_argument("--budget", type=int, default=12)
    words.add_argument("--unbounded", action="store_true", help="a desk without budget: all of them run on the board")
    words.add_argument("--database", default="")
    given = words.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(not ordeal(given, Path(folder)))


if __name__ == "__main__":
    main()
