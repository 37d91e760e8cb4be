"""The stream of the job, and its known answer.

1,000 areas x 8 categories over 90 days: a Poisson background (rates of series gamma, shape 0.7), 200 bursts of 12 to 59
events within half an hour to four hours, in order of event time, and 1 % of the events again, to the byte, a minute to
20 hours later. From a fixed seed: 2,000,000 events give 20,000 repeats and 493 alerts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

SEED: Final = 20_260_103
AREAS: Final = 1_000
CATEGORIES: Final = ("fire", "flood", "rescue", "crime", "traffic", "noise", "waste", "power")
SOURCES: Final = ("dispatch", "petition", "sensor", "hotline")
DAYS: Final = 90
DAY: Final = 86_400
HOUR: Final = 3_600
BEGIN: Final = 1_767_225_600
"""2026-01-01T00:00:00Z."""
BURSTS: Final = 200
WEIGHT: Final = 0.05


class Sent(NamedTuple):
    """One record. `at`: event time, s."""

    area: str
    category: str
    id: str
    at: int
    data: bytes


Answer = tuple[str, str, int]
"""(area, category, hour as s since 1970): what an alert is about."""


def area_code(number: int) -> str:
    return f"A{number:04d}"


def told(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Columns(NamedTuple):
    """By event, in order of event time; `arrivals`: the events in the order in which they come, repeats among them."""

    series: NDArray[np.int64]
    at: NDArray[np.int64]
    high: NDArray[np.int64]
    low: NDArray[np.int64]
    source: NDArray[np.int64]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    arrivals: NDArray[np.int64]


def _columns(events: int) -> _Columns:
    dice = np.random.default_rng(SEED)
    again = events // 100
    once = events - again
    series = AREAS * len(CATEGORIES)
    burst_series, burst_times = [], []
    for _ in range(BURSTS):
        many = int(dice.integers(12, 60))
        burst_series.append(np.full(many, dice.integers(series)))
        start = dice.uniform(2, DAYS - 1) * DAY
        burst_times.append(start + dice.uniform(0, dice.uniform(0.5, 4) * HOUR, many))
    in_bursts, burst_at = np.concatenate(burst_series), np.concatenate(burst_times)
    rates = dice.gamma(0.7, 1.0, series)
    rates /= rates.sum()
    quiet = once - len(in_bursts)
    of = np.concatenate([dice.choice(series, quiet, p=rates), in_bursts])
    at = np.concatenate([dice.uniform(0, DAYS * DAY, quiet), burst_at]).astype(np.int64) + BEGIN
    order = np.argsort(at, kind="stable")
    of, at = of[order], at[order]
    high, low = dice.integers(0, 2**63, once), dice.integers(0, 2**63, once)
    source = dice.integers(0, len(SOURCES), once)
    lat, lon = dice.uniform(49, 59, once), dice.uniform(-7, 2, once)
    twice = np.sort(dice.choice(once, again, replace=False))
    arrival = np.concatenate([at, at[twice] + dice.uniform(60, 20 * HOUR, again).astype(np.int64)])
    every = np.concatenate([np.arange(once), twice])
    return _Columns(of, at, high, low, source, lat, lon, every[np.argsort(arrival, kind="stable")])


def events(of: int, first: int | None = None) -> Iterator[Sent]:
    """The stream of `of` events, or its `first` ones, in the order of arrival."""
    columns = _columns(of)
    for i in columns.arrivals[:first].tolist():
        area, category = divmod(int(columns.series[i]), len(CATEGORIES))
        high, low, at = int(columns.high[i]), int(columns.low[i]), int(columns.at[i])
        tail = f"{low >> 47:04x}-{low & 0xFFFFFFFFFFFF:012x}"
        name = f"{high >> 31:08x}-{(high >> 15) & 0xFFFF:04x}-{high & 0x7FFF:04x}-{tail}"
        data = (
            f'{{"id":"{name}","occurred":"{told(at)}","area":"{area_code(area)}","category":"{CATEGORIES[category]}",'
            f'"source":"{SOURCES[columns.source[i]]}","lat":{columns.lat[i]:.6f},"lon":{columns.lon[i]:.6f},'
            f'"ref":"case/2026/{i:07d}"}}'
        )
        yield Sent(area_code(area), CATEGORIES[category], name, at, data.encode())


class Reference:
    """The job in plain Python: exact identities, a moving mean, one alert a series and hour."""

    def __init__(self) -> None:
        self.seen: dict[str, int] = {}
        self.series: dict[tuple[str, str], tuple[int, int, float, bool]] = {}
        self.alerts: dict[Answer, str] = {}
        """What speaks, and the id of the event that made it."""
        self.repeats = 0

    def take(self, one: Sent) -> None:
        if one.id in self.seen:
            self.repeats += 1
            return
        self.seen[one.id] = one.at
        hour, key = one.at // HOUR, (one.area, one.category)
        last, count, mean, fired = self.series.get(key, (-1, 0, 0.0, False))
        if hour < last:
            return
        if hour > last:
            if last >= 0:
                mean += WEIGHT * (count - mean)
                mean *= (1 - WEIGHT) ** (hour - last - 1)
            last, count, fired = hour, 0, False
        count += 1
        if not fired and count > mean + 3 * math.sqrt(mean) + 3:
            fired = True
            self.alerts[one.area, one.category, hour * HOUR] = one.id
        self.series[key] = (last, count, mean, fired)
