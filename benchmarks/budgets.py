"""The budgets of desks on the real years of the example cities: what was held, how long, and whether it mattered.

    python -m benchmarks.budgets [--also N]... [CITY ...]

The past is judged once, as `benchmarks.labels` does; then its signals go to the city's desks as `desks.yaml` has them,
at the time at which they were said, with their clocks. Nobody takes anything or lets anything out by hand: what comes
out of what is held does so by itself, when a turn begins or at the top rank. `--also`: played once more with this
budget instead of each desk's own, since the shipped ones are seldom used up; as often as it is given.

It must show: no alert on a label of certainty "high" was held longer than 10 minutes without its desk having been told
of it: let out, over, or named in the list of what is held; every alert that was held is told by now, or was over before
there was room and is in the list; and no turn is over its budget. How many stayed held for longer is told as well.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from dataclasses import replace as dc_replace
from itertools import groupby
from pathlib import Path
from typing import Final

from alerts import hold
from alerts.acting import Acting
from alerts.alert import Alert
from alerts.chain import decode
from alerts.database import SqliteStore
from alerts.desks import Desk
from alerts.duty import Act
from alerts.lines import Lines
from alerts.listing import listing_in
from alerts.room import DeskRoom
from alerts.routing import route_of
from alerts.store import Store
from benchmarks.labels import CITIES, Label, read_labels, replay, utc
from benchmarks.labels import Alert as Shown
from rules.signals import Signal
from streams.city import City
from streams.opened import desks_of

LONGEST_MS: Final = 10 * 60_000
STEP_MS: Final = 60_000
LATER_MS: Final = 10 * 60_000
"""How far apart the clocks look while something is held: in the first half an hour after a signal, and later."""
ENDS: Final = ("over", "withdrawn", "merged")


@dataclass(frozen=True, slots=True)
class Held:
    """One alert that was held. `let_out`, `named`, `ended`: when, ms; 0: it was not."""

    alert: Alert
    since: int
    let_out: int
    named: int
    ended: int

    def lasted(self, end: int) -> int:
        return (self.let_out or self.ended or end) - self.since

    def unsaid(self, end: int) -> int:
        """How long its desk knew nothing of it while it ran."""
        return min([at for at in (self.let_out, self.named, self.ended) if at] or [end]) - self.since


def desks_with(city: City, budget: int | None) -> Mapping[str, Desk]:
    """The desks, with their own budgets or all with this one."""
    known = desks_of(city)
    return known if budget is None else {name: dc_replace(desk, budget=budget) for name, desk in known.items()}


def play(
    city: City, signals: Sequence[Signal], store: Store, budget: int | None = None
) -> tuple[int, Counter[tuple[str, int]]]:
    """(when it ended, alerts told by desk and beginning of the turn); everything lies in `store`."""
    desks, top = desks_with(city, budget), len(city.book.ladder) - 1
    roads = {name: [channel.name for channel in desk.channels] for name, desk in desks.items()}
    room = DeskRoom(city.book, store, roads, desks=desks)
    acting = Acting(city.name, store, desks, top, route_of(city.book))
    lines = Lines(city.name, store, lambda: desks, lambda _: frozenset())
    now = 0
    for at, said in groupby(signals, key=lambda signal: signal.at):
        for tick in _ticks(store, now, at):
            acting.by_clock(tick, frozenset())
            lines.by_clock(tick)
        room.apply(list(said), at)
        acting.by_clock(at, frozenset())
        lines.by_clock(at)
        now = at
    return now, _told(store, desks, top)


def _ticks(store: Store, since: int, until: int) -> Iterator[int]:
    """Moments between two signals at which clocks look."""
    tick = since + STEP_MS
    while since and tick < until and store.held_spells():
        yield tick
        tick += STEP_MS if tick < since + 30 * 60_000 else LATER_MS


def _told(store: Store, desks: Mapping[str, Desk], top: int) -> Counter[tuple[str, int]]:
    """Every time that a desk was told for the first time, by desk and turn; the top rank of then counts for nothing."""
    told: Counter[tuple[str, int]] = Counter()
    for alert in store.final():
        acts = [act for one in store.links_of(alert.id) if isinstance(act := decode(one.body).act, Act)]
        verbs = [(act.verb, act.at, act.rank) for act in acts]
        first = [(at, rank) for verb, at, rank in verbs if verb == "release"]
        if not first and "hold" not in [verb for verb, _, _ in verbs]:
            first = [(at, rank) for verb, at, rank in verbs if verb == "first"]
        for at, rank in first[:1]:
            turn = hold.begun(desks.get(alert.desk), at)
            if turn is not None and rank < top:
                told[alert.desk, turn[1]] += 1
    return told


def named_in(store: Store) -> dict[str, int]:
    """Alert -> when a list of what is held named it first."""
    found: dict[str, int] = {}
    for alert in store.final():
        for notice in store.notices_of(alert.id):
            if notice.reason == "held":
                for row in listing_in(notice.about).rows:
                    found[row.alert] = min(notice.created_at, found.get(row.alert, notice.created_at))
    return found


def held_in(store: Store) -> list[Held]:
    found, named = [], named_in(store)
    for alert in store.final():
        acts = [act for one in store.links_of(alert.id) if isinstance(act := decode(one.body).act, Act)]
        since = next((act.at for act in acts if act.verb == "hold"), 0)
        if since:
            out = next((act.at for act in acts if act.verb == "release"), 0)
            ended = next((act.at for act in acts if act.verb in ENDS and act.at >= since), 0)
            found.append(Held(alert, since, out, named.get(alert.id, 0), ended))
    return found


def on(alert: Alert, labels: Iterable[Label], city: City) -> bool:
    """Whether the alert tells of one of `labels`."""
    s = alert.signal
    shown = Shown(
        s.alert, s.rule, s.area, s.category, alert.desk, alert.colour, utc(s.first), utc(s.last), utc(s.said_at),
        s.evidence.observed, s.evidence.expected, s.evidence.limit,
    )  # fmt: skip
    return any(label.heard_as(shown, city.book) for label in labels)


def judged(city: City, store: Store, end: int, told: Counter[tuple[str, int]], budget: int | None = None) -> list[str]:
    """The figures, each with what it says."""
    every = sum(1 for alert in store.final() if alert.moves)
    held = held_in(store)
    high = [label for label in read_labels(city) if label.expect == "spike" and label.certainty == "high"]
    on_labels = [one for one in held if on(one.alert, high, city)]
    kept = sum(one.lasted(end) > LONGEST_MS for one in on_labels)
    too_long = [one for one in on_labels if one.unsaid(end) > LONGEST_MS]
    out = sum(bool(one.let_out) for one in held)
    over = sum(not one.let_out and one.alert.state != "open" for one in held)
    waiting = sum(not one.let_out and one.alert.state == "open" for one in held)
    listed = {alert.id for _, alert in store.held()}
    lost = [one for one in held if not one.let_out and one.alert.id not in listed and one.alert.state == "open"]
    desks = desks_with(city, budget)
    budgets = {name: desk.budget for name, desk in desks.items()}
    above = [key for key, n in told.items() if (bound := budgets.get(key[0])) is not None and n > bound]
    turns = len({hold.begun(desks.get(one.alert.desk), one.since) for one in held})
    bounds = " ".join(sorted({str(bound) for bound in budgets.values()}))
    untold = max((one.unsaid(end) for one in held), default=0) // 60_000
    lines = [
        f"{city.name}, budget {bounds}: {every} alerts, {len(held)} held, in {turns} turns",
        f"  let out {out}, over or taken back before there was room {over}, still waiting {waiting}, lost {len(lost)}",
        f"  turns told more than their budget: {len(above)}; the fullest heard {max(told.values(), default=0)}",
        f"  held on a label of certainty high: {len(on_labels)}, for longer than 10 minutes: {kept}",
        f"  of these untold for as long: {len(too_long)}; the longest that a held alert ran untold: {untold} min",
    ]
    lines += [
        f"    {utc(one.since):%Y-%m-%d %H:%M} {one.alert.colour} {one.alert.signal.rule} {one.alert.signal.area}"
        f" {one.alert.signal.category}: {one.unsaid(end) // 60_000} min"
        for one in too_long
    ]
    holds = not (lost or above or too_long) and out + over + waiting == len(held)
    return [*lines, f"  {'holds' if holds else 'BROKEN'}"]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--also", type=int, action="append", default=[], metavar="N")
    words.add_argument("cities", nargs="*", default=CITIES, metavar="CITY")
    given, broken = words.parse_args(), False
    for name in given.cities:
        city, said = replay(name)
        for budget in dict.fromkeys((None, *given.also)):
            with tempfile.TemporaryDirectory() as folder, closing(SqliteStore(Path(folder) / "alerts.sqlite")) as store:
                lines = judged(city, store, *play(city, said.signals, store, budget), budget)
            print("\n".join(lines), flush=True)
            broken = broken or lines[-1].endswith("BROKEN")
    sys.exit(broken)


if __name__ == "__main__":
    main()
