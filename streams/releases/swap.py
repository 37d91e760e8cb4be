"""From a release to what runs: the city with its rules, and what a command hands over to the process that serves it."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec import UNSET, structs

from rules.book import Book, MatterRule, Rule
from rules.matters.table import Deadlines
from rules.records import UseBook
from streams.city import City, read_city
from streams.releases.shelf import ReleaseError, Shelf, shelf_of


class Swap(msgspec.Struct, frozen=True):
    """Other rules for the book in force, with the Order that says who and why. `id`: of the entry in the chain;
    `order.digest` is filled by the writer, who knows the book."""

    id: str
    release: str
    order: UseBook
    rules: tuple[Rule, ...]
    matter_rules: tuple[MatterRule, ...] = ()
    deadlines: Deadlines | None = None  # the table by which they judge; a book without them has none

    @classmethod
    def to(cls, city: City, id: str, release: str, order: UseBook) -> Swap:  # noqa: A002  as the field is called
        """To the rules of a city that was read with the release."""
        book = city.book
        return cls(id, release, order, book.rules, book.on_matters, book.deadlines or None)

    def put_into(self, book: Book) -> Book:
        """The book with these rules."""
        return structs.replace(
            book,
            rules=self.rules,
            matter_rules=self.matter_rules or UNSET,
            deadlines=self.deadlines if self.deadlines is not None and self.matter_rules else UNSET,
        )


def released(city: City, data: Path, language: str) -> City:
    """The city with the rules of the release in force; as it is where there is none.

    Raises ReleaseError where that release no longer fits the rest of the folder.
    """
    shelf = shelf_of(data, city.name)
    now = shelf.in_force()
    return with_rules(city, shelf.rules(now), language, now) if now else city


def fitting(city: City, shelf: Shelf, release: str, language: str, runs: Book | None) -> City:
    """The city with the rules of a release. `runs`: the book in force, None where nothing runs yet.

    Raises ReleaseError where the rest of the folder is not what runs: a release brings rules, and nothing else.
    """
    found = with_rules(city, shelf.rules(release), language, release)
    if runs is not None and runs.but_for_rules != found.book.but_for_rules:
        raise ReleaseError("release-folder-differs", city=found.name)
    return found


def with_rules(city: City, rules: Path, language: str, release: str) -> City:
    """The city with the rules in another folder. Raises ReleaseError."""
    reading = read_city(city.folder, rules=rules)
    if reading.city is None:
        raise ReleaseError("release-unfit", id=release, text=reading.render(language))
    return reading.city
