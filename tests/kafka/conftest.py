"""One real broker for the tests of the Kafka road; where it cannot be brought up they say why and are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kafka.admin import KafkaAdminClient

from streams.kafka.topics import topics
from tests.kafka.broker import Cluster, NoKafkaError, given


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a broker that answers."""
    address = given()
    if address is not None:
        yield address
        return
    try:
        cluster = Cluster(tmp_path_factory.mktemp("kafka"))
        cluster.start()
    except NoKafkaError as fault:
        pytest.skip(str(fault))
    yield cluster.address
    cluster.stop()


@pytest.fixture
def bare(kafka: str) -> str:
    """A broker without our topics."""
    client = KafkaAdminClient(bootstrap_servers=kafka)
    there = set(client.list_topics())
    ours = [topic.name for topic in topics() if topic.name in there]
    if ours:
        client.delete_topics(ours)
    client.close()
    return kafka
