"""`tocsin kafka setup | check` against a real broker."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from streams.city import City, read_city
from streams.kafka import admin
from streams.kafka.topics import FRAMES, ORDERS, RULES, partition_of, topics
from streams.messages import SpokenError
from tests.kafka.broker import Cluster, NoKafkaError

MONTGOMERY: Final = Path(__file__).parents[2] / "examples" / "montgomery"
pytestmark = pytest.mark.xdist_group("kafka")


@pytest.fixture
def city() -> City:
    found = read_city(MONTGOMERY).city
    assert found is not None
    return found


def tocsin(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from streams.entry import main; main()", "kafka", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_topics_are_made_once_and_then_as_they_should_be(bare: str, city: City) -> None:
    first = admin.setup(bare, [city], partitions=3)
    assert set(first.made) == {topic.name for topic in topics()}
    assert (first.drifts, first.partitions) == ((), 3)
    assert admin.setup(bare, [city], partitions=3).made == ()
    assert admin.check(bare, [city]).drifts == ()


def test_drift_is_told_and_left_as_it_is(bare: str, city: City) -> None:
    admin.setup(bare, [city], partitions=3)
    client = KafkaAdminClient(bootstrap_servers=bare)
    client.create_partitions({ORDERS: 4})
    client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, FRAMES, {"retention.ms": "1000"})])
    client.delete_topics([RULES])
    client.close()
    for report in (admin.check(bare, [city]), admin.check(bare, [city])):
        told = {(drift.name, drift.values["topic"]): drift.values for drift in report.drifts}
        assert told["kafka-topic-missing", RULES]
        assert told["kafka-config-differs", FRAMES]["found"] == "1000"
        assert told["kafka-partitions-differ", FRAMES] == {"topic": FRAMES, "found": 3, "wanted": 4}


@pytest.mark.parametrize(("language", "word"), [("en", "is not there"), ("zh-CN", "不存在")])
def test_the_command_says_what_is_missing(bare: str, monkeypatch: pytest.MonkeyPatch, language: str, word: str) -> None:
    monkeypatch.setenv("TOCSIN_LANGUAGE", language)
    monkeypatch.setenv("TOCSIN_KAFKA", bare)
    told = tocsin("check", str(MONTGOMERY))
    assert told.returncode == 1
    assert f"{FRAMES}" in told.stdout
    assert word in told.stdout
    made = tocsin("setup", str(MONTGOMERY), "--partitions", "2")
    assert (made.returncode, made.stderr) == (0, "")
    assert len(made.stdout.splitlines()) == len(topics()) + 1
    assert tocsin("check", str(MONTGOMERY)).returncode == 0


def test_more_copies_than_brokers_are_refused(kafka: str, city: City) -> None:
    with pytest.raises(SpokenError, match="--replicas 9: there are 1 brokers"):
        admin.setup(kafka, [city], partitions=1, replicas=9)


def test_a_broker_that_is_not_there_is_said_in_one_line() -> None:
    told = tocsin("check", str(MONTGOMERY), "--kafka", "127.0.0.1:1")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.startswith("127.0.0.1:1: no Kafka broker answers")
    assert len(told.stderr.splitlines()) == 1


def test_a_city_lies_where_the_broker_s_own_partitioner_lays_it(bare: str, city: City) -> None:
    admin.setup(bare, [city], partitions=5)
    names = ["montgomery", "boston", "houston", "杭州", "a", "city-17"]
    producer = Producer({"bootstrap.servers": bare, "partitioner": "murmur2_random"})
    for name in names:
        producer.produce(ORDERS, b"x", key=name.encode())
    assert producer.flush(20) == 0
    consumer = Consumer({"bootstrap.servers": bare, "group.id": "where"})
    consumer.assign([TopicPartition(ORDERS, number, OFFSET_BEGINNING) for number in range(5)])
    found: dict[str, int | None] = {}
    while len(found) < len(names):
        for message in consumer.consume(1, 20):
            assert message.error() is None
            found[(message.key() or b"").decode()] = message.partition()
    consumer.close()
    assert found == {name: partition_of(name, 5) for name in names}


@pytest.mark.nightly
def test_three_brokers_keep_three_copies(tmp_path: Path, city: City) -> None:
    cluster = Cluster(tmp_path / "kafka", brokers=3)
    cluster.start()
    try:
        assert admin.setup(cluster.address, [city], partitions=2).drifts == ()
        client = KafkaAdminClient(bootstrap_servers=cluster.address)
        (told,) = client.describe_topics([FRAMES])
        client.close()
        assert [len(part["replica_nodes"]) for part in told["partitions"]] == [3, 3]
    finally:
        cluster.stop()


def test_without_java_the_tests_say_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NoKafkaError, match="java is not installed"):
        Cluster(tmp_path)


def test_the_core_imports_no_broker() -> None:
    code = "import sys, streams.cli; print({'kafka', 'faust', 'aiokafka', 'confluent_kafka'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
