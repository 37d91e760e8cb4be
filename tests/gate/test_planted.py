"""What is planted comes out nowhere: not in a frame, a refusal, its kept bytes, or an answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import msgspec
import pytest

from rules import records
from streams.intake import Intake, Raw, Taken
from tests.feeds.small import ARRIVED, feed_of, intake_of
from tests.gate.planted import faces, planted


def written(taken: Taken) -> bytes:
    """Everything that a batch leaves behind."""
    frame = records.encode(taken.frame) if taken.frame is not None else b""
    return frame + msgspec.json.encode([taken.refusals, taken.answers]) + repr((taken.refusals, taken.answers)).encode()


def batches(seed: int, n: int) -> Iterator[list[tuple[bytes, str, str]]]:
    dice = planted(seed, n)
    while batch := list(islice(dice, 20)):
        yield batch


def mapped_feed(folder: Path) -> Intake:
    """A feed whose own columns have the contract's names, so that the same events go through a mapping."""
    columns = {
        "id": "id",
        "occurred_at": "occurred_at",
        "category": {"column": "category", "code": True},
        "area": {"column": "area", "code": True},
        "place": "place",
        "matter": "matter",
        "due_at": "due_at",
        "revision": "revision",
        "count": "count",
        "severity": {"column": "severity"},
        "office": {"column": "office", "values": ["roads"]},
    }
    return intake_of(feed_of(folder, format="jsonl", columns=columns, drop=["source", "kind", "stage"]))


@pytest.mark.parametrize("way", ["contract", "mapped"])
def test_ten_thousand_planted_identities_are_found_nowhere(way: str, tmp_path: Path) -> None:
    intake = intake_of(feed_of(tmp_path)) if way == "contract" else mapped_feed(tmp_path)
    found: list[str] = []
    for batch in batches(20, 10_000 if way == "contract" else 2_000):
        blob = written(
            intake.take("calls", [Raw(i, data, ARRIVED) for i, (data, _, _) in enumerate(batch)], "file.jsonl")
        )
        found += [what for _, secret, what in batch if any(face in blob for face in faces(secret))]
    assert found == []


def test_a_planted_place_is_refused_in_every_dress(tmp_path: Path) -> None:
    """No number in a place looks like a person's by chance, so there the gate has to see through every dress.
    A street may be called like a person: a bare name in a place passes, as a hash."""
    intake = intake_of(feed_of(tmp_path))
    passed = []
    for data, _, what in planted(3, 10 * 20 * 13):
        if (
            what.endswith("in place")
            and not what.startswith("bare_name")
            and intake.take("calls", [Raw(0, data, ARRIVED)], "p").frame is not None
        ):
            passed.append(what)
    assert passed == []


def test_a_planted_file_name_becomes_a_hash(tmp_path: Path) -> None:
    intake = intake_of(feed_of(tmp_path))
    assert intake.partition("inbox/2016-01-23.csv") == "inbox/2016-01-23.csv"
    hidden = intake.partition("inbox/13812345678.csv")
    assert "13812345678" not in hidden
    assert intake.partition(hidden) == hidden
