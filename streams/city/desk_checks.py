"""Desks looked at together: every (area, category) has exactly one first desk, and every parent is a desk."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from rules.trees import Tree
from streams.city.channel_forms import LONGEST_STANDBY, AlertmanagerForm, AnyForm, EmailForm, WebhookForm
from streams.city.city_file import CityFile
from streams.city.desk_file import DeskForm, DesksFile
from streams.city.durations import written
from streams.city.names import check_written_names
from streams.city.tree_checks import Grown
from streams.city.yaml import Document, Path
from streams.problems import Problems

EXAMPLES: Final = 3
"""So many gaps are named; the rest is a number."""


def check_desks(
    document: Document, file: DesksFile, areas: Grown, categories: Grown, city: CityFile, problems: Problems
) -> None:
    """Everything that the model cannot see. What is not known of trees and city is passed over."""
    known = [desk.id for desk in file.desks]
    seen: dict[str, int] = {}
    for number, desk in enumerate(file.desks):
        path = ("desks", number)
        place = document.place((*path, "id"))
        if desk.id in seen:
            problems.say(document.file, place, "desk-repeated", desk=desk.id, line=seen[desk.id])
        seen.setdefault(desk.id, place.line)
        if desk.parent is not None and desk.parent not in known:
            others = [one for one in known if one != desk.id]
            message = "desk-parent-unknown" if others else "desk-alone"
            meant = problems.guess(desk.parent, others)
            place = document.place((*path, "parent"))
            problems.say(document.file, place, message, parent=desk.parent, guess=meant)
        check_written_names(document, (*path, "names"), desk.id, desk.names, city.languages, problems)
        _check_channels(document, (*path, "channels"), desk, city, problems)
        _check_colours(document, (*path, "clocks"), desk.clocks, city, problems)
        _check_shifts(document, (*path, "shifts"), desk, problems)
        _check_codes(document, (*path, "areas"), desk.areas, areas, "area-unknown", problems)
        _check_codes(document, (*path, "categories"), desk.categories, categories, "category-unknown", problems)
    _check_rings(document, file.desks, problems)
    _check_overlaps(document, file.desks, problems)
    if areas.tree is not None and categories.tree is not None:
        _check_gaps(document, file.desks, areas.tree, categories.tree, problems)


def _check_channels(document: Document, path: Path, desk: DeskForm, city: CityFile, problems: Problems) -> None:
    for number, channel in enumerate(desk.channels):
        if channel.language is not None and city.languages and channel.language not in city.languages:
            place = document.place((*path, number, "language"))
            problems.say(
                document.file, place, "language-not-city", language=channel.language, known=list(city.languages)
            )
        if isinstance(channel, WebhookForm | AlertmanagerForm) and not channel.private and _is_open(channel.url):
            problems.say(document.file, document.place((*path, number, "url")), "webhook-open", url=channel.url)
        if isinstance(channel, EmailForm):
            _check_mail(document, (*path, number), channel, problems)
        if channel.standby is not None:
            before = desk.channels[number - 1].kind if number else ""
            _check_standby(document, (*path, number, "standby"), channel, before, problems)
        if channel.untaken:
            _check_untaken(document, (*path, number, "untaken"), desk, number, city, problems)


def _is_open(url: str) -> bool:
    return url.startswith("http:")


def _check_mail(document: Document, path: Path, channel: EmailForm, problems: Problems) -> None:
    if channel.tls == "none" and (not channel.private or channel.user):
        problems.say(document.file, document.place((*path, "tls")), "mail-open")
    if channel.user and not channel.secret:
        problems.say(document.file, document.place((*path, "user")), "mail-no-password", user=channel.user)


def _check_standby(document: Document, path: Path, channel: AnyForm, before: str, problems: Problems) -> None:
    place = document.place(path)
    if before in ("", "console", "jsonlines"):
        problems.say(document.file, place, "standby-alone", kind=channel.kind, before=before or "-")
    if channel.standby is not None and not 0 < channel.standby <= LONGEST_STANDBY:
        problems.say(document.file, place, "standby-long", longest=written(LONGEST_STANDBY))


def _check_untaken(
    document: Document, path: Path, desk: DeskForm, number: int, city: CityFile, problems: Problems
) -> None:
    """A channel is called before its desk's time is over, and somebody was told before it."""
    channel = desk.channels[number]
    if number == 0 or channel.kind == "console":
        problems.say(document.file, document.key_place(path), "untaken-first", kind=channel.kind)
    if channel.standby is not None:
        problems.say(document.file, document.key_place(path), "untaken-standby", kind=channel.kind)
    _check_colours(document, path, channel.untaken, city, problems)
    for colour, wait in channel.untaken.items():
        clock = desk.clocks.get(colour)
        if wait == 0:
            problems.say(document.file, document.place((*path, colour)), "untaken-nothing", colour=colour)
        elif desk.parent is not None and clock is not None and wait >= clock:
            problems.say(
                document.file, document.place((*path, colour)), "untaken-late",
                colour=colour, wait=written(wait), clock=written(clock), parent=desk.parent,
            )  # fmt: skip


def _check_colours(document: Document, path: Path, colours: Iterable[str], city: CityFile, problems: Problems) -> None:
    for colour in colours:
        if city.colours and colour not in city.colours:
            place = document.key_place((*path, colour))
            problems.say(document.file, place, "colour-unknown", colour=colour, known=list(city.colours))


def _check_shifts(document: Document, path: Path, desk: DeskForm, problems: Problems) -> None:
    names = [shift.name for shift in desk.shifts]
    for number, name in enumerate(names):
        if name in names[:number]:
            problems.say(document.file, document.place((*path, number, "name")), "listed-twice", value=name)


def _check_codes(
    document: Document, path: Path, codes: Sequence[str], tree: Grown, message: str, problems: Problems
) -> None:
    for number, code in enumerate(codes):
        place = document.place((*path, number))
        if tree.nodes is not None and code not in tree.nodes:
            problems.say(document.file, place, message, code=code, guess=problems.guess(code, tree.nodes))
        if code in codes[:number]:
            problems.say(document.file, place, "listed-twice", value=code)


def _check_rings(document: Document, desks: Sequence[DeskForm], problems: Problems) -> None:
    parents = {desk.id: desk.parent or "" for desk in desks}
    settled: set[str] = set()
    for number, desk in enumerate(desks):
        walked: list[str] = []
        at = desk.id
        while at in parents and at not in walked and at not in settled:
            walked.append(at)
            at = parents[at]
        if at in walked:
            ring = [*walked[walked.index(at) :], at]
            place = document.place(("desks", number, "parent"))
            problems.say(document.file, place, "desk-ring", ring=" → ".join(ring))
        settled.update(walked)


def _check_overlaps(document: Document, desks: Sequence[DeskForm], problems: Problems) -> None:
    """The most specific pair wins, area before category: only equal pairs leave two first desks."""
    first: dict[tuple[str, str], str] = {}
    for number, desk in enumerate(desks):
        said: set[str] = set()
        for area in desk.areas:
            for category in desk.categories:
                other = first.setdefault((area, category), desk.id)
                if other != desk.id and other not in said:
                    said.add(other)
                    problems.say(
                        document.file, document.place(("desks", number, "areas")), "desk-overlap",
                        desk=desk.id, other=other, area=area, category=category,
                    )  # fmt: skip


def _check_gaps(
    document: Document, desks: Sequence[DeskForm], areas: Tree, categories: Tree, problems: Problems
) -> None:
    pairs = {(area, category) for desk in desks for area in desk.areas for category in desk.categories}
    if (areas.root, categories.root) in pairs:
        return  # what holds both roots holds everything
    gaps = 0
    named: list[str] = []
    for area in areas.nodes:
        above = areas.paths[area.code]
        heard = {category for one, category in pairs if one in above}
        for category in categories.nodes:
            if heard.isdisjoint(categories.paths[category.code]):
                gaps += 1
                if len(named) < EXAMPLES:
                    named.append(f"{area.code} × {category.code}")
    problems.say(
        document.file, document.place(("desks",)), "desk-gap", count=gaps, examples=named,
        area=areas.root, category=categories.root,
    )  # fmt: skip
