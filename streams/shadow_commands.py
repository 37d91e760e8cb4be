"""`tocsin rules shadow start | list | report | promote | drop`: a change of a rule, tried beside what is in force."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from alerts.chain import Missed, decode
from alerts.shadowing import Promotion, found_beside
from rules.book import Book, MatterRule, Rule
from rules.engine import Engine
from rules.records import DropShadow, UseBook
from rules.shadows.at_work import MOST
from rules.shadows.score import shadows_of
from rules.shadows.state import ShadowState
from streams import shadows
from streams.arguments import CityFolder, DataFolder, is_kafka, settings_of
from streams.by_hand import By, Hand, RoadOption, Why, checked_reason
from streams.city import City
from streams.city.folder import RULES
from streams.clock import WallClock
from streams.messages import SpokenError, say
from streams.opened import city_of, city_with, journal_of, store_beside
from streams.release_commands import check_cases, city_released, engine_of, give_release
from streams.releases import Swap, shelf_of
from streams.releases.shelf import texts_in
from streams.rewind import engine_beside
from streams.rule_commands import RuleId, rules
from streams.settings import Settings
from streams.shadows.words import head, standing, word_of_stop
from streams.worker_command import Brokers, road

shadow: Final = typer.Typer(
    help="Candidates of rules that judge beside those in force, and of which nobody hears.", no_args_is_help=True
)
rules.add_typer(shadow, name="shadow")


@shadow.command("start")
def start_command(
    city: CityFolder,
    change: Annotated[
        Path, typer.Option("--change", metavar="FILE", help="The rule file, called after its rule, as it is to become.")
    ],
    by: By,
    reason: Why,
    shifts: Annotated[
        int | None,
        typer.Option("--shifts", min=0, max=1000, help="Whole shifts before it is promoted; else the city's."),
    ] = None,
    data: DataFolder = None,
    on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:
    """Let a changed or a new rule judge in shadow: beside what is in force, by what that has learned, heard by nobody.
    Works while serving."""
    hand = Hand.of(city, by, reason, data, on, brokers)
    changed = city_with(city, change, hand.settings.language)
    rule = changed.book.rule(change.stem)
    assert rule is not None
    engine = engine_of(hand)
    if engine is not None:
        _check_free(engine, changed.book, rule, city)
    needed = hand.city.shadow_shifts if shifts is None else shifts
    order = shadows.order_of(rule, change.read_text(encoding="utf-8"), needed)
    hand.give(order, "shadow-begun", rule=rule.id, version=rule.version)


@shadow.command("list")
def list_command(city: CityFolder, data: DataFolder = None, on: RoadOption = "local", brokers: Brokers = None) -> None:
    """Which candidates are in shadow, whether they judge, and how many shifts they have had. Works while serving; on
    the Kafka road as the worker last saved it."""
    settings = settings_of(data=data, kafka=brokers)
    read = city_of(city, settings.language)
    engine = _engine(read, settings, on)
    for state in shadows_of(engine):
        typer.echo(head(state, read.zone, settings.language))
        served = shadows.served(state, _candidate(engine, state), engine.book, read.desks)
        for line in standing(state, served, settings.language):
            typer.echo("  " + line)
    if not engine.shadows.at_work:
        typer.echo(say("shadow-none", settings.language, city=read.name))


@shadow.command("report")
def report_command(
    city: CityFolder,
    rule: RuleId,
    as_json: Annotated[bool, typer.Option("--json", help="All of it as JSON, alerts by their ids.")] = False,
    data: DataFolder = None,
    on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:
    """What a candidate would have told against what was told: week by week, by what desks found of it, load and
    promises. Works while serving."""
    settings = settings_of(data=data, kafka=brokers)
    read = city_of(city, settings.language)
    report = promotion_of(read, settings, _engine(read, settings, on), rule)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
        return
    for line in shadows.lines(report, read.zone, settings.language):
        typer.echo(line)


@shadow.command("promote")
def promote_command(
    city: CityFolder,
    rule: RuleId,
    by: By,
    reason: Why,
    early: Annotated[
        str, typer.Option("--early", metavar="WHY", help="Why it cannot wait until it has had its shifts.")
    ] = "",
    data: DataFolder = None,
    on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:
    """Make a release with a candidate's text and put it in force: it goes on with all that it learned in shadow.
    Whoever began the shadow cannot. Works while serving."""
    hand = Hand.of(city, by, reason, data, on, brokers)
    engine = _engine(hand.city, hand.settings, on)
    state = _state(engine, hand.city, rule)
    if by == state.by:
        raise SpokenError("shadow-own", number=by, rule=rule)
    if state.stopped:
        raise SpokenError(word_of_stop(state), rule=rule, why=state.stopped)
    told = reason_with(hand, engine, state, early)
    shelf, at = shelf_of(hand.settings.data, hand.city.name), WallClock().now()
    lying = shelf.texts(shelf.in_force()) or texts_in(hand.city.folder / RULES)
    files = {**lying, f"{rule}.yaml": state.text.encode()}
    check_cases(hand, files, [rule])
    release = shelf.publish(files, state.by, state.reason, at)
    with_release = city_released(hand, engine, shelf, release.id)
    if with_release.book.rule(rule) != _candidate(engine, state):
        raise SpokenError("shadow-differs", rule=rule)
    shelf.approve(release.id, by, told, at)
    order = UseBook(0, "", by=by, reason=f"{release.id}: {told}")
    give_release(hand, Swap.to(with_release, f"{release.id}-{at:x}", release.id, order), at)


@shadow.command("drop")
def drop_command(
    city: CityFolder, rule: RuleId, by: By, reason: Why, data: DataFolder = None, on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:  # fmt: skip
    """End a shadow: what it said is forgotten. Works while serving."""
    hand = Hand.of(city, by, reason, data, on, brokers)
    if not hand.on_kafka:  # what the worker has not saved yet may be dropped all the same
        _state(_engine(hand.city, hand.settings, on), hand.city, rule)
    hand.give(DropShadow(0, rule), "shadow-dropped", rule=rule)


def promotion_of(city: City, settings: Settings, engine: Engine, rule: str) -> Promotion:
    """The report of one shadow. Raises SpokenError where there is none."""
    state = _state(engine, city, rule)
    with store_beside(city.name, settings) as store:
        found = found_beside(store, state)
        acts = [decode(link.body) for link in store.entries(verb="missed")]
    missed = [act for act in acts if isinstance(act, Missed) and act.time >= state.begun]
    return shadows.promotion(state, _candidate(engine, state), engine.book, city.desks, found, missed)


def reason_with(hand: Hand, engine: Engine, state: ShadowState, early: str) -> str:
    """The reason of a promotion; of one that comes before its shifts, with why. Raises SpokenError where it is said
    nowhere."""
    lacks = shadows.lacks(state, _candidate(engine, state), engine.book, hand.city.desks)
    if not lacks:
        return hand.reason
    if not early.strip():
        raise SpokenError("shadow-young", rule=state.rule, needed=state.shifts, told=lacks)
    return shadows.hurried(hand.reason, lacks, state.shifts, checked_reason(early))


def _engine(city: City, settings: Settings, on: str) -> Engine:
    """The engine as it is now, on the Kafka road as it was saved last. Raises SpokenError where there is none."""
    if not is_kafka(on):
        return engine_beside(journal_of(city.name, settings))
    saved: Engine | None = road("looking").engine_of(settings.brokers, city.name)
    if saved is None:
        raise SpokenError("shadow-unsaved", city=city.name)
    return saved


def _check_free(engine: Engine, book: Book, rule: Rule | MatterRule, city: Path) -> None:
    states: Sequence[ShadowState] = shadows_of(engine)
    if any(one.rule == rule.id for one in states):
        raise SpokenError("shadow-there", rule=rule.id, city=city)
    if engine.book.rule(rule.id) == rule:
        raise SpokenError("shadow-same", rule=rule.id)
    if len(states) >= MOST:
        raise SpokenError("shadow-most", most=MOST)
    if engine.book.but_for_rules != book.but_for_rules:
        raise SpokenError("release-folder-differs", city=book.city)


def _state(engine: Engine, city: City, rule: str) -> ShadowState:
    found = next((one for one in shadows_of(engine) if one.rule == rule), None)
    if found is None:
        known = ", ".join(sorted(engine.shadows.at_work)) or "-"
        raise SpokenError("shadow-not-there", rule=rule, city=city.name, known=known)
    return found


def _candidate(engine: Engine, state: ShadowState) -> Rule | MatterRule:
    return engine.shadows.at_work[state.rule].rule
