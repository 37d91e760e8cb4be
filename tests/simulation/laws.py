"""The laws that every made world must keep, whatever befell it. Each is a question; its answer is "" where it holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import cached_property
from random import Random

import numpy as np
from msgspec import structs

from alerts.alert import Alert
from alerts.room import DeskRoom
from alerts.store import MemoryStore
from rules import canonical
from rules.book import Book, Rule
from rules.calendar import DAY_MS
from rules.engine import Engine
from rules.records import Blind, Down, Frame, Order, Record, Retire, StartRule, StopRule, Tick, UseBook
from rules.signals import Signal
from streams.audit import audit
from streams.intake import Raw
from streams.journal import Journal
from streams.keys import Keys
from streams.opened import intake_of
from streams.refusals import Refusal
from streams.rewind import first_book
from streams.simulate import Sent
from tests.simulation import plain, script
from tests.simulation.life import Lived
from tests.simulation.machine import KEY
from tests.simulation.plain import Came
from tests.simulation.script import HOUR, MINUTE, Pause, Push, Restart, UseRules

LARGE = 40
"""Events of a spike, in time and each of its own place, that nobody may miss: the whole town has a few an hour."""
LARGE_WITHIN = 3 * HOUR
LEARNED = 36 * HOUR
"""So long after the beginning a rule that learns for a day has had its refit."""

RowId = tuple[int, int, int]
"""(id0, id1, revision)."""


class Found:
    """What the disk holds at the end, and what a fresh engine says of it."""

    def __init__(self, lived: Lived) -> None:
        self.lived = lived
        with closing(Journal.open(lived.journal, read_only=True)) as journal:
            self.records: list[tuple[int, Record]] = list(journal.read())
            self.books = journal.books()
            self.first: Book = first_book(journal)
            self.epoch = int(journal.meta("epoch") or 0)
            self.refused: list[Refusal] = journal.refused(limit=-1)
        self.store = MemoryStore()
        self.engine, self.signals = self._judged_and_told()

    def _judged_and_told(self) -> tuple[Engine, list[Signal]]:
        desk, engine, signals = DeskRoom(self.first, self.store, {}), self.fresh(), list[Signal]()
        for offset, record in self.records:
            said = engine.apply(record, offset)
            if said:
                desk.book = engine.book
                desk.apply(said, 0)
                signals += said
        return engine, signals

    def fresh(self) -> Engine:
        engine = Engine(self.first, epoch=self.epoch, clock=self.lived.weather.kind)
        for book in self.books.values():
            engine.add_book(book)
        return engine

    @cached_property
    def rows(self) -> dict[RowId, tuple[Frame, np.void]]:
        """The first row of each identity and revision."""
        found: dict[RowId, tuple[Frame, np.void]] = {}
        for _, record in self.records:
            if isinstance(record, Frame):
                for row in record.rows:
                    found.setdefault((int(row["id0"]), int(row["id1"]), int(row["revision"])), (record, row))
        return found

    @cached_property
    def sents(self) -> dict[RowId, Sent]:
        """Everything that was sent and answered, by the identity that its row must have."""
        keys = Keys(KEY.encode())
        sents = [sent for body, _, _ in self.lived.answers for sent in body.sents]
        if not sents:
            return {}
        ids = keys.identities([sent.feed for sent in sents], [sent.id for sent in sents]).tolist()
        return {(id0, id1, sent.revision): sent for (id0, id1), sent in zip(ids, sents, strict=True)}

    @cached_property
    def story(self) -> list[plain.Moved]:
        """What came to stand and was taken back: the sender's events with the log's arrivals."""
        came = [
            Came(self.sents[name], arrived)
            for _, record in self.records
            if isinstance(record, Frame)
            for *name_of, arrived in record.rows[["id0", "id1", "revision", "arrived_at"]].tolist()
            if (name := tuple(name_of)) in self.sents
        ]
        return plain.moved(came, self.first.feed_by_name)

    def orders(self, *kinds: type[Order]) -> list[Order]:
        return [record for _, record in self.records if isinstance(record, kinds)]


def judged(engine: Engine, records: Sequence[tuple[int, Record]]) -> tuple[Engine, list[Signal]]:
    said = [signal for offset, record in records for signal in engine.apply(record, offset)]
    return engine, said


def broken(lived: Lived) -> dict[str, str]:
    """Law -> what is wrong; empty where the world is sound."""
    found = Found(lived)
    answers = {law.__name__: law(found) for law in LAWS}
    return {name: answer for name, answer in answers.items() if answer}


# the log


def everything_answered_is_in_the_log(found: Found) -> str:
    lost = [sent for name, sent in found.sents.items() if name not in found.rows]
    return f"{len(lost)} answered events are not in the journal: {lost[:2]}" if lost else ""


def nothing_is_in_the_log_that_nobody_sent(found: Found) -> str:
    strange = [name for name in found.rows if name not in found.sents]
    return f"{len(strange)} rows that nobody sent" if strange else ""


def rows_say_what_was_sent(found: Found) -> str:
    for name, (frame, row) in found.rows.items():
        sent = found.sents.get(name)
        if sent is None:
            continue
        said = (
            frame.feeds[row["feed"]], frame.areas[row["area"]], frame.categories[row["category"]],
            frame.stages[row["stage"]], int(row["occurred_at"]), int(row["count"]), int(row["severity"]),
            bool(row["place"]),
        )  # fmt: skip
        wanted = (
            sent.feed, sent.area, sent.category, sent.stage, sent.occurred_at, sent.count, sent.severity,
            bool(sent.place),
        )  # fmt: skip
        if said != wanted:
            return f"{said} instead of {wanted}"
    return ""


def arrivals_are_true(found: Found) -> str:
    """On the stream clock what the sender said; on the wall clock not before it was sent, and where nobody set the
    clock wrong, not after it was answered."""
    lived = found.lived
    sent_at: dict[tuple[str, str, int], tuple[int, int]] = {}
    for body, _, at in lived.answers:
        for sent in body.sents:
            sent_at.setdefault((sent.feed, sent.id, sent.revision), (at, body.at))
    for name, (_, row) in found.rows.items():
        if name in found.sents and not lived.weather.has("clock"):
            sent = found.sents[name]
            first, said = sent_at[sent.feed, sent.id, sent.revision]
            arrived = int(row["arrived_at"])
            if lived.weather.kind == "stream" and arrived != said:
                return f"{sent} arrived at {arrived}, and the sender says {said}"
            if lived.weather.kind == "wall" and arrived < first:
                return f"{sent} arrived at {arrived}, before it was sent at {first}"
    return ""


def ticks_never_go_back_and_rows_come_after_them(found: Found) -> str:
    tick = 0
    for offset, record in found.records:
        if isinstance(record, Tick):
            if record.now <= tick:
                return f"the tick at {offset} goes back from {tick} to {record.now}"
            tick = record.now
        elif isinstance(record, Frame) and len(record.rows) and int(record.rows["arrived_at"].min()) <= tick:
            return f"a row at {offset} arrives at or before the tick {tick}"
    return ""


def ticks_never_run_ahead_of_the_time(found: Found) -> str:
    """A process that began under a right clock believes no leap of it, on the wall clock."""
    ahead = found.lived.ran_ahead
    return f"ticks ran ahead of the time by up to {max(ahead) / 1000:.0f} s" if ahead else ""


def what_the_contract_refuses_is_answered_and_kept(found: Found) -> str:
    junk = 0
    for body, answers, _ in found.lived.answers:
        junk += len(body.junk)
        said = [answer.status for answer in answers]
        if len(said) != len(body.sents) + len(body.junk):
            return f"{len(said)} answers to {len(body.sents)} events and {len(body.junk)} others"
        if "refused" in said[: len(body.sents)] or any(one != "refused" for one in said[len(body.sents) :]):
            return f"answered {answers}"
    return f"{len(found.refused)} of {junk} refused records are kept" if len(found.refused) < junk else ""


def accepted_once(found: Found) -> str:
    """An event is answered `accepted` once; where an answer was lost, or it was sent twice, at most once."""
    lived = found.lived
    times: Counter[tuple[str, str, int]] = Counter()
    held: set[tuple[str, str, int]] = set()
    for body, answers, _ in lived.answers:
        for sent, answer in zip(body.sents, answers, strict=False):
            name = (sent.feed, sent.id, sent.revision)
            times[name] += answer.status == "accepted" and answer.reason == ""
            if answer.reason == "held":
                held.add(name)
    revised = {name[:2] for name in times if name[2]}  # an older revision that comes again is superseded once more
    often = [name for name, n in times.items() if n > 1 and name[:2] not in revised]
    if often:
        return f"{len(often)} events were accepted more than once: {often[:2]}"
    never = [name for name, n in times.items() if n == 0 and name not in held]
    calm = not lived.kills and not lived.weather.has("clock") and not lived.weather.has("full")
    return f"{len(never)} events were never accepted: {never[:2]}" if never and calm else ""


def law_9_balances(found: Found) -> str:
    with closing(Journal.open(found.lived.journal, read_only=True)) as journal:
        told = audit(journal)
    if told.balanced:
        return ""
    return f"{told.imbalances[:3]} {[one.differs[:2] for one in told.compared if one.differs][:2]}"


# counts and judgement, by hand


def every_series_counts_what_was_sent(found: Found) -> str:
    engine, book = found.engine, found.engine.book
    since = _changed_at(found)
    for rule in book.rules:
        held = engine.rules[rule.id].counts
        wanted = plain.counts(book, rule, found.story)
        lo = max(held.ring.lo + 1, -(-(since + rule.once_within) // rule.step) if since else 0)
        series = np.arange(len(held.pairs))
        for bucket in range(lo, held.ring.hi + 1):
            if held.steps.start(bucket) < held.steps.start(held.ring.lo + 1) + rule.once_within:
                continue
            at = np.full(len(series), bucket)
            totals = dict(zip(held.pairs, held.total(series, at, at).tolist(), strict=True))
            ours = {(a, c): n for a, c, n in ((a, c, wanted.get((a, c, bucket), 0)) for a, c in held.pairs)}
            if totals != ours:
                differs = [(pair, ours[pair], n) for pair, n in totals.items() if n != ours[pair]]
                return f"{rule.id}, bucket {bucket}: (series, by hand, engine) {differs[:3]}"
        missed = [cell for cell in wanted if cell[2] in range(lo, held.ring.hi + 1) and cell[:2] not in held.series]
        if missed:
            return f"{rule.id}: no series for {missed[:3]}"
    return ""


def _changed_at(found: Found) -> int:
    """When the last book came into force; 0: there was one alone."""
    return max((order.start for order in found.orders(UseBook) if isinstance(order, UseBook)), default=0)


def thresholds_speak_where_a_hand_count_says(found: Found) -> str:
    """The plain rule, episode by episode; where buckets may be missing (what was not heard ends nothing), the first
    of each area alone."""
    rule = next((rule for rule in found.first.rules if rule.id == "plain"), None)
    if (
        rule is None
        or found.orders(UseBook)
        or any(
            isinstance(order, StopRule | StartRule) and order.rule == "plain"
            for order in found.orders(StopRule, StartRule)
        )
    ):
        return ""
    deaf = [
        plain.Deaf(order.start, order.since, order.until)
        for order in found.orders(Blind, Down)
        if isinstance(order, Down) or (isinstance(order, Blind) and order.feed in _feeds_of(rule, found.first))
    ]
    wanted = plain.spells(found.first, rule, found.story, deaf, found.engine.tick or 0)
    said = sorted(
        plain.Spell(s.area, s.first // rule.step, s.last // rule.step - 1)
        for s in canonical.final_states(found.signals).values()
        if s.rule == "plain" and s.state in ("running", "over")
    )
    if found.lived.weather.days >= 3:  # feeds have learned how often they are heard
        wanted, said = _firsts(wanted), _firsts(said)
    if wanted != said:
        more = [one for one in said if one not in wanted]
        fewer = [one for one in wanted if one not in said]
        return f"said and not counted by hand {more[:3]}, counted by hand and not said {fewer[:3]}"
    return ""


def large_spikes_are_heard(found: Found) -> str:
    """What was put in and is far beyond the usual is heard by a rule that has learned what is usual."""
    lived = found.lived
    stood_still = any(
        (isinstance(s, Pause) and s.ms > MINUTE) or (isinstance(s, Restart) and s.later) for s in lived.steps
    )
    if stood_still or found.orders(UseBook, StopRule) or lived.weather.has("gaps") or lived.weather.has("clock"):
        return ""
    alerts = [s for s in canonical.final_states(found.signals).values() if s.state in {"running", "over"}]
    for rule in found.first.rules:
        if rule.detector.kind != "surprise" or rule.selector.feeds:
            continue
        for truth in lived.made.truths:
            if truth.kind != "spike" or truth.end - truth.begin > LARGE_WITHIN or truth.begin < script.BEGIN + LEARNED:
                continue
            places = {
                move.sent.place or move.sent.id
                for move in found.story
                if move.sign > 0
                and (move.sent.area, move.sent.category) == (truth.area, truth.category)
                and truth.begin <= move.sent.occurred_at < truth.end
                and move.at - move.sent.occurred_at <= found.first.feed_by_name[move.sent.feed].lateness
            }
            heard = any(
                alert.rule == rule.id and alert.first < truth.end and truth.begin < alert.last
                and (found.first.areas.holds(alert.area, truth.area) or found.first.areas.holds(truth.area, alert.area))
                for alert in alerts
            )  # fmt: skip
            if len(places) >= LARGE and not heard:
                return f"{rule.id} heard nothing of {truth} ({len(places)} in time)"
    return ""


def _firsts(found: Sequence[plain.Spell]) -> list[plain.Spell]:
    """The first of each area, its end left out."""
    first: dict[str, int] = {}
    for spell in sorted(found):
        first.setdefault(spell.area, spell.first)
    return [plain.Spell(area, bucket, 0) for area, bucket in sorted(first.items())]


# restarts, orders of reading, frames and ticks


def law_2_restarts_say_the_same_signals(found: Found) -> str:
    wanted = {signal.cause: signal for signal in found.signals}
    seen = set()
    for life, signal in found.lived.machine.said:
        if wanted.get(signal.cause) != signal:
            return f"life {life} said {_short(signal)}, undisturbed {_short(wanted.get(signal.cause))}"
        seen.add(signal.cause)
    unsaid = [_short(signal) for cause, signal in wanted.items() if cause not in seen]
    return f"never said: {unsaid[:2]}" if unsaid else ""


def _short(signal: Signal | None) -> str:
    if signal is None:
        return "nothing"
    return f"{signal.rule} {signal.area} {signal.category} {signal.state} {signal.cause} first {signal.first}"


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
    """More ticks, each before the rows that come after it; where a refit falls between two, one just behind it."""
    tick, gathered = 0, list[Record]()
    for record in records:
        gathered.append(record)
        if isinstance(record, Tick):
            came = [int(r.rows["arrived_at"].min()) for r in gathered if isinstance(r, Frame) and len(r.rows)]
            free = range(tick + 1, min([record.now, *came]))
            behind = [day + at + 1 for at in refits for day in range(tick // DAY_MS * DAY_MS, record.now, DAY_MS)]
            wanted = [at for at in behind if at in free] or dice.sample(free, min(1, len(free)))
            if tick and dice.random() < 0.7:
                yield from (Tick(at) for at in sorted(set(wanted)))
            yield from gathered
            tick, gathered = record.now, []
    yield from gathered


def _same(said: bytes, wanted: bytes, when: str) -> str:
    ours, theirs = Counter(said.splitlines()), Counter(wanted.splitlines())
    if ours == theirs:
        return ""
    more, fewer = list((ours - theirs).elements()), list((theirs - ours).elements())
    return f"{when}: {len(more)} alerts more, {len(fewer)} fewer: {(more + fewer)[0][:300]!r}"


def undisturbed_says_the_same(found: Found) -> str:
    """On the stream clock: what is said of the same events where nothing breaks, by a gate and an engine alone."""
    lived = found.lived
    if lived.weather.kind != "stream":
        return ""
    _, said = judged(found.fresh(), list(enumerate(_undisturbed(found), 1)))
    return _same(canonical.lines(found.signals), canonical.lines(said), "the faults changed the dump")


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


# the desk


def the_desk_holds_what_was_said(found: Found) -> str:
    wanted = {alert.id: alert for alert in found.store.final()}
    held = {alert.id: alert for alert in found.lived.alerts}
    lost, more = sorted(wanted.keys() - held.keys()), sorted(held.keys() - wanted.keys())
    changed = [name for name in wanted.keys() & held.keys() if _state(wanted[name]) != _state(held[name])]
    if lost or more or changed:
        return f"{len(lost)} alerts lost, {len(more)} too many, {len(changed)} differ: {(lost + more + changed)[:2]}"
    if len(held) != len(found.lived.alerts):
        return "an alert is there twice"
    return ""


def _state(alert: Alert) -> object:
    moves = [(move.at, move.reason, move.colour, move.observed, move.area) for move in alert.moves]
    return alert.state, alert.desk, alert.rank, alert.colour, alert.signal, moves


def every_move_is_heard_once(found: Found) -> str:
    """On every road of the desk, in order; twice only for what was in doubt, with the same id."""
    lived = found.lived
    if lived.machine.desk_lost:  # what it was told before it is told again in silence
        return _doubled(lived)
    notices = defaultdict(list)
    for notice in lived.notices:
        notices[notice.alert_id, notice.channel].append(notice)
    roads = {desk.id: [channel.name for channel in desk.channels] for desk in lived.town.desks}
    for alert in lived.alerts:
        for channel in roads.get(alert.desk, ()):
            said = [n.reason for n in notices[alert.id, channel] if n.desk == alert.desk]
            moves = [move.reason for move in alert.moves]
            if said != moves[len(moves) - len(said) :] or (len(roads) == 1 and len(said) != len(moves)):
                return f"alert {alert.id} moved {moves}, and {channel} was told {said}"
    unsent = [notice.id for notice in lived.notices if notice.state != "sent"]
    if unsent:
        return f"{len(unsent)} notices were never sent"
    for name, road in lived.machine.roads.items():
        heard = {message.id for message in road.heard}
        owed = {notice.id for notice in lived.notices if notice.channel == name}
        if heard != owed:
            return f"{name}: {len(owed - heard)} notices not heard, {len(heard - owed)} that nobody wrote"
    return _doubled(lived)


def _doubled(lived: Lived) -> str:
    for name, road in lived.machine.roads.items():
        doubled = len(road.heard) - len({message.id for message in road.heard})
        if doubled > road.doubts + lived.kills:
            return f"{name}: {doubled} notices doubled by {road.doubts} doubts and {lived.kills} kills"
    return ""


def law_8_nothing_is_over_while_a_feed_is_silent(found: Found) -> str:
    """In the order in which it was said: no spike is over while a feed that its rule counts is said to be silent."""
    silent: set[str] = set()
    ended_by_order = bool(found.orders(StopRule, UseBook, Retire))
    rules = {rule.id: rule for book in found.books.values() for rule in book.rules}
    for signal in found.signals:
        if signal.kind == "silence":
            (silent.add if signal.state == "running" else silent.discard)(signal.feed)
        elif signal.state == "over" and signal.rule in rules and not ended_by_order and signal.kind != "stopped":
            deaf = silent & _feeds_of(rules[signal.rule], found.first)
            if deaf:
                return f"{_short(signal)} is over while {sorted(deaf)} is silent"
    return ""


def _feeds_of(rule: Rule, book: Book) -> set[str]:
    return set(rule.selector.feeds) or {feed.name for feed in book.feeds}


LAWS: tuple[Callable[[Found], str], ...] = (
    everything_answered_is_in_the_log,
    nothing_is_in_the_log_that_nobody_sent,
    rows_say_what_was_sent,
    arrivals_are_true,
    ticks_never_go_back_and_rows_come_after_them,
    ticks_never_run_ahead_of_the_time,
    what_the_contract_refuses_is_answered_and_kept,
    accepted_once,
    law_9_balances,
    every_series_counts_what_was_sent,
    thresholds_speak_where_a_hand_count_says,
    large_spikes_are_heard,
    law_2_restarts_say_the_same_signals,
    another_reading_comes_to_the_same_dump,
    undisturbed_says_the_same,
    the_desk_holds_what_was_said,
    every_move_is_heard_once,
    law_8_nothing_is_over_while_a_feed_is_silent,
)
