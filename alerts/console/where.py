"""What the map shows: which areas speak, which are blind, and one mark for each area that an alert names. Pure."""

from __future__ import annotations

from typing import Final, TypedDict

from alerts.console.board import Board
from alerts.console.naming import Names
from alerts.console.rows import Row
from rules.signals import COUNTED
from rules.trees import Tree

MARKS_SHOWN: Final = 60
"""Marks on the map; the list has them all."""


class MapMark(TypedDict):
    """`over`: the areas it lies on, to find its middle; empty: the whole map."""

    area: str
    label: str
    digit: int
    hue: str
    over: list[str]


class MapFigures(TypedDict):
    """What the script paints. All words are final text; the script writes them on a canvas, never as HTML."""

    city: str
    marks: list[MapMark]
    fills: dict[str, str]  # area code -> hue
    whole: str  # hue of the worst alert on the whole city, a tint under all; "": none
    whole_say: str
    blind: list[str]
    say: dict[str, str]  # area code -> its name and state
    quiet: str
    dark: str


def map_figures(board: Board, names: Names) -> MapFigures:
    """The worst alert of an area stands for it; one on the whole city only tints it."""
    tree = names.city.book.areas
    loudest: dict[str, Row] = {}
    for one in board.running:  # top rank first
        code = one.alert.signal.area
        if code in tree.by_code and one.alert.signal.kind in COUNTED:
            loudest.setdefault(code, one)
    fills: dict[str, str] = {}
    say: dict[str, str] = {}
    under = _below(tree, set(loudest) - {tree.root})
    for code, one in loudest.items():
        for area in under.get(code, ()):
            fills.setdefault(area, one.mark.hue)
            words = names.speech.gettext("%(colour)s: %(what)s") % {"colour": one.mark.word, "what": one.what}
            say.setdefault(area, words)
    city_wide = loudest.get(tree.root)
    whole_say = ""
    if city_wide:
        whole_say = names.speech.gettext("%(where)s, %(colour)s: %(what)s") % {
            "where": names.root(),
            "colour": city_wide.mark.word,
            "what": city_wide.what,
        }
    marks: list[MapMark] = [
        {
            "area": code,
            "label": one.where,
            "digit": one.mark.digit,
            "hue": one.mark.hue,
            "over": under.get(code, []),
        }
        for code, one in list(loudest.items())[:MARKS_SHOWN]
    ]
    return {
        "city": names.city.name,
        "marks": marks,
        "fills": fills,
        "whole": city_wide.mark.hue if city_wide else "",
        "whole_say": whole_say,
        "blind": sorted(board.areas.blind_codes),
        "say": say,
        "quiet": names.speech.gettext("Quiet"),
        "dark": names.speech.gettext("Blind: a feed is silent"),
    }


def _below(tree: Tree, codes: set[str]) -> dict[str, list[str]]:
    below: dict[str, list[str]] = {code: [] for code in codes}
    for area, path in tree.paths.items():
        for code in codes.intersection(path):
            below[code].append(area)
    return below
