"""The Kafka road under kills: towns on one broker, two intakes, two workers, their desk, under load.

Half of the kills come at named crash points (`streams.kafka.crashpoints`), the others at random: an intake, a worker,
the desk, the broker; a worker paused past its session, a zombie; one record of a worker's memory lost while it is down.
Whoever died is started again. At the end what was said is compared with a run that nothing disturbed, what the desk has
with what one machine has that judges the same log, and every raw record is found again.
"""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
from confluent_kafka import Consumer, KafkaException, TopicPartition
from sqlalchemy.exc import DatabaseError

from alerts.alert import Alert
from alerts.chain import Entry
from alerts.database import SqliteStore
from alerts.schema import StoreTooOldError
from benchmarks.chaos.kafka_load import DAYS, Load
from benchmarks.processes import PATIENCE_SECONDS, Process
from rules import canonical
from rules.records import Frame
from rules.signals import Signal
from streams import replay
from streams.city import City
from streams.clock import WallClock
from streams.kafka import admin, clients
from streams.kafka.crashpoints import DESK, IN_REBALANCE, INTAKE, Point
from streams.kafka.hearing import Hearing
from streams.kafka.reading import whole
from streams.kafka.shard import Shard
from streams.kafka.topics import COUNTS, FRAMES, INCIDENTS, REFUSED, SIGNALS, STATE, partition_of
from streams.kafka.wire import read
from streams.metrics import Metrics
from streams.opened import ALERTS, open_desk, shown_of
from streams.refusals import Refusal
from tests.kafka.broker import Cluster
from tests.kafka.judged_there import KEY, alerts_in, chain_of, chosen
from tests.kafka.road import judged, span, town, undisturbed

PARTITIONS: Final = 7
TOWNS: Final = 4
PAUSE_SECONDS: Final = 14.0
"""Longer than a worker's session."""
LOOK_SECONDS: Final = 0.1
HEARD: Final = "desk"
"""In place of a topic: what the desk has written down."""
YOUNG_SECONDS: Final = 30.0
SECONDS_A_FAULT: Final = 15.0


class Road:
    """What runs, and what happens to it."""

    def __init__(self, folder: Path, kills: int, seed: int) -> None:
        self._dice = random.Random(seed)
        self._kills = kills
        self._folder = folder
        self.cluster = Cluster(folder / "kafka")
        self.cluster.start()
        self.address = self.cluster.address
        self.cities: list[City] = [town(f"town-{n}", folder, DAYS) for n in range(TOWNS)]
        admin.setup(self.address, self.cities, partitions=PARTITIONS)
        self.numbers = {city.name: partition_of(city.name, PARTITIONS) for city in self.cities}
        self.load = Load(self.address, self.cities, seconds=kills * SECONDS_A_FAULT)
        folders = [str(city.folder) for city in self.cities]
        intake = ["intake", *folders, "--clock", "stream", "--kafka", self.address]
        self.intakes = [Process(f"intake-{n}", intake, folder / f"intake-{n}.log") for n in range(2)]
        self.workers = [
            Process(f"worker-{n}", ["worker", "--member", str(n), "--kafka", self.address], folder / f"worker-{n}.log")
            for n in range(2)
        ]
        at_desk = ["desk", *folders, "--clock", "stream", "--port", "0", "--kafka", self.address]
        self._data = folder / "desk"
        keyed = {"TOCSIN_KEY": KEY, "TOCSIN_RESERVE_BYTES": "0"}
        self.desk = Process("desk", [*at_desk, "--data", str(self._data)], folder / "desk.log", settings=keyed)
        self.all = (*self.intakes, *self.workers, self.desk)
        self._ends = Consumer(
            {
                "bootstrap.servers": self.address,
                "group.id": "tocsin-chaos",
                "log_level": 0,
            }  # a dead broker is told often
        )
        self.hits: Counter[str] = Counter()
        self.at_random = 0
        self.recovered: list[float] = []
        self.odd: list[str] = []

    # load and progress

    def written(self, topic: str) -> int:
        """How much lies in the towns' partitions of a topic."""
        places = [TopicPartition(topic, number) for number in sorted(set(self.numbers.values()))]
        try:
            return sum(self._ends.get_watermark_offsets(place, clients.CALL_SECONDS)[1] for place in places)
        except KafkaException:  # the broker is only coming up
            return -1

    def heard(self) -> int:
        """How much of what was said the desk has written down."""
        found = 0
        for city in self.cities:
            try:
                with closing(SqliteStore.look(self._data / city.name / ALERTS)) as store:
                    kept = store.offsets()
            except (OSError, DatabaseError, StoreTooOldError):  # it has not begun, or is just making its tables
                continue
            found += sum(kept.get((topic, self.numbers[city.name]), 0) for topic in (SIGNALS, COUNTS))
        return found

    def watch(self) -> None:
        """Start again who died unasked, as a supervisor does; a fenced one dies so."""
        for process in self.all:
            code = process.ended_with()
            if code is not None:
                process.deaths.append(code)
                process.start()

    def _grown(self, where: str) -> int:
        return self.heard() if where == HEARD else self.written(where)

    def _until_written(self, where: str, before: int, since: float) -> None:
        while self._grown(where) <= before:
            if self.load.done:
                return  # nothing is left to be written
            if time.monotonic() - since > PATIENCE_SECONDS:
                self.odd.append(f"nothing came into {where} for {PATIENCE_SECONDS:.0f} s")
                return
            self.watch()
            time.sleep(LOOK_SECONDS)
        self.recovered.append(time.monotonic() - since)

    # faults

    def run(self) -> None:
        self.load.start()
        self._until_written(STATE, 0, time.monotonic())
        self._until_written(HEARD, 0, time.monotonic())
        self.recovered.clear()
        points = [Point((*Point,)[n % len(Point)]) for n in range(self._kills // 2)]
        killed = [self._broker, self._worker, self._intake, self._zombie, self._at_desk, self._lost_record]
        faults: list[Callable[[], None]] = [*killed]
        plan: list[Point | Callable[[], None]] = [
            *points,
            *(faults[n % len(faults)] for n in range(self._kills - len(points))),
        ]
        self._dice.shuffle(plan)
        for what in plan:
            if isinstance(what, Point):
                self._at(what)
            else:
                what()
                self.at_random += 1
        self._settle()

    def _at(self, point: Point) -> None:
        """Start somebody armed; where its point is not reached in time, that was a kill at random."""
        if point in DESK:
            process, where = self.desk, HEARD
        elif point in INTAKE:
            process, where = self._dice.choice(self.intakes), FRAMES
        else:
            process, where = self._dice.choice(self.workers), STATE
        process.kill()
        process.start(f"{point}:1")
        limit = time.monotonic() + PATIENCE_SECONDS / 4
        while process.ended_with() is None and time.monotonic() < limit:
            if point in IN_REBALANCE and time.monotonic() > limit - PATIENCE_SECONDS / 8:
                other = next(one for one in self.workers if one is not process)
                if other.ended_with() is None and other.end() == 0:  # whoever comes or goes has cities dealt out anew
                    other.start()
            time.sleep(LOOK_SECONDS)
        if process.ended_with() == -signal.SIGKILL:
            self.hits[point] += 1
        else:
            self.at_random += 1
            if process.ended_with() is None:
                process.kill()
        self._again(process, where)

    def _again(self, process: Process, where: str) -> None:
        before, since = self._grown(where), time.monotonic()
        process.start()
        self._until_written(where, before, since)

    def _at_desk(self) -> None:
        time.sleep(self._dice.random())
        self.desk.kill()
        self._again(self.desk, HEARD)

    def _worker(self) -> None:
        process = self._dice.choice(self.workers)
        time.sleep(self._dice.random())
        process.kill()
        self._again(process, STATE)

    def _intake(self) -> None:
        process = self._dice.choice(self.intakes)
        time.sleep(self._dice.random())
        process.kill()
        self._again(process, FRAMES)

    def _broker(self) -> None:
        time.sleep(self._dice.random())
        before, since = self.written(STATE), time.monotonic()
        self.cluster.brokers[0].kill()
        time.sleep(self._dice.random() * 3)
        self.cluster.brokers[0].start()
        self._until_written(STATE, before, since)

    def _zombie(self) -> None:
        """Paused past its session: another one has its cities when it wakes."""
        process = self._dice.choice(self.workers)
        process.send(signal.SIGSTOP)
        time.sleep(PAUSE_SECONDS)
        process.send(signal.SIGCONT)

    def _lost_record(self) -> None:
        """Of the last records of a worker's memory, one."""
        process = self._dice.choice(self.workers)
        process.kill()
        number = self._dice.choice(sorted(self.numbers.values()))
        last = list(whole(self.address, STATE, number))[-8:]
        if last:
            producer = clients.producer(self.address)
            producer.produce(STATE, None, key=self._dice.choice(last).key(), partition=number)
            producer.flush(PATIENCE_SECONDS)
        self._again(process, STATE)

    def _settle(self) -> None:
        """All that was poured is judged; then everybody ends."""
        self.load.finish()
        still, last, limit = time.monotonic(), (-1, -1, -1, -1), time.monotonic() + 4 * PATIENCE_SECONDS
        while time.monotonic() - still < 3 * PAUSE_SECONDS / 2 and time.monotonic() < limit:
            self.watch()
            now = (self.written(FRAMES), self.written(STATE), self.written(SIGNALS), self.heard())
            if now != last:
                still, last = time.monotonic(), now
            time.sleep(0.5)
        for process in self.all:
            if time.monotonic() - process.began < YOUNG_SECONDS:
                process.kill()  # started again just now: told to end before it has begun, it ends by the signal itself
        codes = {process.name: process.end() for process in self.all if process.ended_with() is None}
        self.odd += [f"{name} ended with {code}" for name, code in codes.items() if code]

    # what is left

    def verdicts(self) -> Iterator[tuple[str, str]]:
        """Question -> "" where the answer is as it should be, else what is wrong."""
        yield "as many faults as were asked for", self._enough()
        yield "all of the past was poured", "" if self.load.done else "the load did not end"
        yield "nobody stood still, and all ended in order when asked", "; ".join(self.odd)
        for city in self.cities:
            wanted = undisturbed(city, *span(city, DAYS[0], DAYS[-1]))
            log = [read(value) for value in self._values(FRAMES, city)]
            told = judged(city, log)
            said, twice = self._said(city)
            yield f"{city.name}: what is said twice is the same", twice
            yield f"{city.name}: signals give the undisturbed canonical dump", _same(said, wanted.signals)
            yield f"{city.name}: the log replays to the undisturbed canonical dump", _same(told.signals, wanted.signals)
            heard = judged(city, [read(value) for value in self._values(FRAMES, city, committed=False)])
            yield (
                f"{city.name}: boxes of law 9 in memory are those of all that a worker reads",
                self._boxes(city, heard),
            )
            yield f"{city.name}: as many events stand as undisturbed, by feed and day", _stand(heard, wanted)
            yield f"{city.name}: received = refused + accepted, by raw places", self._conserved(city, log)
            yield from self._desk_of(city, wanted.signals)

    def _desk_of(self, city: City, wanted: Sequence[Signal]) -> Iterator[tuple[str, str]]:
        """What the desk has, beside one that hears the same signals in one go; and the undisturbed dump."""
        settings = chosen(self._folder / "calm", self.address)
        with (
            closing(open_desk(city, settings, shut=True)) as calm,
            closing(SqliteStore.look(self._data / city.name / ALERTS)) as found,
        ):
            clock, metrics = WallClock(), Metrics()
            hearing = Hearing(self.address, calm.desk, calm.store, shown_of(city), clock, metrics, kind="stream")
            while not hearing.caught_up:
                hearing.turn()
            hearing.close()
            alerts = alerts_in(found)
            yield (
                f"{city.name}: the desk has the alerts of one that was never killed",
                _alike(alerts, alerts_in(calm.store)),
            )
            yield f"{city.name}: and its chain, hashes and all", _alike(chain_of(found), chain_of(calm.store))
            yield (
                f"{city.name}: its alerts are the undisturbed canonical dump",
                _same([alert.signal for alert in alerts], wanted),
            )

    def _enough(self) -> str:
        came = sum(self.hits.values()) + self.at_random
        return f"{came} of {self._kills}" if came < self._kills else ""

    def _values(self, topic: str, city: City, *, committed: bool = True) -> Iterator[bytes]:
        """A worker reads what is not committed too: rows of a transaction that was aborted come again."""
        for message in whole(self.address, topic, self.numbers[city.name], committed=committed):
            if message.key() == city.name.encode() and message.value():
                yield message.value() or b""

    def _said(self, city: City) -> tuple[list[Signal], str]:
        found: dict[str, Signal] = {}
        twice = 0
        for value in self._values(SIGNALS, city):
            one = msgspec.json.decode(value, type=Signal)
            twice += found.setdefault(one.id, one) != one
        return sorted(found.values(), key=lambda one: one.cause), f"{twice} differ" if twice else ""

    def _boxes(self, city: City, told: replay.Told) -> str:
        held = Shard(self.numbers[city.name], self.address).engine(city.name)
        boxes = None if held is None else held.boxes()  # type: ignore[attr-defined]  # the shipped engine has them
        wanted = told.engine.boxes()
        return "" if boxes == wanted else f"{boxes} instead of {wanted}"[:500]

    def _conserved(self, city: City, log: Sequence[object]) -> str:
        raw = {
            message.offset()
            for message in whole(self.address, INCIDENTS, self.numbers[city.name])
            if message.key() == city.name.encode() and not (message.value() or b"").startswith(b'{"tick"')
        }
        accepted = {offset for frame in log if isinstance(frame, Frame) for offset in frame.rows["offset"].tolist()}
        refused = {msgspec.json.decode(value, type=Refusal).place.offset for value in self._values(REFUSED, city)}
        lost, strange = raw - accepted - refused, (accepted | refused) - raw
        return f"{len(lost)} of {len(raw)} lost, {len(strange)} never sent" if lost or strange else ""

    def close(self) -> None:
        for process in self.all:
            if process.ended_with() is None:
                process.kill()
        self._ends.close()
        self.cluster.stop()


def _alike(found: Sequence[Alert] | Sequence[Entry], wanted: Sequence[Alert] | Sequence[Entry]) -> str:
    if found == wanted:
        return "" if found else "there is nothing to compare"
    differ = sum(ours != theirs for ours, theirs in zip(found, wanted, strict=False))
    return f"{len(found)} instead of {len(wanted)}, {differ} of them differ"


def _stand(found: replay.Told, wanted: replay.Told) -> str:
    ours, theirs = (
        {
            (feed, day): row["accepted"] - row["superseded"]
            for feed, days in told.engine.boxes().items()
            for day, row in days.items()
            if row["accepted"]
        }
        for told in (found, wanted)
    )
    return "" if ours == theirs else f"{ours} instead of {theirs}"[:500]


def _same(found: Sequence[Signal], wanted: Sequence[Signal]) -> str:
    ours, theirs = canonical.lines(found), canonical.lines(wanted)
    return "" if ours == theirs else f"{len(ours.splitlines())} lines instead of {len(theirs.splitlines())}"
