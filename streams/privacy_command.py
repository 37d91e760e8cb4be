"""`tocsin privacy-report`: what was refused as somebody's identity, and the proof that none of it was kept."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from alerts.access.accounts import FILE
from rules.book import encode
from streams.arguments import CityFolder, DataFolder, settings_of
from streams.city import City
from streams.journal.refused import reasons
from streams.journal.schema import connect
from streams.messages import SpokenError, say
from streams.opened import JOURNAL, city_of, store_beside
from streams.privacy import IDENTITIES, Look, Looked, files_under, own_words
from streams.refusals import MEANINGS, Reason
from streams.settings import Settings


def privacy_report(
    city: CityFolder,
    log: Annotated[
        list[Path] | None, typer.Option("--log", help="A log, or anything else that was written, to look through too.")
    ] = None,
    data: DataFolder = None,
) -> None:
    """What was refused, by feed; and a look through all that is kept for anything that may name somebody.

    Works while the city is served. Exit code 0: nothing was found; 1: something was, and its place is told.
    """
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    folder = settings.data / read.name
    if not (folder / JOURNAL).is_file():
        raise SpokenError("journal-missing", path=folder / JOURNAL)
    try:
        refused, books = _journal(folder / JOURNAL)
        seen = _looked(read, settings, folder, [*books, encode(read.book)], log or [])
    except (OSError, sqlite3.Error) as fault:
        raise SpokenError("privacy-unread", why=type(fault).__name__) from None
    for line in (*_refused(read, settings, refused), *_found(settings, seen)):
        typer.echo(line)
    if seen.found:
        raise typer.Exit(1)


def _journal(path: Path) -> tuple[list[tuple[str, str, int]], list[bytes]]:
    """(feed, reason, records) refused and still known, and every book that was in force."""
    with closing(connect(path, read_only=True)[0]) as link:
        books = [bytes(data) for (data,) in link.execute("select data from books")]
        return reasons(link, -1), books


def _looked(city: City, settings: Settings, folder: Path, books: list[bytes], logs: list[Path]) -> Looked:
    look = Look(own_words(books))
    for path in files_under(folder):
        look.at_file(path, str(path.relative_to(settings.data)))
    accounts = settings.data / FILE
    for path in (*([accounts] if accounts.is_file() else []), *logs):
        look.at_file(path, path.name)
    if settings.database.get_secret_value():
        with store_beside(city.name, settings) as store:
            look.at_values("PostgreSQL", store.every_value())
    return look.seen


def _refused(city: City, settings: Settings, refused: list[tuple[str, str, int]]) -> Iterator[str]:
    """By feed, the identities first; a feed of which nothing was refused is named too."""
    language = settings.language
    yield say("privacy-refused", language, city=city.name)
    by_feed: dict[str, Counter[str]] = {name: Counter() for name in city.feeds}
    for feed, reason, n in refused:
        by_feed.setdefault(feed, Counter())[reason] += n
    named = {reason.value for reason in IDENTITIES}
    for feed, counted in by_feed.items():
        of_people = sum(n for reason, n in counted.items() if reason in named)
        yield say("privacy-feed", language, feed=feed, people=of_people, others=counted.total() - of_people)
        for reason, n in sorted(counted.items(), key=lambda one: (one[0] not in named, -one[1], one[0])):
            yield say("privacy-reason", language, count=n, reason=reason, means=MEANINGS[Reason(reason)][language])


def _found(settings: Settings, seen: Looked) -> Iterator[str]:
    language = settings.language
    yield say("privacy-looked", language, files=len(seen.texts), texts=seen.texts.total())
    for name, n in seen.texts.items():
        yield say("privacy-file", language, file=name, texts=n)
    for one in seen.found:
        means = MEANINGS[one.reason][language]
        yield say("privacy-found", language, file=one.file, where=one.where, reason=one.reason.value, means=means)
    if seen.more:
        yield say("privacy-more", language, count=seen.more)
    yield say("privacy-kept" if seen.found else "privacy-nothing", language)
