"""`tocsin orders ...` and `tocsin exclude`: what was ordered at once, and who has looked at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from rules.engine import Engine
from rules.records import Exclude, Review
from rules.reviews import Owed
from streams.arguments import TIMES, CityFolder, DataFolder, settings_of, time_of
from streams.by_hand import REVIEWS, By, Hand, RoadOption, Why
from streams.clock import WallClock
from streams.messages import SpokenError, say
from streams.opened import city_of, journal_of
from streams.rewind import engine_beside
from streams.worker_command import Brokers

orders: Final = typer.Typer(
    help="What operators ordered at once, and what a second account has yet to review.", no_args_is_help=True
)


@orders.command("list")
def list_command(city: CityFolder, data: DataFolder = None) -> None:
    """What is in force by hand, and each order that waits for its review, the overdue ones first. Works while
    serving."""
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    engine = engine_beside(journal_of(read.name, settings))
    for line in lines(engine, WallClock().now(), read.zone, settings.language):
        typer.echo(line)


@orders.command("review")
def review_command(
    city: CityFolder,
    order: Annotated[str, typer.Argument(metavar="ID", help="Id of the order, as it was told.")],
    by: By,
    reason: Why,
    data: DataFolder = None,
    on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:
    """Say that a second account has looked at an order. Whoever gave it cannot. Works while serving."""
    hand = Hand.of(city, by, reason, data, on, brokers, REVIEWS)
    hand.check_owed(order)
    hand.give(Review(0, order), "order-reviewed", id=order)


def exclude(
    city: CityFolder,
    area: Annotated[str, typer.Option("--area", help="Code of an area, with all below it.")],
    category: Annotated[str, typer.Option("--category", help="Code of a category, with all below it.")],
    since: Annotated[str, typer.Option("--from", help=f"The first time that leaves the baselines: {TIMES}.")],
    until: Annotated[str, typer.Option("--to", help="The first that does not.")],
    by: By,
    reason: Why,
    data: DataFolder = None,
    on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:
    """Keep a time out of what is learned as usual: an incident, a feast, a fault of the data. It is judged as ever.

    Rules learn once a day: it acts from there on, and is learned again where it was learned, 7 to 14 days back.
    """
    hand = Hand.of(city, by, reason, data, on, brokers)
    book = hand.city.book
    for code, tree, where in ((area, book.areas, "areas.csv"), (category, book.categories, "categories.yaml")):
        if code not in tree.by_code:
            raise SpokenError("order-code", code=code[:64], file=where)
    first, beyond = time_of(since, hand.city), time_of(until, hand.city)
    if first is None or beyond is None or beyond <= first:
        raise SpokenError("span-empty", since=since, until=until)
    hand.give(Exclude(0, area, category, first, beyond), "order-exclude-taken", area=area, category=category)


def lines(engine: Engine, now: int, zone: str, language: str) -> Iterator[str]:
    """What is in force by hand, and what waits for its review."""

    def time(at: int) -> str:
        return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"

    for rule, (_, why) in sorted(engine.stopped.items()):
        if why == "order":
            yield say("hand-rule-stopped", language, rule=rule)
    for feed, watch in sorted(engine.watches.items()):
        if watch.muted_since is not None:
            yield say("hand-feed-muted", language, feed=feed, since=time(watch.muted_since))
    for order in engine.exclusions:
        told = {"area": order.area, "category": order.category}
        yield say("hand-excluded", language, since=time(order.since), until=time(order.until), **told)
    owed = sorted(engine.reviews.owed.values(), key=lambda one: one.due)
    for one in owed:
        word = "review-overdue" if one.due <= now else "review-owed"
        yield say(
            word, language, id=one.id, what=what(one, language), by=one.by, at=time(one.at), due=time(one.due),
            reason=one.reason,
        )  # fmt: skip
    if not owed:
        yield say("review-none", language)


def what(owed: Owed, language: str) -> str:
    """An order in a few words."""
    about = owed.rule or owed.feed or (f"{owed.area}, {owed.category}" if owed.area else "")
    return say(f"hand-{owed.kind}", language, about=about)
