"""What an image is on this machine: the program that it starts, made ready as the image's own start would."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.deploy.prometheus import program
from tests.kafka.broker import jars
from tests.postgres.server import ACCOUNT, tool

if TYPE_CHECKING:
    from tests.deploy.native import Host

HOUSE: Final = Path(__file__).parents[2]
OURS: Final = [sys.executable, "-c", "from streams.entry import main; main()"]


def plain() -> dict[str, str]:
    """The environment without settings of ours, and our tree on the path."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("TOCSIN_", "KAFKA_", "POSTGRES_"))
    }
    return kept | {"PYTHONPATH": str(HOUSE)}


def named(image: str) -> str:
    """The bare name of an image: prom/alertmanager:v1 -> alertmanager."""
    return image.rpartition("/")[2].partition(":")[0]


class Program:
    """A service as a process. The name of its image is that of the program."""

    account: str | None = None

    def __init__(self, host: Host, service: str, kind: str) -> None:
        self.host = host
        self.service = service
        self.kind = kind

    def prepare(self) -> None:
        """What the image does before it starts."""

    def answered(self) -> None:
        """What the image does once, when its server answers for the first time."""

    def words(self) -> list[str]:
        return [program(self.kind, f"prometheus-{self.kind}"), *self.host.command(self.service)]

    def environment(self) -> dict[str, str]:
        return plain() | self.host.environment(self.service)


class Tocsin(Program):
    def words(self) -> list[str]:
        return [*OURS, *self.host.command(self.service)]


class Kafka(Program):
    """KAFKA_A_B=c is a.b=c of the broker's file, as in Apache's image."""

    def _java(self, main: str, *words: str) -> list[str]:
        return ["java", "-Xmx512m", "-XX:+UseSerialGC", "-cp", f"{jars()}/*", main, *words]

    def prepare(self) -> None:
        told = self.host.environment(self.service)
        keys = {name: value for name, value in told.items() if name.startswith("KAFKA_") and not name.endswith("_OPTS")}
        lines = [f"{name[6:].lower().replace('_', '.')}={value}" for name, value in keys.items()]
        self.file = self.host.folder / "server.properties"
        self.file.write_text("\n".join([*lines, "group.initial.rebalance.delay.ms=0", ""]), "utf-8")
        form = ["format", "--ignore-formatted", "-t", told["CLUSTER_ID"], "-c", str(self.file)]
        done = subprocess.run(self._java("kafka.tools.StorageTool", *form), capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def words(self) -> list[str]:
        return self._java("kafka.Kafka", str(self.file))


class Postgres(Program):
    """initdb with what the environment says, the first database, then the server."""

    def __init__(self, host: Host, service: str, kind: str) -> None:
        super().__init__(host, service, kind)
        self.account = ACCOUNT if os.geteuid() == 0 else None
        self.home = Path(host.local(service, "/var/lib/postgresql/data"))

    def prepare(self) -> None:
        if (self.home / "PG_VERSION").exists():
            return
        told = self.host.environment(self.service)
        if self.account:
            owner = pwd.getpwnam(self.account)
            os.chown(self.home.parent, owner.pw_uid, owner.pw_gid)
            os.chown(self.home, owner.pw_uid, owner.pw_gid)
        secret = self.home.with_suffix(".secret")
        shutil.copy(told["POSTGRES_PASSWORD_FILE"], secret)
        secret.chmod(0o644)
        make = [
            tool("initdb"),
            "-D",
            str(self.home),
            "-U",
            told["POSTGRES_USER"],
            "--pwfile",
            str(secret),
            "--no-sync",
        ]
        self._once([*make, *told["POSTGRES_INITDB_ARGS"].split(), "-E", "UTF8", "--locale=C"])
        single = [tool("postgres"), "--single", "-D", str(self.home), "postgres"]
        self._once(single, given=f"CREATE DATABASE {told['POSTGRES_DB']}\n")

    def _once(self, words: list[str], given: str = "") -> None:
        done = subprocess.run(
            words, user=self.account, cwd="/", input=given, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def words(self) -> list[str]:
        words = [tool("postgres"), *self.host.command(self.service)[1:], "-D", str(self.home), "-c", "fsync=off"]
        words += ["-c", f"port={self.host.port(self.service, 5432)}", "-c", "unix_socket_directories="]
        return [*words, "-c", "listen_addresses=127.0.0.1"]

    def answered(self) -> None:
        """The scripts of its folder, in their order."""
        told = plain() | self.host.environment(self.service)
        told |= {"PGHOST": "127.0.0.1", "PGPORT": str(self.host.port(self.service, 5432))}
        told |= {"PGPASSWORD": Path(told["POSTGRES_PASSWORD_FILE"]).read_text("utf-8").strip()}
        for script in sorted(Path(self.host.local(self.service, "/docker-entrypoint-initdb.d")).glob("*.sh")):
            done = subprocess.run([script], env=told, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
