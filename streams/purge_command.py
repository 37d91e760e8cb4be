"""`tocsin purge`: delete what is kept no longer, or say what would go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import Annotated

import typer

from alerts.purging import Plan, Purger
from streams.arguments import CityFolder, DataFolder, settings_of
from streams.city import City
from streams.clock import WallClock
from streams.messages import say
from streams.opened import city_of, hold_folder, store_beside, store_of
from streams.settings import Settings


def purge(
    city: CityFolder,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go; works while the city is served.")
    ] = False,
    data: DataFolder = None,
) -> None:
    """Delete alerts and moves that the city keeps no longer (city.yaml). A served city does it by itself, daily."""
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    for line in _looked(read, settings) if dry_run else _purged(read, settings):
        typer.echo(line)


def _looked(city: City, settings: Settings) -> Iterator[str]:
    with store_beside(city.name, settings) as store:
        plan = Purger(city.name, store, lambda: city.keep).plan(WallClock().now())
    yield say("purge-would", settings.language, city=city.name)
    yield from _tables(plan.rows, plan.gone, settings.language)
    yield from _rest(plan, settings.language)


def _purged(city: City, settings: Settings) -> Iterator[str]:
    folder = settings.data / city.name
    with closing(hold_folder(folder)), closing(store_of(city.name, settings, folder)) as store:
        purger, now = Purger(city.name, store, lambda: city.keep), WallClock().now()
        before, done = store.rows(), purger.run(now)
        gone = {name: sum(act.gone[name] for act in done) for name in before}
        plan = purger.plan(now)
    yield say("purge-done" if done else "purge-nothing", settings.language, city=city.name)
    yield from _tables(before, gone, settings.language)
    yield from _rest(plan, settings.language)


def _tables(before: Mapping[str, int], gone: Mapping[str, int], language: str) -> Iterator[str]:
    for name, rows in before.items():
        yield say("purge-table", language, table=name, rows=rows, gone=gone[name], left=rows - gone[name])


def _rest(plan: Plan, language: str) -> Iterator[str]:
    if plan.owed:
        yield say("purge-owed", language, count=plan.owed)
    if plan.why:
        yield say(f"purge-{plan.why.replace('_', '-')}", language)
