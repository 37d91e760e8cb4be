"""An alert as one row of the board, and the facts that its card shares with it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from alerts.alert import Alert
from alerts.console.naming import Mark, Names
from alerts.console.source import City
from rules.signals import Evidence, WindowEvidence

Tag = Literal["exercise", "late", "incomplete", "unconfirmed", "unspoken", "withdrawn", "merged"]
"""States that stand beside a title, in words."""

MINUTE: Final = 60_000
GAUGE_FULL: Final = 4.0
"""The gauge ends at four times the limit."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """Parts of the limit: `got` counted, `usual` expected. Frozen: a feed behind it is silent."""

    got: float  # counted / limit, up to the gauge's end
    usual: float
    frozen: bool


@dataclass(frozen=True, slots=True)
class Row:
    """Instants and lengths in ms. A drop may have the limit 0; else `limit` 0: there is none."""

    alert: Alert
    mark: Mark
    where: str
    what: str  # "" where the template says it in words (a silence, a stopped rule)
    observed: int
    expected: float
    limit: int
    has_limit: bool
    ratio: float  # how far over its limit (a drop: under); 0 where there is none
    window: int
    until: int
    since: int
    silent_for: int  # of a silence: until now, or until it ended
    ended: int  # 0: running
    gauge: Gauge | None
    tags: tuple[Tag, ...]


def peak_window(evidence: Evidence) -> WindowEvidence | None:
    """The window that the figures of the evidence belong to: of that length, the one that spoke."""
    of_length = [window for window in evidence.windows if window.length == evidence.window]
    return next((window for window in of_length if window.spoke), of_length[0] if of_length else None)


def row(alert: Alert, city: City, names: Names, silent: Collection[str], now: int) -> Row:
    """`silent`: the names of feeds that are silent just now. A silence is counted in minutes, and up to now."""
    signal, evidence = alert.signal, alert.signal.evidence
    window = peak_window(evidence)
    behind = {feed.feed for feed in evidence.feeds}
    unconfirmed = alert.state == "open" and signal.kind != "silence" and bool(behind & set(silent))
    limit, silent_for = max(evidence.limit, 0), 0
    observed = evidence.observed
    if signal.kind == "silence":
        silent_for = (alert.ended_at or now) - evidence.peak
        observed = silent_for // MINUTE
    where, what = names.area(signal.area), names.category(signal.category)
    if signal.feed:
        where, what = names.feed(signal.feed), ""
    elif signal.kind == "stopped" or (signal.kind == "review" and names.rule(signal.rule) is not None):
        where, what = names.rule_name(signal.rule), ""
    elif evidence.owed:
        what = names.of_office(names.rule_name(signal.rule), evidence.owed.office)
    return Row(
        alert=alert,
        mark=names.mark(alert.rank, alert.colour),
        where=where,
        what=what,
        observed=observed,
        expected=evidence.expected,
        limit=limit,
        has_limit=evidence.limit >= (0 if signal.kind == "drop" else 1),
        ratio=_ratio(observed, evidence.expected, evidence.limit, low=signal.kind == "drop"),
        window=evidence.window,
        until=window.until if window else signal.last,
        since=signal.first,
        silent_for=silent_for,
        ended=alert.ended_at,
        gauge=None if evidence.owed else _gauge(observed, evidence.expected, limit, frozen=unconfirmed),
        tags=_tags(alert, city, unconfirmed=unconfirmed),
    )


def ratio_of(alert: Alert, now: int) -> float:
    """The same as in its row, without the row: what thousands are ordered by."""
    evidence, low = alert.signal.evidence, alert.signal.kind == "drop"
    observed = evidence.observed
    if alert.signal.kind == "silence":
        observed = ((alert.ended_at or now) - evidence.peak) // MINUTE
    return _ratio(observed, evidence.expected, max(evidence.limit, 0), low=low)


def _ratio(observed: int, expected: float, limit: int, *, low: bool) -> float:
    """Counted over the limit; of a drop what is missing over what is missing at the limit."""
    if low:
        return (expected - observed) / max(expected - limit, 1.0) if limit >= 0 else 0.0
    return observed / limit if limit > 0 else 0.0


def _gauge(observed: int, expected: float, limit: int, *, frozen: bool) -> Gauge | None:
    if not limit:
        return None
    return Gauge(min(observed / limit, GAUGE_FULL), min(expected / limit, GAUGE_FULL), frozen)


def _tags(alert: Alert, city: City, *, unconfirmed: bool) -> tuple[Tag, ...]:
    said: list[tuple[Tag, bool]] = [
        ("exercise", city.exercise or alert.signal.kind == "exercise"),
        ("unconfirmed", unconfirmed),
        ("incomplete", alert.signal.evidence.incomplete and not unconfirmed),
        ("late", alert.signal.late),
        ("unspoken", alert.state in ("open", "over") and not alert.signal.evidence.would_speak),
        ("withdrawn", alert.state == "withdrawn"),
        ("merged", alert.state == "merged"),
    ]
    return tuple(tag for tag, so in said if so)
