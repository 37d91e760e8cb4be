"""The fake behind the page: a small county on a windy night. Ships with the port for tests and for looking.

Every figure is invented; figures that stand together agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from alerts.alert import Alert, AlertState, Move, Reason
from alerts.console.bell import Bell
from alerts.console.source import RECENT, City, FeedState
from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Rule, Selector
from rules.calendar import Calendar
from rules.signals import (
    Cause,
    Cell,
    Evidence,
    FeedEvidence,
    Share,
    Signal,
    SignalKind,
    WindowEvidence,
)
from rules.trees import Node, Tree

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
NOW: Final = 1_794_730_320_000
"""03:12 on Sunday 15 November 2026 in New York."""

_AREAS: Final = {  # code: (English, Chinese, column, row) on a map of squares
    "northgate": ("Northgate", "北门", 0, 2),
    "millbrook": ("Millbrook", "磨溪", 1, 2),
    "highfield": ("Highfield", "高原", 2, 2),
    "easton-hill": ("Easton Hill", "东山", 3, 2),
    "westport": ("Westport", "西港", 0, 1),
    "old-town": ("Old Town", "老城", 1, 1),
    "riverside": ("Riverside", "河岸", 2, 1),
    "orchard": ("Orchard", "果园", 3, 1),
    "southwick": ("Southwick", "南村", 0, 0),
    "lakeview": ("Lakeview", "湖景", 1, 0),
    "harbour": ("Harbour", "港湾", 2, 0),
    "stonebridge": ("Stonebridge", "石桥", 3, 0),
}
_CATEGORIES: Final = (
    ("incident", "", "all", "Incident", "警情"),
    ("traffic", "incident", "service", "Traffic", "交通"),
    ("traffic.obstruction", "traffic", "type", "Road obstruction", "道路受阻"),
    ("traffic.crash", "traffic", "type", "Vehicle accident", "车辆事故"),
    ("fire", "incident", "service", "Fire", "火情"),
    ("fire.electrical", "fire", "type", "Electrical, outside", "室外电气"),
    ("hazard", "incident", "service", "Hazard", "险情"),
    ("hazard.wires", "hazard", "type", "Wires down", "电线坠落"),
)


def sample_book() -> Book:
    """A county of twelve areas, three rules, three feeds, two desks."""
    areas = [Node("sample", "", "county", {"en": "Sample County", "zh-CN": "样例县"})]
    areas += [Node(code, "sample", "township", {"en": en, "zh-CN": zh}) for code, (en, zh, _, _) in _AREAS.items()]
    categories = [Node(code, up, level, {"en": en, "zh-CN": zh}) for code, up, level, en, zh in _CATEGORIES]
    return Book(
        city="sample",
        areas=Tree(("county", "township"), tuple(areas)),
        categories=Tree(("all", "service", "type"), tuple(categories)),
        calendar=Calendar("America/New_York"),
        feeds=(
            FeedPolicy("dispatch", "incident", 15 * MINUTE, names={"en": "County dispatch", "zh-CN": "县调度"}),
            FeedPolicy("roads", "incident", 15 * MINUTE, names={"en": "State road events", "zh-CN": "州道路事件"}),
            FeedPolicy("outages", "incident", 30 * MINUTE, names={"en": "Utility outage map", "zh-CN": "停电图"}),
        ),
        rules=(_traffic_rule(), _rule("fire-surge", "fire", "Fire surge", "火情突增"), _rule("wires", "hazard", "Wires", "电线")),
        desks=(DeskReach("county", ("sample",), ("incident",), {"en": "County duty desk", "zh-CN": "县值班台"}),),
        names={"en": "Sample County", "zh-CN": "样例县"},
    )


def _rule(rule_id: str, category: str, en: str, zh: str) -> Rule:
    return Rule(
        id=rule_id,
        version="0f3a91c2d4e5",
        selector=Selector(category),
        areas="township",
        windows=(HOUR, 3 * HOUR, 24 * HOUR),
        step=10 * MINUTE,
        detector=DetectorSpec("surprise"),
        names={"en": en, "zh-CN": zh},
    )


def _traffic_rule() -> Rule:
    guidance = {
        "en": "Check the traffic cameras of the named township; call the county dispatcher if two roads or more are shut.",
        "zh-CN": "查看该乡镇交通监控；若两条及以上道路封闭，联系县调度台。",
    }
    plain = _rule("traffic-surge", "traffic", "Traffic surge", "交通突增")
    return msgspec.structs.replace(plain, owner="traffic operations", guidance=guidance)


def sample_evidence(
    observed: int, expected: float, limit: int, *, colour: str, rank: int, incomplete: bool = False
) -> Evidence:
    """Evidence of the hour to 03:10: a quiet day, one missing hour, then the peak."""
    peak = NOW - 12 * MINUTE
    start = NOW - 12 * MINUTE - 24 * HOUR + 10 * MINUTE
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
            WindowEvidence(HOUR, NOW - 62 * MINUTE, NOW - 2 * MINUTE, observed, expected, limit, spoke=limit > 0),
            WindowEvidence(3 * HOUR, NOW - 182 * MINUTE, NOW - 2 * MINUTE, observed + 1, expected * 2.7, 30, spoke=False),
            WindowEvidence(24 * HOUR, NOW - 1442 * MINUTE, NOW - 2 * MINUTE, observed + 13, expected * 24, -1, spoke=False),
        ),
        areas=(Share("old-town", observed, expected),),
        categories=(
            Share("traffic.obstruction", observed - observed // 4, expected / 3),
            Share("traffic.crash", observed // 4, expected * 2 / 3),
        ),
        feeds=(FeedEvidence("dispatch", observed - observed // 5, NOW - 22_000), FeedEvidence("roads", observed // 5, NOW - MINUTE)),
        cells=cells,
        buckets=(peak,),
        incomplete=incomplete,
        folded=2,
        history_days=182.0,
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
    if kind in {"silence", "stopped"}:
        heard = (FeedEvidence(feed, 0, since),) if feed else ()
        evidence = msgspec.structs.replace(evidence, feeds=heard, cells=(), windows=(), areas=(), categories=(), rank_limits=())
    signal = Signal(
        id=f"s-{alert_id}",
        alert=alert_id,
        key=f"k-{alert_id}",
        cause=Cause(0, 1, 0),
        city="sample",
        state={"open": "running", "over": "over", "withdrawn": "withdrawn", "merged": "merged"}[state],  # type: ignore[arg-type]  # four words, four words
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
    reasons: dict[AlertState, tuple[Reason, ...]] = {
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


def sample_night() -> list[Alert]:
    """One alert of every kind and state that the page can show."""
    return [
        sample_alert("91c4e7aa", colour="red"),
        sample_alert("5d20b8aa", "orchard", "traffic.crash", observed=5, expected=0.5, limit=4, since=NOW - 52 * MINUTE),
        sample_alert(
            "e87731aa", "highfield", "hazard.wires", observed=8, expected=2.1, limit=7, rule="wires", since=NOW - 162 * MINUTE, incomplete=True
        ),
        sample_alert(
            "0b66d2aa", "westport", "fire.electrical", colour="orange", observed=9, expected=0.4, limit=4, rule="fire-surge", since=NOW - 95 * MINUTE
        ),
        sample_alert("c3f019aa", "westport", "incident", kind="silence", colour="orange", feed="outages", rule="", since=NOW - 41 * MINUTE, limit=-1, observed=0, expected=9.4),
        sample_alert("7740aaaa", "stonebridge", "hazard.wires", kind="threshold", colour="blue", observed=3, expected=0, limit=3, rule="wires", late=True),
        sample_alert("1a2b3caa", "lakeview", "traffic.crash", state="over", observed=6, limit=5, since=NOW - 3 * HOUR),
        sample_alert("2b3c4daa", "southwick", "traffic.crash", state="withdrawn", observed=4, limit=5, since=NOW - 4 * HOUR),
        sample_alert("3c4d5eaa", "harbour", "traffic.obstruction", state="merged", observed=7, limit=5, merged_into="91c4e7aa", since=NOW - HOUR),
    ]


def sample_shapes() -> bytes:
    """A map of squares."""
    features = []
    for code, (_, _, column, row) in _AREAS.items():
        west, south = -75.5 + column * 0.1, 40.1 + row * 0.08
        ring = [[west, south], [west + 0.1, south], [west + 0.1, south + 0.08], [west, south + 0.08], [west, south]]
        features.append({"type": "Feature", "properties": {"code": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def sample_feeds() -> list[FeedState]:
    return [
        FeedState("dispatch", NOW - 22_000, rate=tuple(3 + (place * 5) % 7 + (place > 32) * 9 for place in range(36))),
        FeedState("roads", NOW - MINUTE, late=9 * MINUTE, rate=tuple((place * 3) % 5 for place in range(36))),
        FeedState("outages", NOW - 41 * MINUTE, silent_since=NOW - 41 * MINUTE, rate=tuple((place % 3) * (place < 32) for place in range(36))),
    ]


class SampleBoard:
    """A `BoardSource` by hand: what is put is what is shown; every change rings."""

    def __init__(
        self, city: City, alerts: Sequence[Alert] = (), feeds: Sequence[FeedState] = (), shapes: bytes | None = None, now: int = NOW
    ) -> None:
        self._city = city
        self._alerts = {alert.id: alert for alert in alerts}
        self._feeds = tuple(feeds)
        self._shapes = shapes
        self._now = now
        self._bell = Bell()

    def put(self, *alerts: Alert) -> None:
        """Adds alerts, or replaces those of the same id."""
        self._alerts = {**self._alerts, **{alert.id: alert for alert in alerts}}
        self._bell.ring()

    def hear(self, *feeds: FeedState) -> None:
        """Replaces what is known of the feeds."""
        self._feeds = feeds
        self._bell.ring()

    def move_to(self, now: int) -> None:
        self._now = now
        self._bell.ring()

    def city(self) -> City:
        return self._city

    def now(self) -> int:
        return self._now

    def alerts(self, now: int) -> Sequence[Alert]:
        return [
            alert
            for alert in self._alerts.values()
            if alert.state == "open" or max(alert.signal.over_at, alert.signal.at, alert.signal.said_at) >= now - RECENT
        ]

    def alert(self, alert_id: str) -> Alert | None:
        return self._alerts.get(alert_id)

    def feeds(self) -> Sequence[FeedState]:
        return self._feeds

    def shapes(self) -> bytes | None:
        return self._shapes

    def version(self) -> int:
        return self._bell.version()

    async def changed(self, after: int) -> int:
        return await self._bell.changed(after)


def sample_board(names: Mapping[str, str] | None = None, *, exercise: bool = False) -> SampleBoard:
    """The windy night. `names`: another name for the county, by language."""
    book = sample_book()
    if names is not None:
        book = msgspec.structs.replace(book, names=dict(names))
    return SampleBoard(City(book, exercise=exercise), sample_night(), sample_feeds(), sample_shapes())
