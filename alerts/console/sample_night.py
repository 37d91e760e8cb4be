"""The sample's windy night: one alert of every kind and state that the page can show, and how the feeds are heard.

Every figure is invented; figures that stand together agree.
"""

from __future__ import annotations

from typing import Final

import msgspec

from alerts.alert import Alert, AlertState, Move
from alerts.console.source import FeedState
from alerts.duty import Heard
from rules.signals import (
    Bar,
    Cause,
    Cell,
    Evidence,
    FeedEvidence,
    Share,
    Signal,
    SignalKind,
    SignalState,
    WindowEvidence,
)

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
NOW: Final = 1_794_730_320_000
"""03:12 on Sunday 15 November 2026 in New York."""

_SAID: Final[dict[AlertState, SignalState]] = {
    "open": "running",
    "over": "over",
    "withdrawn": "withdrawn",
    "merged": "merged",
}


def sample_evidence(
    observed: int, expected: float, limit: int, *, colour: str, rank: int, incomplete: bool = False
) -> Evidence:
    """Evidence of the hour to 03:10: a quiet day, one missing hour, then the peak."""
    end = NOW - 2 * MINUTE
    peak, start = end - 10 * MINUTE, end - 24 * HOUR
    cells = tuple(
        Cell(
            start=start + place * HOUR,
            observed=observed if place == 23 else (place * 7) % 3 if place != 8 else 0,
            expected=expected,
            low=0.0,
            high=max(2.0, expected * 2),
            limit=limit if limit >= 0 else -1,
            missing=place == 8,
        )
        for place in range(24)
    )
    ranks = ("blue", "yellow", "orange", "red")
    return Evidence(
        peak=peak,
        observed=observed,
        expected=expected,
        spread=max(expected, 0.5) ** 0.5,
        limit=limit,
        would_not_have_spoken=limit - 1,
        window=HOUR,
        rank=rank,
        colour=colour,
        rank_limits=tuple((name, limit + step * 2) for step, name in enumerate(ranks[1:])) if limit > 0 else (),
        windows=(
            WindowEvidence(HOUR, end - HOUR, end, observed, expected, limit, spoke=limit > 0),
            WindowEvidence(3 * HOUR, end - 3 * HOUR, end, observed + 1, expected * 2.7, 30, spoke=False),
            WindowEvidence(24 * HOUR, end - 24 * HOUR, end, observed + 13, expected * 24, -1, spoke=False),
        ),
        areas=(Share("old-town", observed, expected),),
        categories=(
            Share("traffic.obstruction", observed - observed // 4, expected / 3),
            Share("traffic.crash", observed // 4, expected * 2 / 3),
        ),
        feeds=(
            FeedEvidence("dispatch", observed - observed // 5, NOW - 22_000),
            FeedEvidence("roads", observed // 5, NOW - MINUTE),
        ),
        cells=cells,
        buckets=(peak,),
        incomplete=incomplete,
        folded=2,
        history_days=182.0,
        bar=Bar(16.4, 11.9, 2.0),
    )


def sample_alert(
    alert_id: str,
    area: str = "old-town",
    category: str = "traffic.obstruction",
    *,
    state: AlertState = "open",
    kind: SignalKind = "spike",
    colour: str = "yellow",
    observed: int = 19,
    expected: float = 0.6,
    limit: int = 5,
    rule: str = "traffic-surge",
    feed: str = "",
    since: int = NOW - 22 * MINUTE,
    late: bool = False,
    incomplete: bool = False,
    merged_into: str = "",
) -> Alert:
    """One alert in any state, said ten minutes after it began."""
    rank = ("blue", "yellow", "orange", "red").index(colour)
    said, over = since + 10 * MINUTE, 0 if state == "open" else NOW - 5 * MINUTE
    evidence = sample_evidence(observed, expected, limit, colour=colour, rank=rank, incomplete=incomplete)
    if kind in {"silence", "stopped", "review"}:
        evidence = msgspec.structs.replace(
            evidence, peak=since, window=0, feeds=(), cells=(), windows=(), areas=(), categories=(), rank_limits=(),
            folded=0, history_days=0.0,
        )  # fmt: skip
    if kind == "drop":
        evidence = _of_a_drop(evidence)
    signal = Signal(
        id=f"s-{alert_id}",
        alert=alert_id,
        key=f"k-{alert_id}",
        cause=Cause(0, 1, 0),
        city="sample",
        state=_SAID[state],
        kind=kind,
        rule=rule,
        rule_version="0f3a91c2d4e5",
        area=area,
        category=category,
        feed=feed,
        first=since,
        last=NOW - 2 * MINUTE,
        said_at=said,
        at=over or NOW - 2 * MINUTE,
        over_at=over,
        late=late,
        merged_into=merged_into,
        evidence=evidence,
    )
    reasons: dict[AlertState, tuple[Heard, ...]] = {
        "open": ("first", "worse", "spread"),
        "over": ("first", "over"),
        "withdrawn": ("first", "corrected", "withdrawn"),
        "merged": ("first", "merged"),
    }
    moves = tuple(
        Move(said + place * 3 * MINUTE, said + place * 3 * MINUTE, reason, colour, observed, area)
        for place, reason in enumerate(reasons[state])
    )
    return Alert(alert_id, "sample", state, "county", rank, colour, said, signal, moves)


def _of_a_drop(evidence: Evidence) -> Evidence:
    """The same hours with the limits below what is expected."""
    limit = evidence.limit
    return msgspec.structs.replace(
        evidence,
        would_not_have_spoken=limit + 1,
        rank_limits=tuple((name, max(limit - step * 2, 0)) for step, name in enumerate(("yellow", "orange", "red"))),
        windows=(evidence.windows[0], msgspec.structs.replace(evidence.windows[1], limit=21)),
        cells=tuple(
            msgspec.structs.replace(cell, low=cell.expected * 0.6, high=cell.expected * 1.4,
                observed=round(cell.expected) + cell.observed % 3 if cell.start < evidence.cells[-3].start else 3)
            for cell in evidence.cells
        ),
        areas=(Share("old-town", evidence.observed, evidence.expected),),
    )  # fmt: skip


def sample_night() -> list[Alert]:
    """One alert of every kind and state that the page can show."""
    crash, wires = "traffic.crash", "hazard.wires"

    def ago(minutes: int) -> int:
        return NOW - minutes * MINUTE

    return [
        sample_alert("91c4e7aa", colour="red"),
        sample_alert("5d20b8aa", "orchard", crash, observed=5, expected=0.5, limit=4, since=ago(52)),
        sample_alert(
            "e87731aa", "highfield", wires,
            rule="wires", observed=8, expected=2.1, limit=7, since=ago(162), incomplete=True,
        ),
        sample_alert(
            "0b66d2aa", "westport", "fire.electrical",
            rule="fire-surge", colour="orange", observed=9, expected=0.4, limit=4, since=ago(95),
        ),
        sample_alert(
            "c3f019aa", "westport", "incident",
            kind="silence", rule="feed-silence", feed="outages",
            colour="orange", observed=13, expected=1.8, limit=13, since=ago(41),
        ),
        sample_alert(
            "7740aaaa", "stonebridge", wires,
            kind="threshold", rule="wires", colour="blue", observed=3, expected=0, limit=3, late=True,
        ),
        sample_alert(
            "4d10f0aa", "lakeview", "traffic",
            kind="drop", rule="traffic-drop", observed=3, expected=24.0, limit=5, since=ago(130),
        ),
        sample_alert(
            "5e21a1aa", "southwick", wires,
            kind="accumulated", rule="wires-rise", observed=41, expected=22.5, limit=38, since=ago(310),
        ),
        sample_alert(
            "6f32b2aa", "harbour", "fire.electrical",
            kind="first_seen", rule="new-kinds", colour="blue", observed=3, expected=0, limit=3, since=ago(75),
        ),
        sample_alert("1a2b3caa", "lakeview", crash, state="over", observed=6, since=ago(180)),
        sample_alert("2b3c4daa", "southwick", crash, state="withdrawn", observed=4, since=ago(240)),
        sample_alert("3c4d5eaa", "harbour", state="merged", observed=7, merged_into="91c4e7aa", since=ago(60)),
    ]  # fmt: skip


def sample_feeds() -> list[FeedState]:
    """One feed heard, one late, one silent."""
    steps, silent = range(36), NOW - 41 * MINUTE
    return [
        FeedState("dispatch", NOW - 22_000, rate=tuple(3 + (step * 5) % 7 + (step > 32) * 9 for step in steps)),
        FeedState("roads", NOW - MINUTE, late=9 * MINUTE, rate=tuple((step * 3) % 5 for step in steps)),
        FeedState("outages", silent, silent_since=silent, rate=tuple((step % 3) * (step < 32) for step in steps)),
    ]
