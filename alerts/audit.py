"""Looking through the chain of moves: by alert, verb, desk, duty number and time, newest first or as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

import msgspec

from alerts.chain import Link, Proof, decode
from alerts.duty import Act
from alerts.store import Store

LOOKED_AT: Final = 20_000
"""Entries that one page looks through at most: what lies further back is asked for anew."""
AT_ONCE: Final = 1000
"""Entries of an export that are read in one go: whoever reads slowly holds no connection."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; an empty field asks for any. `since`, `until`: ms UTC, half-open."""

    alert: str = ""
    verb: str = ""
    desk: str = ""
    account: str = ""
    since: int = 0
    until: int = 0

    def holds(self, one: Link) -> bool:
        in_time = self.since <= one.at and (not self.until or one.at < self.until)
        if not in_time or self.alert not in ("", one.alert) or self.verb not in ("", one.verb):
            return False
        if not (self.desk or self.account):
            return True
        act = decode(one.body).act
        desks = (act.desk, act.to) if isinstance(act, Act) else (act.desk,)
        return (not self.desk or self.desk in desks) and self.account in ("", act.account)


def newest(store: Store, wanted: Wanted, before: int, limit: int) -> tuple[list[Link], int]:
    """(entries before `before` (0: from the end), newest first; where to go on, 0 where there is no more).

    Looks through `LOOKED_AT` at most, so that there may be fewer than `limit`, and yet more further back.
    """
    found: list[Link] = []
    if not f"{wanted.alert}{wanted.verb}".isprintable():  # nobody's id, and no text for a database
        return found, 0
    looked = store.entries(before=before, alert=wanted.alert, verb=wanted.verb)
    for n, one in enumerate(looked, 1):
        if wanted.holds(one):
            found.append(one)
        if len(found) == limit or n == LOOKED_AT:
            return found, one.seq
    return found, 0


def oldest(store: Store, wanted: Wanted, after: int, limit: int) -> tuple[list[Link], int]:
    """The same as it was written, behind the entry `after`; where to go on, 0 where there is no more for now."""
    found: list[Link] = []
    for n, one in enumerate(store.links(after=after), 1):
        if wanted.holds(one):
            found.append(one)
        if len(found) == limit or n == LOOKED_AT:
            return found, one.seq
    return found, 0


def lines(store: Store, wanted: Wanted) -> Iterator[bytes]:
    """JSON lines as they were written: place, hash, and the entry's own bytes, over which the hash was made."""
    after = 0
    while True:
        part = list(islice(store.links(after=after), AT_ONCE))
        for one in part:
            if wanted.holds(one):
                yield (
                    msgspec.json.encode({"seq": one.seq, "hash": one.hash.hex(), "entry": msgspec.Raw(one.body)})
                    + b"\n"
                )
        if len(part) < AT_ONCE:
            return
        after = part[-1].seq


@dataclass(frozen=True, slots=True)
class Judged:
    """A proof of the chain, made at `at` (ms UTC). `named`: files of heads that the city names, `unread` of them could
    not be read or hold none of its heads: such a file proves nothing."""

    proof: Proof
    at: int
    named: int
    unread: int

    @property
    def whole(self) -> bool:
        return not (self.proof.faults or self.unread)
