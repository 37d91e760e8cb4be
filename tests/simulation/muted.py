"""Which feeds nobody listened to when a record was read: Orders once more, by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rules.records import Given, HearFeed, MuteFeed, Record, Review, Tick
from tests.simulation.plain import Deaf

FOREVER = 10**15


def listening(records: Sequence[tuple[int, Record]]) -> Iterator[tuple[int, Record, frozenset[str]]]:
    """(offset, record, feeds muted when it is read). An Order acts at the first tick from its start on, and an id is
    obeyed once."""
    waiting: list[tuple[int, int, Given]] = []
    muted: frozenset[str] = frozenset()
    seen: set[str] = set()
    for offset, record in records:
        if isinstance(record, Tick):
            for item in sorted(one for one in waiting if one[0] <= record.now):
                order = item[2]
                waiting.remove(item)
                if order.id in seen:
                    continue
                seen |= {order.id} - {""}
                if isinstance(order, MuteFeed):
                    muted |= {order.feed}
                elif isinstance(order, HearFeed):
                    muted -= {order.feed}
        elif isinstance(record, Given) and not isinstance(record, Review):
            waiting.append((getattr(record, "start", 0), offset, record))
        yield offset, record, muted


def spans(records: Sequence[tuple[int, Record]]) -> list[tuple[str, Deaf]]:
    """(feed, from when to when it was muted), by the ticks at which that was so."""
    begun: dict[str, int] = {}
    found: list[tuple[str, Deaf]] = []
    tick = 0
    for _, record, muted in listening(records):
        if isinstance(record, Tick):
            for feed in muted - begun.keys():
                begun[feed] = tick + 1
            for feed in begun.keys() - muted:
                found.append((feed, Deaf(begun[feed], begun[feed], tick + 1)))
                del begun[feed]
            tick = max(tick, record.now)
    return found + [(feed, Deaf(since, since, FOREVER)) for feed, since in begun.items()]
