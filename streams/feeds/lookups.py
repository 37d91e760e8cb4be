"""From what a feed writes to a code of a tree: table, code, name, pattern, point; the first step that fits."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import numpy as np

from rules.trees import Tree
from streams.feeds.blocks import Step
from streams.feeds.tables import Fault, normal, read_table
from streams.feeds.takes import Columns, Taker, compile_step

PlaceOf = Callable[[float, float], str | None]
"""(lat, lon), WGS 84 degrees -> code of the area around the point."""

CACHED: Final = 65_536
"""Distinct texts a step remembers; beyond it forgets all and begins again."""


@dataclass(frozen=True, slots=True)
class LookupStep:
    """One compiled step. `find`: a text to a code or None, remembered per distinct text."""

    take: Taker | None
    find: Callable[[str], str | None]
    point: bool = False
    values: frozenset[str] = frozenset()  # what its table knows
    remembered: dict[str, str | None] = field(default_factory=dict)

    def code(self, text: str) -> str | None:
        if text in self.remembered:
            return self.remembered[text]
        if len(self.remembered) >= CACHED:
            self.remembered.clear()
        found = self.remembered[text] = self.find(text)
        return found


@dataclass(frozen=True, slots=True)
class Lookup:
    """Steps in turn."""

    steps: tuple[LookupStep, ...]

    def codes(
        self, columns: Columns, size: int, points: Sequence[tuple[float, float] | None], place_of: PlaceOf | None
    ) -> list[str]:
        """A code a record; empty where no step fits."""
        found: list[str] = [""] * size
        left: Sequence[int] = range(size)
        for step in self.steps:
            if not left:
                break
            if step.point:
                _fill_from_points(found, left, points, place_of)
            elif step.take is None:
                code = step.find("") or ""
                for i in left:
                    found[i] = code
            else:
                texts = step.take(columns)
                for i in left:
                    found[i] = step.code(texts[i]) or ""
            left = [i for i in left if not found[i]]
        return found


def _fill_from_points(
    found: list[str], left: Sequence[int], points: Sequence[tuple[float, float] | None], place_of: PlaceOf | None
) -> None:
    """Areas around points; all at once where `place_of` offers `many(lats, lons)`."""
    chosen = [(i, point) for i in left if (point := points[i]) is not None] if place_of is not None else []
    if not chosen or place_of is None:
        return
    many = getattr(place_of, "many", None)
    if many is None:
        codes = [place_of(*point) for _, point in chosen]
    else:
        degrees = np.array([point for _, point in chosen], np.float64)
        codes = many(degrees[:, 0], degrees[:, 1])
    for (i, _), code in zip(chosen, codes, strict=True):
        found[i] = code or ""


def compile_lookup(
    path: str,
    unknown: Literal["unknown_area", "unknown_category"],
    steps: Sequence[Step],
    folder: Path,
    tree: Tree,
    faults: list[Fault],
) -> Lookup:
    """The look-up of `steps`; codes that the tree does not know are added to `faults`."""
    return Lookup(tuple(_compiled(path, unknown, step, folder, tree, faults) for step in steps))


def _compiled(
    path: str,
    unknown: Literal["unknown_area", "unknown_category"],
    step: Step,
    folder: Path,
    tree: Tree,
    faults: list[Fault],
) -> LookupStep:
    def known(code: str) -> None:
        if code not in tree.by_code:
            faults.append(Fault(path, 0, 0, unknown, code))

    if step.point:
        return LookupStep(None, lambda _: None, point=True)
    if step.otherwise is not None:
        known(step.otherwise)
        fixed = step.otherwise
        return LookupStep(None, lambda _: fixed)
    take = compile_step(step)
    if step.table is not None:
        table = read_table(folder, step.table, step.cut, faults)
        for code, line in table.lines.items():
            if code not in tree.by_code:
                faults.append(Fault(step.table, line, 1, unknown, code))
        return LookupStep(take, _in_table(table.codes, step.cut), values=frozenset(table.codes))
    if step.patterns is not None:
        for match in step.patterns:
            known(match.code)
        matches = tuple((re.compile(match.pattern), match.code) for match in step.patterns)
        return LookupStep(take, lambda text: next((code for pattern, code in matches if pattern.search(text)), None))
    if step.name:
        return LookupStep(take, _in_table(_names(tree), None))
    return LookupStep(take, lambda text: text.strip() if text.strip() in tree.by_code else None)


def _in_table(codes: Mapping[str, str], cut: int | None) -> Callable[[str], str | None]:
    def find(text: str) -> str | None:
        return codes.get(normal(text[:cut] if cut else text))

    return find


def _names(tree: Tree) -> dict[str, str]:
    """Every name in any language, where only one node bears it."""
    names: dict[str, set[str]] = {}
    for node in tree.nodes:
        for name in node.names.values():
            names.setdefault(normal(name), set()).add(node.code)
    return {name: next(iter(codes)) for name, codes in names.items() if len(codes) == 1}


def in_force(tree: Tree, code: str, day: str) -> str | None:
    """The area that stands for `code` on a local day (ISO): itself, its successor, or None."""
    seen: set[str] = set()
    while code in tree.by_code and code not in seen:
        seen.add(code)
        node = tree.by_code[code]
        if node.valid_to and day >= node.valid_to:
            code = node.replaced_by
        elif node.valid_from and day < node.valid_from:
            return None
        else:
            return code
    return None
