"""The roads of docker-compose.yml, started as it is written, on real servers: from an event to who is told of it."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from urllib.request import urlopen

import httpx2
import psycopg
import pytest
from ruamel.yaml import YAML

from deploy.boards import CITY, KAFKA, PIPELINE, Board
from streams.kafka.clients import Sending
from streams.kafka.topics import INCIDENTS, SIGNALS, partition_of
from tests.deploy.compose import HOUSE
from tests.deploy.native import Host
from tests.deploy.prometheus import program
from tests.deploy.typed import PAGE, Typist, commands
from tests.kafka.broker import NoKafkaError, jars
from tests.kafka.road import messages
from tests.postgres.server import NoPostgresError
from tests.streams.town import STORM, event

CHANNEL: Final = "{kind: alertmanager, url: 'http://127.0.0.1:%d', private: true}"
NAME: Final = "city"
PARTITIONS: Final = 8
pytestmark = pytest.mark.xdist_group("deploy")


def until(come: Callable[[], Any], what: str) -> Any:
    limit = time.monotonic() + 120
    while not (found := come()):
        assert time.monotonic() < limit, what
        time.sleep(0.2)
    return found


def fetched(address: str) -> Any:
    """The JSON at an address. Without a client, whose making costs more than the answer: this is asked often."""
    with urlopen(address, timeout=30) as answer:
        return json.load(answer)


def asked(address: str, query: str) -> list[float]:
    """What Prometheus answers to a query."""
    found = fetched(f"{address}/api/v1/query?{urlencode({'query': query})}")["data"]["result"]
    return [float(one["value"][1]) for one in found]


def unanswered(prometheus: str, board: Board) -> list[str]:
    """Queries of a board that have no data."""
    return [query for query in board.queries() if not asked(prometheus, query)]


def read_as_grafana_does(host: Host) -> int:
    """How many alerts are there for the account, password and address that the provisioned source names."""
    text = host.local("postgres", (HOUSE / "deploy/grafana/provisioning/datasources/tocsin.yml").read_text("utf-8"))
    (source,) = [one for one in YAML(typ="safe").load(text)["datasources"] if one["name"] == "PostgreSQL"]
    password = (host.folder / "secrets/postgres/boards_password").read_text("utf-8").strip()
    place, _, port = source["url"].partition(":")
    name = source["jsonData"]["database"]
    with psycopg.connect(host=place, port=port, user=source["user"], password=password, dbname=name) as database:
        (count,) = database.execute("select count(*) from tocsin_city.shown_alerts").fetchone() or (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute("select * from tocsin_city.chain")
    return int(count)


def told(alertmanager: str) -> set[str]:
    return {one["labels"]["alertname"] for one in fetched(f"{alertmanager}/api/v2/alerts")}


def storm() -> list[dict[str, Any]]:
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    return [event(number, occurred_at=at) for number in range(12)]


def lay_storm(city: Path, host: Host) -> None:
    """A rule that speaks at once, and a channel to Alertmanager."""
    (city / "rules/storm.yaml").write_text(STORM, "utf-8")
    desks = city / "desks.yaml"
    channel = CHANNEL % host.port("alertmanager", 9093)
    desks.write_text(desks.read_text("utf-8").replace("[console,", f"[console, {channel},"), "utf-8")


@contextmanager
def typing(folder: Path, profiles: list[str]) -> Iterator[Typist]:
    """Somebody who types the guide's lines in a new folder; what he started is ended."""
    program("prometheus")
    program("prometheus-alertmanager", "alertmanager")
    typist = Typist(folder, profiles, lay_storm)
    try:
        yield typist
    except (NoPostgresError, NoKafkaError) as fault:
        pytest.skip(str(fault))
    finally:
        typist.host.down()


@pytest.mark.timeout(400)  # six servers are started, also beside much other work
def test_the_small_road_typed_as_the_guide_says_leads_from_an_event_to_alertmanager(tmp_path: Path) -> None:
    with typing(tmp_path, ["small", "postgres"]) as typist:
        for line in commands("The small road"):
            typist.type(line)
        assert json.loads(typist.said)["accepted"] == 1
        host = typist.host
        bearer = {"Authorization": f"Bearer {(tmp_path / 'secrets/tocsin_token').read_text().strip()}"}
        serve, alertmanager = host.address("serve", 8000), host.address("alertmanager", 9093)
        prometheus = host.address("prometheus", 9090)
        assert httpx2.post(f"{serve}/v1/events", json=storm()).status_code == 401
        assert httpx2.post(f"{serve}/v1/events", json=storm(), headers=bearer).status_code == 202
        until(lambda: {"storm", "TocsinDeadMansSwitch"} <= told(alertmanager), f"{told(alertmanager)}")
        until(lambda: asked(prometheus, "sum(tocsin_events_received_total)") == [13.0], "the figures of Prometheus")
        assert asked(prometheus, 'up{job="tocsin-serve"}') == [1.0]
        assert httpx2.post(f"{serve}/v1/events", json=event("x", area="nowhere"), headers=bearer).status_code == 422
        until(lambda: not unanswered(prometheus, PIPELINE), f"data for {unanswered(prometheus, PIPELINE)}")
        with psycopg.connect((host.folder / "secrets/serve/tocsin_database").read_text().strip()) as database:
            (count,) = database.execute("select count(*) from tocsin_city.alerts").fetchone() or (0,)
        assert count >= 1
        until(lambda: not unanswered(prometheus, CITY), f"data for {unanswered(prometheus, CITY)}")
        assert read_as_grafana_does(host) >= 1
        assert host.healthy("watchdog")
        codes = host.down()
        assert [codes[name] for name in ("serve", "watchdog", "postgres")] == [0, 0, 0]


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_the_full_road_leads_from_a_raw_record_to_board_and_alertmanager_also_with_a_worker_killed(
    tmp_path: Path,
) -> None:
    try:
        jars()
    except NoKafkaError as fault:
        pytest.skip(str(fault))
    with typing(tmp_path, ["full"]) as typist:
        small = [line for line in commands("The small road") if line.startswith(("cp ", "make ", "docker run "))]
        for line in [*small, *commands("The full road")]:
            typist.type(line)
        host = typist.host
        broker = f"127.0.0.1:{host.port('kafka', 9092)}"
        prometheus, alertmanager = host.address("prometheus", 9090), host.address("alertmanager", 9093)
        number = partition_of(NAME, PARTITIONS)
        until(lambda: asked(prometheus, "sum(tocsin_worker_held_partitions)") == [8.0], "both workers hold all")
        host.running()["worker-one"].kill()
        sending, bearer = Sending(broker), (tmp_path / "secrets/tocsin_token").read_text().strip()
        pushed = f"{host.address('intake', 8001)}/v1/events"
        assert httpx2.post(pushed, json=event("pushed")).status_code == 401
        answer = httpx2.post(pushed, json=event("pushed"), headers={"Authorization": f"Bearer {bearer}"})
        assert answer.json()["events"][0]["place"].startswith(f"{INCIDENTS}-{number}:")
        for one in storm():
            sending.send(INCIDENTS, json.dumps(one).encode(), key=NAME.encode(), partition=number)
        sending.flush(30)
        host.start("worker-one")
        signals = until(lambda: messages(broker, SIGNALS, number), "a signal")
        assert "storm" in {json.loads(value)["rule"] for _, value in signals}
        until(lambda: asked(prometheus, f'sum(tocsin_intake_written_records_total{{city="{NAME}"}}) > 1'), "figures")
        until(lambda: {"storm", "TocsinDeadMansSwitch"} <= told(alertmanager), f"{told(alertmanager)}")
        desk = host.address("desk", 8000)
        assert "storm" in {one["rule"] for one in fetched(f"{desk}/v1/cities/{NAME}/alerts")["alerts"]}
        assert httpx2.get(f"{desk}/", follow_redirects=True).status_code == 200
        assert host.healthy("desk")
        assert asked(prometheus, "sum(tocsin_desk_heard_signals_total)")[0] >= 1
        sending.send(INCIDENTS, b"no JSON", key=NAME.encode(), partition=number)
        sending.flush(30)
        until(lambda: not unanswered(prometheus, KAFKA), f"data for {unanswered(prometheus, KAFKA)}")
        host.running()["worker-two"].kill()
        until(lambda: "TocsinDown" in told(alertmanager), "that a worker is down")
        codes = host.down()
        ended = [codes[name] for name in ("desk", "intake", "worker-one", "worker-two")]
        assert ended == [0, 0, 0, -signal.SIGKILL]


def test_every_line_of_the_guide_that_is_typed_is_typed_here() -> None:
    text = PAGE.read_text("utf-8")
    assert text.count("```sh") == text[text.index("## The small") : text.index("## What the file")].count("```sh")
