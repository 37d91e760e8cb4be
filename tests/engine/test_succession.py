"""Trees that lose, rename and merge areas: nothing stops, and what was learned goes on under the heir."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec
import numpy as np
import pytest

from rules.book import Book, DeskReach, DetectorSpec
from rules.canonical import final_states
from rules.engine import Engine
from rules.trees import Node, Tree
from tests.engine.test_books import changed_at
from tests.engine.worlds import AREA_TREE, CATEGORY_TREE, HOUR, Event, book, log_of, rule

DAY: Final = 1440
CHANGED: Final = 8 * DAY + 700
END: Final = 10 * DAY
DESK: Final = (DeskReach("desk", ("city",), ("incident",)),)


def tree(*gone: str, **heirs: str) -> Tree:
    """The small world's areas without those that are `gone`; each of `heirs` has been taken over by its value."""
    nodes = [node for node in AREA_TREE.nodes if node.code not in gone]
    fresh = [Node(code, "city", "district", {"en": code}) for code in {*heirs.values()} - {n.code for n in nodes}]
    left = [
        msgspec.structs.replace(node, valid_to="2026-01-01", replaced_by=heirs[node.code])
        if node.code in heirs
        else node
        for node in nodes
    ]
    return Tree(AREA_TREE.levels, (*left, *fresh))


def days(areas: tuple[str, ...] = ("north", "south", "south", "east"), until: int = END) -> list[Event]:
    """An event every twelve minutes, in one area after another."""
    return [Event(n, 12 * n, 12 * n + 1, offset=n, area=areas[n % len(areas)]) for n in range(1, until // 12)]


def burst(area: str) -> list[Event]:
    at = END - 300
    return [Event(50_000 + n, at + n, at + n + 1, offset=n, area=area) for n in range(40)]


def surge(kind: str = "surprise", **parameters: float) -> Book:
    return book([rule("surge", detector=DetectorSpec(kind, parameters), windows=(HOUR,), categories="")], desks=DESK)


def under(old: Book, areas: Tree) -> Book:
    return msgspec.structs.replace(old, areas=areas)


def told(engine_and_said: tuple[Engine, list]) -> dict[tuple[str, str], str]:  # type: ignore[type-arg]  # as changed_at gives it
    return {(s.area, s.category): s.state for s in final_states(engine_and_said[1]).values()}


TICKS: Final = range(60, END + 120, 60)


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [("surprise", {"learn_days": 1}), ("drop", {}), ("accumulated", {}), ("first_seen", {}), ("ratio", {"times": 1.6})],
)
def test_an_area_that_left_the_tree_stops_nothing_and_costs_the_others_nothing(
    kind: str, parameters: dict[str, float]
) -> None:
    old = surge(kind, **parameters)
    new = under(old, tree("south"))
    engine, _ = changed_at(CHANGED, old, new, log_of(days(), TICKS))
    judge = engine.rules["surge"].judge
    pairs = list(next(iter(engine.counts.values())).pairs)
    assert ("south", "incident") not in [*judge.learned, *pairs]
    assert ("north", "incident") in pairs
    again = Engine.restore(engine.snapshot(), {b.digest: b for b in (old, new)})
    assert again.rows() == engine.rows()
    if kind != "ratio":
        kept, _ = changed_at(END + 999, old, old, log_of(days(), TICKS))
        mine, theirs = judge.memories[-1][1], kept.rules["surge"].judge.memories[-1][1]
        assert mine is not None
        assert theirs is not None
        name = "first" if kind == "first_seen" else "past_cells"
        assert mine[name][0] == pytest.approx(theirs[name][0], rel=0.1), "its past began when it did, not with the tree"


def test_a_renamed_area_goes_on_with_what_was_learned_of_it() -> None:
    old = surge(learn_days=5)
    new = under(old, tree(south="sud"))
    kept, said = changed_at(END + 999, old, old, log_of([*days(), *burst("south")], TICKS))
    rows = [replace(e, area="sud") if e.occurred > CHANGED and e.area == "south" else e for e in days()]
    moved, heard = changed_at(CHANGED, old, new, log_of([*rows, *burst("sud")], TICKS))
    learned = moved.rules["surge"].judge.learned
    assert ("sud", "incident") in learned
    assert ("south", "incident") not in learned
    assert told((kept, said)) == {("south", "incident"): "over"}
    assert told((moved, heard)) == {("sud", "incident"): "over"}
    (before,), (after,) = (_laws(e, area) for e, area in ((kept, "south"), (moved, "sud")))
    assert after == pytest.approx(before, rel=0.05)


def _laws(engine: Engine, area: str) -> list[float]:
    """The events a week that are usual in an area, as learned."""
    judge = engine.rules["surge"].judge
    memory = judge.memories[-1][1]
    assert memory is not None
    return [float(memory["traits"][judge.learned.index((area, "incident")), 1])]


def test_an_old_code_is_counted_as_the_one_that_took_over() -> None:
    old = surge(learn_days=5)
    new = under(old, tree(south="sud"))
    moved, heard = changed_at(CHANGED, old, new, log_of([*days(), *burst("south")], TICKS))
    assert told((moved, heard)) == {("sud", "incident"): "over"}
    assert ("south", "incident") not in next(iter(moved.counts.values())).series


def test_areas_that_became_one_begin_anew_and_the_others_go_on() -> None:
    old = surge(learn_days=5)
    new = under(old, tree(south="middle", east="middle"))
    engine, _ = changed_at(CHANGED, old, new, log_of(days(until=CHANGED + 60), range(30, CHANGED + 90, 30)))
    assert engine.rules["surge"].judge.learned == [("city", "incident"), ("north", "incident")]
    counts = next(iter(engine.counts.values()))
    assert ("middle", "incident") in counts.series
    assert int(counts.ring.cum.min()) >= 0


def test_an_alert_of_an_area_that_leaves_is_over_with_it() -> None:
    old = surge(learn_days=5)
    early = [replace(e, occurred=e.occurred - (END - 300) + CHANGED - 60) for e in burst("south")]
    early = [replace(e, arrived=e.occurred + 1) for e in early]
    engine, said = changed_at(CHANGED, old, under(old, tree("south")), log_of([*days(), *early], TICKS))
    assert told((engine, said)) == {("south", "incident"): "over"}


def test_a_category_that_was_replaced_is_counted_as_its_heir() -> None:
    nodes = [
        msgspec.structs.replace(node, valid_to="2026-01-01", replaced_by="fire") if node.code == "traffic" else node
        for node in CATEGORY_TREE.nodes
    ]
    fires = rule("fires", detector=DetectorSpec("threshold", {"n": 3}), windows=(HOUR,), categories="")
    fires = msgspec.structs.replace(fires, selector=msgspec.structs.replace(fires.selector, category="fire"))
    renamed = book([fires], categories=Tree(CATEGORY_TREE.levels, tuple(nodes)))
    engine, offset, said = Engine(renamed), 0, []
    for offset, record in enumerate(
        log_of([Event(n, 5 + n, 6 + n, category="traffic", offset=n) for n in range(1, 6)], range(5, 60, 5)), 1
    ):
        said += engine.apply(record, offset)
    assert {s.category for s in said} == {"fire"}


def test_codes_that_take_over_from_each_other_stay_what_they_are() -> None:
    ring = tree(south="east", east="south")
    assert {ring.heirs["south"], ring.heirs["east"]} <= {"south", "east"}
    assert not ring.holds("city", "gone")
    assert np.all([code in ring.by_code for code in ring.heirs.values()])
