"""A made town of 200 quarters in which nothing happens: its law is known, its desks are of 1, 20 and 179 quarters.

A rhythm of the week, quarters from a tenth of an event a day to twenty, storms that all quarters share for a day,
shocks of three hours in a quarter, and clumps of one cause. No level moves and nothing rises: every alert is false.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Rule, Selector
from rules.calendar import DAY_MS, HOUR_MS, Calendar
from rules.records import NO_TIME, ROW, Frame
from rules.trees import Node, Tree

START: Final = 1_704_067_200_000 // DAY_MS * DAY_MS
STEP: Final = 600_000
DISTRICTS: Final = 10
QUARTERS: Final = 20
KINDS: Final = ("fire.bin", "fire.car", "noise.music", "noise.works", "water.leak")
_KIND_SHARE: Final = np.array([0.08, 0.12, 0.3, 0.3, 0.2])
_A_DAY: Final = 400.0
_TOWN_SHOCK: Final = 0.01
_QUARTER_SHOCK: Final = 0.06
_CLUMPED: Final = 0.04


def book() -> Book:
    """Five rules; the first quarter has a desk of its own, the second district another, the town the third."""
    districts = [f"d{n}" for n in range(DISTRICTS)]
    areas = Tree(
        ("town", "district", "quarter"),
        (
            Node("town", "", "town", {"en": "Town"}),
            *(Node(d, "town", "district", {"en": d}) for d in districts),
            *(Node(f"{d}.q{n}", d, "quarter", {"en": f"{d}.q{n}"}) for d in districts for n in range(QUARTERS)),
        ),
    )
    tops = sorted({kind.split(".")[0] for kind in KINDS})
    categories = Tree(
        ("all", "kind", "type"),
        (
            Node("any", "", "all", {"en": "any"}),
            *(Node(top, "any", "kind", {"en": top}) for top in tops),
            *(Node(kind, kind.split(".")[0], "type", {"en": kind}) for kind in KINDS),
        ),
    )
    fine = (HOUR_MS, 3 * HOUR_MS, DAY_MS)
    surprise = DetectorSpec("surprise")
    rules = (
        Rule("all", "v1", Selector("any"), "quarter", fine, STEP, surprise),
        Rule("kinds", "v1", Selector("any"), "quarter", fine, STEP, surprise, categories="type"),
        Rule("fires", "v1", Selector("fire"), "quarter", (3 * HOUR_MS, DAY_MS), HOUR_MS, surprise, false_alarms=1.0),
        Rule(
            "days", "v1", Selector("any"), "quarter", (DAY_MS, 2 * DAY_MS, 4 * DAY_MS), DAY_MS, surprise,
            calendar_step="day", keep=DAY_MS,
        ),
        Rule(
            "rises", "v1", Selector("any"), "quarter", (7 * DAY_MS, 28 * DAY_MS), DAY_MS, DetectorSpec("accumulated"),
            calendar_step="day", false_alarms=1.0, keep=DAY_MS,
        ),
    )  # fmt: skip
    return Book(
        city="quiet", areas=areas, categories=categories, calendar=Calendar("UTC"),
        feeds=(FeedPolicy("calls", "incident", lateness=2 * STEP, silence=False),), rules=rules,
        desks=(
            DeskReach("one", ("d1.q0",), ("any",)),
            DeskReach("twenty", ("d0",), ("any",)),
            DeskReach("rest", ("town",), ("any",)),
        ),
    )  # fmt: skip


def frame(of: Book, seed: int, days: int) -> Frame:
    """All of it, by arrival."""
    dice = np.random.default_rng(seed)
    quarters = [node.code for node in of.areas.nodes if node.level == "quarter"]
    codes, kinds = tuple(of.areas.by_code), tuple(of.categories.by_code)
    place = np.array([codes.index(quarter) for quarter in quarters])
    weight = dice.lognormal(0.0, 1.0, len(quarters))
    weight *= _A_DAY / weight.sum()
    weight[quarters.index("d1.q0")] = 2.0
    hours = np.arange(168)
    rhythm = 1.0 + 0.6 * np.sin(2 * np.pi * (hours % 24 - 9) / 24) - 0.2 * (hours >= 120)
    rhythm *= 7 / rhythm.sum()
    kind_place = np.array([kinds.index(kind) for kind in KINDS])
    made = []
    for day in range(days):
        slots = (day % 7) * 24 + np.arange(24)
        rates = weight[:, None] * rhythm[slots]
        rates = (
            rates * _shock(dice, _TOWN_SHOCK, (1, 1)) * np.repeat(_shock(dice, _QUARTER_SHOCK, (len(weight), 8)), 3, 1)
        )
        many = dice.poisson(rates / (1 + _CLUMPED))
        where, hour = np.repeat(np.indices(many.shape).reshape(2, -1), many.ravel(), axis=1)
        minute = dice.random(len(where)) * HOUR_MS
        what = dice.choice(len(KINDS), len(where), p=_KIND_SHARE)
        again = 1 + (dice.random(len(where)) < _CLUMPED)
        where, hour, minute, what = (np.repeat(column, again) for column in (where, hour, minute, what))
        occurred = (
            START
            + day * DAY_MS
            + hour * HOUR_MS
            + np.minimum(minute + dice.random(len(where)) * STEP / 2, HOUR_MS - 1).astype(np.int64)
        )
        rows = np.zeros(len(where), ROW)
        rows["area"], rows["category"] = place[where], kind_place[what]
        rows["occurred_at"] = occurred
        rows["arrived_at"] = occurred + dice.integers(0, STEP, len(rows))
        made.append(rows)
    rows = np.concatenate(made)
    rows = rows[np.argsort(rows["arrived_at"], kind="stable")]
    rows["id0"] = rows["offset"] = 1 + np.arange(len(rows))
    rows["id1"], rows["count"], rows["due_at"] = 7, 1, NO_TIME
    return Frame(of.city, ("calls",), ("filed",), kinds, codes, ("",), ("p",), rows)


def _shock(dice: np.random.Generator, variance: float, shape: tuple[int, ...]) -> np.ndarray:
    found: np.ndarray = dice.gamma(1 / variance, variance, shape)
    return found
