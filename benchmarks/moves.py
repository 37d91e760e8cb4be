"""kill -9 around the transaction of a move: is it in the chain once or not at all, and do the notices agree?

    python -m benchmarks.moves --kills 300 [--seed 7]

A life holds a store and makes the moves that it is asked for, one after the other, and between them signals that worsen
an alert. The parent asks, and kills it at a random moment around the commit: before it, in it, after it and before the
answer, after the answer. The next life is asked for the same move under the same key, as a page does without an answer.

It must show: no move that was answered is missing; none is there twice; the proof of `tocsin verify` finds the chain
whole and every alert where its moves took it; the notices are exactly those that the entries owe.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Final

from alerts.acting import Acting
from alerts.chain import decode
from alerts.database import SqliteStore
from alerts.desks import Channel, Desk
from alerts.duty import Act, MoveRefused, Verb
from alerts.room import DeskRoom
from tests.alerts.signals import CITY, NOON, book, evidence, signal

LIVES: Final = multiprocessing.get_context("forkserver")
ALERTS: Final = 6
MOVES_A_LIFE: Final = 3
TOP: Final = 3
PATIENCE_SECONDS: Final = 60
DESKS: Final = {
    "county": Desk(
        "county", {}, "UTC", ("montgomery",), ("incident",), (Channel("line", "jsonlines", "en"),), "region"
    ),
    "region": Desk("region", {}, "UTC", ("montgomery",), ("incident",), (Channel("above", "jsonlines", "en"),)),
}
VERBS: Final[tuple[Verb, ...]] = ("take", "leave", "raise", "close", "reopen", "note")


@dataclass(frozen=True)
class Asked:
    """One move that is wished, or (verb "worse") a signal."""

    n: int
    alert: str
    verb: Verb

    @property
    def act(self) -> Act:
        found = {"close": "confirmed"}.get(self.verb, "")
        return Act(
            self.verb, NOON + self.n, account="1001", desk="county", role="officer", key=f"k{self.n}",
            outcome="confirmed" if found else "", note="seen" if self.verb == "note" else "",
        )  # fmt: skip


def child(path: Path, line: Connection) -> None:
    """A life: does what it is asked for, and answers when it is committed."""
    with closing(SqliteStore(path)) as store:
        acting = Acting(CITY, store, DESKS, TOP)
        room = DeskRoom(book(desks=book().desks[:1]), store, {"county": ["line"], "region": ["above"]}, desks=DESKS)
        line.send("born")
        while (asked := line.recv()) is not None:
            line.send(done(asked, acting, room))


def done(asked: Asked, acting: Acting, room: DeskRoom) -> str:
    if asked.verb == "worse":  # the same signal twice is one: its cause is known
        rank = min(TOP, 1 + asked.n // 40)
        room.apply([signal(asked.n, alert=asked.alert, evidence=evidence(rank))], NOON + asked.n)
        return "heard"
    try:
        acting.by_hand(asked.alert, asked.act)
    except MoveRefused:
        return "refused"
    return "made"


def born(path: Path) -> tuple[BaseProcess, Connection]:
    here, there = LIVES.Pipe()
    run = LIVES.Process(target=child, args=(path, there))
    run.start()
    there.close()
    if not here.poll(PATIENCE_SECONDS) or here.recv() != "born":
        raise SystemExit("a life did not begin")
    return run, here


def wished(n: int, dice: random.Random) -> Asked:
    return Asked(n, f"a{dice.randrange(ALERTS)}", "worse" if dice.random() < 0.2 else dice.choice(VERBS))


@dataclass(frozen=True)
class Verdict:
    kills: int
    answered: int
    entries: int
    lost: int
    doubled: int
    faults: int
    notices: int
    astray: int  # notices that no entry owes, or that one owes and are not there

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.faults or self.astray) and self.answered > 0 and self.notices > 0

    def line(self) -> str:
        return (
            f"{self.kills} kills, {self.answered} moves answered, {self.entries} entries: lost {self.lost}, twice"
            f" {self.doubled}; faults of the chain {self.faults}; {self.notices} notices, astray {self.astray}:"
            f" {'holds' if self.holds else 'BROKEN'}"
        )


def ordeal(kills: int, seed: int, path: Path) -> Verdict:
    """`kills` lives that end by SIGKILL around a move, and one that ends by itself."""
    dice = random.Random(seed)
    with closing(SqliteStore(path)) as store:
        room = DeskRoom(book(desks=book().desks[:1]), store, {"county": ["line"]}, desks=DESKS)
        room.apply([signal(i + 1, alert=f"a{i}", evidence=evidence(1)) for i in range(ALERTS)], NOON)
    made: set[str] = set()
    n, open_wish = 100, None
    for life in range(kills + 1):
        run, line = born(path)
        try:
            for move in range(MOVES_A_LIFE):
                if open_wish is None:
                    n += 1
                    open_wish = wished(n, dice)
                line.send(open_wish)
                if life < kills and move == MOVES_A_LIFE - 1:
                    time.sleep(dice.choice((0.0, dice.uniform(0, 0.003), dice.uniform(0, 0.02))))
                    break
                if line.recv() == "made":
                    made.add(f"k{open_wish.n}")
                open_wish = None
        finally:
            run.kill()
            run.join()
            while line.poll():  # what it had answered before it died
                try:
                    said = line.recv()
                except (EOFError, OSError):
                    break
                if open_wish is not None:
                    made |= {f"k{open_wish.n}"} if said == "made" else set()
                    open_wish = None
            line.close()
    return judged(path, kills, made)


def judged(path: Path, kills: int, made: set[str]) -> Verdict:
    with closing(SqliteStore(path)) as store:
        proof = store.prove([], b"")
        acts = [(one.alert, act) for one in store.links() if isinstance(act := decode(one.body).act, Act)]
        notices = [notice for alert in store.final() for notice in store.notices_of(alert.id)]
    keys = Counter(act.key for _, act in acts if act.key)
    written: Counter[tuple[str, str, str]] = Counter((one.alert_id, one.reason, one.desk) for one in notices)
    owed = owed_by(acts)
    return Verdict(
        kills=kills,
        answered=len(made),
        entries=proof.entries,
        lost=len(made - keys.keys()),
        doubled=sum(times - 1 for times in keys.values()),
        faults=len(proof.faults),
        notices=len(notices),
        astray=sum(((written - owed) + (owed - written)).values()),
    )


def owed_by(acts: list[tuple[str, Act]]) -> Counter[tuple[str, str, str]]:
    """What the entries owe, told by hand: every desk that knows hears the engine; a desk above hears of the alert when
    it is raised to it; whoever was asked last is reminded when nobody has it any more; several who were asked hear once
    that somebody has it."""
    owed: Counter[tuple[str, str, str]] = Counter()
    above: dict[str, list[str]] = {}
    free: set[str] = set()  # alerts that nobody has
    closed: set[str] = set()
    for alert, act in acts:
        told = ["county", *above.get(alert, ())]
        if act.role == "engine":
            owed.update((alert, act.verb, desk) for desk in told)
            if act.verb == "first" or (act.verb == "worse" and alert in closed):
                above[alert] = []
                free.add(alert)
                closed.discard(alert)
        elif act.verb == "raise":
            above.setdefault(alert, []).append(act.to)
            owed[alert, "first", act.to] += 1
            free.add(alert)
        elif act.verb in ("take", "close"):
            owed.update((alert, "taken", desk) for desk in told if alert in free and len(told) > 1)
            free.discard(alert)
            if act.verb == "close":
                closed.add(alert)
        elif act.verb in ("leave", "reopen"):
            free.add(alert)
            closed.discard(alert)
            owed[alert, "reminder", told[-1]] += 1
    return owed


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--kills", type=int, default=300)
    words.add_argument("--seed", type=int, default=7)
    given = words.parse_args()
    LIVES.set_forkserver_preload(["alerts.database", "alerts.room", "tests.alerts.signals"])
    with tempfile.TemporaryDirectory() as folder:
        verdict = ordeal(given.kills, given.seed, Path(folder) / "alerts.sqlite")
    print(verdict.line())
    sys.exit(not verdict.holds)


if __name__ == "__main__":
    main()
