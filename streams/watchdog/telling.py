"""What the watchdog says, over the channels that desks already have, and what it remembers of having said it.

At least once: a message stays until its channel has accepted or refused it, also over a restart of the watchdog, and
every try carries the same id. The memory is one small file, replaced whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final

import msgspec
import structlog

from alerts.channels.port import Channel, Message, Receipt
from alerts.export import rfc3339
from alerts.notice import backoff
from alerts.words.figures import clock_time
from streams.city import City
from streams.messages import say
from streams.watchdog.judge import News, Trouble

DESK: Final = "watchdog"
MOST_UNSENT: Final = 100
"""Messages a channel may owe; beyond it the oldest are let go, told in the log."""

log = structlog.get_logger()


class Standing(msgspec.Struct, frozen=True):
    """A trouble that was said and is not over. `tick`: the last one before it, ms."""

    trouble: Trouble
    tick: int
    said_at: int  # ms, by the watchdog's own clock


class Unsent(msgspec.Struct, eq=False):
    """A message that a channel has not taken yet."""

    channel: str
    message: Message
    attempts: int = 0


class Memory(msgspec.Struct):
    """What lies in the file: troubles that stand, by city, and messages that wait."""

    standing: dict[str, Standing] = {}
    unsent: list[Unsent] = []


def recall(path: Path) -> Memory:
    """The memory in `path`; an empty one where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Memory)
    except FileNotFoundError:
        return Memory()
    except (OSError, msgspec.MsgspecError):  # to say something twice is better than not to say it
        log.warning("watchdog_memory_unreadable", path=path.name)
        return Memory()


def keep(path: Path, data: bytes) -> None:
    """Replace the file whole. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def message_of(news: News, city: City, language: str, now: int) -> Message:
    """The news in the words of a channel. The id is derived from what happened, so that a repeat is known as one."""
    last = clock_time(news.tick, city.zone, language) if news.tick else "-"
    names = {"city": city.names.get(language) or city.names.get("en") or city.name, "tick": last}
    part = "over" if news.over else news.trouble
    told = f"{city.name}\x00{news.trouble}\x00{news.tick}\x00{news.over}".encode()
    return Message(
        id=hashlib.blake2b(told, digest_size=16).hexdigest(),
        city=city.name,
        desk=DESK,
        reason="over" if news.over else "first",
        language=language,
        title=say(f"watchdog-{part}-title", language, **names),
        text=say(f"watchdog-{part}", language, seconds=round(news.seconds), **names),
        alert={
            "kind": "watchdog",
            "city": city.name,
            "state": "over" if news.over else "open",
            "trouble": news.trouble,
            "last_tick": rfc3339(news.tick) if news.tick else None,
            "seconds": round(news.seconds, 1),
        },
        created_at=rfc3339(now),
    )


class Teller:
    """Says news over channels, each in a lane of its own, so that a slow one holds up no other, and no look.

    `channels`: by city; a channel's name is its own. Not for two threads at once: lanes only try, what came of it is
    taken in by `deliver`.
    """

    def __init__(self, cities: Mapping[str, City], channels: Mapping[str, Sequence[Channel]], memory: Memory) -> None:
        self.memory = memory
        self._cities = cities
        self._channels = channels
        self._by_name = {channel.name: channel for several in channels.values() for channel in several}
        self._rests: dict[str, float] = {}  # channel -> not before this, seconds on the steady clock
        self._lanes: dict[str, tuple[Unsent, Future[Receipt]]] = {}
        self._threads = ThreadPoolExecutor(max(1, len(self._by_name)), thread_name_prefix="watchdog")

    def say(self, news: News, now: int) -> None:
        """Lay the news ready for every channel of its city."""
        city = self._cities[news.city]
        if news.over:
            self.memory.standing.pop(news.city, None)
        else:
            self.memory.standing[news.city] = Standing(news.trouble, news.tick, now)
        for channel in self._channels[news.city]:
            self.memory.unsent.append(Unsent(channel.name, message_of(news, city, channel.language, now)))
            for unsent in self._owed(channel.name)[:-MOST_UNSENT]:
                log.error("watchdog_lets_go", channel=channel.name, notice=unsent.message.id)
                self.memory.unsent.remove(unsent)

    def _owed(self, channel: str) -> list[Unsent]:
        return [unsent for unsent in self.memory.unsent if unsent.channel == channel]

    def deliver(self, now: int, steady: float, *, wait_for_lanes: bool = False) -> None:
        """Take in what came of earlier tries, then start the next: each free channel's oldest message."""
        self._gather(steady)
        for channel in self._by_name.values():
            owed = self._owed(channel.name)
            if owed and channel.name not in self._lanes and self._rests.get(channel.name, 0.0) <= steady:
                self._lanes[channel.name] = owed[0], self._threads.submit(_try, channel, owed[0].message, now)
        if wait_for_lanes:
            wait([run for _, run in self._lanes.values()])
            self._gather(steady)

    def _gather(self, steady: float) -> None:
        for name, (unsent, run) in list(self._lanes.items()):
            if not run.done():
                continue
            receipt = run.result()
            del self._lanes[name]
            unsent.attempts += 1
            log.info("watchdog_told", channel=name, outcome=receipt.outcome, detail=receipt.detail)
            if receipt.outcome in ("accepted", "refused"):
                self.memory.unsent.remove(unsent)
                self._rests.pop(name, None)
            else:
                self._rests[name] = steady + max(backoff(unsent.attempts), receipt.retry_after) / 1000

    def close(self, steady: float) -> None:
        """Wait for the tries under way, each bounded by its channel."""
        self._threads.shutdown(wait=True)
        self._gather(steady)
        for channel in self._by_name.values():
            channel.close()


def _try(channel: Channel, message: Message, now: int) -> Receipt:
    try:
        return channel.deliver(message, now)
    except Exception as fault:  # a fault in one channel is its receipt, and stops no other
        log.exception("channel_raised", channel=channel.name, notice=message.id)
        return Receipt(now, "in_doubt", type(fault).__name__)
