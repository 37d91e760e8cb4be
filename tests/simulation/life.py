"""Lives a script: pushes, waits, kills and starts again, until everything that was sent is answered for."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from random import Random

from msgspec import structs

from alerts.channels.port import Limits
from rules.records import Blind, Down, Order
from streams import past
from streams.push import EventAnswer
from streams.simulate import make
from tests.simulation import script, town
from tests.simulation.clock import MachineTime, told_by
from tests.simulation.lived import Lived
from tests.simulation.machine import Machine
from tests.simulation.outside import Body, Habits, Killed, Road
from tests.simulation.script import (
    Fill,
    Give,
    Kill,
    Pause,
    Push,
    Restart,
    SetClock,
    Step,
    UseRules,
    Wait,
)
from tests.system.disk import FULL, OK, Op, laid_under_sqlite

MOST_TRIES = 40
MOST_DELIVERIES = 200
BELIEVED_MS = 62_000
"""A clock that is set wrong by a minute is believed; and a rule set that is put in force ticks on."""


class Life:
    def __init__(self, seed: int, root: Path) -> None:
        dice = Random(seed)
        self.weather = script.weather(dice)
        folders = [root / f"town-{n}" for n in range(2)]
        for n, folder in enumerate(folders):
            town.lay(folder, Random(seed), self.weather.body_ms)
            if n:
                town.change(folder, Random(seed + 1))
        self.towns = tuple(town.town_of(folder) for folder in folders)
        first = self.towns[0]
        made = make(first, seed, script.BEGIN, self.weather.days, script.plan(self.weather, dice))
        self.steps = script.script(self.weather, made, first, dice)
        self.time = MachineTime(script.BEGIN)
        failing = 0.2 if self.weather.has("roads") else 0.0
        roads = [Road(channel.name, dice, failing) for desk in first.desks for channel in desk.channels]
        if seed % 2:  # as a robot's: digests, and a budget that kills and wrong clocks have no part in
            for road in roads:
                road.limits = Limits(per_minute=4, text_bytes=600)
        habits = Habits(dice.choice((20, 100, 500)), dice.choice((10, 20, 60)) * script.MINUTE, self.weather.kind)
        self._stack = ExitStack()
        self._stack.enter_context(told_by(self.time))
        disk = None
        if self.weather.has("power") or self.weather.has("full"):
            disk = self._stack.enter_context(laid_under_sqlite())
            disk.fault = self._disk_says
        self.machine = Machine(first, root, self.time, habits, roads, dice, disk)
        self.lived = Lived(seed, self.weather, first, self.towns, made, self.steps, self.machine)
        self._full = False
        self._trusts_its_clock = True  # as long as no process began under a wrong one
        self._tick = 0
        self._dice = dice

    def live(self) -> Lived:
        with self._stack:
            self._up()
            for step in self.steps:
                self._take(step)
                self._look_at_the_tick()
            self._settle()
            self.lived.alerts = list(self.machine.process.store.final())
            self.lived.notices = [n for a in self.lived.alerts for n in self.machine.process.store.notices_of(a.id)]
            self.machine.stop()
        return self.lived

    # steps

    def _look_at_the_tick(self) -> None:
        ahead = self.machine.process.shard.tick - self.time.at
        if self.weather.kind == "wall" and self._trusts_its_clock and ahead > BELIEVED_MS:
            self.lived.ran_ahead.append(ahead)

    def _take(self, step: Step) -> None:  # noqa: C901, PLR0912 - one case a step
        machine = self.machine
        if isinstance(step, Push):
            self._at(step.at)
            self._push(step)
        elif isinstance(step, Wait):
            self._at(step.at)
            self._tick_to(step.at)
        elif isinstance(step, Kill):
            self._kill(step)
        elif isinstance(step, Restart):
            if self._full:
                return
            try:
                machine.stop()
            except Killed:
                self._dead()
            if step.flips:
                _flip(self.lived.journal, self._dice)
            if step.loses:
                machine.lose_the_desk()
            self.time.at += step.later
            self._up()
        elif isinstance(step, SetClock):
            self.time.frozen_at = self.time.at if step.freezes else None
            self.time.wrong = step.wrong
            self._turn()
        elif isinstance(step, Pause):
            self.time.at += step.ms
            self._turn()
        elif isinstance(step, Give):
            self._order(step.order)
        elif isinstance(step, UseRules):
            if not self._full:
                self._use(step)
        elif isinstance(step, Fill):
            self._full = step.full
            if not step.full:
                self._breathe()
        elif len(self.lived.answers) >= step.back and not self._full:
            self._push(self.lived.answers[-step.back][0], again=True)

    def _kill(self, step: Kill) -> None:
        if self._full:
            return
        self.machine.power = step.power and self.machine.disk is not None
        if step.point:
            self.machine.blade.point, self.machine.blade.left = step.point, step.nth
        else:
            self.lived.kills += 1
            self.machine.die(power=self.machine.power)
            self._up()

    # what is done until it is done

    def _at(self, at: int) -> None:
        self.time.at = max(self.time.at, at)

    def _up(self) -> None:
        while not self.machine.up:
            if abs(self.time.wall - self.time.at) > 1_000:
                self._trusts_its_clock = False
            try:
                self.machine.start()
            except Killed:
                self._dead()

    def _dead(self) -> None:
        self.lived.kills += 1
        self.machine.bury()
        self.time.at += 1_000

    def _turn(self) -> None:
        try:
            self.machine.process.turn()
        except Killed:
            self._dead()
            self._up()

    def _breathe(self) -> None:
        self.time.at += 6_000
        self._turn()

    def _push(self, body: Push, *, again: bool = False) -> None:
        first = self.time.at
        stream = self.weather.kind == "stream"
        lines = body.lines
        if stream:
            self._tick = max(self._tick, body.at)
            lines = [*lines, b'{"tick":%d}' % body.at]
        (answers,) = self._answered([(body.feed, lines, body.at if stream else None)])
        if stream:
            answers = answers[:-1] if len(answers) > len(body.lines) else answers
        self.machine.learned()
        if not again:
            self.lived.answers.append((body, answers, first))
            self.lived.acts.append(body)
        if stream and not again:
            self._tick_to(body.at, but=body.feed)

    def _answered(self, bodies: Sequence[Body]) -> list[list[EventAnswer]]:
        for _ in range(MOST_TRIES):
            try:
                answers = self.machine.process.push(bodies)
            except Killed:
                self._dead()
                self._up()
                continue
            if answers is not None:
                return answers
            self._full = self._full and self._dice.random() < 0.5
            self.time.at += 10_000
            self._turn()
        raise AssertionError("a body is never answered")

    def _tick_to(self, at: int, *, but: str = "") -> None:
        """Time passes: on the wall clock by itself, else because every feed says so."""
        if self.weather.kind == "wall":
            self._turn()
            return
        self._answered([(feed, [b'{"tick":%d}' % at], None) for feed in self.machine.city.feeds if feed != but])
        self.machine.learned()
        self.lived.acts.append(at)

    def _order(self, order: Order) -> None:
        for _ in range(MOST_TRIES):
            if self._full:
                return
            try:
                tick = self.machine.process.shard.tick
                given = _dated(order, tick)
                self.machine.process.order(given)
            except Killed:
                self._dead()
                self._up()
                continue
            self.machine.learned()
            self.lived.acts.append(given)
            return

    def _use(self, step: UseRules) -> None:
        city = self.towns[step.version]
        self.machine.city = city
        try:
            self.machine.process.use(city)
        except Killed:
            self._dead()
            self._up()  # which finds the folder as it is now
        self.machine.learned()
        self.lived.acts.append(step)

    def _settle(self) -> None:
        """Let everything be said, and every notice heard."""
        self.machine.blade.point = ""
        self._breathe()
        if self.weather.has("clock"):  # a process that began under a wrong clock keeps to it, until it is started again
            self.machine.stop()
            self._up()
        ends = max(self.time.at, self.machine.process.shard.tick)  # ticks may have run ahead under a wrong clock
        until = ends + past.settled_after(self.machine.city.book) + 6 * script.HOUR
        while self.time.at < until:
            self.time.at += 6 * script.HOUR
            self._tick_to(self.time.at)
        for road in self.machine.roads.values():
            road.failing = 0.0
        for _ in range(MOST_DELIVERIES):
            self.time.at += script.HOUR
            if not self.machine.process.delivers():
                break

    def _disk_says(self, op: Op) -> int:
        return FULL if self._full and op.kind == "write" and not op.path.endswith("-shm") else OK


def _dated(order: Order, tick: int) -> Order:
    start = tick + 1
    if isinstance(order, Blind | Down):
        return structs.replace(order, start=start, since=max(1, tick - 2 * script.HOUR), until=tick + 6 * script.HOUR)
    return structs.replace(order, start=start)


def _flip(journal: Path, dice: Random) -> None:
    """Damage the newest head of the snapshots, or one slot of a row of the engine's memory."""
    with closing(sqlite3.connect(journal)) as link:
        rows = link.execute("select name, slot from state order by name, slot").fetchall()
        if rows and dice.random() < 0.5:
            link.execute("delete from state where name = ? and slot = ?", dice.choice(rows))
        else:
            link.execute("update heads set sum = x'00' where head = (select max(head) from heads)")
        link.commit()


def live(seed: int, root: Path) -> Lived:
    return Life(seed, root).live()
