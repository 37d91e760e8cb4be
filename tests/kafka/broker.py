"""Apache Kafka in KRaft mode, started from its own jars: no container, no download at run time but Maven's.

The jars lie in var/kafka, which is not tracked. Every broker has both roles, broker and controller, and is stopped by
its process id. `TOCSIN_TEST_KAFKA=host:port` names one that is already there, and is used instead.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
JARS: Final = HERE.parents[1] / "var" / "kafka" / "4.1.1"
GIVEN: Final = "TOCSIN_TEST_KAFKA"
UP_SECONDS: Final = 180.0
HEAP: Final = "-Xmx512m"
CLUSTER_ID: Final = "tocsin-tests-Mk3OEYBSD3"


class NoKafkaError(RuntimeError):
    """The broker of the tests cannot be brought up here; says what is missing."""


def jars() -> Path:
    """The folder of Kafka's jars, copied by Maven the first time. Raises NoKafkaError."""
    for tool in ("java", "mvn"):
        if shutil.which(tool) is None:
            raise NoKafkaError(f"{tool} is not installed: the tests of the Kafka road need Java 17 and Maven")
    JARS.parent.mkdir(parents=True, exist_ok=True)
    with (JARS.parent / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if not JARS.is_dir():
            fresh = JARS.with_suffix(".new")
            shutil.rmtree(fresh, ignore_errors=True)
            command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
            copied = subprocess.run(
                [*command, "-DincludeScope=runtime", f"-DoutputDirectory={fresh}"],
                capture_output=True,
                text=True,
                check=False,
            )
            if copied.returncode:
                raise NoKafkaError(f"Maven could not copy Kafka's jars: {copied.stdout[-1000:]}")
            fresh.rename(JARS)
    return JARS


class Broker:
    """One process. `start` returns once it answers; `kill` and `pause` are for the tests of faults."""

    def __init__(self, folder: Path, number: int, ports: tuple[int, int], voters: str) -> None:
        self.folder = folder
        self.number = number
        self.port, self._controller = ports
        self._voters = voters
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        (folder / "server.properties").write_text(self._properties(replicas=voters.count("@")), encoding="utf-8")
        written = ["-t", CLUSTER_ID, "-c", str(folder / "server.properties")]
        self._run("kafka.tools.StorageTool", "format", *written, *self._users())

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def _users(self) -> Sequence[str]:
        """Words that make users while the storage is formatted."""
        return ()

    def _more(self) -> Mapping[str, object]:
        """Properties beside or over the given ones."""
        return {}

    def _properties(self, replicas: int) -> str:
        inside = min(replicas, 3)
        values: dict[str, object] = {
            "process.roles": "broker,controller",
            "node.id": self.number,
            "controller.quorum.voters": self._voters,
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self._controller}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": self.folder / "log",
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": 0,
            "offsets.topic.num.partitions": 4,
            "offsets.topic.replication.factor": inside,
            "transaction.state.log.num.partitions": 4,
            "transaction.state.log.replication.factor": inside,
            "transaction.state.log.min.isr": min(inside, 2),
            "default.replication.factor": inside,
        }
        return "".join(f"{name}={value}\n" for name, value in (values | dict(self._more())).items())

    def _command(self, main: str, *arguments: str) -> list[str]:
        return ["java", HEAP, "-XX:+UseSerialGC", "-cp", f"{jars()}/*", main, *arguments]

    def _run(self, main: str, *arguments: str) -> None:
        done = subprocess.run(self._command(main, *arguments), capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoKafkaError(f"{main}: {done.stderr[-1000:]}")

    def launch(self) -> None:
        """Start it, and do not wait."""
        with (self.folder / "said").open("ab") as said:
            self._process = subprocess.Popen(
                self._command("kafka.Kafka", str(self.folder / "server.properties")), stdout=said, stderr=said
            )

    def wait(self) -> None:
        """Until it answers. Raises NoKafkaError."""
        limit = time.monotonic() + UP_SECONDS
        while time.monotonic() < limit:
            if self._process is None or self._process.poll() is not None:
                break
            if answers(self.port):
                return
            time.sleep(0.1)
        raise NoKafkaError(f"the broker did not come up: {(self.folder / 'said').read_text()[-2000:]}")

    def start(self) -> None:
        self.launch()
        self.wait()

    def send(self, number: signal.Signals) -> None:
        """Send the process a signal: SIGSTOP and SIGCONT pause it."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """kill -9; its log stays, and `start` goes on from there."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(30)
            self._process = None

    def stop(self) -> None:
        """In order, or by force after some seconds."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None


class Cluster:
    """Some brokers that know each other."""

    def __init__(self, folder: Path, brokers: int = 1) -> None:
        ports = free_ports(2 * brokers)
        pairs = [(ports[2 * n], ports[2 * n + 1]) for n in range(brokers)]
        voters = ",".join(f"{n + 1}@127.0.0.1:{controller}" for n, (_, controller) in enumerate(pairs))
        self.brokers: Sequence[Broker] = [
            Broker(folder / f"broker-{n + 1}", n + 1, pair, voters) for n, pair in enumerate(pairs)
        ]

    @property
    def address(self) -> str:
        return ",".join(broker.address for broker in self.brokers)

    def start(self) -> None:
        for broker in self.brokers:
            broker.launch()
        for broker in self.brokers:
            broker.wait()

    def stop(self) -> None:
        for broker in self.brokers:
            broker.kill()


def given() -> str | None:
    """The address of a broker that is already there."""
    return os.environ.get(GIVEN) or None


def answers(port: int) -> bool:
    """Whether somebody takes connections there: a broker does once it is ready."""
    with socket.socket() as link:
        link.settimeout(1)
        return link.connect_ex(("127.0.0.1", port)) == 0


def free_ports(n: int) -> list[int]:
    """Ports that nobody listens at, all different."""
    held = [socket.socket() for _ in range(n)]
    try:
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]
    finally:
        for one in held:
            one.close()
