"""`tocsin privacy-report`: refusals by feed, and a look that finds whatever was kept in any packing, and shows none."""

from __future__ import annotations

import io
import sqlite3
import zlib
from contextlib import closing
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
import pytest

from streams import logs
from streams.privacy import Look
from streams.privacy.texts import texts_in
from tests.gate.planted import planted
from tests.streams.town import JSON, NAME, event, in_service, make_town
from tests.system.test_cli import Tocsin, tocsin

__all__ = ["tocsin"]  # a fixture

PHONE, CITIZEN = "13912345678", "11010519491231002X"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """(city, data, log) of a town that took 300 events in and refused 300 that name somebody."""
    folder = tmp_path_factory.mktemp("privacy")
    town, data, log = make_town(folder / "town"), folder / "var", folder / "serve.log"
    told = io.StringIO()
    logs.configure("json", stream=told)
    with in_service(town, data, snapshot_seconds=1) as scene:
        for bad, _, _ in islice(planted(5, 300), 300):
            scene.client.post("/v1/events?feed=calls", content=bad, headers=JSON)
        taken = scene.post([event(n) for n in range(300)])
        assert taken.json()["accepted"] == 300
        scene.station.writer.stop()
    log.write_text(told.getvalue(), encoding="utf-8")
    return town, data, log


def test_what_was_refused_is_told_by_feed_and_nothing_of_it_was_kept(
    tocsin: Tocsin, lived: tuple[Path, Path, Path]
) -> None:
    town, data, log = lived
    told = tocsin("privacy-report", town, "--data", data, "--log", log)
    assert told.code == 0, told.out
    assert "nothing there looks like a person's number, address or name" in told.out
    people = int(told.out.split("feed calls: ")[1].split(" for a value")[0])
    assert people > 100
    assert " citizen_number: " in told.out
    looked = dict(
        line.strip().removesuffix(" texts").rsplit(": ", 1)
        for line in told.out.splitlines()
        if line.startswith(f"  {NAME}/")
    )
    assert int(looked[f"{NAME}/journal.sqlite"]) > 300
    assert int(looked[f"{NAME}/alerts.sqlite"]) > 5


@pytest.mark.parametrize("place", ["log", "note", "packed", "snapshot"])
def test_whatever_was_kept_is_found_where_it_lies_and_not_repeated(
    tocsin: Tocsin, lived: tuple[Path, Path, Path], tmp_path: Path, place: str
) -> None:
    town, data, _ = lived
    log = tmp_path / "other.log"
    log.write_text('{"event": "request", "note": "%s"}\n' % (PHONE if place == "log" else "quiet"), encoding="utf-8")
    with closing(sqlite3.connect(data / NAME / "journal.sqlite")) as link, link:
        link.execute("create table if not exists planted (data)")
        link.execute("delete from planted")
        inner = msgspec.msgpack.encode({"rows": b"\x01\xff" * 40, "office": [{"who": CITIZEN}]})
        given = {"note": f"ask {PHONE} first", "packed": inner, "snapshot": zlib.compress(inner)}
        if place in given:
            link.execute("insert into planted values (?)", (given[place],))
    told = tocsin("privacy-report", town, "--data", data, "--log", log)
    with closing(sqlite3.connect(data / NAME / "journal.sqlite")) as link, link:
        link.execute("drop table planted")
    assert told.code == 1
    where = "other.log: 1: " if place == "log" else f"{NAME}/journal.sqlite: planted.data 1: "
    assert where in told.out
    assert PHONE not in told.out
    assert CITIZEN not in told.out


def test_where_not_all_can_be_read_nothing_is_proven(
    tocsin: Tocsin, lived: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    town, data, _ = lived
    none = tocsin("privacy-report", town, "--data", data, "--log", tmp_path / "gone.log")
    assert (none.code, "nothing is proven" in none.err) == (1, True), none.err
    other = make_town(tmp_path / "other")
    assert tocsin("privacy-report", other, "--data", tmp_path / "empty").code == 1


def test_texts_are_found_in_every_packing() -> None:
    inner = {"a": ["x", {"b": "deep words"}], "n": 5}
    for packed in (
        inner,
        msgspec.json.encode(inner),
        msgspec.msgpack.encode(inner),
        zlib.compress(msgspec.msgpack.encode(inner)),
        msgspec.msgpack.encode({"inside": zlib.compress(msgspec.json.encode(inner))}),
    ):
        assert "deep words" in list(texts_in(packed))
    for text in ("13912345678", "somebody@somewhere.example", "住在朝阳区"):
        assert text in list(texts_in(b"\x00\x01\xff" + text.encode() + b"\x00\xfe"))


def test_chance_writes_no_name_into_blocks_of_numbers() -> None:
    look = Look(frozenset())
    block = np.random.default_rng(7).bytes(4 << 20)
    look.at_values("block", [("0", block)])
    assert look.seen.found == []
