"""A made world: what happens in a city, and how its feeds carry it. The same city, seed and plan: the same events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import starmap

import numpy as np

from rules.calendar import DAY_MS
from rules.trees import Tree
from streams.city import City
from streams.simulate import faults, rhythm, spikes
from streams.simulate.faults import Faults
from streams.simulate.sent import Sent
from streams.simulate.truth import Truth


@dataclass(frozen=True, slots=True)
class Plan:
    """What a made world is like. `calm_days`: without spikes and faults at first, so that rules can learn.

    `places`: made addresses of an area; half of the events name one.
    """

    events_a_day: float = 300.0
    spikes_a_week: float = 5.0
    calm_days: float = 0.0
    places: int = 200
    faults: Faults = field(default=Faults())


@dataclass(frozen=True, slots=True)
class Made:
    """Events of all feeds in the order of their arrival, and what was put into them."""

    sent: tuple[Sent, ...]
    truths: tuple[Truth, ...]


def make(city: City, seed: int, begin: int, days: float, plan: Plan | None = None) -> Made:
    """What happens in [begin, begin + days), ms UTC."""
    of = plan or Plan()
    dice = np.random.default_rng(seed)
    book = city.book
    end = begin + round(days * DAY_MS)
    unsettled = min(end - 1, begin + round(of.calm_days * DAY_MS))
    feeds = [feed.name for feed in book.feeds]
    beat = rhythm.drawn(book.calendar, book.areas, _categories(book.categories), of.events_a_day, dice)
    number = int(dice.poisson(of.spikes_a_week * (end - unsettled) / (7 * DAY_MS)))
    risen = spikes.drawn(beat.cells, unsettled, end, number, dice)
    moments = beat.times(begin, end, dice)
    for spike in risen:
        moments += spikes.times(spike, dice)
    events = _events(city, sorted(moments), of.places, dice)
    broken = faults.stretches(of.faults, feeds, unsettled, end, dice)
    sent: list[Sent] = []
    truths = list(risen)
    for policy in book.feeds:
        mine = [event for event in events if event.feed == policy.name]
        calm = [event for event in mine if event.occurred_at < unsettled]
        carried, _ = faults.carried(calm, faults.NONE, (), policy, dice)
        later, told = faults.carried(mine[len(calm) :], of.faults, broken, policy, dice)
        sent += carried + later
        truths += told
    return Made(
        tuple(sorted(sent, key=lambda one: (one.arrived_at, one.feed, one.id, one.revision))),
        tuple(sorted(truths, key=lambda one: (one.begin, one.kind, one.feed, one.area, one.category))),
    )


def _categories(tree: Tree) -> list[str]:
    return rhythm.leaves(tree)


def _events(city: City, moments: Sequence[tuple[int, str, str]], places: int, dice: np.random.Generator) -> list[Sent]:
    """Each moment an event of one of the feeds; the first feed carries most."""
    book = city.book
    weights = np.array([1.0 / (n + 1) for n in range(len(book.feeds))])
    chosen = dice.choice(len(book.feeds), len(moments), p=weights / weights.sum()).tolist()
    grave = dice.integers(1, 5, len(moments)).tolist()
    spots = dice.integers(0, 2 * places, len(moments)).tolist()

    def event(number: int, moment: tuple[int, str, str]) -> Sent:
        at, area, category = moment
        feed = book.feeds[chosen[number]]
        return Sent(
            feed=feed.name,
            kind=feed.kind,
            id=f"made {number}",
            category=category,
            area=area,
            occurred_at=at,
            arrived_at=at,
            severity=grave[number],
            place=f"{area} lot {spots[number]}" if feed.has_place and spots[number] < places else "",
        )

    return list(starmap(event, enumerate(moments)))
