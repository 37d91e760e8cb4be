"""A city's folder, read whole: the city, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from alerts.desks import Desk
from rules.book import Book, FeedPolicy
from rules.calendar import Calendar
from rules.trees import Tree
from streams.city import areas, calendar_file, categories, city_file, desk_file, shapes, user_file
from streams.city.city_file import CityFile, check_city
from streams.city.compile import compile_book
from streams.city.desk_checks import check_desks
from streams.city.desk_file import DesksFile
from streams.city.durations import DAY
from streams.city.feed_checks import check_feed
from streams.city.folder import Folder
from streams.city.names import check_languages, check_names
from streams.city.rule_checks import RuleCheck, Surroundings
from streams.city.rule_file import RuleFile
from streams.city.schema import checked
from streams.city.shapes import Shapes
from streams.city.unread import check_unread
from streams.city.user_file import UserForm, UsersFile
from streams.city.yaml import Document, read_document
from streams.feeds.spec import FeedFile
from streams.problems import START, Problem, Problems

FEEDS: Final = "feeds"
RULES: Final = "rules"

PlaceOf = Callable[[float, float], str | None]
"""(lat, lon) in degrees -> the area's code, None outside of every shape."""


@dataclass(frozen=True, slots=True)
class City:
    """Everything that one deployment is, as values. Times in ms."""

    folder: Path
    name: str
    names: Mapping[str, str]
    book: Book
    feeds: Mapping[str, FeedFile]  # by name
    desks: tuple[Desk, ...]
    users: tuple[UserForm, ...]
    languages: tuple[str, ...]  # the first is the city's own
    zone: str
    display_level: str
    retention_days: int
    shapes: Path | None
    place_of: PlaceOf
    key: bytes = field(default=b"", repr=False)  # the secret of its hashes; never in the folder

    def with_key(self, key: bytes) -> City:
        """The same city, able to hash. The runtime gives the key."""
        return replace(self, key=key)


@dataclass(frozen=True, slots=True)
class Reading:
    """`city` is None exactly where there are problems."""

    city: City | None
    problems: tuple[Problem, ...]

    def render(self, language: str = "en") -> str:
        """One line a problem."""
        return "\n".join(problem.render(language) for problem in self.problems)


def read_city(folder: Path) -> Reading:
    """Read `folder` whole. Never raises for what stands in it; every mistake is in `problems`, by file and line."""
    problems = Problems()
    city = _Reader(Folder(folder, problems)).read()
    found = problems.all()
    return Reading(None if found else city, found)


@dataclass
class _Reader:
    """The order of reading: what others are checked against comes first, and what is missing stops nothing else."""

    folder: Folder
    city: CityFile | None = None
    documents: dict[str, Document] = field(default_factory=dict)

    def read(self) -> City | None:
        root = self.folder.root
        if not root.is_dir():
            self.folder.problems.say(str(root.name or root), START, "folder-missing")
            return None
        self.city = self._city()
        languages = self.city.languages if self.city else []
        zone = self.city.zone if self.city else "UTC"
        area_tree = areas.read_areas(self.folder, self.city.area_levels, languages) if self.city else None
        category_tree = categories.read_categories(self.folder, languages)
        calendar = calendar_file.read_calendar(self.folder, zone, languages)
        places = shapes.read_shapes(self.folder, area_tree.by_code if area_tree else None)
        feeds = self._feeds(area_tree, category_tree)
        desks = self._desks(area_tree, category_tree)
        rules = self._rules(area_tree, category_tree, feeds, desks)
        users = self._users(area_tree)
        check_unread(self.folder)
        if not self.city or area_tree is None or category_tree is None or calendar is None or desks is None:
            return None
        return self._whole(self.city, area_tree, category_tree, calendar, feeds or {}, rules, desks, users, places)

    def _city(self) -> CityFile | None:
        document = read_document(self.folder, city_file.FILE)
        city = checked(document, CityFile, self.folder.problems) if document else None
        if document and city:
            check_city(document, city, self.folder.problems)
            place = document.place(("names",))
            check_names(city_file.FILE, place, city.name, city.names, city.languages, self.folder.problems)
            check_languages(city_file.FILE, place, city.names, city.languages, self.folder.problems)
        return city

    def _named(self, folder: str) -> list[tuple[str, str]]:
        """(stem, file) of the YAML files in a sub-folder; a stem that can be no key is said."""
        found = []
        for file in self.folder.names(folder):
            stem, _, ending = file.rpartition("/")[2].partition(".")
            if ending == "yaml":
                found.append((stem, file))
        return found

    def _feeds(self, area_tree: Tree | None, category_tree: Tree | None) -> dict[str, FeedFile] | None:
        feeds: dict[str, FeedFile] = {}
        whole = True
        for name, file in self._named(FEEDS):
            document = read_document(self.folder, file)
            feed = checked(document, FeedFile, self.folder.problems) if document else None
            if document is None or feed is None:
                whole = False
                continue
            feeds[name] = feed
            check_feed(name, document, feed, self.folder, self.city, area_tree, category_tree)
        if whole and not feeds:
            self.folder.problems.say(FEEDS, START, "no-feeds")
        return feeds if whole else None

    def _policies(self, feeds: Mapping[str, FeedFile]) -> dict[str, FeedPolicy]:
        city = self.city
        if city is None:
            return {name: feed.policy(name) for name, feed in feeds.items()}
        return {
            name: feed.policy(name, lateness=city.lateness, horizon=city.horizon, skew=city.skew)
            for name, feed in feeds.items()
        }

    def _desks(self, area_tree: Tree | None, category_tree: Tree | None) -> DesksFile | None:
        document = read_document(self.folder, desk_file.FILE)
        desks = checked(document, DesksFile, self.folder.problems) if document else None
        if document and desks:
            languages, ladder = (self.city.languages, self.city.colours) if self.city else ([], [])
            check_desks(document, desks, area_tree, category_tree, languages, ladder, self.folder.problems)
        return desks

    def _rules(
        self,
        area_tree: Tree | None,
        category_tree: Tree | None,
        feeds: Mapping[str, FeedFile] | None,
        desks: DesksFile | None,
    ) -> list[tuple[RuleFile, str]]:
        rules: list[tuple[RuleFile, str]] = []
        around = Surroundings(
            areas=area_tree,
            area_levels=self.city.area_levels if self.city else [],
            categories=category_tree,
            feeds=None if feeds is None else self._policies(feeds),
            heard=None
            if desks is None
            else frozenset((a, c) for d in desks.desks for a in d.areas for c in d.categories),
            languages=self.city.languages if self.city else [],
            ladder=self.city.colours if self.city else [],
        )
        for _, file in self._named(RULES):
            document = read_document(self.folder, file)
            rule = checked(document, RuleFile, self.folder.problems) if document else None
            if document and rule:
                if self.city:
                    RuleCheck(document, rule, around, self.folder.problems).run()
                rules.append((rule, document.text))
        return rules

    def _users(self, area_tree: Tree | None) -> UsersFile | None:
        if not self.folder.has(user_file.FILE):
            return None
        document = read_document(self.folder, user_file.FILE)
        if document is None:
            return None
        codes = area_tree.by_code if area_tree else None
        return user_file.check_users(document, codes, self.folder.problems)

    def _whole(
        self,
        city: CityFile,
        area_tree: Tree,
        category_tree: Tree,
        calendar: Calendar,
        feeds: Mapping[str, FeedFile],
        rules: list[tuple[RuleFile, str]],
        desks: DesksFile,
        users: UsersFile | None,
        places: Shapes,
    ) -> City:
        made = tuple(form.desk(city.zone, city.languages[0]) for form in desks.desks)
        return City(
            folder=self.folder.root,
            name=city.name,
            names=dict(city.names),
            book=compile_book(city, area_tree, category_tree, calendar, self._policies(feeds), rules, made),
            feeds=dict(feeds),
            desks=made,
            users=tuple(users.users) if users else (),
            languages=tuple(city.languages),
            zone=city.zone,
            display_level=city.display_level or city.area_levels[-1],
            retention_days=city.retention // DAY,
            shapes=places.path,
            place_of=places,
        )
