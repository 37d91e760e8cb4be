"""`tocsin explain` and `tocsin audit` on the Kafka road: out of a city's topics they say what they say out of a journal
that holds the same log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from rules.records import Frame, Tick
from rules.signals import Cause, Signal
from streams.audit import Audit, audit, table
from streams.city import City
from streams.explain import Asked, Story, answer
from streams.kafka import admin, clients, looking, topic_log
from streams.kafka.topics import FRAMES, INCIDENTS, REFUSED, SIGNALS, partition_of
from streams.kafka.wire import written
from streams.kafka_commands import opened_log
from streams.messages import SpokenError
from streams.refusals import Refusal
from tests.kafka.judged_there import chosen, judge, one_machine
from tests.kafka.road import PARTITIONS, emptied, messages, poured, span, taken_in, town

pytestmark = pytest.mark.xdist_group("kafka")
DAYS: Final = ("2016-01-23", "2016-01-24")
BROKEN: Final = b"{this was cut"
Judged = tuple[str, City, Path]


@pytest.fixture(scope="module")
def judged(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Judged]:
    """A stormy day of a town: judged over Kafka, its memory saved, one record refused; and on one machine."""
    folder = tmp_path_factory.mktemp("town")
    city = town("southside", folder, DAYS[:-1])
    emptied(kafka)
    admin.setup(kafka, [city], partitions=PARTITIONS)
    poured(kafka, city, *span(city, DAYS[0], DAYS[-1]))
    sending = clients.Sending(kafka)
    for _ in range(2):
        sending.send(INCIDENTS, BROKEN, key=city.name.encode(), partition=partition_of(city.name, PARTITIONS))
    sending.flush(30)
    taken_in(kafka, [city])
    judge(kafka, city)
    with one_machine(city, kafka, folder / "one", shut=True):
        pass
    yield kafka, city, folder / "one"
    emptied(kafka)


def _audited(address: str, city: City, *, whole: bool = False) -> Audit:
    with topic_log.opened(address, city.name) as log:
        return audit(log, whole=whole)


def _refused(address: str, city: City) -> list[Refusal]:
    found = messages(address, REFUSED, partition_of(city.name, PARTITIONS))
    return [msgspec.json.decode(value, type=Refusal) for _, value in found]


def _signals(address: str, city: City) -> list[Signal]:
    found = messages(address, SIGNALS, partition_of(city.name, PARTITIONS))
    return [msgspec.json.decode(value, type=Signal) for _, value in found]


@pytest.mark.parametrize("whole", [False, True])
def test_an_audit_of_the_topics_balances_and_says_what_one_of_a_journal_says(judged: Judged, whole: bool) -> None:
    address, city, data = judged
    found = _audited(address, city, whole=whole)
    with opened_log(chosen(data, address), city.name, kafka=False) as log:
        wanted = table(audit(log, whole=whole))
    told = table(found)
    assert found.balanced
    assert found.compared
    away = _refused(address, city)
    assert len(away) == 2
    assert sum(day.refused for day in found.days.values()) == len(
        {(one.place.partition, one.place.offset) for one in away}
    )
    assert sum(day.accepted for day in found.days.values()) > 100
    assert told["tick"] == wanted["tick"]
    assert told["series"] == wanted["series"]
    assert _accepted(told) == _accepted(wanted)


def _accepted(told: dict[str, Any]) -> dict[tuple[str, str], int]:
    """By feed and day. A journal of one machine that was loaded has refused nothing."""
    days = ((feed, day, row) for feed, by_day in told["feeds"].items() for day, row in by_day.items())
    return {(feed, day): row["accepted"] for feed, day, row in days if row["accepted"]}


def test_the_story_of_an_alert_out_of_the_topics_is_the_one_out_of_a_journal(judged: Judged) -> None:
    address, city, data = judged
    alert = _signals(address, city)[0].alert
    asked = Asked(alert[:12], None, None, None, None)
    with topic_log.opened(address, city.name) as log:
        ours = answer(log, city, asked)
    with opened_log(chosen(data, address), city.name, kafka=False) as log:
        theirs = answer(log, city, asked)
    assert ours.story is not None
    assert theirs.story is not None
    assert ours.story.alert == theirs.story.alert == alert
    assert _told(ours.story) == _told(theirs.story)
    causes = [one.cause for one in _signals(address, city) if one.alert == alert]
    assert [one.signal.cause for one in ours.story.chapters] == causes


def _told(story: Story) -> list[tuple[object, ...]]:
    """Its chapters without the numbers of records, which differ from log to log."""
    nowhere = Cause(0, 0, 0)
    return [
        (one.cause.kind, one.cause.at, one.cause.rows, msgspec.structs.replace(one.signal, id="", cause=nowhere))
        for one in story.chapters
    ]


def test_why_nothing_spoke_at_an_area_and_a_time_is_said_the_same_on_both_roads(judged: Judged) -> None:
    address, city, data = judged
    at = span(city, DAYS[0], DAYS[-1])[0] + 6 * 3_600_000
    asked = Asked(None, city.book.areas.root, at, None, None)
    with topic_log.opened(address, city.name) as log:
        ours = answer(log, city, asked)
    with opened_log(chosen(data, address), city.name, kafka=False) as log:
        theirs = answer(log, city, asked)
    assert ours.verdicts == theirs.verdicts != ()


def test_a_log_that_grows_while_it_is_audited_is_audited_at_its_cut(judged: Judged) -> None:
    """Law 9 at a cut: what comes later is not looked at, though a memory that holds it may lie there by then."""
    address, city, _ = judged
    number = partition_of(city.name, PARTITIONS)
    with topic_log.opened(address, city.name) as log:
        before = audit(log)
        assert before.tick is not None
        data, headers = written(Tick(before.tick), "stream")  # told once more, for other tests read this log too
        sending = clients.Sending(address)
        sending.send(FRAMES, data, key=city.name.encode(), partition=number, headers=headers)
        sending.flush(30)
        again = audit(log)
    assert (again.offset, again.tick, again.balanced) == (before.offset, before.tick, True)
    later = _audited(address, city)
    assert later.offset > before.offset
    assert later.balanced


def test_a_row_that_is_lost_out_of_the_topics_is_found(judged: Judged, monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory was made of all rows; a log that has lost a frame since no longer comes to its figures."""
    address, city, _ = judged
    with topic_log.opened(address, city.name) as log:
        plain = type(log)._messages
        lost = next(number - 1 for number, record in log.read() if isinstance(record, Frame))
        monkeypatch.setattr(
            type(log), "_messages",
            lambda self, since: (one for one in plain(self, since) if one.offset() != lost),
        )  # fmt: skip
        found = audit(log)
    assert not found.balanced
    assert {one.what for one in found.imbalances} >= {"received"}


def test_what_cannot_be_judged_again_is_said_in_one_line(judged: Judged) -> None:
    address = judged[0]
    with pytest.raises(SpokenError, match="nowhere: its log at the brokers has not begun"):
        _opened(address, "nowhere")
    number = partition_of("headless", PARTITIONS)
    data, headers = written(Tick(1_453_500_000_000), "stream")
    sending = clients.Sending(address)
    sending.send(FRAMES, data, key=b"headless", partition=number, headers=headers)
    sending.flush(30)
    with pytest.raises(SpokenError, match="headless: its log at the brokers begins at 2"):
        _opened(address, "headless")


def _opened(address: str, city: str) -> None:
    with topic_log.opened(address, city):
        pass


def test_what_a_worker_saved_is_found_by_who_only_looks(judged: Judged) -> None:
    """`tocsin rules shadow --road kafka` asks for it: it was never found, for nobody had looked for heads first."""
    address, city, _ = judged
    with topic_log.opened(address, city.name) as log:
        saved = next(log.snapshots())
    engine = looking.engine_of(address, city.name)
    assert engine is not None
    assert engine.offset == saved.head > 0
