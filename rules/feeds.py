"""How the feeds of a city are doing, as pages show it: read off what watches them, never judged by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np

from rules.boxes import Boxes
from rules.calendar import DAY_MS, HOUR_MS
from rules.silence import FeedWatch

_SPARK_MS: Final = 600_000
_SPARK: Final = 36


class FeedView(NamedTuple):
    """How a feed is doing: last arrival (ms, 0: never), silent since (ms, 0: heard), in-time events of the last
    36 ten-minute steps, oldest first; after how long its silence is said (ms, 0: not known, or not said); up to when
    its events are known (ms, the latest that came in time); events expected in the last hour by its own rate (-1: not
    known yet); whether an Order says that it brings nothing; box of law 9 -> rows, since the midnight (UTC) before the
    last."""

    name: str
    heard_at: int
    silent_since: int
    recent: tuple[int, ...]
    silent_after: int = 0
    newest: int = 0
    usual: float = -1.0
    covered: bool = False
    boxes: Mapping[str, int] = {}


def views_of(watches: Mapping[str, FeedWatch], tally: Boxes, at: int) -> list[FeedView]:
    """The feeds by name in the order of `watches`, at city time `at`, ms."""
    step = at // _SPARK_MS * _SPARK_MS  # what slides with every tick would be news at every tick
    edges = np.arange(_SPARK + 1) * _SPARK_MS + (at // _SPARK_MS + 1 - _SPARK) * _SPARK_MS
    views = []
    for name, watch in watches.items():
        recent = np.diff(np.searchsorted(np.array(watch.times, np.int64), edges))
        since = watch.gap.since if watch.gap is not None and not watch.retired else 0
        views.append(
            FeedView(
                name,
                watch.last_heard,
                since,
                tuple(recent.tolist()),
                watch.silent_after,
                newest=watch.heard.last() or 0,
                usual=float(watch.expected(step - HOUR_MS, step)) if watch.rates.known else -1.0,
                covered=watch.covers(at, at + 1),
                boxes=tally.since(name, at // DAY_MS - 1),
            )
        )
    return views
