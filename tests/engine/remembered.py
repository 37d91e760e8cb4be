"""What an engine keeps, told in names: two engines that heard the same keep the same, however they came to it."""

from __future__ import annotations

import numpy as np

from rules.counts import Counts
from rules.engine import Engine


def remembered(engine: Engine) -> dict[str, object]:
    """What an engine keeps, however its rows and series are numbered."""
    known = engine.identities
    live = (known.state[: known.used] != 0) & (known.forget_at[: known.used] >= (engine.tick or 0))  # that can be met
    facts = [known.fact(row) for row in known.rows[: known.used][live]]
    rows = engine.rows()
    return {
        "boxes": engine.boxes(),
        "conflicts": engine.tally.conflicts,
        "identities": sorted(zip(facts, known.forget_at[: known.used][live].tolist(), strict=True), key=repr),
        "feeds": {name: row for name, row in rows.items() if name.startswith("feed/")},
        "counts": {name: counted(counts, engine.tick or 0) for name, counts in engine.counts.items()},
        "told": {
            name: {alert: (told.state, told.summary) for alert, told in rule.speech.told.items()}
            for name, rule in engine.rules.items()
        },
        "head": (engine.tick, engine.arrived, engine.offset, engine.stopped),
    }


def counted(counts: Counts, now: int) -> dict[str, object]:
    """Events by series and bucket, rows that wait, changes in what has settled; how far empty buckets have settled is
    no matter."""
    ring = counts.ring
    oldest = max(ring.lo, counts.steps.bucket(now) - 3 * ring.size // 4)  # how far back a ring goes hangs on that
    held = np.arange(oldest + 1, ring.hi + 1)
    events = {}
    for number, pair in enumerate(counts.pairs):
        totals = ring.total(np.full(len(held), number), held, held)
        events.update({(*pair, int(held[n])): int(totals[n]) for n in np.flatnonzero(totals)})
    return {
        "events": events,
        "late": sorted(((at, fact, sign) for at, _, fact, sign in counts.late), key=repr),
        "late cells": sorted((*counts.pairs[n], bucket, delta) for n, bucket, delta in counts.late_cells),
        "began": (counts.first_bucket, counts.heard),
    }
