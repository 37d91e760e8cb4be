"""The sample's county: areas on a map of squares, categories, feeds, rules, a desk. All invented."""

from __future__ import annotations

import json
from typing import Final

import msgspec

from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Rule, Selector
from rules.calendar import Calendar
from rules.trees import Node, Tree

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE

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
        rules=(
            _traffic_rule(),
            _rule("fire-surge", "fire", "Fire surge", "火情突增"),
            _rule("wires", "hazard", "Wires", "电线"),
        ),
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
        "en": "Check the traffic cameras of the named township; call the dispatcher if two roads or more are shut.",
        "zh-CN": "查看该乡镇交通监控；若两条及以上道路封闭，联系县调度台。",
    }
    plain = _rule("traffic-surge", "traffic", "Traffic surge", "交通突增")
    return msgspec.structs.replace(plain, owner="traffic operations", guidance=guidance)


def sample_shapes() -> bytes:
    """A map of squares."""
    features = []
    for code, (_, _, column, row) in _AREAS.items():
        west, south = -75.5 + column * 0.1, 40.1 + row * 0.08
        ring = [[west, south], [west + 0.1, south], [west + 0.1, south + 0.08], [west, south + 0.08], [west, south]]
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": {"code": code}, "geometry": geometry})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()
