"""What the doctor says of brokers, topics and lag, on a real broker."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.structs import OffsetAndMetadata

from streams.city import City
from streams.kafka import admin, health
from streams.kafka.clients import Sending
from streams.kafka.intake import RAW_GROUP
from streams.kafka.topics import INCIDENTS, PETITIONS, SIGNALS
from tests.kafka.road import PARTITIONS, example

pytestmark = pytest.mark.xdist_group("kafka")


def told(address: str, cities: Sequence[City]) -> list[str]:
    return [one.line("en") for one in health.of_the_road(address, cities)]


def test_a_broker_without_topics_with_drifted_ones_and_with_a_backlog_is_told(
    bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cities = [example("montgomery")]
    bad = [line for line in told(bare, cities) if line.startswith("BAD")]
    assert len(bad) == 11
    assert all(line.startswith("BAD  topics: ") for line in bad)

    admin.setup(bare, cities, partitions=PARTITIONS)
    well = told(bare, cities)
    assert [line for line in well if line.startswith("BAD")] == []
    assert any(line.startswith("note lag: no intake has read anything yet: start") for line in well)
    assert any(line.startswith("note lag: no worker has read anything yet: start") for line in well)

    client = KafkaAdminClient(bootstrap_servers=bare)
    client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, SIGNALS, configs={"retention.ms": "1000"})])
    client.close()
    (drift,) = [line for line in told(bare, cities) if line.startswith("BAD")]
    assert SIGNALS in drift
    assert "retention.ms" in drift

    sending = Sending(bare)
    for _ in range(20):
        sending.send(INCIDENTS, b"{}", key=b"montgomery", partition=0)
    sending.flush(30)
    reader = KafkaConsumer(bootstrap_servers=bare, group_id=RAW_GROUP, enable_auto_commit=False)
    places = [TopicPartition(topic, n) for topic in (INCIDENTS, PETITIONS) for n in range(PARTITIONS)]
    reader.assign(places)
    reader.commit({place: OffsetAndMetadata(0, "", -1) for place in places})
    reader.close()
    assert "ok   lag: intakes are 20 raw records behind" in told(bare, cities)
    monkeypatch.setattr(health, "MOST_BEHIND", 10)
    assert any(line.startswith("BAD  lag: intakes are 20 raw records behind: look") for line in told(bare, cities))
