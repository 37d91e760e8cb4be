"""Releases on their shelf, and rules that change again and again while events come."""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import pytest

from alerts.room import DeskRoom
from alerts.store import MemoryStore
from rules.book import Book, DetectorSpec, Override, Rule
from rules.canonical import final_states, lines
from rules.engine import Engine
from rules.records import DropShadow, Record, StartShadow, UseBook
from rules.signals import Signal
from streams.audit import audit
from streams.clock import HandClock
from streams.engines import RuleEngines
from streams.handover import hand_over_order, hand_over_swap, take_handed
from streams.journal import Journal
from streams.metrics import Metrics
from streams.releases import ReleaseError, Shelf, Swap
from streams.runtime import Parcel, Shard
from tests.engine.worlds import AREAS, MINUTE, START, Event, book, frame, replace_struct, rule

# the shelf


def publish(shelf: Shelf, text: str, by: str = "A-1") -> str:
    return shelf.publish({"a.yaml": text.encode()}, by, "why", 1).id


def test_a_release_is_its_content_and_runs_once_another_account_has_approved_it(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    first = publish(shelf, "one")
    assert (shelf.in_force(), [one.id for one in shelf.waiting()]) == ("", [first])
    with pytest.raises(ReleaseError, match="another account has to approve it"):
        shelf.approve(first, "A-1", "why", 2)
    shelf.approve(first, "A-2", "why", 2)
    assert (shelf.in_force(), shelf.waiting(), shelf.texts(first)) == (first, [], {"a.yaml": b"one"})
    with pytest.raises(ReleaseError, match="what runs already"):
        publish(shelf, "one")


def test_what_was_made_before_another_one_came_is_looked_at_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    first, second = publish(shelf, "one"), publish(shelf, "two")
    shelf.approve(second, "A-2", "why", 2)
    assert shelf.waiting() == []
    with pytest.raises(ReleaseError, match="publish it again"):
        shelf.approve(first, "A-2", "why", 3)
    publish(shelf, "one")
    shelf.approve(first, "A-2", "why", 4)
    assert shelf.in_force() == first


def test_one_goes_back_to_the_one_before_or_to_any_that_ran(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    names = []
    for text in ("one", "two", "three"):
        names.append(publish(shelf, text))
        with pytest.raises(ReleaseError):
            shelf.roll_back(names[-1], "A-1", "why", 2)
        shelf.approve(names[-1], "A-2", "why", 3)
    assert shelf.roll_back("", "A-1", "why", 4) == names[1]
    assert shelf.roll_back(names[0], "A-1", "why", 5) == shelf.in_force() == names[0]
    assert shelf.roll_back("", "A-1", "why", 6) == names[1]


def test_a_release_that_was_changed_where_it_lies_does_not_run(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    name = publish(shelf, "one")
    (shelf.rules(name) / "a.yaml").write_text("other")
    with pytest.raises(ReleaseError, match="is not what was published"):
        shelf.approve(name, "A-2", "why", 2)
    assert shelf.in_force() == ""


def test_a_torn_line_of_the_history_is_cut_and_a_bad_one_is_told(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    publish(shelf, "one")
    with (tmp_path / "history.jsonl").open("ab") as history:
        history.write(b'{"verb":"app')
    second = publish(shelf, "two")
    assert [entry.verb for entry in shelf.history()] == ["published", "published"]
    shelf.approve(second, "A-2", "why", 2)
    whole = (tmp_path / "history.jsonl").read_bytes()
    (tmp_path / "history.jsonl").write_bytes(b"nonsense\n" + whole)
    with pytest.raises(ReleaseError, match=r"history.jsonl:1: no line"):
        shelf.in_force()


# changed again and again

MANY = rule("many", categories="", attribution=False)
OTHERS = (rule("quick", attribution=False, categories="", keep=10 * MINUTE), rule("once", categories=""))
CHANGES: Final[tuple[dict[str, object], ...]] = (
    {},
    {"detector": DetectorSpec("threshold", {"n": 3})},
    {"at_least": 6},
    {"overrides": (Override("north", rarer=2.0),)},
    {"keep": 60 * MINUTE},
    {"windows": (60 * MINUTE,)},
    {"windows": (60 * MINUTE, 300 * MINUTE)},
)
VARIANTS: Final[tuple[Rule, ...]] = tuple(
    replace_struct(MANY, {"version": f"v{n}", **changes}) for n, changes in enumerate(CHANGES)
)


MANY_CHANGES: Final = 100
ASIDE: Final = (UseBook, StartShadow, DropShadow)


class Town:
    """A shard on the stream clock over a folder, with a real engine and a desk that notes what it was told."""

    def __init__(self, folder: Path, of: Book) -> None:
        self.folder, self.of = folder, of
        self.said: list[Signal] = []
        self.promoted = 0
        self.up()

    def up(self) -> None:
        self.store = MemoryStore()
        self.journal = Journal.open(self.folder / "journal.sqlite")
        desk = DeskRoom(self.of, self.store, {})
        self.shard = Shard(self.journal, RuleEngines(), desk, HandClock(START), Metrics(), kind="stream")
        self.shard.recover(self.of)
        self.shard.listeners.append(lambda signals, _: self.said.extend(signals))

    def die(self) -> None:
        self.journal.close()

    @property
    def engine(self) -> Engine:
        assert isinstance(self.shard.engine, Engine)
        return self.shard.engine


def variant_of(shelf: Shelf) -> Rule:
    name = shelf.in_force()
    return VARIANTS[int(shelf.texts(name)["many.yaml"])] if name else VARIANTS[0]


def changed(shelf: Shelf, dice: random.Random, at: int) -> str:
    """Publish and approve another variant, or go back; the id of what runs then."""
    if shelf.before() and dice.random() < 0.4:
        return shelf.roll_back("", "A-3", "too loud", at)
    now = shelf.in_force()
    while True:
        text = str(dice.randrange(len(VARIANTS))).encode()
        if not now or shelf.texts(now)["many.yaml"] != text:
            break
    name = shelf.publish({"many.yaml": text}, "A-1", "as we found", at).id
    return shelf.approve(name, "A-2", "looked at it", at).id


def candidate(dice: random.Random) -> StartShadow | DropShadow | None:
    """Now and then a variant begins to judge in shadow, or ends. The release that follows may be its promotion."""
    if dice.random() < 0.5:
        return None
    if dice.random() < 0.3:
        return DropShadow(0, "many", by="A-1", reason="no better")
    rule = dice.choice(VARIANTS)
    return StartShadow(0, "many", msgspec.json.encode(rule), by="A-1", reason="as we found")


def lived(folder: Path, changes: int, seed: int) -> tuple[Town, list[str]]:
    """Some events and ticks, a change, and again; now and then the process dies before it has removed what it took."""
    dice, shelf = random.Random(seed), Shelf(folder / "releases")
    town = Town(folder, book([VARIANTS[0], *OTHERS]))
    wanted: list[str] = []
    number = minute = 0
    for turn in range(changes):
        for _ in range(3):
            minute += 10
            some = []
            for _ in range(dice.choice((1, 3, 9))):
                number += 1
                occurred = minute - dice.choice((0, 1, 2, 5, 25))
                some.append(Event(number, max(0, occurred), minute, area=dice.choice(AREAS[:2]), offset=number))
            town.shard.take([Parcel(frame=frame(some)), Parcel(tick=START + minute * MINUTE + 2_000)])
        tried = candidate(dice)
        if tried is not None:
            hand_over_order(folder, tried, turn)
            assert take_handed(town.shard, folder) == 1
        shadows = set(town.engine.shadows.at_work)
        before = variant_of(shelf)
        name = changed(shelf, dice, turn + 1)
        rules = (variant_of(shelf), *OTHERS)
        order = UseBook(0, "", by="A-2", reason=name)
        swap = Swap(f"{name}-{turn}", name, order, tuple(sorted(rules, key=lambda one: one.id)))
        path = hand_over_swap(folder, swap, turn)
        lain = path.read_bytes()
        assert take_handed(town.shard, folder) == 1
        town.promoted += len(shadows - set(town.engine.shadows.at_work))
        if before != variant_of(shelf):
            wanted.append(town.shard.engine.book.digest)
        if dice.random() < 0.2:  # killed between the commit and the removal
            path.write_bytes(lain)
            town.of = town.shard.engine.book
            town.die()
            town.up()
            assert take_handed(town.shard, folder) == 1
    town.shard.take([Parcel(tick=START + (minute + 600) * MINUTE)])
    return town, wanted


def replayed(records: Sequence[tuple[int, Record]], of: Book, books: Sequence[Book]) -> list[Signal]:
    engine = Engine(of, clock="stream")
    for one in books:
        engine.add_book(one)
    return [signal for offset, record in records for signal in engine.apply(record, offset)]


@pytest.mark.parametrize(
    "changes", [8, pytest.param(MANY_CHANGES, marks=[pytest.mark.nightly, pytest.mark.timeout(1_800)])]
)
def test_rules_that_change_again_and_again_are_judged_as_if_each_had_been_in_force_from_its_order(
    changes: int, tmp_path: Path
) -> None:
    town, wanted = lived(tmp_path, changes, seed=changes)
    with closing(town.journal) as journal:
        records, books = list(journal.read()), journal.books()
        told = audit(journal)
    first = next(of for of in books.values() if VARIANTS[0] in of.rules)
    orders = [record.digest for _, record in records if isinstance(record, UseBook)]
    assert orders == wanted, "one Order a change, none doubled by a kill"
    assert told.balanced, told.imbalances
    assert changes < MANY_CHANGES or town.promoted > 0, "no shadow was promoted: the test would be blind to it"
    again = replayed(records, first, list(books.values()))
    assert lines(town.said) == lines(again)
    assert {s.alert for s in town.said} == {s.alert for s in again}
    undisturbed = replayed([one for one in records if not isinstance(one[1], ASIDE)], first, [])
    for name in ("quick", "once"):
        ours, theirs = ([s for s in said if s.rule == name] for said in (town.said, undisturbed))
        assert lines(ours) == lines(theirs) != b"", f"{name} did not change, and feels no release"
    versions = {of.digest: next(one.version for one in of.rules if one.id == "many") for of in books.values()}
    begun = [(record.start, versions[record.digest]) for _, record in records if isinstance(record, UseBook)]
    for signal in final_states(town.said).values():
        if signal.rule == "many" and signal.state != "over":
            assert signal.rule_version in {version for start, version in begun if start <= signal.at} | {"v0"}
