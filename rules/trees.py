"""Trees of areas and of categories: codes, parents, levels, names, dates of validity."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import msgspec


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """One area or category. `valid_from` / `valid_to` are local dates (ISO), half-open; "" is open."""

    code: str
    parent: str  # "" for the root
    level: str
    names: dict[str, str]  # language tag -> name
    valid_from: str = ""
    valid_to: str = ""
    replaced_by: str = ""
    population: int = 0
    neighbours: tuple[str, ...] = ()


class Tree(msgspec.Struct, frozen=True, dict=True):
    """A rooted tree. `levels` runs from the root's level to the leaves'; nodes stand parents first.

    Built only from data that `tocsin check` has passed: one root, no cycle, every parent known.
    """

    levels: tuple[str, ...]
    nodes: tuple[Node, ...]

    @cached_property
    def by_code(self) -> dict[str, Node]:
        return {node.code: node for node in self.nodes}

    @cached_property
    def root(self) -> str:
        return self.nodes[0].code

    @cached_property
    def paths(self) -> dict[str, tuple[str, ...]]:
        """Each code -> itself and its ancestors, up to and including the root."""
        paths: dict[str, tuple[str, ...]] = {}
        for node in self.nodes:
            paths[node.code] = (node.code, *paths[node.parent]) if node.parent else (node.code,)
        return paths

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        children: dict[str, list[str]] = {node.code: [] for node in self.nodes}
        for node in self.nodes:
            if node.parent:
                children[node.parent].append(node.code)
        return {code: tuple(kids) for code, kids in children.items()}

    @cached_property
    def heirs(self) -> dict[str, str]:
        """Each code -> the one that took over from it in the end; itself, where none did."""
        return {node.code: self._heir(node) for node in self.nodes}

    def _heir(self, node: Node) -> str:
        seen = {node.code}
        while node.replaced_by in self.by_code and node.replaced_by not in seen:
            node = self.by_code[node.replaced_by]
            seen.add(node.code)
        return node.code

    def depth(self, code: str) -> int:
        """0 for the root."""
        return len(self.paths[code]) - 1

    def holds(self, ancestor: str, code: str) -> bool:
        """Whether `code` is `ancestor` or lies below it; of a code that has left the tree, no."""
        return ancestor in self.paths.get(code, ())

    def meets(self, code: str, roots: Iterable[str]) -> bool:
        """Whether what lies below `code` and what lies below one of `roots` have anything in common."""
        return any(root in self.by_code and (self.holds(root, code) or self.holds(code, root)) for root in roots)

    def smallest_holding(self, codes: tuple[str, ...]) -> str:
        """The smallest node that holds all of `codes`."""
        common = self.paths[codes[0]]
        for code in codes[1:]:
            held = set(self.paths[code])
            common = tuple(step for step in common if step in held)
        return common[0]

    def name(self, code: str, language: str) -> str:
        """The node's name in `language`, else in English, else in any, else its code."""
        names = self.by_code[code].names
        return names.get(language) or names.get("en") or next(iter(names.values()), code)
