"""What feeds do to events: carry them late, twice, changed, not at all, all at once, under a wrong clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from msgspec import structs

from rules.book import FeedPolicy
from rules.calendar import HOUR_MS
from streams.simulate.sent import Sent
from streams.simulate.truth import Truth, TruthKind

PROMPT_MS: Final = 60_000
"""Mean time on the way of an event that is not late."""
REPEATED_WITHIN_MS: Final = 6 * HOUR_MS
REVISED_WITHIN_MS: Final = 12 * HOUR_MS


@dataclass(frozen=True, slots=True)
class Faults:
    """How often, as shares of events; `gaps`, `bulks` and `clocks` a week and feed. All zero: a feed without faults."""

    late: float = 0.02  # later than the feed's lateness allows
    repeated: float = 0.02
    revised: float = 0.02
    cancelled: float = 0.2  # of what is revised
    gaps: float = 0.3
    bulks: float = 0.3
    clocks: float = 0.1


NONE: Final = Faults(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def stretches(faults: Faults, feeds: Sequence[str], begin: int, end: int, dice: np.random.Generator) -> list[Truth]:
    """Gaps, bulk loads and wrong clocks in [begin, end); `size` is filled in by `carried`, a clock's is known."""
    weeks = (end - begin) / (168 * HOUR_MS)
    kinds: tuple[tuple[TruthKind, float], ...] = (
        ("gap", faults.gaps), ("bulk", faults.bulks), ("clock", faults.clocks),
    )  # fmt: skip
    found = []
    for feed in feeds:
        for kind, often in kinds:
            for _ in range(int(dice.poisson(often * weeks))):
                since = int(dice.integers(begin, end))
                length = int(dice.integers(HOUR_MS // 2, 8 * HOUR_MS))
                wrong = int(dice.choice((-1, 1)) * dice.choice((1_000, 120_000, HOUR_MS)))
                found.append(Truth(kind, since, min(end, since + length), wrong if kind == "clock" else 0, feed=feed))
    return sorted(found, key=lambda one: (one.begin, one.feed, one.kind))


def carried(
    events: Sequence[Sent], faults: Faults, truths: Sequence[Truth], policy: FeedPolicy, dice: np.random.Generator
) -> tuple[list[Sent], list[Truth]]:
    """One feed's events as they come, by arrival, and its `truths` with their sizes. Lost ones are left out."""
    mine = [truth for truth in truths if truth.feed == policy.name]
    sizes = dict.fromkeys(range(len(mine)), 0)
    found: list[Sent] = []
    for event in events:
        lag = int(dice.exponential(PROMPT_MS))
        if dice.random() < faults.late:
            lag = policy.lateness + int(dice.integers(60_000, 4 * HOUR_MS))
        come: Sent | None = structs.replace(event, arrived_at=event.occurred_at + min(lag, policy.horizon // 2))
        for number, truth in enumerate(mine):
            if come is not None and truth.begin <= event.occurred_at < truth.end:
                sizes[number] += 1
                come = _through(come, truth)
        if come is not None:
            found.append(come)
            found += _again(come, faults, policy, dice)
    told = [one if one.kind == "clock" else structs.replace(one, size=sizes[n]) for n, one in enumerate(mine)]
    return sorted(found, key=lambda sent: (sent.arrived_at, sent.id, sent.revision)), told


def _through(event: Sent, truth: Truth) -> Sent | None:
    if truth.kind == "gap":
        return None
    if truth.kind == "bulk":
        return structs.replace(event, arrived_at=max(event.arrived_at, truth.end))
    return structs.replace(event, occurred_at=event.occurred_at + truth.size)


def _again(event: Sent, faults: Faults, policy: FeedPolicy, dice: np.random.Generator) -> Iterator[Sent]:
    """Repeats and revisions, all within what the feed's identities are remembered for."""
    bound = policy.horizon // 4
    if dice.random() < faults.repeated:
        yield structs.replace(event, arrived_at=event.arrived_at + int(dice.integers(min(REPEATED_WITHIN_MS, bound))))
    if dice.random() < faults.revised:
        gone = dice.random() < faults.cancelled
        yield structs.replace(
            event,
            revision=event.revision + 1,
            count=0 if gone else event.count + int(dice.integers(2)),
            arrived_at=event.arrived_at + int(dice.integers(1, min(REVISED_WITHIN_MS, bound))),
        )
