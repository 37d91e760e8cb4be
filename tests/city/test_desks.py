"""Desks: every pair of area and category has exactly one first desk, or `check` says so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alerts.desks import Channel, Shift
from rules.book import Book, DeskReach
from rules.calendar import Calendar
from rules.trees import Node, Tree
from streams.city.city_file import NOTHING_KNOWN
from streams.city.desk_checks import check_desks
from streams.city.desk_file import DeskForm, DesksFile
from streams.city.tree_checks import Grown
from streams.city.yaml import Document
from streams.problems import Problems


def _tree(**parents: str) -> Tree:
    return Tree(("a", "b", "c"), tuple(Node(code, parent, "a", {"en": code}) for code, parent in parents.items()))


AREAS = _tree(city="", east="city", west="city", harbour="east")
CATEGORIES = _tree(all="", traffic="all", fire="all")

_REACH = st.tuples(
    st.lists(st.sampled_from(sorted(AREAS.by_code)), min_size=1, max_size=2, unique=True),
    st.lists(st.sampled_from(sorted(CATEGORIES.by_code)), min_size=1, max_size=2, unique=True),
)


def _told(desks: list[DeskForm]) -> set[str]:
    problems = Problems()
    areas, categories = Grown(AREAS, AREAS.by_code), Grown(CATEGORIES, CATEGORIES.by_code)
    document = Document("desks.yaml", {}, {}, {})
    check_desks(document, DesksFile(desks=desks), areas, categories, NOTHING_KNOWN, problems)
    return {problem.message for problem in problems.all()}


def _desk(name: str, areas: list[str], categories: list[str]) -> DeskForm:
    return DeskForm.model_validate(
        {"id": name, "names": {"en": name}, "areas": areas, "categories": categories, "channels": ["console"]}
    )


@given(reaches=st.lists(_REACH, min_size=1, max_size=3), order=st.randoms(use_true_random=False))
def test_where_check_is_content_every_pair_has_one_first_desk_whatever_their_order(
    reaches: list[tuple[list[str], list[str]]], order: object
) -> None:
    desks = [_desk(f"d{number}", *reach) for number, reach in enumerate(reaches)]
    told = _told(desks)
    reach = tuple(DeskReach(desk.id, tuple(desk.areas), tuple(desk.categories)) for desk in desks)
    book, turned = (
        Book("city", AREAS, CATEGORIES, Calendar("UTC"), (), (), order) for order in (reach, tuple(reversed(reach)))
    )
    pairs = [(area, category) for area in AREAS.by_code for category in CATEGORIES.by_code]
    first = [book.first_desk(*pair) for pair in pairs]
    assert ("desk-gap" in told) == ("" in first)
    if "desk-overlap" not in told:
        assert first == [turned.first_desk(*pair) for pair in pairs]


def test_the_more_specific_desk_wins_and_is_no_overlap() -> None:
    assert _told([_desk("city", ["city"], ["all"]), _desk("port", ["harbour"], ["fire"])]) == set()


def test_two_desks_for_one_pair_are_an_overlap() -> None:
    assert _told([_desk("a", ["city"], ["all", "fire"]), _desk("b", ["city"], ["fire"])]) == {"desk-overlap"}


def test_a_desk_is_a_value_with_the_citys_zone_and_language_where_it_names_none() -> None:
    form = DeskForm.model_validate(
        {
            "id": "night",
            "names": {"en": "Night"},
            "areas": ["city"],
            "categories": ["all"],
            "channels": [
                "console",
                {"kind": "webhook", "url": "https://example.org/a", "secret": "night_hook", "language": "zh-CN"},
                {"kind": "webhook", "url": "http://10.0.0.1/b", "private": True},
            ],
            "shifts": [{"name": "late", "start": "22:00", "end": "06:00", "days": ["fri", "sat"]}],
            "clocks": {"red": "5m"},
            "budget": 12,
        }
    )
    desk = form.desk("Asia/Shanghai", "en")
    assert (desk.zone, desk.parent, desk.budget, desk.clocks) == ("Asia/Shanghai", "", 12, {"red": 300_000})
    assert desk.shifts == (Shift("late", "22:00", "06:00", (4, 5)),)
    signed: dict[str, str | bool] = {"url": "https://example.org/a", "secret": "night_hook", "private": False}
    inside: dict[str, str | bool] = {"url": "http://10.0.0.1/b", "secret": "", "private": True}
    assert desk.channels == (
        Channel("night-console", "console", "en"),
        Channel("night-webhook", "webhook", "zh-CN", signed),
        Channel("night-webhook-2", "webhook", "en", inside),
    )
