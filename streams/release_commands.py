"""`tocsin rules publish | approve | rollback | export | releases`: what runs, and how it comes to be another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import typer

from rules.engine import Engine
from rules.records import UseBook
from streams.arguments import CityFolder, DataFolder, settings_of
from streams.by_hand import By, Hand, RoadOption, Why, signed
from streams.city import City
from streams.city.folder import RULES
from streams.clock import WallClock
from streams.handover import hand_over_swap, lay_and_wait
from streams.journal import Journal
from streams.messages import SpokenError, say
from streams.opened import city_of, journal_of
from streams.processes import cores
from streams.rehearsal import lines, played
from streams.releases import Drift, ReleaseError, Shelf, Swap, changed_rules, drift, shelf_of
from streams.releases.shelf import content_hash, texts_in
from streams.releases.swap import fitting, with_rules
from streams.rewind import engine_now
from streams.rule_commands import rules
from streams.shadows import check_ripe, trials_of
from streams.worker_command import Brokers, road
from streams.workshop.in_force import laid_out

LINES_SHOWN: Final = 400
"""Lines of a difference that are shown."""
ReleaseId = Annotated[str, typer.Argument(metavar="RELEASE", help="Id of the release.")]


@rules.command("publish")
def publish_command(city: CityFolder, by: By, reason: Why, data: DataFolder = None) -> None:
    """Make a release of the rules in the folder, and show how it differs from what runs. It acts once a second account
    approves it. The cases of the rules that it changes are played first: where one fails, nothing is released."""
    hand = Hand.of(city, by, reason, data, "local", None)
    language = hand.settings.language
    shelf = _shelf(hand)
    texts = texts_in(hand.city.folder / RULES)
    runs = shelf.texts(shelf.in_force())
    _show(drift(runs, texts), language)
    check_cases(hand, texts, changed_rules(runs, texts))
    release = shelf.publish(texts, by, hand.reason, WallClock().now())
    typer.echo(say("release-published", language, id=release.id, city=hand.city.name))


@rules.command("approve")
def approve_command(
    city: CityFolder, release: ReleaseId, by: By, reason: Why, data: DataFolder = None, on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:  # fmt: skip
    """Put a release in force. Whoever published it cannot. Works while serving; counts, and what is running, are
    kept."""
    hand = Hand.of(city, by, reason, data, on, brokers)
    shelf, at = _shelf(hand), WallClock().now()
    shelf.release(release)
    engine = engine_of(hand)
    with_release = city_released(hand, engine, shelf, release)
    if engine is not None:
        check_ripe(trials_of(engine), with_release.book, hand.city.desks)
    shelf.approve(release, by, hand.reason, at)
    order = UseBook(0, "", by=by, reason=f"{release}: {hand.reason}")
    give_release(hand, Swap.to(with_release, f"{release}-{at:x}", release, order), at)


@rules.command("rollback")
def rollback_command(
    city: CityFolder,
    by: By,
    reason: Why,
    to: Annotated[str, typer.Option("--to", help="A release that ran; else the one before.")] = "",
    data: DataFolder = None,
    on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:
    """Go back to the release that ran before, at once; a second account reviews it within 24 h. Counts are kept."""
    hand = Hand.of(city, by, reason, data, on, brokers)
    shelf, at = _shelf(hand), WallClock().now()
    target = to or shelf.before()
    if not target:
        raise ReleaseError("release-first")
    with_release = city_released(hand, engine_of(hand), shelf, target)
    shelf.roll_back(target, by, hand.reason, at)
    order = signed(UseBook(0, ""), by, f"{target}: {hand.reason}", at)
    give_release(hand, Swap.to(with_release, order.id, target, order), at)
    typer.echo(say("order-to-review", hand.settings.language, id=order.id, city=hand.city.name))


@rules.command("export")
def export_command(
    city: CityFolder,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where rules/ is written; the city's own folder too.")],
    release: Annotated[str, typer.Option("--release", help="Else the one in force.")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the rule files that lie there.")] = False,
    data: DataFolder = None,
) -> None:
    """Write the rule files of a release back, byte for byte."""
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    shelf = shelf_of(settings.data, read.name)
    name = release or shelf.in_force()
    if not name:
        raise ReleaseError("release-none", city=read.name)
    shelf.release(name)
    texts, target = shelf.texts(name), folder / RULES
    lying = texts_in(target)
    if lying and lying != texts and not overwrite:
        raise ReleaseError("release-in-the-way", folder=target)
    try:
        target.mkdir(parents=True, exist_ok=True)
        for file in lying.keys() - texts.keys():
            (target / file).unlink()
        for file, text in texts.items():
            (target / file).write_bytes(text)
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=target, why=fault.strerror) from None
    typer.echo(say("release-exported", settings.language, id=name, count=len(texts), folder=target))


@rules.command("releases")
def releases_command(
    city: CityFolder,
    diff: Annotated[bool, typer.Option("--diff", help="Show how the folder differs from what runs.")] = False,
    data: DataFolder = None,
) -> None:
    """What was published, approved and rolled back; which release runs, which wait, and how the folder differs."""
    settings = settings_of(data=data)
    language = settings.language
    read = city_of(city, language)
    shelf = shelf_of(settings.data, read.name)
    for entry in shelf.history():
        local = datetime.fromtimestamp(entry.at / 1000, UTC).astimezone(ZoneInfo(read.zone))
        told = {"id": entry.release, "by": entry.by, "reason": entry.reason, "at": f"{local:%Y-%m-%d %H:%M}"}
        typer.echo(say(f"release-was-{entry.verb}", language, **told))
    now = shelf.in_force()
    if not now:
        typer.echo(say("release-none", language, city=read.name))
        return
    typer.echo(say("release-runs", language, id=now))
    for one in shelf.waiting():
        typer.echo(say("release-waits", language, id=one.id, by=one.by, city=city))
    found = drift(shelf.texts(now), texts_in(read.folder / RULES))
    _differs(found, language)
    if diff:
        _show(found, language)


def _shelf(hand: Hand) -> Shelf:
    return shelf_of(hand.settings.data, hand.city.name)


def _differs(found: Drift, language: str) -> None:
    for word, names in (("added", found.added), ("gone", found.gone), ("changed", found.changed)):
        if names:
            typer.echo(say(f"drift-{word}", language, files=", ".join(names)))
    if not found:
        typer.echo(say("drift-none", language))


def _show(found: Drift, language: str) -> None:
    for line in found.lines[:LINES_SHOWN]:
        typer.echo(line)
    if len(found.lines) > LINES_SHOWN:
        typer.echo(say("drift-more", language, count=len(found.lines) - LINES_SHOWN))


def check_cases(hand: Hand, texts: Mapping[str, bytes], rules: Collection[str]) -> None:
    """Play the cases of some rules in these files, byte for byte those that are to be released.

    Raises SpokenError where one fails, with the lines of `tocsin test`, and where the files have mistakes.
    """
    language = hand.settings.language
    with laid_out(texts) as folder:
        city = with_rules(hand.city, folder, language, content_hash(texts))
        found = played(city, WallClock(), language, only=rules, rules=folder, processes=cores())
        failed = [line for outcome in found for line in lines(outcome, language)]
    if failed:
        raise ReleaseError("release-cases", text="".join(f"{line}\n" for line in failed))


def engine_of(hand: Hand) -> Engine | None:
    """The city's engine as it is now; None where no log has begun."""
    if hand.on_kafka:
        saved: Engine | None = road("looking").engine_of(hand.settings.brokers, hand.city.name)
        return saved
    path = journal_of(hand.city.name, hand.settings)
    if not path.exists():
        return None
    with closing(Journal.open(path, read_only=True)) as journal:
        return engine_now(journal) if journal.last_offset else None


def city_released(hand: Hand, engine: Engine | None, shelf: Shelf, release: str) -> City:
    """The city with the rules of a release, held against what runs. Raises ReleaseError."""
    return fitting(hand.city, shelf, release, hand.settings.language, None if engine is None else engine.book)


def give_release(hand: Hand, given: Swap, at: int) -> None:
    """Hand the rules over to the process that serves the city; where there is none, its next start takes them."""
    city = hand.city
    folder = hand.settings.data / city.name
    if hand.on_kafka:
        road("orders").release(hand.settings.brokers, city.name, given)
        taken = True
    else:
        taken = lay_and_wait(folder, lambda: hand_over_swap(folder, given, at))
    word = "release-taken" if taken else "order-waits"
    typer.echo(say(word, hand.settings.language, id=given.release, city=city.name))
