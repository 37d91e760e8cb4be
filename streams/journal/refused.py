"""The refused records that a journal keeps, and how many there were by feed and day; over an open connection."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Final

from rules.calendar import DAY_MS
from streams.journal import sums
from streams.journal.kept import RefusedDay
from streams.journal.schema import counts_refusals
from streams.refusals import Place, Reason, Refusal

_COLUMNS: Final = "feed, reason, field, partition, offset, n, at, length, digest, kept"
_REFUSE: Final = f"insert into refused ({_COLUMNS}, sum) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - as below
_REFUSED: Final = f"select {_COLUMNS}, sum from refused where ?1 is null or feed = ?1 order by serial desc limit ?2"  # noqa: S608 - our own names
_REPLACED: Final = "delete from refused where partition = ? and offset = ? and n = ? returning feed, at"
_PUT_THROUGH: Final = "delete from refused where partition = ? and offset = ? returning feed, at"
_COUNT: Final = (
    "insert into refused_days values (?1, ?2, ?3, ?4) on conflict (feed, day) do update"
    " set refused = refused + ?3, forgotten = forgotten + ?4"
)
_GOING: Final = (
    "select feed, at / 86400000, count(*) from refused"
    " where serial <= (select serial from refused order by serial desc limit 1 offset ?) group by 1, 2"
)
_FORGET: Final = (
    "delete from refused where serial <= (select serial from refused order by serial desc limit 1 offset ?)"
)
_KEPT: Final = (
    "select feed, at / 86400000, count(distinct partition || ':' || offset || ':' || n) from refused group by 1, 2"
)
_REASONS: Final = (
    "select feed, reason, count(distinct partition || ':' || offset || ':' || n) from refused where at >= ?"
    " group by 1, 2 order by 3 desc, 1, 2"
)


class DamagedRowError(Exception):
    """A kept record does not match its checksum."""


def keep(link: sqlite3.Connection, refused: Iterable[Refusal]) -> int:
    """Keep refused records, one a raw place: a later refusal of a place takes the earlier one's. How many came."""
    days: Counter[tuple[str, int]] = Counter()
    came = list(refused)
    for r in came:
        place = r.place.partition, r.place.offset, r.place.n
        for feed, at in link.execute(_REPLACED, place).fetchall():
            days[feed, at // DAY_MS] -= 1
        row = r.feed, r.reason.value, r.field, *place, r.at, r.length, r.digest, r.kept
        link.execute(_REFUSE, (*row, sums.of_row("refused", *row)))
        days[r.feed, r.at // DAY_MS] += 1
    link.executemany(_COUNT, [(*day, n, 0) for day, n in days.items()])
    return len(came)


def kept(link: sqlite3.Connection, feed: str | None, limit: int) -> list[Refusal]:
    """Those kept last, newest first. Raises DamagedRowError."""
    rows = link.execute(_REFUSED, (feed, limit)).fetchall()
    if any(mark != sums.of_row("refused", *row) for *row, mark in rows):
        raise DamagedRowError
    return [Refusal(row[0], Reason(row[1]), row[2], Place(*row[3:6]), *row[6:10]) for row in rows]


def forget_places(link: sqlite3.Connection, partition: str, offsets: Iterable[int]) -> None:
    """Forget the records of these places: they were put through, so they count as refused no more."""
    days: Counter[tuple[str, int]] = Counter()
    for offset in offsets:
        gone = link.execute(_PUT_THROUGH, (partition, offset)).fetchall()
        days.update((feed, at // DAY_MS) for feed, at in gone)
    link.executemany(_COUNT, [(*day, -n, 0) for day, n in days.items()])


def forget(link: sqlite3.Connection, most: int) -> int:
    """Keep the last `most`; how many went. They still count as refused."""
    going = link.execute(_GOING, (most,)).fetchall()
    link.executemany(_COUNT, [(feed, day, 0, n) for feed, day, n in going])
    return link.execute(_FORGET, (most,)).rowcount


def reasons(link: sqlite3.Connection, since: int) -> list[tuple[str, str, int]]:
    """(feed, reason, raw places refused at `since` (ms UTC) or later), of those that are kept."""
    return link.execute(_REASONS, (since,)).fetchall()


def days(link: sqlite3.Connection) -> list[RefusedDay]:
    """How many were refused, by feed and day; those that are no longer kept too."""
    there = {(feed, day): n for feed, day, n in link.execute(_KEPT)}
    if not counts_refusals(link):  # a file that no writer of this release has opened yet
        return [RefusedDay(*day, n, 0, n) for day, n in there.items()]
    rows = link.execute("select feed, day, refused, forgotten from refused_days").fetchall()
    counted = {(feed, day): (refused, forgotten) for feed, day, refused, forgotten in rows}
    every = sorted(counted.keys() | there.keys())
    return [RefusedDay(*day, *counted.get(day, (0, 0)), there.get(day, 0)) for day in every]
