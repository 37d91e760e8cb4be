"""What an audit found, for people and for machines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from alerts.export import rfc3339
from streams.audit.audit import ACCEPTED, Audit, Day
from streams.messages import say


def table(found: Audit) -> dict[str, object]:
    """The audit as data: every feed and day with its boxes, what differs, what was compared."""
    feeds: dict[str, dict[str, dict[str, int]]] = {}
    for (feed, day), one in found.days.items():
        feeds.setdefault(feed, {})[day] = _row(one)
    return {
        "city": found.city,
        "balanced": found.balanced,
        "offset": found.offset,
        "tick": rfc3339(found.tick) if found.tick else None,
        "feeds": feeds,
        "imbalances": [
            {"feed": one.feed, "day": one.day, "what": one.what, "log": one.log, "engine": one.engine}
            for one in found.imbalances
        ],
        "series": [
            {
                "rules": list(one.rules),
                "cells": one.cells,
                "events": one.events,
                "differ": len(one.differs) + one.more,
                "differs": [
                    {
                        "area": cell.area,
                        "category": cell.category,
                        "start": rfc3339(cell.start),
                        "log": cell.recounted,
                        "engine": cell.engine,
                    }
                    for cell in one.differs
                ],
            }
            for one in found.compared
        ],
    }


def lines(found: Audit, language: str) -> Iterator[str]:
    """One line a feed, one line a difference, and the verdict."""
    for feed in sorted({feed for feed, _ in found.days}):
        days = [day for (name, _), day in found.days.items() if name == feed]
        total: Counter[str] = Counter()
        for day in days:
            total.update(_row(day))
        yield say("audit-feed", language, feed=feed, days=len(days), **_filled(total))
    for one in found.imbalances:
        yield say("audit-differs", language, feed=one.feed, day=one.day, what=one.what, log=one.log, engine=one.engine)
    for shared in found.compared:
        for cell in shared.differs:
            yield say(
                "audit-cell", language, rule=cell.rule, area=cell.area, category=cell.category,
                at=rfc3339(cell.start), log=cell.recounted, engine=cell.engine,
            )  # fmt: skip
        if shared.more:
            yield say("audit-more", language, rules=", ".join(shared.rules), more=shared.more)
    verdict = "audit-balanced" if found.balanced else "audit-unbalanced"
    yield say(
        verdict, language, city=found.city, offset=found.offset,
        tick=rfc3339(found.tick) if found.tick else "-",
        cells=sum(one.cells for one in found.compared), events=sum(one.events for one in found.compared),
        differ=len(found.imbalances) + sum(len(one.differs) + one.more for one in found.compared),
    )  # fmt: skip


def _row(one: Day) -> dict[str, int]:
    return {"received": one.received, "refused": one.refused, "accepted": one.accepted, **one.boxes}


def _filled(total: Counter[str]) -> dict[str, int]:
    return {name: total[name] for name in ("received", "refused", "duplicate", "redelivered", "accepted", *ACCEPTED)}
