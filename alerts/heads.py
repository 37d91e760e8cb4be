"""The chain's head, signed and sent outside every hour: whoever owns the database cannot change what was told before.

A chain proves that it is whole in itself; a cut tail and a chain that was written anew are seen only against a head
that lies where its writer cannot reach. Each road is a file of lines (on another machine's disk, best one that only
grows) or a signed webhook.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final, Protocol

import msgspec
import structlog

from alerts.chain import Head, sign
from alerts.channels.port import Channel, Message
from alerts.export import rfc3339
from alerts.store import Store

EVERY_MS: Final = 3_600_000
AGAIN_MS: Final = 60_000
"""After no road took it."""

log = structlog.get_logger(__name__)


class HeadRoad(Protocol):
    """One way outside. `send` is bounded in time and raises nothing; whether the other side surely has it."""

    @property
    def name(self) -> str: ...
    def send(self, head: Head, at: int) -> bool: ...


class FileRoad:
    """Appends a line a head, synced. The folder must be there: it is where something was mounted, or nothing was."""

    def __init__(self, path: Path) -> None:
        self.name = "file"
        self._path = path

    def send(self, head: Head, at: int) -> bool:
        try:
            with self._path.open("ab+") as file:  # writes at the end, wherever it reads
                torn = file.seek(0, os.SEEK_END) > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
                file.write((b"\n" if torn else b"") + msgspec.json.encode(head) + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as fault:
            log.warning("head_not_written", why=fault.strerror)
            return False
        return True


class ChannelRoad:
    """A channel carries it as data, under the key `head`; the id is the same for the same head."""

    def __init__(self, channel: Channel) -> None:
        self.name = channel.name
        self._channel = channel

    def send(self, head: Head, at: int) -> bool:
        message = Message(
            id=head.signature[:32],
            city=head.city,
            desk="",
            reason="first",
            language=self._channel.language,
            title=f"{head.city}: {head.seq}",
            text=f"{head.city} {head.seq} {head.hash} {head.at} {head.signature}",
            alert={"kind": "head", "city": head.city, "head": msgspec.to_builtins(head)},
            created_at=rfc3339(at),
        )
        receipt = self._channel.deliver(message, at)
        if receipt.outcome != "accepted":
            log.error("head_not_heard", channel=self.name, outcome=receipt.outcome, detail=receipt.detail)
        return receipt.outcome == "accepted"


class Heads:
    """Sends the head of one city's chain over every road, each hour, on a thread of its own.

    `on_sent(at)`: it was taken by a road; for metrics. Not for two threads at once.
    """

    def __init__(
        self,
        city: str,
        store: Store,
        key: bytes,
        roads: Sequence[HeadRoad],
        on_sent: Callable[[int], None] | None = None,
    ) -> None:
        self._city = city
        self._store = store
        self._key = key
        self._roads = roads
        self._on_sent = on_sent
        last = store.last_head()
        self._next = last.at + EVERY_MS if last is not None else 0
        self._run: Future[bool] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="heads")
        if last is not None and on_sent is not None:
            on_sent(last.at)

    def look(self, now: int) -> None:
        """Send, where an hour has passed (or the clock has gone back); returns at once. Raises what broke a sending."""
        if self._run is not None:
            if not self._run.done():
                return
            run, self._run = self._run, None
            self._next = now + (EVERY_MS if run.result() else AGAIN_MS)
        if self._roads and not now < self._next <= now + EVERY_MS:
            self._run = self._thread.submit(self.send, now)

    def send(self, now: int) -> bool:
        """Send the head as it is now; whether a road has it."""
        last = self._store.last_link()
        if last is None:
            return True
        head = sign(Head(self._city, last.seq, last.hash.hex(), now), self._key)
        heard = [road.send(head, now) for road in self._roads]
        if any(heard):
            self._store.keep_head(head)
            if self._on_sent is not None:
                self._on_sent(now)
        return any(heard)

    def close(self, now: int) -> None:
        """A last head, so that little is left unproven while nobody watches."""
        self._thread.shutdown(wait=True)
        if self._roads:
            self.send(now)


def read_heads(lines: bytes) -> Iterator[Head]:
    """Heads out of a file: its own lines, or bodies of the webhook, one a line; what is neither is passed over."""
    for line in lines.splitlines():
        try:
            yield msgspec.convert(_head_in(json.loads(line)), Head)
        except (ValueError, msgspec.ValidationError):
            continue  # a line that was cut off by a full disk, or another's


def _head_in(value: object) -> object:
    if isinstance(value, Mapping) and isinstance(value.get("alert"), Mapping):
        return value["alert"].get("head")
    return value
