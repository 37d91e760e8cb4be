"""Restarts, orders of reading, frames and ticks change nothing of what is said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import NoReturn

from msgspec import structs

from rules import canonical
from rules.calendar import DAY_MS
from rules.engine import Engine
from rules.records import Blind, DropShadow, Frame, HearFeed, Record, StartShadow, Tick, UseBook
from rules.signals import Signal
from streams.intake import Raw
from streams.opened import intake_of
from tests.simulation.found import Found, judged, short
from tests.simulation.outside import KEY
from tests.simulation.script import IN_SHADOW, Push, UseRules


def law_2_restarts_say_the_same_signals(found: Found) -> str:
    wanted = {signal.cause: signal for signal in found.signals}
    seen = set()
    for life, signal in found.lived.machine.said:
        if wanted.get(signal.cause) != signal:
            return f"life {life} said {short(signal)}, undisturbed {short(wanted.get(signal.cause))}"
        seen.add(signal.cause)
    unsaid = [short(signal) for cause, signal in wanted.items() if cause not in seen]
    return f"never said: {unsaid[:2]}" if unsaid else ""


def another_reading_comes_to_the_same_dump(found: Found) -> str:
    """Laws 1, 2 and 5, one of them a seed: rows between two ticks in another order and twice, other frames, more
    ticks, a restart between any two records."""
    dice = Random(found.lived.seed)
    refits = [watch.judge.nominal for watch in found.engine.rules.values() if watch.judge.learned_to is not None]
    way = dice.choice(("order", "frames", "ticks", "restart", *["ticks"] * (3 * bool(refits))))
    if way == "restart":
        engine, said = found.fresh(), []
        for offset, record in found.records:
            if dice.random() < 0.03:
                engine = Engine.restore(engine.snapshot(), found.books)
            said += engine.apply(record, offset)
        return "" if said == found.signals else "a restart between two records changes what is said"
    records = [record for _, record in found.records]
    other = list(_ticked(records, refits, dice) if way == "ticks" else _reread(records, dice, frames=way == "frames"))
    _, said = judged(found.fresh(), list(enumerate(other, 1)))
    return _same(canonical.lines(said), canonical.lines(found.signals), f"by another way of reading ({way})")


def _reread(records: Sequence[Record], dice: Random, *, frames: bool) -> Iterator[Record]:
    """Between two ticks: rows and frames in another order, some frames twice; or each cut in two alone."""
    run: list[Frame] = []
    for record in records:
        if isinstance(record, Frame):
            rows = record.rows
            if frames:
                cut = dice.randint(0, len(rows))
                run += [structs.replace(record, rows=part) for part in (rows[:cut], rows[cut:]) if len(part)]
            else:
                order = dice.sample(range(len(rows)), len(rows))
                run += [structs.replace(record, rows=rows[order])] * dice.choice((1, 1, 2))
            continue
        if not frames:
            dice.shuffle(run)
        yield from run
        run = []
        yield record
    yield from run


def _ticked(records: Sequence[Record], refits: Sequence[int], dice: Random) -> Iterator[Record]:
    """More ticks, each before the rows that come after it, and before an Order would act, for one that finds its time
    over acts later. Where a refit falls between two, one just behind it."""
    tick, gathered = 0, list[Record]()
    for record in records:
        gathered.append(record)
        if isinstance(record, Tick):
            came = [int(r.rows["arrived_at"].min()) for r in gathered if isinstance(r, Frame) and len(r.rows)]
            acts = [r.start for r in gathered if not isinstance(r, Frame | Tick)]
            free = range(tick + 1, min([record.now, *came, *acts]))
            behind = [day + at + 1 for at in refits for day in range(tick // DAY_MS * DAY_MS, record.now, DAY_MS)]
            wanted = [at for at in behind if at in free] or dice.sample(free, min(1, len(free)))
            if tick and dice.random() < 0.7:
                yield from (Tick(at) for at in sorted(set(wanted)))
            yield from gathered
            tick, gathered = record.now, []
    yield from gathered


def law_10_a_rule_that_raises_stops_alone(found: Found) -> str:
    """One world of four: from some record on one rule raises where it is asked. No other rule says anything else."""
    if found.lived.seed % 4:
        return ""
    dice, engine, said = Random(found.lived.seed), found.fresh(), list[Signal]()
    rule, begins = dice.choice(found.first.rules).id, dice.randrange(len(found.records))

    def raises(*_: object) -> NoReturn:
        raise ArithmeticError("a poisoned rule")

    for number, (offset, record) in enumerate(found.records):
        if number == begins and rule in engine.rules:
            vars(engine.rules[rule].judge)["scores"] = raises
        said += engine.apply(record, offset)
    stopped = engine.stopped.get(rule, (0, "order"))
    if stopped[1] != "order" and not any(signal.kind == "stopped" and signal.rule == rule for signal in said):
        return f"{rule} is stopped since {stopped}, and its desk was not told"
    ours, theirs = (
        canonical.lines(signal for signal in signals if signal.rule != rule) for signals in (said, found.signals)
    )
    return _same(ours, theirs, f"{rule} raised")


def _same(said: bytes, wanted: bytes, when: str) -> str:
    ours, theirs = Counter(said.splitlines()), Counter(wanted.splitlines())
    if ours == theirs:
        return ""
    more, fewer = list((ours - theirs).elements()), list((theirs - ours).elements())
    return f"{when}: {len(more)} alerts more, {len(fewer)} fewer: {(more + fewer)[0][:300]!r}"


def undisturbed_says_the_same(found: Found) -> str:
    """On the stream clock: what is said of the same events where nothing breaks, by a gate and an engine alone. A
    body that is sent again may come when its feed, which was muted, is listened to once more: then it is new."""
    lived = found.lived
    if lived.weather.kind != "stream" or (found.orders(HearFeed) and lived.weather.has("again")):
        return ""
    _, said = judged(found.fresh(), list(enumerate(_undisturbed(found), 1)))
    return _same(canonical.lines(found.signals), canonical.lines(said), "the faults changed the dump")


def shadows_are_heard_by_nobody(found: Found) -> str:
    """What is told is what would be told without them, alert by alert; nothing that was told is of their text."""
    if not found.orders(StartShadow):
        return ""
    bare = [
        (offset, Blind(record.start, "nobody", 0, 0) if isinstance(record, StartShadow | DropShadow) else record)
        for offset, record in found.records
    ]
    engine = found.fresh()
    if [signal for offset, record in bare for signal in engine.apply(record, offset)] != found.signals:
        return "a shadow changed what was told"
    told = [alert.signal.rule_version for alert in found.lived.alerts]
    return f"{told.count(IN_SHADOW)} alerts are of a shadow" if IN_SHADOW in told else ""


def _undisturbed(found: Found) -> Iterator[Record]:
    """The log of a town in which nothing breaks."""
    lived = found.lived
    intake, tick, offset = intake_of(lived.town, KEY.encode()), 0, 0
    digests = [town.book.digest for town in lived.towns]
    book = digests[0]
    for act in lived.acts:
        if isinstance(act, Push):
            raws = [Raw(offset + n, sent.line(), act.at) for n, sent in enumerate(act.sents)]
            offset += len(raws)
            frame = intake.take(act.feed, raws, "undisturbed").frame
            if frame is not None:
                yield frame
        elif isinstance(act, int):
            if act > tick:
                yield Tick(act)
            tick = max(tick, act)
        elif isinstance(act, UseRules):
            if digests[act.version] != book:
                book = digests[act.version]
                yield UseBook(tick + 1, book)
                if tick:
                    tick += 1
                    yield Tick(tick)
        else:
            yield act
