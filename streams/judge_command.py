"""`tocsin rules judge`: report cards, the ten noisiest rules, and what came near to speaking."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import msgspec
import typer

from alerts.report_card import Card, DeskCard, cards
from alerts.words.figures import node_name
from rules.book import Book
from rules.near import Near, near_misses
from streams.arguments import CityFolder, DataFolder, settings_of
from streams.city import City
from streams.clock import WallClock
from streams.messages import SpokenError, say
from streams.opened import city_of, journal_of, store_beside
from streams.problems import Counted
from streams.rewind import engine_beside
from streams.rule_commands import rules
from streams.settings import Settings

DAY_MS: Final = 86_400_000
NOISIEST: Final = 10
NEAR_HOURS: Final = 24
NEAR_SHOWN: Final = 5


class Judged(msgspec.Struct, frozen=True):
    """A card, and what came near to speaking of the last day."""

    card: Card
    near: tuple[Near, ...]


@rules.command("judge")
def judge_command(
    city: CityFolder,
    rule: Annotated[str | None, typer.Option("--rule", help="One rule, with all that is known of it.")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="Alerts first told within so many days.")] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="All cards, as JSON.")] = False,
    data: DataFolder = None,
) -> None:
    """What the rules' alerts were worth: outcomes, promised and achieved false alarms, time to take, the ten noisiest,
    near misses, and what to do about it. Works while serving."""
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    found = judged(read, settings, days)
    if rule is not None and rule not in {one.card.rule for one in found}:
        known = ", ".join(sorted(one.card.rule for one in found))
        raise SpokenError("rule-not-there", rule=rule, city=read.name, known=known)
    chosen = [one for one in found if rule in (None, one.card.rule)]
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(chosen), indent=2).decode())
        return
    shown = chosen if rule is not None else chosen[:NOISIEST]
    typer.echo(say("judge-title", settings.language, city=read.name, days=Counted(days), rules=Counted(len(found))))
    for one in shown:
        for line in lines(one, read.book, settings.language, whole=rule is not None):
            typer.echo(line)


def judged(city: City, settings: Settings, days: int) -> list[Judged]:
    """A card for each rule in force, the noisiest first."""
    now = WallClock().now()
    engine = engine_beside(journal_of(city.name, settings))
    with store_beside(city.name, settings) as store:
        told = store.between((engine.tick or now) - days * DAY_MS, (engine.tick or now) + DAY_MS)
    since = (engine.tick or now) - NEAR_HOURS * 3_600_000
    return [
        Judged(card, tuple(near_misses(engine.rules[card.rule], since)) if card.rule in engine.rules else ())
        for card in cards(told, engine.book, days * DAY_MS)
    ]


def lines(one: Judged, book: Book, language: str, *, whole: bool = False) -> Iterator[str]:
    """A card in words."""
    card = one.card
    told = {"rule": card.rule, "version": card.version, "owner": card.owner or "-", "alerts": Counted(card.alerts)}
    yield say("judge-rule", language, rank=card.noise_rank or "-", noise=card.noise, **told)
    yield "  " + say("judge-outcomes", language, **{name: card.outcomes[name] for name in card.outcomes})
    if card.take_seconds >= 0:
        yield "  " + say("judge-take", language, minutes=f"{card.take_seconds / 60:.1f}", taken=card.taken)
    yield from ("  " + _desk(desk, language) for desk in card.desks)
    if card.areas:
        named = ", ".join(f"{node_name(book.areas, area, language)} {count}" for area, count in card.areas)
        yield "  " + say("judge-areas", language, areas=named)
    if one.near:
        yield "  " + say("judge-near", language, count=Counted(len(one.near)), hours=NEAR_HOURS)
        yield from ("    " + line for line in _near(one.near[: NEAR_SHOWN if not whole else None], book, language))
    if card.advice:
        yield "  " + say(f"judge-{card.advice}", language, rule=card.rule)


def _desk(desk: DeskCard, language: str) -> str:
    word = "judge-desk" if desk.promised >= 0 else "judge-desk-unpromised"
    span = f"{desk.at_least:g}" if desk.at_least == desk.at_most else f"{desk.at_least:g}-{desk.at_most:g}"
    return say(word, language, desk=desk.desk, promised=f"{desk.promised:g}", span=span, alerts=Counted(desk.alerts))


def _near(some: Sequence[Near], book: Book, language: str) -> Iterator[str]:
    for near in some:
        area, category = node_name(book.areas, near.area, language), node_name(book.categories, near.category, language)
        yield say(
            "judge-near-one", language, area=area, category=category, observed=near.observed, limit=near.limit
        )  # fmt: skip
