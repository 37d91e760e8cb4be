"""One round of the doctor: every part in turn, each by itself, so that what is broken hides nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from streams.city import City
from streams.clock import Clock
from streams.doctor import machine, service, stores, ways
from streams.doctor.finding import Finding, bad, good
from streams.messages import SpokenError
from streams.opened import city_of
from streams.settings import Settings, SettingsWrongError, read_settings
from streams.worker_command import road


def examine(
    folders: Sequence[Path], clock: Clock, *, url: str | None, kafka: bool, given: dict[str, object]
) -> Iterator[Finding]:
    """All that can be seen from here. `given`: what the command line says over the settings. Raises nothing of ours."""
    try:
        settings = read_settings().model_copy(update=given)
    except SettingsWrongError as fault:
        yield from (bad("settings", one) for one in fault.wrong)
        return
    yield from machine.of_the_settings(settings)
    yield from machine.of_the_disk(settings.data, settings.reserve_bytes)
    cities: list[City] = []
    for folder in folders:
        try:
            city = city_of(folder, settings.language)
        except SpokenError:
            yield bad("city", "doctor-city", folder=folder)
            continue
        yield good("city", "doctor-city-good", city=city.name, rules=len(city.book.rules), feeds=len(city.feeds))
        cities.append(city)
    kept = machine.clock_is_kept()
    for city in cities:
        yield from machine.of_the_clock(stores.last_tick(city, settings), clock.now(), kept=kept)
        if not kafka:
            yield from stores.of_sqlite(city, settings)
        yield from stores.of_postgres(city, settings, clock.now())
        yield from ways.of_the_feeds(city)
        yield from ways.of_the_channels(city, settings)
        if url:
            token = settings.watchdog_token.get_secret_value()
            yield from service.of_the_service(url, token, city.name, clock.now())
    if kafka:
        yield from _of_kafka(settings, cities)


def _of_kafka(settings: Settings, cities: Sequence[City]) -> Iterator[Finding]:
    try:
        health = road("health")
    except SpokenError as fault:
        yield bad("kafka", fault)
        return
    heard = {city.name: stores.heard(city, settings) for city in cities}
    found: Iterator[Finding] = health.of_the_road(settings.brokers, cities, heard)
    yield from found


def lines(found: Sequence[Finding], language: str) -> Iterator[str]:
    """What is broken comes last, where a reader's eye ends."""
    order = {"good": 0, "note": 1, "bad": 2}
    return (finding.line(language) for finding in sorted(found, key=lambda one: order[one.level]))
