"""From a release to what runs: the city with its rules, and what a command hands over to the process that serves it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from rules.book import Rule
from rules.records import UseBook
from streams.city import City, read_city
from streams.releases.shelf import ReleaseError, shelf_of


class Swap(msgspec.Struct, frozen=True):
    """Other rules for the book in force, with the Order that says who and why. `id`: of the entry in the chain;
    `order.digest` is filled by the writer, who knows the book."""

    id: str
    release: str
    order: UseBook
    rules: tuple[Rule, ...]


def released(city: City, data: Path, language: str) -> City:
    """The city with the rules of the release in force; as it is where there is none.

    Raises ReleaseError where that release no longer fits the rest of the folder.
    """
    shelf = shelf_of(data, city.name)
    now = shelf.in_force()
    return with_rules(city, shelf.rules(now), language, now) if now else city


def with_rules(city: City, rules: Path, language: str, release: str) -> City:
    """The city with the rules in another folder. Raises ReleaseError."""
    reading = read_city(city.folder, rules=rules)
    if reading.city is None:
        raise ReleaseError("release-unfit", id=release, text=reading.render(language))
    return reading.city
