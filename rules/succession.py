"""What was learned of series goes on under another tree: under the code that took over, where one did.

A tree changes when districts are renamed, moved, merged and done away with. A series whose area or category took over
from one other goes on with what was learned of it. Two that became one begin anew, for what was learned of each is
not what the both of them do; so does whatever hangs on another series than before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rules.counts import Counts
from rules.detectors.port import Detector, Memory, Parting

Pair = tuple[str, str]
Memories = list[tuple[int, Memory | None]]


class Carried(NamedTuple):
    """The series that go on, in the order of their memories' rows. `whole`: none was left behind."""

    learned: list[Pair]
    memories: Memories
    whole: bool


def carried(learned: Sequence[Pair], memories: Memories, detector: Detector, counts: Counts) -> Carried | None:
    """What of the `learned` series, by area and category, goes on in `counts`, whose book may hold other trees.

    None: nothing does, for the detector cannot part with some series alone.
    """
    kept = _kept([_heir(pair, counts) for pair in learned], counts)
    found = list(kept)
    if len(kept) == len(learned):
        return Carried(found, memories, whole=True)
    last = memories[-1][1]  # those before it may lack what only learning reads
    if last is not None:
        if not isinstance(detector, Parting):
            return None
        last = detector.only(last, np.array(list(kept.values()), np.int64))
    return Carried(found, [(memories[0][0], last)], whole=False)


def _heir(pair: Pair, counts: Counts) -> Pair | None:
    """The pair that stands for one now; None: none does."""
    area, category = counts.book.areas.heirs.get(pair[0]), counts.book.categories.heirs.get(pair[1])
    return None if area is None or category is None else (area, category)


def _kept(heirs: Sequence[Pair | None], counts: Counts) -> dict[Pair, int]:
    """The series that are one again, each with its row, where they hang on series that stand before it and are kept."""
    times = Counter(heirs)
    kept: dict[Pair, int] = {}
    for row, pair in enumerate(heirs):
        if pair is not None and times[pair] == 1:
            above = counts.above(pair)
            if above is not None and kept.keys() >= set(above):
                kept[pair] = row
    return kept
