"""Trees as people wrote them, looked at whole: codes, parents, cycles, roots, levels, dates, neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rules.trees import Node, Tree
from streams.city.names import check_names
from streams.problems import START, Place, Problems, guess

MOST_NODES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Planted:
    """A node and where each of its parts was written. `places` falls back to `place`."""

    node: Node
    place: Place
    places: Mapping[str, Place]

    def at(self, part: str) -> Place:
        return self.places.get(part, self.place)


def grow(
    file: str, planted: Sequence[Planted], levels: Sequence[str], languages: Sequence[str], problems: Problems
) -> Tree | None:
    """The tree, parents first, children by code; None after saying everything that keeps it from being one."""
    before = len(problems)
    if len(planted) > MOST_NODES:
        problems.say(file, START, "tree-too-large", count=len(planted), most=MOST_NODES)
        return None
    by_code = _by_code(file, planted, problems)
    _check_parents(file, planted, by_code, problems)
    _check_cycles(file, by_code, problems)
    for one in planted:
        _check_level(file, one, by_code, levels, problems)
        _check_dates(file, one, by_code, problems)
        check_names(file, one.at("names"), one.node.code, one.node.names, languages, problems)
        for neighbour in one.node.neighbours:
            if neighbour not in by_code:
                problems.say(
                    file, one.at("neighbours"), "neighbour-unknown", code=neighbour, guess=guess(neighbour, by_code)
                )
    if len(problems) > before:
        return None
    return Tree(tuple(levels), tuple(_parents_first([one.node for one in planted])))


def _by_code(file: str, planted: Sequence[Planted], problems: Problems) -> dict[str, Planted]:
    found: dict[str, Planted] = {}
    for one in planted:
        first = found.setdefault(one.node.code, one)
        if first is not one:
            problems.say(file, one.at("code"), "code-repeated", code=one.node.code, line=first.at("code").line)
    return found


def _check_parents(file: str, planted: Sequence[Planted], by_code: Mapping[str, Planted], problems: Problems) -> None:
    roots = [one for one in planted if not one.node.parent]
    if not roots:
        problems.say(file, START, "no-root")
    for extra in roots[1:]:
        problems.say(file, extra.at("code"), "two-roots", code=extra.node.code, root=roots[0].node.code)
    for one in planted:
        parent = one.node.parent
        if parent and parent not in by_code:
            problems.say(
                file,
                one.at("parent"),
                "parent-unknown",
                code=one.node.code,
                parent=parent,
                guess=guess(parent, by_code),
            )


def _check_cycles(file: str, by_code: Mapping[str, Planted], problems: Problems) -> None:
    """Each cycle is said once, at its first node in code order."""
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
        settled.update(walked)


def _check_level(
    file: str, one: Planted, by_code: Mapping[str, Planted], levels: Sequence[str], problems: Problems
) -> None:
    node = one.node
    if node.level not in levels:
        problems.say(file, one.at("level"), "level-unknown", level=node.level, known=list(levels))
        return
    depth = levels.index(node.level)
    if not node.parent and depth != 0:
        problems.say(file, one.at("level"), "root-level", code=node.code, level=node.level, first=levels[0])
    parent = by_code.get(node.parent)
    if parent and parent.node.level in levels and levels.index(parent.node.level) >= depth:
        problems.say(
            file, one.at("level"), "level-order", code=node.code, level=node.level, parent_level=parent.node.level
        )


def _check_dates(file: str, one: Planted, by_code: Mapping[str, Planted], problems: Problems) -> None:
    node = one.node
    if node.valid_from and node.valid_to and node.valid_to <= node.valid_from:
        problems.say(
            file, one.at("valid_to"), "dates-crossed", code=node.code, start=node.valid_from, end=node.valid_to
        )
    if node.replaced_by:
        if node.replaced_by not in by_code or node.replaced_by == node.code:
            known = [code for code in by_code if code != node.code]
            problems.say(
                file, one.at("replaced_by"), "replacement-unknown", code=node.replaced_by,
                guess=guess(node.replaced_by, known),
            )  # fmt: skip
        if not node.valid_to:
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
