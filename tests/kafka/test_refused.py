"""What cannot be taken in is set aside by its place, on a real broker, and put through once after the mend."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
import pytest

from rules import canonical
from rules.records import Frame
from streams.city import City
from streams.kafka import admin, clients
from streams.kafka.retries import ask, still_refused
from streams.kafka.topics import INCIDENTS, REFUSED, partition_of
from streams.kafka.wire import ARRIVED, FEED, STAGE, Headers
from streams.messages import SpokenError
from streams.opened import city_of, intake_of
from streams.refusals import Reason, Refusal
from streams.replay import REPLAY_KEY, Told
from tests.kafka.road import PARTITIONS, example, judged, log_of, messages, poured, span, taken_in, town, undisturbed

pytestmark = pytest.mark.xdist_group("kafka")
DAY: Final = ("2016-01-23", "2016-01-24")
ENVELOPE: Final = {"ce_specversion": "1.0", "ce_id": "7", "ce_source": "montgomery-911", "ce_type": "incident"}


def a_row(address: str, number: int) -> tuple[bytes, str]:
    """A raw record that was taken, and when it arrived."""
    for _, value in messages(address, INCIDENTS, number):
        if not value.startswith(b'{"tick"'):
            return value, "1453525200000"
    raise AssertionError


def headers(**said: str | bytes) -> Headers:
    return [(name.replace("_", "-") if name.startswith("tocsin") else name, value) for name, value in said.items()]


def accepted(told: Told) -> int:
    return sum(day["accepted"] for days in told.engine.boxes().values() for day in days.values())


def test_poison_is_set_aside_with_a_reason_and_the_next_record_is_unharmed(bare: str) -> None:
    city = example("montgomery")
    admin.setup(bare, [city], partitions=PARTITIONS)
    number = partition_of(city.name, PARTITIONS)
    poured(bare, city, *span(city, *DAY))
    good, at = a_row(bare, number)
    begin = len(messages(bare, INCIDENTS, number))
    structured = {name.removeprefix("ce_"): value for name, value in ENVELOPE.items()} | {"data": msgspec.Raw(good)}
    poison: list[tuple[bytes | None, bytes | None, Headers, Reason]] = [
        (b"\xff\x00\x9f\x80", b"", [], Reason.NOT_UTF8),
        (b"x" * ((1 << 20) - 1000), b"", [], Reason.TOO_LARGE),
        (None, b"", [], Reason.MALFORMED),
        (good, None, [], Reason.MISPLACED),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"", [], Reason.TOO_DEEP),
        (b'{"tick": "soon"}', b"", [], Reason.UNKNOWN_FIELD),
        (b'{"tick": 1453525200000, "and": 1}', b"", [], Reason.UNKNOWN_FIELD),
        (good, b"", [(STAGE, "s" * (64 << 10))], Reason.UNKNOWN_STAGE),
        (good, b"", [(FEED, b"\xff" * (64 << 10))], Reason.UNKNOWN_FEED),
        (good, b"", [(ARRIVED, "9" * (64 << 10))], Reason.BAD_TIME),
        (good, b"", headers(**ENVELOPE | {"ce_specversion": "9.0"}), Reason.BAD_ENVELOPE),
        (msgspec.json.encode(structured | {"specversion": "9.0"}), b"", [], Reason.BAD_ENVELOPE),
    ]
    envelopes = [
        (good, headers(tocsin_arrived=at, **ENVELOPE)),
        (msgspec.json.encode(structured), headers(tocsin_arrived=at)),
    ]
    producer = clients.producer(bare)
    for value, key, told, _ in poison:
        producer.produce(INCIDENTS, value, key=city.name if key == b"" else key, partition=number, headers=told)
    for value, told in envelopes:
        producer.produce(INCIDENTS, value, key=city.name, partition=number, headers=told)
    producer.produce(INCIDENTS, b'{"tick":1453698000000}', key=city.name, partition=number)
    assert producer.flush(20) == 0
    taken_in(bare, [city])
    refused = [msgspec.json.decode(value, type=Refusal) for _, value in messages(bare, REFUSED, number)]
    found = {one.place.offset - begin: one.reason for one in refused if one.place.offset >= begin}
    assert found == dict(enumerate(reason for *_, reason in poison))
    rows = [row for frame in log_of(bare, city) if isinstance(frame, Frame) for row in frame.rows["offset"].tolist()]
    assert {begin + len(poison), begin + len(poison) + 1} <= set(rows)
    assert not [one for one in refused if b"\xff" in one.kept or len(one.kept) > 4_000]


def mended(city: City, table: str) -> City:
    (city.folder / "tables" / "titles.csv").write_text(table, encoding="utf-8")
    return city_of(city.folder)


def test_refused_records_are_put_through_once_after_the_mend(bare: str, tmp_path: Path) -> None:
    whole = town("town-1", tmp_path, DAY)
    between, number = span(whole, *DAY), partition_of("town-1", PARTITIONS)
    wanted = undisturbed(whole, *between)
    table = (whole.folder / "tables" / "titles.csv").read_text(encoding="utf-8")
    admin.setup(bare, [whole], partitions=PARTITIONS)
    poured(bare, whole, *between)
    broken = mended(whole, "".join(line for line in table.splitlines(keepends=True) if "VEHICLE" not in line))
    taken_in(bare, [broken])
    refused = still_refused(bare, broken)
    assert {one.reason for one in refused} == {Reason.UNKNOWN_CATEGORY}
    assert len(refused) > 20

    city = mended(whole, table)
    intake = intake_of(city, REPLAY_KEY)
    assert ask(bare, city, intake, refused) == (len(refused), 0)
    taken_in(bare, [city])
    assert still_refused(bare, city) == []
    assert sum(key is not None for key, value in messages(bare, REFUSED, number) if not value) == len(refused)
    assert accepted(judged(city, log_of(bare, city))) == accepted(wanted)

    ask(bare, city, intake, refused)  # again, by mistake
    taken_in(bare, [city])
    told = judged(city, log_of(bare, city))
    assert accepted(told) == accepted(wanted)
    assert canonical.lines(told.signals)


def test_intakes_that_were_given_other_cities_say_so(bare: str, tmp_path: Path) -> None:
    towns: Sequence[City] = [town(name, tmp_path, DAY) for name in ("town-0", "town-4")]
    assert len({partition_of(city.name, 7) for city in towns}) == 1
    admin.setup(bare, towns, partitions=7)
    for city in towns:
        poured(bare, city, *span(city, *DAY))
    taken_in(bare, towns)
    with pytest.raises(SpokenError, match="town-4 was taken in before"):
        taken_in(bare, towns[:1])
    taken_in(bare, towns[:1], without=["town-4"])
    taken_in(bare, towns[:1])
