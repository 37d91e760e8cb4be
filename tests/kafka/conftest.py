"""One real broker for the tests of the Kafka road; where it cannot be brought up they say why and are skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.kafka.broker import Cluster, NoKafkaError, given
from tests.kafka.road import emptied
from tests.kafka.secured import SecuredBroker


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


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredBroker]:
    """A broker that lets in only who may come, and lets do only what a right says."""
    try:
        broker = SecuredBroker(tmp_path_factory.mktemp("secured") / "broker")
        broker.start()
    except NoKafkaError as fault:
        pytest.skip(str(fault))
    yield broker
    broker.kill()


@pytest.fixture
def bare(kafka: str) -> str:
    """A broker without our topics."""
    emptied(kafka)
    return kafka
