"""A small factory of signals and the city they speak of, for the tests of this room."""

from __future__ import annotations

from typing import Any

import msgspec

from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Rule, Selector
from rules.calendar import Calendar
from rules.signals import Cause, Evidence, FeedEvidence, Share, Signal, WindowEvidence
from rules.silence import FeedWatch, Gap
from rules.silences import Silences
from rules.speech import Speaker
from rules.trees import Node, Tree

HOUR = 3_600_000
NOON = 1_453_552_200_000  # 2016-01-23T12:30:00Z
CITY = "montgomery"
RANKS = ("blue", "yellow", "orange", "red")


def book(**changes: Any) -> Book:
    """A county of two townships and a grid cell; the east has a desk of its own."""
    areas = Tree(
        ("county", "township", "grid"),
        (
            Node("montgomery", "", "county", {"en": "Montgomery", "zh-CN": "蒙哥马利县"}, population=800_000),
            Node("abington", "montgomery", "township", {"en": "Abington", "zh-CN": "阿宾顿"}),
            Node("lower-merion", "montgomery", "township", {"en": "Lower Merion", "zh-CN": "下梅里恩"}),
            Node("ardmore", "lower-merion", "grid", {"en": "Ardmore", "zh-CN": "阿德莫尔"}),
        ),
    )
    categories = Tree(
        ("kind", "group", "type"),
        (
            Node("incident", "", "kind", {"en": "incidents", "zh-CN": "警情"}),
            Node("traffic", "incident", "group", {"en": "traffic", "zh-CN": "交通"}),
            Node("crash", "traffic", "type", {"en": "vehicle accident", "zh-CN": "车辆事故"}),
            Node("fire", "incident", "group", {"en": "fire", "zh-CN": "火情"}),
        ),
    )
    rule = Rule(
        id="traffic-surge",
        version="0123456789ab",
        selector=Selector("traffic"),
        areas="grid",
        windows=(HOUR, 3 * HOUR),
        step=600_000,
        detector=DetectorSpec("fixed"),
        guidance={
            "en": "Check the traffic cameras of the named township.",
            "zh-CN": "查看该乡镇交通监控。",
        },
        names={"en": "Traffic calls above usual", "zh-CN": "交通警情多于平时"},
    )
    value = Book(
        city=CITY,
        areas=areas,
        categories=categories,
        calendar=Calendar("America/New_York"),
        feeds=(FeedPolicy("calls", "incident", HOUR, names={"en": "911 calls", "zh-CN": "911 报警"}),),
        rules=(rule,),
        desks=(
            DeskReach("county", ("montgomery",), ("incident",), {"en": "County desk", "zh-CN": "县值班台"}),
            DeskReach("eastern", ("abington",), ("incident",), {"en": "Eastern desk", "zh-CN": "东部值班台"}),
        ),
        names={"en": "Montgomery", "zh-CN": "蒙哥马利县"},
    )
    return msgspec.structs.replace(value, **changes)


def evidence(rank: int = 1, observed: int = 9, **changes: Any) -> Evidence:
    value = Evidence(
        peak=NOON,
        observed=observed,
        expected=2.13,
        spread=1.5,
        limit=6,
        would_not_have_spoken=5,
        window=HOUR,
        rank=rank,
        colour=RANKS[rank],
        rank_limits=(("yellow", 6), ("orange", 9), ("red", 12)),
        windows=(WindowEvidence(HOUR, NOON - HOUR, NOON, observed, 2.13, 6, True),),
        areas=(Share("ardmore", 6, 1.0), Share("lower-merion", 3, 1.13)),
        categories=(Share("crash", observed, 2.13),),
        feeds=(FeedEvidence("calls", observed, NOON),),
        history_days=120.0,
    )
    return msgspec.structs.replace(value, **changes)


def signal(offset: int = 1, *, alert: str = "a1", n: int = 0, epoch: int = 0, **changes: Any) -> Signal:
    """A running spike of crashes in Lower Merion; `offset`, `n` and `epoch` are its cause."""
    value = Signal(
        id=f"{alert}-{epoch}-{offset}-{n}",
        alert=alert,
        key=alert,
        cause=Cause(epoch, offset, n),
        city=CITY,
        state="running",
        kind="spike",
        rule="traffic-surge",
        rule_version="0123456789ab",
        area="lower-merion",
        category="crash",
        feed="",
        first=NOON - HOUR,
        last=NOON,
        said_at=NOON,
        at=NOON + offset * 1_000,
        over_at=0,
        late=False,
        merged_into="",
        evidence=evidence(),
    )
    return msgspec.structs.replace(value, **changes)


def silence(until: int | None = None) -> Signal:
    """The engine's own signal of a feed that was last heard at NOON: 30 minutes speak, 2.5 are usual."""
    watch = FeedWatch(book().feeds[0], book().calendar)
    gap = Gap(NOON, until, HOUR // 2, HOUR // 24, 1)
    if until is None:
        watch.gap = gap
    else:
        watch.ended.append(gap)
    speaker = Speaker(CITY, 0, 1, 0, until or NOON + HOUR)
    (said,) = Silences().say({"calls": watch}, book(), speaker)
    return said


def stopped() -> Signal:
    """The engine's own signal of a rule that raised."""
    return Silences().stopped(book().rules[0], book(), Speaker(CITY, 0, 1, 0, NOON))
