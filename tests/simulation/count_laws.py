"""Counts and judgement, held against a count by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rules import canonical
from rules.records import Blind, Down, MuteFeed, StartRule, StopRule, UseBook
from tests.simulation import plain, script
from tests.simulation.found import Found, feeds_of
from tests.simulation.muted import spans
from tests.simulation.script import HOUR, MINUTE, Pause, Restart

LARGE = 40
"""Events of a spike, in time and each of its own place, that nobody may miss: the whole town has a few an hour."""
LARGE_WITHIN = 3 * HOUR
LEARNED = 36 * HOUR
"""So long after the beginning a rule that learns for a day has had its refit."""


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
        if isinstance(order, Down) or (isinstance(order, Blind) and order.feed in feeds_of(rule, found.first))
    ]
    deaf += [span for feed, span in spans(found.records) if feed in feeds_of(rule, found.first)]
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
    if (
        stood_still
        or found.orders(UseBook, StopRule, Blind, Down, MuteFeed)
        or lived.weather.has("gaps")
        or lived.weather.has("clock")
    ):
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
