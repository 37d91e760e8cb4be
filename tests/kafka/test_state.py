"""Engines' memory in a compacted topic: whatever record of the last transaction is lost, one save is lost at most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from streams.kafka import state
from streams.kafka.state import Entry, Memory, Written, begins, by_city

CITIES: Final = ("a", "b")
Save = dict[str, tuple[int, dict[str, bytes]]]
"""What a transaction wrote: by city, the offset and the rows."""


class Topic:
    """A compacted topic, and the engines that write into it: rows by city as each save left them."""

    def __init__(self) -> None:
        self.lying: dict[bytes, bytes] = {}
        self.before: dict[bytes, bytes] = {}
        self.last: list[Entry] = []
        self.memories = {city: Memory(city) for city in CITIES}
        self.rows: dict[str, dict[str, bytes]] = {city: {} for city in CITIES}
        self.offsets: dict[str, int] = {}
        self.saves: list[Save] = []

    def save(self, through: int, changed: Mapping[str, Mapping[str, bytes | None]]) -> None:
        """Rows change (None: goes), and a transaction writes them."""
        for city, rows in changed.items():
            self.offsets[city] = through
            kept = {name: data for name, data in {**self.rows[city], **rows}.items() if data is not None}
            self.rows[city] = kept
        written = Written(through, dict(self.offsets))
        self.before, self.last = dict(self.lying), []
        for city in changed:
            self.last += self.memories[city].put(through, self.rows[city], written)
        for key, value in self.last:
            if value is None:
                self.lying.pop(key, None)
            else:
                self.lying[key] = value
        self.saves.append({city: (through, dict(self.rows[city])) for city in changed})

    def taken_up(self, lying: Mapping[bytes, bytes]) -> tuple[dict[str, tuple[int, dict[str, bytes]]], int]:
        """By city (offset, rows) as a start finds them, and where it reads on."""
        memories = by_city(lying.items())
        written = [one for memory in memories.values() for one in memory.written()]
        found = {}
        for city, memory in memories.items():
            head = next(memory.heads(), None)
            if head is not None:
                found[city] = (head[0], dict(head[1]))
        return found, begins({city: offset for city, (offset, _) in found.items()}, written)

    def told(self, city: str, offset: int) -> dict[str, bytes] | None:
        """What a city's rows were when it was saved at `offset`."""
        return next((save[city][1] for save in self.saves if save.get(city, (None,))[0] == offset), None)


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, dict[str, bytes | None]]]:
    names = st.sampled_from(["head", "boxes", "rule/x/fold", "counts/1\x1fodd"])
    rows = st.dictionaries(names, st.none() | st.binary(max_size=40), min_size=1, max_size=4)
    return draw(st.lists(st.dictionaries(st.sampled_from(CITIES), rows, min_size=1), min_size=1, max_size=8))


def assert_sound(topic: Topic, lying: Mapping[bytes, bytes]) -> None:
    """Each city is as it was at some save, and nothing that came after is left out."""
    found, reads_on = topic.taken_up(lying)
    for city, (offset, rows) in found.items():
        assert rows == topic.told(city, offset)
    for save in topic.saves:
        for city, (offset, _) in save.items():
            if offset > found.get(city, (0, {}))[0]:
                assert reads_on < offset  # it is judged again


@given(history=histories())
def test_what_was_saved_is_taken_up(history: Sequence[Mapping[str, Mapping[str, bytes | None]]]) -> None:
    topic = Topic()
    for number, changed in enumerate(history, 1):
        topic.save(10 * number, changed)
        found, reads_on = topic.taken_up(topic.lying)
        assert reads_on == 10 * number
        assert {city: rows for city, (_, rows) in found.items()} == {city: topic.rows[city] for city in topic.offsets}


@given(history=histories(), dice=st.randoms(use_true_random=False))
def test_any_record_of_the_last_transaction_may_be_lost(
    history: Sequence[Mapping[str, Mapping[str, bytes | None]]], dice: Random
) -> None:
    """Lost: its key holds what it held before, as when compaction or a broker dropped the record."""
    topic = Topic()
    for number, changed in enumerate(history, 1):
        topic.save(10 * number, changed)
    for key, _ in topic.last:
        lying = dict(topic.lying)
        lying.pop(key, None)
        if key in topic.before:
            lying[key] = topic.before[key]
        assert_sound(topic, lying)
        found, _ = topic.taken_up(lying)
        for city in topic.offsets:
            saved = [0, *(save[city][0] for save in topic.saves if city in save)]
            assert found.get(city, (0, {}))[0] in saved[-2:]  # no more than one save is lost
    key = dice.choice(sorted(topic.lying))
    assert_sound(topic, {**topic.lying, key: b"\x00" + topic.lying[key][1:]})


def test_a_row_that_is_long_lies_in_pieces() -> None:
    data = Random(1).randbytes(3 * state.PIECE_BYTES)
    topic = Topic()
    topic.save(10, {"a": {"long": data}})
    assert len(topic.lying) == 1 + 4
    assert max(len(value) for value in topic.lying.values()) <= state.PIECE_BYTES
    found, _ = topic.taken_up(topic.lying)
    assert found["a"][1] == {"long": data}


def test_rows_that_no_head_names_are_forgotten() -> None:
    topic = Topic()
    topic.save(10, {"a": {"gone": b"x", "kept": b"y"}})
    topic.save(20, {"a": {"gone": None}})
    topic.save(30, {"a": {"kept": b"z"}})
    assert not [key for key in topic.lying if b"gone" in key]
