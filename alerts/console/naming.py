"""What things are called: areas, categories, feeds, desks, colours. A code that the book has lost stands for itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from alerts.console.source import City
from alerts.console.speech import Speech
from rules.book import MatterRule, Rule
from rules.trees import Tree


def N_(message: str) -> str:  # noqa: N802  the mark that gettext's extraction looks for
    return message


COLOURS: Final[Mapping[str, str]] = {
    "red": N_("Red"),
    "orange": N_("Orange"),
    "yellow": N_("Yellow"),
    "blue": N_("Blue"),
}
_HUES: Final = ("red", "orange", "yellow", "blue")
"""Hue of a mark whose colour has none of its own, by its digit."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a rank is drawn: digit and shape (1 octagon, 2 diamond, 3 triangle, 4 circle), hue, word."""

    digit: int
    hue: str
    word: str


@dataclass(frozen=True, slots=True)
class Names:
    """The city's names in one language."""

    city: City
    speech: Speech

    def _pick(self, names: Mapping[str, str], fallback: str) -> str:
        return names.get(self.speech.language) or names.get("en") or next(iter(names.values()), fallback)

    def here(self) -> str:
        return self._pick(self.city.book.names, self.city.name)

    def root(self) -> str:
        """The area that holds all others, by its own name."""
        return self.area(self.city.book.areas.root)

    def _node(self, tree: Tree, code: str) -> str:
        return tree.name(code, self.speech.language) if code in tree.by_code else code

    def area(self, code: str) -> str:
        return self._node(self.city.book.areas, code)

    def category(self, code: str) -> str:
        """With its parent where that helps: "Traffic: vehicle accident"; the root is never a parent."""
        tree = self.city.book.categories
        name = self._node(tree, code)
        if code not in tree.by_code or tree.depth(code) < 2:
            return name
        parent = self._node(tree, tree.by_code[code].parent)
        return self.speech.gettext("%(parent)s: %(name)s") % {"parent": parent, "name": name}

    def leaf(self, code: str) -> str:
        return self._node(self.city.book.categories, code)

    def feed(self, name: str) -> str:
        policy = self.city.book.feed_by_name.get(name)
        return self._pick(policy.names, name) if policy else name

    def desk(self, desk_id: str) -> str:
        for desk in self.city.book.desks:
            if desk.desk == desk_id:
                return self._pick(desk.names, desk_id)
        return desk_id

    def rule(self, rule_id: str) -> Rule | MatterRule | None:
        return self.city.book.rule(rule_id)

    def of_office(self, what: str, office: str) -> str:
        """What is so, and at which office; offices have no other names than their codes."""
        if not office:
            return what
        return self.speech.gettext("%(what)s: %(office)s") % {"what": what, "office": office}

    def rule_name(self, rule_id: str) -> str:
        rule = self.rule(rule_id)
        return self._pick(rule.names, rule_id) if rule else rule_id

    def rules(self, rule_id: str, several: int) -> str:
        """The one rule of a group by its name, several by their number."""
        if several < 2:
            return self.rule_name(rule_id)
        return self.speech.ngettext("%(num)s rule", "%(num)s rules", several) % {"num": self.speech.count(several)}

    def guidance(self, rule_id: str) -> str:
        """What to do, in this language; "" where the rule says nothing."""
        rule = self.rule(rule_id)
        return self._pick(rule.guidance, "") if rule else ""

    def mark(self, rank: int, colour: str) -> Mark:
        """Shape and digit go by rank from the top; the hue is the colour's own where it has one."""
        digit = min(max(len(self.city.ladder) - rank, 1), 4)
        hue = colour if colour in _HUES else _HUES[digit - 1]
        word = self.speech.gettext(COLOURS[colour]) if colour in COLOURS else colour
        return Mark(digit, hue, word)

    def mark_of(self, colour: str) -> Mark:
        """The mark of a colour alone; one that the ladder has lost is drawn as its lowest."""
        ladder = self.city.ladder
        return self.mark(ladder.index(colour) if colour in ladder else 0, colour)
