"""Rights at the brokers: the road is walked with just those that are written down; what is beyond is refused."""

from __future__ import annotations

import signal
import time
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AclOperation, AdminClient  # type: ignore[attr-defined]  # it is of _enums there
from confluent_kafka.cimpl import NewTopic

from alerts.database import SqliteStore
from alerts.room import DeskRoom
from rules.records import StopRule
from streams.audit import audit
from streams.city import City
from streams.clock import WallClock
from streams.kafka import admin, clients, granting, health, looking, orders, retries, topic_log
from streams.kafka.hearing import Hearing
from streams.kafka.metrics import RoadMetrics
from streams.kafka.posting import Posts
from streams.kafka.rights import DOES, rights
from streams.kafka.saying import Saying
from streams.kafka.topics import (
    ALERTS,
    FRAMES,
    INCIDENTS,
    PETITIONS,
    REFUSED,
    RULES,
    SIGNALS,
    STATE,
    partition_of,
    topics,
)
from streams.kafka.wire import FEED, Headers
from streams.messages import SpokenError
from streams.metrics import Metrics
from streams.runtime import Shown
from tests.kafka.road import PARTITIONS, example, messages, poured, span, taken_in
from tests.kafka.secured import SecuredBroker
from tests.kafka.test_wires import LONGEST, started, told

pytestmark = pytest.mark.xdist_group("kafka")
OURS = [topic.name for topic in topics()]


@pytest.fixture(scope="module")
def granted(secured: SecuredBroker) -> SecuredBroker:
    """Each process has a user of its name, with the rights of the table and no others."""
    assert granting.grant(secured.address, rights(), "") == sum(map(len, rights().values()))
    admin.setup(secured.by_user("setup"), [example("montgomery")], partitions=PARTITIONS)
    return secured


def lag(granted: SecuredBroker, city: City) -> list[str]:
    """What the doctor says of the road, by his own rights."""
    return [one.line("en") for one in health.of_the_road(granted.by_user("doctor"), [city])]


@pytest.mark.timeout(300)  # half a minute where the machine does nothing else
def test_each_process_does_its_work_with_just_its_rights(granted: SecuredBroker, tmp_path: Path) -> None:
    city = example("montgomery")
    number = partition_of(city.name, PARTITIONS)
    before = len(messages(granted.address, STATE, number))
    assert poured(granted.by_user("replay"), city, *span(city, "2016-01-23", "2016-01-24")) > 0
    taken_in(granted.by_user("intake"), [city])
    worker = started(granted.by_user("worker"), tmp_path, "worker", "--member", "rights")
    limit = time.monotonic() + LONGEST

    def judged() -> bool:
        """A worker shows how far it is half a second after it has saved, and at its end no more (decision 0019)."""
        if len(messages(granted.address, STATE, number)) <= before or not messages(granted.address, SIGNALS, number):
            return False
        return not any("no worker has read anything" in line for line in lag(granted, city))

    while not judged():
        assert worker.poll() is None, told(worker)
        assert time.monotonic() < limit
        time.sleep(0.2)
    worker.send_signal(signal.SIGTERM)
    said = told(worker)
    assert "worker_left_without_a_word" not in said
    assert "AUTHORIZATION" not in said.upper().replace("_", " ")
    assert worker.returncode == 0
    reader = clients.consumer(granted.by_user("reader"), "reader-one")
    reader.list_topics(SIGNALS, LONGEST)  # known at once, not when the client next asks by itself
    reader.assign([TopicPartition(SIGNALS, number, OFFSET_BEGINNING)])
    heard = reader.poll(20)
    assert heard is not None
    assert heard.error() is None
    reader.close()
    with closing(SqliteStore(tmp_path / "alerts.sqlite")) as store:
        room, desk = DeskRoom(city.book, store, {}), granted.by_user("desk")
        hearing = Hearing(desk, room, store, Shown(), WallClock(), Metrics(), kind="stream")
        while not hearing.caught_up:
            hearing.turn()
        hearing.close()
        assert list(store.final())
        says = Saying(desk, city.name, store, lambda: city.book, lambda: "en", Metrics(), kind="stream")
        assert says.step() is False
        assert messages(granted.address, ALERTS, number)
    posts = Posts(granted.by_user("intake"), RoadMetrics(), bound=10, seconds=20)
    headers: Headers = [(FEED, "calls")]
    sent = [(topic, b"{}", headers) for topic in (INCIDENTS, PETITIONS, REFUSED)]
    assert len(posts.send(sent, city="elsewhere").result(20)) == len(sent)
    posts.close()
    assert retries.still_refused(granted.by_user("operator"), city) is not None
    assert looking.engine_of(granted.by_user("operator"), city.name) is not None
    with topic_log.opened(granted.by_user("auditor"), city.name) as log:
        assert audit(log).balanced
    lines = lag(granted, city)
    assert [line for line in lines if line.startswith("BAD")] == []
    assert not [line for line in lines if "no worker has read anything" in line or "could not be asked" in line], lines


@pytest.mark.parametrize("process", sorted(DOES))
def test_the_brokers_let_a_process_do_what_the_table_says_and_nothing_beside(
    granted: SecuredBroker, process: str
) -> None:
    """As they say themselves: what may be done is a property of each topic, for whoever asks."""
    client = AdminClient({**granted.by_user(process).librdkafka()})
    asked = client.describe_topics(TopicCollection(OURS), include_authorized_operations=True, request_timeout=10)
    found: dict[str, set[AclOperation]] = {}
    for name, answer in asked.items():
        try:
            found[name] = set(answer.result().authorized_operations or ())
        except KafkaException as fault:
            assert fault.args[0].code() == KafkaError.TOPIC_AUTHORIZATION_FAILED  # noqa: PT017 - not seen at all
    shown = {
        "Read": AclOperation.READ,
        "Write": AclOperation.WRITE,
        "Describe": AclOperation.DESCRIBE,
        "Create": AclOperation.CREATE,
        "DescribeConfigs": AclOperation.DESCRIBE_CONFIGS,
    }
    wanted: dict[str, set[AclOperation]] = {}
    for right in rights()[process]:
        if right.kind == "topic":
            also = {AclOperation.DESCRIBE} if right.operation in ("Read", "Write") else set()
            wanted.setdefault(right.name, set()).update({shown[right.operation]} | also)
    assert found == wanted


@pytest.mark.parametrize(
    ("process", "topic"),
    [("intake", SIGNALS), ("worker", FRAMES), ("sender", ALERTS), ("reader", RULES), ("replay", SIGNALS)],
)
def test_a_process_that_writes_what_is_another_s_is_refused(granted: SecuredBroker, process: str, topic: str) -> None:
    """Nobody at all writes alerts but a desk."""
    sending = clients.Sending(granted.by_user(process))
    sending.send(topic, b"{}", key=b"montgomery", partition=0)
    with pytest.raises((KafkaException, TimeoutError)) as refused:
        sending.flush(15)
    assert "AUTHORIZATION_FAILED" in str(refused.value)


def test_no_process_deletes_a_topic_or_makes_one_of_another_name(granted: SecuredBroker) -> None:
    for process in DOES:
        client = AdminClient({**granted.by_user(process).librdkafka()})
        for answer in (
            client.delete_topics([SIGNALS], request_timeout=10)[SIGNALS],
            client.create_topics([NewTopic("theirs", 1, 1)], request_timeout=10)["theirs"],
        ):
            with pytest.raises(KafkaException) as refused:
                answer.result()
            assert refused.value.args[0].code() in clients.FORBIDDEN
    assert SIGNALS in clients.widths(clients.producer(granted.by_user("doctor")), granted.by_user("doctor"))


def test_an_intake_and_a_worker_without_their_rights_end_and_name_them(granted: SecuredBroker, tmp_path: Path) -> None:
    city = example("montgomery")
    with pytest.raises(SpokenError) as refused:
        taken_in(granted.by_user("worker"), [city])
    assert refused.value.name in ("kafka-forbidden", "kafka-topic-missing")
    with pytest.raises(SpokenError) as forbidden:
        taken_in(granted.by_user("operator"), [city])
    assert forbidden.value.name == "kafka-forbidden"
    assert "tocsin kafka acls" in str(forbidden.value)
    worker = started(granted.by_user("reader"), tmp_path, "worker")
    assert "AUTHORIZATION_FAILED): give this user the rights of worker" in told(worker)
    assert worker.returncode == 1
    with pytest.raises(SpokenError, match="AUTHORIZATION"):
        orders.give(granted.by_user("replay"), city.name, StopRule(0, "storm"))


def test_the_rights_are_printed_as_lines_that_kafka_s_own_tool_takes() -> None:
    lines = list(granting.commands("broker:9094", rights(["their.calls"]), "tocsin-"))
    assert (
        "kafka-acls --bootstrap-server broker:9094 --add --allow-principal User:tocsin-intake --operation Read"
        " --topic their.calls" in lines
    )
    assert any(line.endswith("--transactional-id tocsin-worker- --resource-pattern-type prefixed") for line in lines)
