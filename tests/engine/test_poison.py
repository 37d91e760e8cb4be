"""Law 10: a rule that raises is stopped from that record on; every other rule goes on, after a restart too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules import judge
from rules.book import DetectorSpec
from rules.detectors.port import Detector
from rules.detectors.register import make
from rules.engine import Engine
from rules.records import Calibrate, Record, StartRule, StopRule, UseBook
from rules.signals import Signal
from tests.engine.worlds import END, HOUR, MINUTE, START, TICKS, Event, book, log_of, nights, rule, tick

Where = Literal["law", "score", "limits", "fit", "least"]
PLACES: Final[tuple[Where, ...]] = ("law", "score", "limits", "fit", "least")
MARK: Final = 5.0
"""The threshold that tells the poisoned rule from the others."""

POISON = rule("poison", detector=DetectorSpec("threshold", {"n": MARK}), windows=(HOUR,), categories="")
LEARNS = rule("poison", detector=DetectorSpec("surprise", {"learn_days": 1.0}), windows=(HOUR,), categories="")
OTHERS = (rule("many"), rule("once", once_within=HOUR, categories="", detector=DetectorSpec("threshold", {"n": 3})))
BURST = [Event(id=i + 1, occurred=60 + i, arrived=61 + i, offset=i) for i in range(8)]
SPENT_LATER = [
    Event(id=n, occurred=occurred, arrived=occurred, offset=n) for n, occurred in enumerate((60, 0, 0, 60, 0), 1)
]
"""The last row spends what headroom there is: only then the detector is asked, also where a restart lies before."""
STEADY = [Event(id=500 + n, occurred=13 * n, arrived=13 * n + 1, offset=500 + n) for n in range(END // 13 - 6)]


@dataclass(frozen=True, slots=True)
class Poisoned:
    """A detector that works as another does, until one of its doors is opened for a time of `after` or later: then it
    raises. What it does depends on what it is asked alone, so that a replay raises at the same place."""

    inner: Detector
    where: Where
    after: int  # ms
    fault: type[Exception] = ZeroDivisionError

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.inner, name)
        return self._guard(found) if name == self.where else found

    def _guard(self, work: Any) -> Any:
        def door(*given: Any) -> Any:
            if max((_latest(one) for one in given), default=0) >= self.after:
                raise self.fault("a value of\nno use")
            return work(*given)

        return door


def _latest(given: Any) -> int:
    """The time that an argument reaches, ms; scores and limits tell none and always count."""
    if hasattr(given, "last") and len(given.last):
        return int(given.last.max()) * 10 * MINUTE
    if hasattr(given, "cells") and len(given.cells):
        return int(given.cells.max()) * HOUR
    return 0


@contextmanager
def poisoned(where: Where, after: int, fault: type[Exception] = ZeroDivisionError) -> Iterator[None]:
    """Inside, the detector of every rule called poison is a `Poisoned` one; restarts get it too."""

    def made(spec: DetectorSpec) -> Any:
        inner = make(spec)
        mine = spec.parameters.get("n") == MARK or spec.kind == "surprise"
        place = after if where in ("law", "fit") else 0
        return Poisoned(inner, where, place, fault) if mine else inner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "make", made)
        yield


def said_by(engine: Engine, records: Sequence[Record], start: int = 1) -> list[Signal]:
    return [signal for offset, record in enumerate(records, start) for signal in engine.apply(record, offset)]


def of_others(said: Sequence[Signal]) -> list[Signal]:
    """What the other rules said; where a signal stands among those of its record is nobody's concern."""
    mine = [signal for signal in said if signal.rule != "poison"]
    return [msgspec.structs.replace(s, id="", cause=msgspec.structs.replace(s.cause, n=0)) for s in mine]


def all_over(said: Sequence[Signal]) -> bool:
    """Nothing that the poisoned rule said of counts is left running."""
    last = {signal.alert: signal.state for signal in said if signal.rule == "poison" and signal.kind != "stopped"}
    return "running" not in last.values()


@given(
    night=nights(),
    where=st.sampled_from(PLACES),
    after=st.integers(0, 20),
    learns=st.booleans(),
    cut=st.integers(2, 90),
)
@example(night=BURST, where="law", after=1, learns=False, cut=9)
@example(night=SPENT_LATER, where="law", after=0, learns=False, cut=2)
@example(night=[*BURST, *STEADY], where="fit", after=0, learns=True, cut=60)
@example(night=[*BURST, *STEADY], where="least", after=0, learns=True, cut=60)
def test_law_10_a_rule_that_raises_is_stopped_alone_and_the_same_after_a_restart(
    night: list[Event], where: Where, after: int, learns: bool, cut: int
) -> None:
    """Wherever it raises: every other rule says what it says without it, its desk is told once, and it is silent."""
    of = book([LEARNS if learns else POISON, *OTHERS])
    records = log_of(night, TICKS)
    plain = said_by(Engine(of), records)
    with poisoned(where, START + after * HOUR):
        engine = Engine(of)
        said = said_by(engine, records)
        again = said_by(first := Engine(of), records[:cut])
        again += said_by(Engine.restore(first.snapshot(), {of.digest: of}), records[cut:], cut + 1)
    assert of_others(said) == of_others(plain)
    assert again == said
    told = [signal for signal in said if signal.kind == "stopped"]
    assert [signal.rule for signal in told] == ["poison"] * len(engine.stopped)
    if told:
        offset, reason = engine.stopped["poison"]
        assert reason == "ZeroDivisionError: a value of no use"
        assert all(signal.cause.offset >= offset for signal in told)
        assert all(s.state == "over" for s in said if s.rule == "poison" and s.cause.offset > told[0].cause.offset)
        assert all_over(said)


@given(night=nights(), after=st.integers(0, 20))
@example(night=[*BURST, *STEADY], after=3)
def test_law_10_a_replay_that_looks_ahead_lets_every_other_rule_go_on(night: list[Event], after: int) -> None:
    of = book([LEARNS, *OTHERS])
    records = log_of(night, TICKS)
    plain = said_by(Engine(of), records)
    with poisoned("law", START + after * HOUR):
        said = list(Engine(of).apply_all(list(enumerate(records, 1))))
    assert of_others(said) == of_others(plain)


@pytest.mark.parametrize("fault", [MemoryError, TimeoutError])
def test_law_10_what_does_not_repeat_ends_the_process_and_stops_no_rule(fault: type[Exception]) -> None:
    with poisoned("law", START, fault):
        engine = Engine(book([POISON, *OTHERS]))
        with pytest.raises(fault):
            said_by(engine, log_of(BURST, TICKS))
    assert not engine.stopped


def stopped_engine() -> tuple[Engine, list[Signal], list[Record]]:
    """An engine whose rule raised in a burst, what it said, and the rest of its log."""
    later = [e.corrected(id=e.id + 100, occurred=e.occurred + 600, arrived=e.arrived + 600) for e in BURST]
    records = log_of([*BURST, *later], TICKS)
    half = records.index(tick(305))
    with poisoned("law", START):
        engine = Engine(book([POISON, *OTHERS]))
        said = said_by(engine, records[: half + 1])
    assert set(engine.stopped) == {"poison"}
    return Engine.restore(engine.snapshot(), engine.books), said, list(records[half + 1 :])


def test_law_10_an_order_lifts_it_says_that_it_is_over_and_the_rule_judges_again() -> None:
    engine, said, rest = stopped_engine()
    (told,) = [signal for signal in said if signal.kind == "stopped"]
    after = said_by(engine, [StartRule(START + 306 * MINUTE, "poison"), *rest], engine.offset + 1)
    mine = [signal for signal in after if signal.rule == "poison"]
    assert [(s.alert, s.kind, s.state) for s in mine[:1]] == [(told.alert, "stopped", "over")]
    assert not engine.stopped
    spikes = [signal for signal in mine if signal.kind == "threshold"]
    assert spikes
    assert min(signal.first for signal in spikes) >= START + 600 * MINUTE


def test_law_10_it_stays_stopped_under_a_new_book_until_it_is_started() -> None:
    engine, _, rest = stopped_engine()
    mended = book([msgspec.structs.replace(POISON, version="v2"), *OTHERS])
    engine.add_book(mended)
    after = said_by(engine, [UseBook(START + 306 * MINUTE, mended.digest), *rest], engine.offset + 1)
    assert set(engine.stopped) == {"poison"}
    assert not [signal for signal in after if signal.rule == "poison"]


def test_law_10_a_rule_that_leaves_the_book_in_the_tick_in_which_it_raised_breaks_nothing() -> None:
    without = book(OTHERS)
    records = log_of(BURST, [75])
    with poisoned("law", START):
        engine = Engine(book([POISON, *OTHERS]))
        engine.add_book(without)
        said_by(engine, records)
        engine.broken.append("poison")  # it raised, and its desk was not told before the book changed
        said_by(engine, [UseBook(START + 76 * MINUTE, without.digest), tick(90)], engine.offset + 1)
    assert engine.broken == []


def test_law_10_a_calibration_reaches_a_stopped_rule_when_it_is_started() -> None:
    engine, _, rest = stopped_engine()
    deaf = Calibrate(START + 306 * MINUTE, {"poison/desk": 50.0})
    orders: list[Record] = [deaf, StartRule(START + 307 * MINUTE, "poison")]
    after = said_by(engine, [*orders, *rest], engine.offset + 1)
    assert not [signal for signal in after if signal.rule == "poison" and signal.kind != "stopped"]


def test_a_rule_that_is_stopped_by_hand_is_over_and_tells_no_fault() -> None:
    of = book([POISON, *OTHERS])
    records = log_of(BURST, TICKS)
    half = records.index(tick(80))
    stop = StopRule(START + 81 * MINUTE, "poison")
    said = said_by(Engine(of), [*records[: half + 1], stop, *records[half + 1 :]])
    assert all_over(said)
    assert not [signal for signal in said if signal.kind == "stopped"]


def test_some_night_poisons_each_door() -> None:
    """The property above is about something: each place raises on a night of a burst."""
    for where in PLACES:
        with poisoned(where, START):
            engine = Engine(book([LEARNS, *OTHERS]))
            said_by(engine, log_of([*BURST, *STEADY], TICKS))
        assert set(engine.stopped) == {"poison"}, where
