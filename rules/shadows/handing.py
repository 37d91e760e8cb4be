"""From the rule in force to the shadow that takes its place: an alert that both have running stays the one that people
have in hand."""

from __future__ import annotations

from dataclasses import replace

from rules.matters.watch import MatterWatch
from rules.signals import SignalKind
from rules.speech import Told
from rules.watch import RuleWatch

Arriving = tuple[str, str, SignalKind, Told]
"""(rule, version, kind, what runs): an alert that a desk hears of, or hears of anew, when its rule is promoted."""


def hand_over(old: RuleWatch | None, new: RuleWatch) -> list[Arriving]:
    """Let the running alerts of `new` go on under the names of those of `old` that they overlap in a series; these are
    no longer the old rule's. What `new` has running then."""
    told: dict[str, Told] = {}
    for mine in sorted(new.speech.told.values(), key=lambda one: (one.first, one.area, one.alert)):
        theirs = _same(old, new, mine) if old is not None and mine.state == "running" else None
        one = mine
        if theirs is not None and theirs.alert not in told:
            assert old is not None
            del old.speech.told[theirs.alert]
            one = replace(mine, alert=theirs.alert, said_at=theirs.said_at, late=theirs.late)
        told[one.alert] = one
    new.speech.told = told
    running = [one for one in told.values() if one.state == "running"]
    return [(new.rule.id, new.rule.version, new.speech.kind, one) for one in running]


def _same(old: RuleWatch, new: RuleWatch, mine: Told) -> Told | None:
    """The first running alert of `old` with a run of a series at the time of one of `mine`."""
    spans = _spans(new, mine)
    running = [one for one in old.speech.told.values() if one.state == "running"]
    for theirs in sorted(running, key=lambda one: (one.alert != mine.alert, one.first, one.area, one.alert)):
        if any(
            pair == other and first <= until and since <= last
            for pair, first, last in spans
            for other, since, until in _spans(old, theirs)
        ):
            return theirs
    return None


def _spans(watch: RuleWatch, told: Told) -> list[tuple[tuple[str, str], int, int]]:
    """(area and category, first, last moment in ms) of each run."""
    counts = watch.counts
    return [
        (counts.pairs[series], counts.steps.start(first), counts.steps.end(last) - 1)
        for series, first, last in told.runs
    ]


def hand_over_matters(old: MatterWatch | None, new: MatterWatch) -> None:
    """The same for rules on matters, by area and office; all that `new` has running is news to the desks."""
    for pair, alert in new.cells.running.items():
        theirs = old.cells.running.pop(pair, None) if old is not None else None
        if theirs is not None:
            alert.told.alert, alert.told.said_at = theirs.told.alert, theirs.told.said_at
            alert.said = theirs.said
        alert.news = True
