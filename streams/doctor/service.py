"""A process at work, by what it tells: whether it answers, whether time goes on, what its figures say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from streams.asking import asking
from streams.doctor.finding import Finding, bad, good

STILL_SECONDS: Final = 60
OWED_SECONDS: Final = 300
Figures = list[tuple[str, Mapping[str, str], float]]


def of_the_service(url: str, token: str, city: str, now: int) -> Iterator[Finding]:
    """`now`: ms, to hold the figures against."""
    try:
        with asking(token) as client:
            ready = client.get(f"{url.rstrip('/')}/readyz")
            page = client.get(f"{url.rstrip('/')}/metrics")
    except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
        yield bad("service", "doctor-service-silent", url=url, why=type(fault).__name__)
        return
    found = [] if ready.status_code == httpx2.codes.OK else [bad("service", "doctor-service-unready", url=url)]
    if page.status_code in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
        found.append(bad("service", "doctor-service-closed", url=url, status=page.status_code))
    elif page.status_code == httpx2.codes.OK:
        found += of_figures(_figures(page.text), city, now)
    else:
        found.append(bad("service", "doctor-service-unready", url=url))
    yield from found or [good("service", "doctor-service-good", url=url)]


def of_figures(figures: Figures, city: str, now: int) -> Iterator[Finding]:
    """What the figures of a process say of a city."""
    for name, labels, value in figures:
        if labels.get("city", city) != city:
            continue
        match name:
            case "tocsin_tick_written_timestamp_seconds" if now / 1000 - value > STILL_SECONDS:
                yield bad("service", "doctor-still", seconds=round(now / 1000 - value))
            case "tocsin_feed_silent_flag" if value:
                yield bad("feeds", "doctor-feed-silent", feed=labels["feed"])
            case "tocsin_rules_stopped_flag" if value:
                yield bad("service", "doctor-rule-stopped", rule=labels["rule"], city=city)
            case "tocsin_desk_book_missing_flag" if value:
                yield bad("service", "doctor-book-missing", city=city)
            case "tocsin_journal_full_flag" if value:
                yield bad("disk", "doctor-journal-full", city=city)
            case "tocsin_clock_stepped_seconds" if value:
                yield bad("clock", "doctor-clock-stepped", seconds=round(value))
            case "tocsin_channel_dead_notices" if value:
                yield bad("channels", "doctor-channel-dead", channel=labels["channel"], count=round(value), city=city)
            case "tocsin_channel_oldest_timestamp_seconds" if value and now / 1000 - value > OWED_SECONDS:
                owed = round(now / 1000 - value)
                yield bad("channels", "doctor-channel-owes", channel=labels["channel"], seconds=owed, city=city)


def _figures(page: str) -> Figures:
    try:
        return [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(page)
            for sample in family.samples
        ]
    except ValueError:  # it is not a page of figures: somebody else answers there
        return []
