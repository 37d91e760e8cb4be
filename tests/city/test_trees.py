"""Trees grow from any order of rows, and from nothing that is no tree."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.trees import Node
from streams.city.tree_checks import Grown, Planted, grow
from streams.problems import Place, Problems

LEVELS = ("top", "middle", "leaf")


def _grow(nodes: list[Node]) -> tuple[Grown, set[str]]:
    problems = Problems()
    planted = [Planted(node, Place(number + 1, 1), {}) for number, node in enumerate(nodes)]
    grown = grow("areas.csv", planted, LEVELS, ["en"], problems)
    return grown, {problem.message for problem in problems.all()}


def _node(code: str, parent: str, level: str = "leaf") -> Node:
    return Node(code, parent, level, {"en": code.upper()})


@given(order=st.permutations(["a", "b", "c", "d", "e"]))
def test_parents_stand_first_and_the_rest_by_code_whatever_the_order_of_rows(order: list[str]) -> None:
    parents = {"a": ("", "top"), "b": ("a", "middle"), "c": ("a", "middle"), "d": ("b", "leaf"), "e": ("c", "leaf")}
    grown, told = _grow([_node(code, *parents[code]) for code in order])
    assert told == set()
    assert grown.tree is not None
    assert [node.code for node in grown.tree.nodes] == ["a", "b", "d", "c", "e"]
    assert grown.tree.paths["e"] == ("e", "c", "a")


@given(parents=st.lists(st.integers(0, 7), min_size=1, max_size=8))
def test_a_ring_is_told_exactly_where_there_is_one(parents: list[int]) -> None:
    codes = [f"n{number}" for number in range(len(parents))]
    above = {code: f"n{parent}" if parent < len(codes) else "" for code, parent in zip(codes, parents, strict=True)}
    _, told = _grow([_node(code, above[code]) for code in codes])

    def comes_to_an_end(code: str) -> bool:
        for _ in codes:
            code = above.get(code, "")
        return not code

    assert ("cycle" in told) == (not all(comes_to_an_end(code) for code in codes))


def test_a_level_may_be_left_out_between_parent_and_child() -> None:
    grown, told = _grow([_node("a", "", "top"), _node("b", "a", "leaf")])
    assert told == set()
    assert grown.tree is not None
    assert grown.tree.depth("b") == 1


def test_a_file_that_is_no_tree_still_tells_which_codes_it_names() -> None:
    grown, told = _grow([_node("a", "", "top"), _node("b", "nobody")])
    assert told == {"parent-unknown"}
    assert grown.tree is None
    assert grown.nodes is not None
    assert set(grown.nodes) == {"a", "b"}
