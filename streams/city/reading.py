"""A city's folder, read whole: the city, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from alerts.desks import Desk, HeadWay
from alerts.purging import Keep
from rules.book import Book, FeedPolicy, MatterRule
from rules.matters.table import Deadlines
from streams.city import areas, calendar_file, categories, city_file, desk_file, shapes, user_file
from streams.city.any_rule_checks import Surroundings
from streams.city.city_file import check_display, counts_level, display_level, read_city_file
from streams.city.compile import compile_book
from streams.city.deadline_file import DeadlinesFile, read_deadlines
from streams.city.desk_checks import check_desks
from streams.city.desk_file import DesksFile
from streams.city.durations import DAY
from streams.city.feed_checks import check_feed, stages_of
from streams.city.folder import RULES, Folder
from streams.city.matter_checks import MatterCheck, compile_matter_rule
from streams.city.matter_file import MatterRuleFile
from streams.city.rule_checks import RuleCheck, check_twins
from streams.city.rule_file import RuleFile
from streams.city.schema import checked
from streams.city.unread import check_unread
from streams.city.user_file import UserForm, UsersFile
from streams.city.yaml import Document, read_document
from streams.feeds.spec import FeedFile
from streams.problems import START, Problem, Problems

FEEDS: Final = "feeds"

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
    heads: tuple[HeadWay, ...]
    users: tuple[UserForm, ...]
    languages: tuple[str, ...]  # the first is the city's own
    zone: str
    display_level: str
    counts_level: str  # finest areas whose counts are kept; "": none are
    counts_kept: int  # so long, ms
    shadow_shifts: int
    retention_days: int
    keep: Keep
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


def read_city(folder: Path, over: Mapping[str, Path] | None = None, rules: Path | None = None) -> Reading:
    """Read `folder` whole. Never raises for what stands in it; every mistake is in `problems`, by file and line.

    `over`: files that are read in the place of those of that name, or beside them: a change that is tried. `rules`: a
    folder that is read in the place of `rules/`: a release.
    """
    problems = Problems()
    city = None
    if Folder(folder.parent, problems).has(folder.name) and folder.is_dir():
        city = _Reader(Folder(folder, problems, over, rules)).whole()
    else:
        problems.say(folder.name or str(folder), START, "folder-missing")
    return Reading(city, problems.all())


class _Reader:
    """The order of reading: what others are checked against comes first, and what is missing stops nothing else."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.problems = folder.problems
        self.city, _ = read_city_file(folder)
        self.areas = areas.read_areas(folder, self.city.area_levels, self.city.languages)
        self.categories = categories.read_categories(folder, self.city.languages)
        self.calendar = calendar_file.read_calendar(folder, self.city.zone, self.city.languages)
        self.shapes = shapes.read_shapes(folder, self.areas)
        self.feeds, self.feeds_whole = self._feeds()
        self.desks = self._desks()
        stages = frozenset[str]().union(*map(stages_of, self.feeds.values())) if self.feeds_whole else None
        self.deadlines = read_deadlines(folder, self.categories, stages)
        self.matter_rules: list[MatterRule] = []
        self.rules = self._rules()
        self.users = self._users()
        if self.areas.tree is not None:
            check_display(folder, self.city, self.areas.tree)
        if folder.has(city_file.FILE):  # else it is hardly a city, and every file of it unread
            check_unread(folder)

    def whole(self) -> City | None:
        """The city; None where something was said."""
        area_tree, category_tree, desks = self.areas.tree, self.categories.tree, self.desks
        if len(self.problems) or area_tree is None or category_tree is None or desks is None or self.calendar is None:
            return None
        city = self.city
        made = tuple(form.desk(city.zone, city.languages[0]) for form in desks.desks)
        policies = self._policies()
        return City(
            folder=self.folder.root,
            name=city.name,
            names=dict(city.names),
            book=compile_book(
                city,
                area_tree,
                category_tree,
                self.calendar,
                policies,
                self.rules,
                made,
                self.matter_rules,
                self._table(),
            ),
            feeds=dict(self.feeds),
            desks=made,
            heads=desks.ways(),
            users=tuple(self.users.users) if self.users else (),
            languages=tuple(city.languages),
            zone=city.zone,
            display_level=display_level(city, area_tree),
            counts_level=counts_level(city, area_tree),
            counts_kept=city.counts.kept,
            shadow_shifts=city.shadow_shifts,
            retention_days=city.retention // DAY,
            keep=Keep(city.alerts_kept, city.moves_kept),
            shapes=self.shapes.path,
            place_of=self.shapes,
        )

    def _files(self, folder: str) -> dict[str, str]:
        """Stem -> file of the YAML files in a sub-folder."""
        stems = {}
        for file in self.folder.names(folder):
            stem, _, ending = file.rpartition("/")[2].partition(".")
            if ending == "yaml":
                stems[stem] = file
        return stems

    def _feeds(self) -> tuple[dict[str, FeedFile], bool]:
        """The feeds, and whether all could be read."""
        feeds: dict[str, FeedFile] = {}
        before = len(self.problems)
        files = self._files(FEEDS)
        if not files and len(self.problems) == before:
            self.problems.say(FEEDS, START, "no-feeds")
        for name, file in files.items():
            document = read_document(self.folder, file)
            feed = checked(document, FeedFile, self.problems) if document else None
            if document and feed:
                feeds[name] = feed
                check_feed(name, document, feed, self.folder, self.city, self.areas, self.categories)
        return feeds, 0 < len(files) == len(feeds)

    def _policies(self) -> dict[str, FeedPolicy]:
        city = self.city
        return {
            name: feed.policy(name, lateness=city.lateness, horizon=city.horizon, skew=city.skew)
            for name, feed in self.feeds.items()
        }

    def _desks(self) -> DesksFile | None:
        document = read_document(self.folder, desk_file.FILE)
        desks = checked(document, DesksFile, self.problems) if document else None
        if document and desks:
            check_desks(document, desks, self.areas, self.categories, self.city, self.problems)
        return desks

    def _rules(self) -> list[tuple[RuleFile, str]]:
        around = Surroundings(
            city=self.city,
            areas=self.areas,
            categories=self.categories,
            feeds=self._policies() if self.feeds_whole else None,
            stages={name: stages_of(feed) for name, feed in self.feeds.items()},
            heard=frozenset(c for desk in self.desks.desks for c in desk.categories) if self.desks else None,
        )
        rules: list[tuple[Document, RuleFile]] = []
        table = self._table()
        before = len(self.problems)
        files = self._files(RULES)
        if not files and len(self.problems) == before:
            self.problems.say(RULES, START, "no-rules")
        for file in files.values():
            document = read_document(self.folder, file)
            if document and isinstance(document.value, dict) and "matters" in document.value:
                on_matters = checked(document, MatterRuleFile, self.problems)
                if on_matters:
                    MatterCheck(document, on_matters, around, self.problems).run()
                    made = compile_matter_rule(on_matters, document.text, self.city.colours, table)
                    self.matter_rules.append(made)
                continue
            rule = checked(document, RuleFile, self.problems) if document else None
            if document and rule:
                RuleCheck(document, rule, around, self.problems).run()
                rules.append((document, rule))
        check_twins(rules, self.problems)
        return [(rule, document.text) for document, rule in rules]

    def _table(self) -> Deadlines:
        """The legal clocks; without a file those that feeds say."""
        return self.deadlines or Deadlines((), DeadlinesFile().stages.meanings())

    def _users(self) -> UsersFile | None:
        if not self.folder.has(user_file.FILE):
            return None
        document = read_document(self.folder, user_file.FILE)
        return None if document is None else user_file.check_users(document, self.areas.nodes, self.problems)
