"""Trees as people wrote them, looked at whole: codes, parents, cycles, roots, levels, dates, neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rules.trees import Node, Tree
from streams.city.names import check_names
from streams.problems import START, Place, Problems

MOST_NODES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Planted:
    """A node and where each of its parts was written. `places` falls back to `place`."""

    node: Node
    place: Place
    places: Mapping[str, Place]

    def at(self, part: str) -> Place:
        return self.places.get(part, self.place)


@dataclass(frozen=True, slots=True)
class Grown:
    """What came of a tree's file. `tree` None: something is wrong with it.

    `nodes`: every code that is written there, so that others can still be checked against it; None: not known.
    """

    tree: Tree | None = None
    nodes: Mapping[str, Node] | None = None


def grow(
    file: str,
    planted: Sequence[Planted],
    levels: Sequence[str],
    languages: Sequence[str],
    problems: Problems,
    *,
    complete: bool = True,
) -> Grown:
    """The tree, parents first, children by code, after saying everything that keeps it from being one.

    No `levels` or `languages`: they are not known, and nothing is said about them. Not `complete`: some nodes
    could not be read, and nothing is said about what may have been among them.
    """
    before = len(problems)
    if len(planted) > MOST_NODES:
        problems.say(file, START, "tree-too-large", count=len(planted), most=MOST_NODES)
        return Grown()
    by_code = _by_code(file, planted, problems)
    nodes = {code: one.node for code, one in by_code.items()}
    if complete:
        _check_known(file, planted, by_code, levels, problems)
    rings = _check_cycles(file, by_code, problems)
    for one in planted:
        if levels:
            _check_level(file, one, None if one.node.code in rings else by_code.get(one.node.parent), levels, problems)
        _check_dates(file, one, problems)
        places = {language: one.at(f"name.{language}") for language in one.node.names}
        check_names(file, one.at("names"), one.node.code, one.node.names, languages, problems, places)
    if len(problems) > before:
        return Grown(None, nodes)
    return Grown(Tree(tuple(levels), tuple(_parents_first([one.node for one in planted]))), nodes)


def _by_code(file: str, planted: Sequence[Planted], problems: Problems) -> dict[str, Planted]:
    found: dict[str, Planted] = {}
    for one in planted:
        first = found.setdefault(one.node.code, one)
        if first is not one:
            problems.say(file, one.at("code"), "code-repeated", code=one.node.code, line=first.at("code").line)
    return found


def _check_known(
    file: str,
    planted: Sequence[Planted],
    by_code: Mapping[str, Planted],
    levels: Sequence[str],
    problems: Problems,
) -> None:
    """One root, of the first level, and every other node that is named is there."""
    roots = [one for one in planted if not one.node.parent]
    if not roots:
        problems.say(file, START, "no-root")
    elif levels and roots[0].node.level != levels[0] and roots[0].node.level in levels:
        root = roots[0]
        problems.say(file, root.at("level"), "root-level", code=root.node.code, level=root.node.level, first=levels[0])
    for extra in roots[1:]:
        problems.say(file, extra.at("code"), "two-roots", code=extra.node.code, root=roots[0].node.code)
    for one in planted:
        node = one.node
        if node.parent and node.parent not in by_code:
            meant = problems.guess(node.parent, by_code)
            place = one.at("parent")
            problems.say(file, place, "parent-unknown", code=node.code, parent=node.parent, guess=meant)
        for neighbour in node.neighbours:
            if neighbour not in by_code:
                meant = problems.guess(neighbour, by_code)
                problems.say(file, one.at("neighbours"), "neighbour-unknown", code=neighbour, guess=meant)
        if node.replaced_by and (node.replaced_by not in by_code or node.replaced_by == node.code):
            meant = problems.guess(node.replaced_by, [code for code in by_code if code != node.code])
            problems.say(file, one.at("replaced_by"), "replacement-unknown", code=node.replaced_by, guess=meant)


def _check_cycles(file: str, by_code: Mapping[str, Planted], problems: Problems) -> set[str]:
    """Says each cycle once, at its first node in code order. The codes that lie in one."""
    rings: set[str] = set()
    settled: set[str] = set()
    for start in sorted(by_code):
        walked: dict[str, None] = {}
        code = start
        while code in by_code and code not in settled and code not in walked:
            walked[code] = None
            code = by_code[code].node.parent
        if code in walked:
            ring = list(walked)[list(walked).index(code) :]
            first = by_code[min(ring)]
            problems.say(file, first.at("parent"), "cycle", ring=" → ".join([*ring, code]))
            rings.update(ring)
        settled.update(walked)
    return rings


def _check_level(file: str, one: Planted, parent: Planted | None, levels: Sequence[str], problems: Problems) -> None:
    node = one.node
    if node.level not in levels:
        problems.say(file, one.at("level"), "level-unknown", level=node.level, known=list(levels))
        return
    depth = levels.index(node.level)
    if parent and parent.node.level in levels and levels.index(parent.node.level) >= depth:
        problems.say(
            file, one.at("level"), "level-order", code=node.code, level=node.level, parent_level=parent.node.level
        )


def _check_dates(file: str, one: Planted, problems: Problems) -> None:
    node = one.node
    if node.valid_from and node.valid_to and node.valid_to <= node.valid_from:
        start, end = node.valid_from, node.valid_to
        problems.say(file, one.at("valid_to"), "dates-crossed", code=node.code, start=start, end=end)
    if node.replaced_by and not node.valid_to:
        problems.say(file, one.at("replaced_by"), "replaced-still-valid", code=node.code)


def _parents_first(nodes: Sequence[Node]) -> Iterator[Node]:
    children: dict[str, list[Node]] = {}
    for node in sorted(nodes, key=lambda node: node.code):
        children.setdefault(node.parent, []).append(node)
    waiting = list(reversed(children.get("", [])))
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children.get(node.code, [])))
