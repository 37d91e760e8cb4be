"""What a run came to: how much, how fast, how many alerts for whom."""

from __future__ import annotations

import resource
from collections.abc import Iterable, Mapping

import msgspec

from alerts.alert import Alert
from rules.book import Book
from streams.messages import say

FeedDays = dict[str, dict[str, dict[str, int]]]
"""feed -> day of arrival (UTC) -> box of law 9 -> events."""


class Summary(msgspec.Struct, frozen=True):
    """`alerts`: desk -> month (YYYY-MM, local) -> alerts first told then, withdrawn and merged ones left out."""

    city: str
    events: int
    refused: int
    left_out: int
    first: str  # RFC 3339; "" without events
    last: str
    seconds: float
    events_per_second: float | None  # None: paced for people
    peak_memory_mib: float
    signals: int
    alerts: dict[str, dict[str, int]]

    def line(self, language: str) -> str:
        """One line for people."""
        return say(
            "played" if self.events_per_second is None else "replayed",
            language,
            city=self.city,
            events=self.events,
            seconds=round(self.seconds, 1),
            rate=round(self.events_per_second or 0),
            refused=self.refused,
            left_out=self.left_out,
            alerts=sum(n for months in self.alerts.values() for n in months.values()),
            memory=round(self.peak_memory_mib),
        )


def peak_memory_mib() -> float:
    """The most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def alerts_by_desk_and_month(alerts: Iterable[Alert], book: Book) -> dict[str, dict[str, int]]:
    """Alerts that somebody was told of and that stand, by first desk and local month."""
    table: dict[str, dict[str, int]] = {desk.desk: {} for desk in book.desks}
    for alert in alerts:
        if alert.state in ("withdrawn", "merged") or not alert.moves:
            continue
        month = book.calendar.local(alert.signal.said_at).strftime("%Y-%m")
        months = table.setdefault(alert.desk, {})
        months[month] = months.get(month, 0) + 1
    return {desk: dict(sorted(months.items())) for desk, months in sorted(table.items())}


def boxes(counted: Mapping[str, Mapping[str, Mapping[str, int]]], refused: Mapping[tuple[str, str], int]) -> FeedDays:
    """Law 9, feed by feed and day by day: received = refused + duplicate + redelivered + accepted."""
    table: FeedDays = {feed: {day: dict(row) for day, row in days.items()} for feed, days in counted.items()}
    for feed, day in refused:
        table.setdefault(feed, {}).setdefault(day, {"accepted": 0, "duplicate": 0, "redelivered": 0})
    for feed, days in table.items():
        for day, row in days.items():
            row["refused"] = refused.get((feed, day), 0)
            row["received"] = row["refused"] + row["duplicate"] + row["redelivered"] + row["accepted"]
    return {feed: dict(sorted(days.items())) for feed, days in sorted(table.items())}
