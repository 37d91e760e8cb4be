"""Moves as they are made: server-sent events numbered by the chain, so that who was cut off goes on where he was."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import msgspec
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import ServerSentEvent

from alerts.access.roles import Who
from alerts.api.door import DutyCity
from alerts.api.forms import move_of
from alerts.chain import Link

BEAT_SECONDS: Final = 4.0
"""A session that has ended is found out within this."""
RETRY_MS: Final = 1000
AT_ONCE: Final = 500

Changed = Callable[[int], Awaitable[int]]


async def moves(
    city: DutyCity,
    who: Who,
    after: int | None,
    version: Callable[[], int],
    changed: Changed,
    still: Callable[[], bool],
    stopped: Callable[[], bool],
) -> AsyncIterator[ServerSentEvent]:
    """Every move behind the entry `after` (None: from now on) of alerts that `who` may see, as long as he may."""
    last = await run_in_threadpool(city.store.last_link)
    end = last.seq if last is not None else 0
    place = end if after is None or after > end else after
    yield ServerSentEvent(event="begins", raw_data=str(place), id=str(place), retry=RETRY_MS)
    asked = time.monotonic()
    while not stopped():
        seen = version()
        links = await run_in_threadpool(_behind, city, place)
        for one, shown in await run_in_threadpool(_shown, city, who, links):
            place = one.seq
            if shown:
                yield ServerSentEvent(event="move", raw_data=shown, id=str(place))
            if time.monotonic() - asked >= BEAT_SECONDS:  # a reader that is slow, or far behind
                if not await run_in_threadpool(still):
                    return
                asked = time.monotonic()
        if len(links) == AT_ONCE:
            continue
        try:
            await asyncio.wait_for(changed(seen), BEAT_SECONDS)
        except TimeoutError:
            yield ServerSentEvent(comment="beat")
        if not await run_in_threadpool(still):
            return
        asked = time.monotonic()


def _behind(city: DutyCity, place: int) -> list[Link]:
    found: list[Link] = []
    links = city.store.links(after=place)
    for one in links:
        found.append(one)
        if len(found) == AT_ONCE:
            break
    close = getattr(links, "close", None)  # a generator holds its connection until it is closed
    if close is not None:
        close()
    return found


def _shown(city: DutyCity, who: Who, links: list[Link]) -> list[tuple[Link, str]]:
    alerts = city.store.alerts({one.alert for one in links if one.alert})
    seen = {alert.id for alert in city.seen(who, alerts.values())}
    return [(one, msgspec.json.encode(move_of(one)).decode() if one.alert in seen else "") for one in links]
