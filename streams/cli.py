"""The command line. Each command is a few lines: it reads its words, calls one function, says what came of it.

Exit codes: 0 done; 1 problems, each said in one line; 2 the command was not understood.
"""

from __future__ import annotations

import logging
from contextlib import closing
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from alerts.export import rfc3339
from streams import audit as audits
from streams import contract as contracts
from streams import demo as demos
from streams import explain as explains
from streams import (
    judge_command,  # noqa: F401 - its command joins those of `tocsin rules`
    logs,
    release_commands,  # noqa: F401 - as above
    replay,
    shadow_commands,  # noqa: F401 - as above
    simulate,
)
from streams import load as loads
from streams import serve as services
from streams import verify as verifying
from streams import watchdog as watchdogs
from streams.arguments import ERRORS, TIMES, CityFolder, DataFolder, is_kafka, settings_of, time_of
from streams.backtest_command import backtest
from streams.backup_command import backup, restore
from streams.bar import Bar
from streams.calibrate_command import Calibrating, calibrate, quiet_months
from streams.channel_commands import channels
from streams.city import check as check_city
from streams.city import init as init_city
from streams.clock import WallClock
from streams.desk_command import desk
from streams.doctor_command import doctor, support_bundle
from streams.drill_command import drill_command
from streams.engines import RuleEngines
from streams.entry import guarded
from streams.feed_commands import feeds
from streams.journal import Journal
from streams.kafka_commands import ask_again, intake, kafka, opened_log, pour, still_refused
from streams.messages import SpokenError, say
from streams.metrics import Metrics
from streams.opened import city_of, intake_of, journal_of, open_city
from streams.order_commands import exclude, orders
from streams.privacy_command import privacy_report
from streams.purge_command import purge
from streams.refusals import MEANINGS
from streams.retry import Retried, retry, waiting_in
from streams.rule_commands import check_rules, rehearse, rules
from streams.runtime import ClockKind
from streams.settings import read_settings
from streams.user_commands import users
from streams.worker_command import Brokers, worker

app = typer.Typer(
    name="tocsin",
    help="Turns streams of incidents and petitions into the few alerts that a duty desk can act on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
refused = typer.Typer(help="Records that were refused, kept scrubbed with place and reason.", no_args_is_help=True)
app.add_typer(refused, name="refused")
app.add_typer(feeds, name="feeds")
app.add_typer(rules, name="rules")
app.add_typer(orders, name="orders")
app.command()(exclude)
app.add_typer(kafka, name="kafka")
app.command("test")(rehearse)
app.command()(backtest)
app.command()(calibrate)
app.add_typer(channels, name="channels")
app.add_typer(users, name="users")
app.command()(backup)
app.command()(restore)
app.command()(doctor)
app.command()(support_bundle)
app.command()(purge)
app.command("drill")(drill_command)
app.command("privacy-report")(privacy_report)
app.command()(intake)
app.command()(worker)
app.command()(desk)

SHORT_MS: Final = 60 * 86_400_000
"""A past shorter than this is learned from for a good part of it: a replay says so."""

FeedName = Annotated[str | None, typer.Option("--feed", help="Name of the feed: the stem of its file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print it as JSON, for programs.")]
Files = Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="Files of the feed; else its archive.")]


@app.command()
def serve(
    cities: Annotated[list[Path], typer.Argument(metavar="CITY...", help="Folders of the cities.")],
    host: Annotated[str | None, typer.Option(help="Address to listen on; else TOCSIN_HOST, else 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one; else TOCSIN_PORT, else 8000.")
    ] = None,
    data: DataFolder = None,
    clock: Annotated[
        str, typer.Option(help="wall, or stream: arrivals and ticks come in band, on loopback alone (for tests).")
    ] = "wall",
) -> None:
    """Serve cities: take events, judge them, show the board. Ends in order on SIGTERM; reads the folders on SIGHUP."""
    if clock not in ("wall", "stream"):
        raise typer.BadParameter("take wall or stream", param_hint="--clock")
    settings = settings_of(host=host, port=port, data=data)
    logs.configure(settings.log)
    kind: ClockKind = "stream" if clock == "stream" else "wall"

    def told(address: str) -> None:
        names = ", ".join(city.name for city in cities)
        ERRORS.print(say("serving", settings.language, cities=names, address=address))

    if not services.serve(cities, settings, kind=kind, told=told):
        raise typer.Exit(1)


@app.command()
def load(city: CityFolder, files: Files = None, feed: FeedName = None, data: DataFolder = None) -> None:
    """Bring the past of a city into its log, before its first live tick. Channels stay shut; can be repeated."""
    settings = settings_of(data=data)
    logs.configure(settings.log, level=logging.WARNING)
    read = city_of(city, settings.language)
    chosen = replay.files_of(read, [feed] if feed else [], files or [])
    opened = open_city(
        read, settings, WallClock(), Metrics(), kind="wall", engines=RuleEngines(), loading=True, shut=True
    )
    with closing(opened.shard), Bar(settings.language) as progress:
        loaded = loads.load(opened.shard, read, intake_of(read, opened.key), chosen, progress, now=WallClock().now())
        opened.shard.remember()
    opened.close()
    typer.echo(loaded.line(read.name, settings.language))


@app.command(name="replay")
def replay_command(
    city: CityFolder,
    files: Files = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for what was said.")] = None,
    feed: FeedName = None,
    since: Annotated[
        str | None, typer.Option("--from", help=f"Only what arrived at this time or later: {TIMES}.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            help="Only what arrived before this time; or the word kafka: into the raw topics of the Kafka road."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Only what arrived before this time, beside --to kafka.")] = None,
    stored: Annotated[bool, typer.Option("--stored", help="Replay the city's own journal, record by record.")] = False,
    calibrating: Calibrating = False,
    data: DataFolder = None,
    brokers: Brokers = None,
) -> None:
    """Judge the past of a city at full speed; no channels. Writes signals, alerts, boxes and a summary into DIR.

    With --to kafka nothing is judged here: rows go as their feed wrote them, with ticks in band, to intakes that run
    with --clock stream.
    """
    settings = settings_of(data=data, kafka=brokers)
    logs.configure(settings.log, level=logging.WARNING)
    if to == "kafka":
        with Bar(settings.language, "pouring") as progress:
            sent = pour(settings, city, [feed] if feed else [], files or [], (since, until), progress)
        typer.echo(say("poured", settings.language, records=sent, address=settings.kafka))
        return
    until = until or to
    if out is None:
        raise typer.BadParameter("name a folder for what was said", param_hint="--out")
    clock = WallClock()
    begun = clock.steady()
    read = city_of(city, settings.language)
    span = time_of(since, read), time_of(until, read)
    if stored:
        found = replay.stored_past(read, Journal.open(journal_of(read.name, settings), read_only=True), *span)
    else:
        chosen = replay.files_of(read, [feed] if feed else [], files or [])
        found = replay.read_past(read, intake_of(read, replay.REPLAY_KEY), chosen, *span)
    with Bar(settings.language) as progress:
        told = replay.run(found.book or read.book, found, clock, progress, calibrate=quiet_months(calibrating))
    short = since is not None or told.last - told.first < SHORT_MS
    if short and not stored and (learned := replay.learned_at(told.engine.book.rules, told.first)):
        ERRORS.print(say("learning", settings.language, day=rfc3339(learned)[:10]))
    summary = replay.summary_of(read, found, told, clock.steady() - begun)
    replay.write(out, read, found, told, summary)
    typer.echo(summary.line(settings.language))


@app.command(name="simulate")
def simulate_command(
    city: CityFolder,
    seed: Annotated[int, typer.Option(min=0, help="The same seed makes the same events.")],
    days: Annotated[float, typer.Option(min=0.1, max=3_660, help="How many days.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="A new folder: the city with its made events.")],
    since: Annotated[str, typer.Option("--from", help=f"When they begin: {TIMES}.")] = "2026-01-01",
    events_a_day: Annotated[float, typer.Option(min=1, max=1_000_000, help="Events of a usual day.")] = 300.0,
    calm_days: Annotated[float, typer.Option(min=0, help="Days without spikes and faults at first, to learn.")] = 21.0,
) -> None:
    """Make events of a city out of a seed, with spikes, gaps, bulk loads and wrong clocks, and what was put in beside.

    Writes DIR, a city folder of its own that replay, load and serve take; no event in it was ever reported.
    """
    language = read_settings().language
    read = city_of(city, language)
    begin = time_of(since, read)
    assert begin is not None
    plan = simulate.Plan(events_a_day, calm_days=calm_days)
    made = simulate.make(read, seed, begin, days, plan)
    try:
        simulate.write(out, read, made)
    except FileExistsError:
        raise SpokenError("folder-not-empty", folder=out) from None
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=out, why=fault.strerror) from None
    values = {"events": len(made.sent), "truths": len(made.truths), "truth": out / simulate.TRUTH}
    typer.echo(say("simulated", language, folder=out, **values))


Road = Annotated[str, typer.Option("--road", help="local, or kafka: the log as it lies in its topics.")]


@app.command()
def audit(
    city: CityFolder,
    whole: Annotated[
        bool, typer.Option("--whole", help="Judge the log from its first record, instead of the newest snapshot.")
    ] = False,
    as_json: AsJson = False,
    data: DataFolder = None,
    road: Road = "local",
) -> None:
    """Prove where every event of a city went, by feed and day, by counting its log again. Works while serving.

    Exit code 0: balanced; 1: it is not, and each figure that differs is told.
    """
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    with opened_log(settings, read.name, kafka=is_kafka(road)) as log:
        found = audits.audit(log, whole=whole)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(audits.table(found)), indent=2).decode())
    else:
        for line in audits.lines(found, settings.language):
            typer.echo(line)
    raise typer.Exit(0 if found.balanced else 1)


@app.command()
def explain(
    city: CityFolder,
    alert: Annotated[str | None, typer.Argument(metavar="[ID]", help="An alert's id, or how it begins.")] = None,
    area: Annotated[str | None, typer.Option("--area", help="Code of an area: why did something, or nothing?")] = None,
    at: Annotated[str | None, typer.Option("--at", help=f"At which time: {TIMES}.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="One rule only.")] = None,
    category: Annotated[str | None, typer.Option("--category", help="A category; else each rule's own.")] = None,
    as_json: AsJson = False,
    data: DataFolder = None,
    road: Road = "local",
) -> None:
    """Say why an alert spoke, signal by signal; or why each rule spoke, or did not, of an area at a time.

    Judges the city's log again up to there. Works while serving.
    """
    settings = settings_of(data=data)
    logs.configure(settings.log, level=logging.WARNING)
    read = city_of(city, settings.language)
    asked = explains.Asked(alert, area, time_of(at, read), rule, category)
    with (
        opened_log(settings, read.name, kafka=is_kafka(road)) as log,
        Bar(settings.language, "judged-again") as progress,
    ):
        found = explains.answer(log, read, asked, progress)
    typer.echo(found.json() if as_json else found.text(settings.language))


@app.command()
def watchdog(
    cities: Annotated[list[Path], typer.Argument(metavar="CITY...", help="Folders of the cities.")],
    url: Annotated[
        str | None, typer.Option("--url", help="Address of the process that serves them; else only their journals.")
    ] = None,
    desk: Annotated[
        str | None, typer.Option("--desk", help="Whose webhooks are told; else the first desk of the whole city.")
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Look until time was seen to go on, then end: for cron and systemd timers.")
    ] = False,
    data: DataFolder = None,
) -> None:
    """Watch over cities from another process: say so outside when their time stands still, and when it goes on again.

    Exit code 0: time goes on; 1: a city stands still or does not answer.
    """
    settings = settings_of(data=data)
    logs.configure(settings.log, level=logging.WARNING if once else logging.INFO)

    def told(names: str) -> None:
        if not once:
            ERRORS.print(say("watching", settings.language, cities=names, limit=settings.watchdog_still_seconds))

    try:
        well = watchdogs.watch_over(cities, settings, url=url, desk=desk, once=once, told=told)
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=settings.data, why=fault.strerror) from None
    if once:
        word = "watched-well" if well else "watched-ill"
        typer.echo(say(word, settings.language, folder=settings.data / "watchdog"))
    raise typer.Exit(0 if well else 1)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Run at full speed and end with a summary line.")] = False,
    pace: Annotated[float, typer.Option(min=0.1, help="Minutes of the storm a second.")] = demos.MINUTES_A_SECOND,
    city: Annotated[Path, typer.Argument(metavar="[CITY]", help="Another city's folder.")] = demos.EXAMPLE,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="First port to try; else TOCSIN_PORT, else 8000.")
    ] = None,
) -> None:
    """Show the blizzard of January 2016 on the board, out of real emergency calls."""
    settings = settings_of(port=port)
    logs.configure(settings.log, level=logging.WARNING)
    summary = demos.demo(city, settings, once=once, pace=pace, told=ERRORS.print)
    typer.echo(summary.line(settings.language))


@app.command()
def check(
    city: CityFolder,
    past: Annotated[
        bool,
        typer.Option("--past", help="Hold the rules against the last 90 days of what the feeds name as archive too."),
    ] = False,
) -> None:
    """Read a city's folder whole and say every mistake with file, line and column.

    Exit code 0: all is well, notes aside; 1: mistakes, or with --past rules that count nothing or cannot speak.
    """
    settings = read_settings()
    code, text = check_city(city, settings.language)
    typer.echo(text)
    if code == 0:
        code = check_rules(city_of(city, settings.language), settings.language, past=past)
    raise typer.Exit(code)


@app.command()
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")]) -> None:
    """Write a small working city into DIR."""
    language = read_settings().language
    try:
        init_city(folder)
    except FileExistsError:
        raise SpokenError("folder-not-empty", folder=folder) from None
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=folder, why=fault.strerror) from None
    typer.echo(say("city-written", language, folder=folder))


@app.command()
def contract() -> None:
    """Print the JSON Schema of an event."""
    typer.echo(msgspec.json.format(msgspec.json.encode(contracts.schema()), indent=2).decode())


@app.command()
def verify(
    city: CityFolder,
    heads: Annotated[
        list[Path] | None,
        typer.Option("--heads", metavar="FILE", help="Heads that were sent out; default: the files of desks.yaml."),
    ] = None,
    data: DataFolder = None,
) -> None:
    """Prove the chain of moves against its heads that were sent outside. Ends with 1 where anything was changed."""
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    proof = verifying.verify(read, settings, heads or [])
    for line in verifying.lines_of(proof, read.name, settings.language):
        typer.echo(line)
    if proof.faults:
        raise typer.Exit(1)


@app.command()
def version() -> None:
    """Print the version."""
    try:
        found = version_of("tocsin")
    except PackageNotFoundError:  # run from a checkout that was never installed
        found = "(not installed)"
    typer.echo(f"tocsin {found}")


RefusedRoad = Annotated[str, typer.Option("--road", help="local, or kafka: what its intakes refused.")]


@refused.command("list")
def refused_list(
    city: CityFolder,
    feed: FeedName = None,
    limit: Annotated[int, typer.Option(min=1, help="The last so many.")] = 100,
    data: DataFolder = None,
    road: RefusedRoad = "local",
) -> None:
    """The refused records, newest first: when, feed, reason, field, place, what is kept. Works while serving."""
    settings = settings_of(data=data)
    if is_kafka(road):
        rows = still_refused(settings, city, feed, limit)
    else:
        read = city_of(city, settings.language)
        with closing(Journal.open(journal_of(read.name, settings), read_only=True)) as journal:
            rows = journal.refused(feed=feed, limit=limit)
    if not rows:
        typer.echo(say("no-refusals", settings.language))
    for row in rows:
        place = f"{row.place.partition}:{row.place.offset}"
        why = MEANINGS[row.reason][settings.language]
        kept = row.kept.decode("utf-8", "replace")
        typer.echo(f"{rfc3339(row.at)} {row.feed} {row.reason} {row.field or '-'} {place} {why} {kept}".rstrip())


@refused.command("retry")
def refused_retry(
    city: CityFolder, feed: FeedName = None, data: DataFolder = None, road: RefusedRoad = "local"
) -> None:
    """Read refused records of files again from their source, after the feed's file was mended. Not while serving.

    With --road kafka: raw records, read again by the intake that holds the city, after it was started with the mend.
    """
    settings = settings_of(data=data)
    if is_kafka(road):
        ask_again(settings, city, feed)
        return
    logs.configure(settings.log, level=logging.WARNING)
    read = city_of(city, settings.language)
    clock = WallClock()
    watched, by_load = waiting_in(journal_of(read.name, settings), feed)
    found = Retried()
    if watched:
        opened = open_city(read, settings, clock, Metrics(), kind="wall", engines=RuleEngines())
        with closing(opened.shard):
            found = retry(opened.shard, read, intake_of(read, opened.key), clock, feed=feed)
        opened.close()
    values = {"read": found.read, "accepted": found.accepted, "refused": found.refused, "lost": found.lost}
    typer.echo(say("retried", settings.language, city=read.name, **values))
    if by_load:
        typer.echo(say("came-by-load", settings.language, city=read.name, count=by_load))


def main() -> None:
    """Run the command line."""
    guarded(app)
