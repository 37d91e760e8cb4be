"""The services of docker-compose.yml as processes of this machine: the same commands, the same environment, no engine.

Addresses of services become free ports of loopback, folders of containers become folders of the test, and images the
programs of this machine: our own interpreter, Kafka's jars, Debian's PostgreSQL, Prometheus and Alertmanager. Nothing
else is changed but how often Prometheus looks, so that a test is short. Grafana is left out: Debian has no package.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from tests.deploy.compose import HOUSE, services
from tests.deploy.programs import OURS, Kafka, Postgres, Program, Tocsin, named, plain
from tests.kafka.broker import free_ports
from tests.postgres.server import tool

PATIENCE: Final = 90.0
PORT: Final = r"(\d{4,5})\b"
LEFT_OUT: Final = frozenset({"grafana"})


class Host:
    """One machine on which the services of some profiles run. `up` starts them in their order; `down` ends all."""

    def __init__(self, folder: Path, profiles: Sequence[str], secrets: Path, **given: str) -> None:
        self.folder = folder
        self.services = {name: one for name, one in services(profiles, given).items() if name not in LEFT_OUT}
        self._secrets = secrets
        self._ports: dict[tuple[str, str], int] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._fresh: dict[str, Program] = {}  # started, and not yet heard to answer
        self._database = Path(tempfile.mkdtemp(prefix="tocsin-postgres-"))  # where another account can come
        self._called = {name: name for name in self.services} | {
            alias: name
            for name, one in self.services.items()
            if isinstance(one.get("networks"), dict)
            for way in one["networks"].values()
            for alias in way.get("aliases", ())
        }
        for name in self.services:
            self._lay_folders(name)

    # what a container sees, as this machine has it

    def port(self, service: str, port: int | str) -> int:
        """The port of loopback that stands for one of a service."""
        place = (self._called[service], str(port))
        if place not in self._ports:
            (self._ports[place],) = free_ports(1)
        return self._ports[place]

    def address(self, service: str, port: int) -> str:
        return f"http://127.0.0.1:{self.port(service, port)}"

    def local(self, service: str, text: str) -> str:
        """Words of a service, with this machine's addresses and folders."""
        hosts = "|".join(sorted(map(re.escape, (*self._called, "0.0.0.0", "127.0.0.1")), key=len, reverse=True))
        text = re.sub(
            rf"\b({hosts})([:/]){PORT}",
            lambda at: f"127.0.0.1{at[2]}{self.port(self._called.get(at[1], service), at[3])}",
            text,
        ).replace("0.0.0.0", "127.0.0.1")
        folders = self._folders(service)
        places = "|".join(sorted(map(re.escape, folders), key=len, reverse=True))
        return re.sub(rf"(?<![\w./-])({places})(?=[/\s'\",:]|$)", lambda at: str(folders[at[1]]), text)

    def _folders(self, service: str) -> dict[str, Path]:
        found = {"/run/secrets": self.folder / "secrets" / service}
        for volume in self.services[service].get("volumes", ()):
            source, target = volume.split(":")[:2]
            if source == "postgres":
                found[target] = self._database / "data"
            elif source.startswith("./"):
                found[target] = self.folder / "mounted" / service / Path(source).name
            else:
                found[target] = Path(source) if source.startswith("/") else self.folder / "volumes" / source
        return found

    def _lay_folders(self, service: str) -> None:
        one = self.services[service]
        for target, path in self._folders(service).items():
            laid_later = str(path).startswith(str(self.folder / "mounted"))
            if not laid_later and (target != "/run/secrets" or one.get("secrets")):  # there is none without a secret
                path.mkdir(parents=True, exist_ok=True)
        self.give_secrets(service)
        for volume in one.get("volumes", ()):
            source, target = volume.split(":")[:2]
            if source.startswith("./"):
                laid = self._folders(service)[target]
                shutil.copytree(HOUSE / source, laid, dirs_exist_ok=True)
                for path in laid.rglob("*.yml"):
                    text = self.local(service, path.read_text("utf-8"))
                    quick = re.sub(r"(interval|group_wait): 10s", r"\1: 1s", text).replace("timeout: 5s", "timeout: 1s")
                    path.write_text(quick, "utf-8")

    def give_secrets(self, service: str) -> None:
        """Lay the secrets of a service out anew: what an administrator writes into the folder is seen inside."""
        for name in self.services[service].get("secrets", ()):
            source = {"tocsin_watchdog_token": "scrape_token"}.get(name, name)
            text = (self._secrets / source).read_text("utf-8")
            (self.folder / "secrets" / service / name).write_text(self.local(service, text), "utf-8")

    def environment(self, service: str) -> dict[str, str]:
        told = {
            name: self.local(service, str(value))
            for name, value in self.services[service].get("environment", {}).items()
        }
        if "TOCSIN_PORT" in told:
            told["TOCSIN_PORT"] = str(self.port(service, told["TOCSIN_PORT"]))
        return told

    def command(self, service: str) -> list[str]:
        return [self.local(service, word) for word in self.services[service].get("command", ())]

    # life

    def up(self) -> None:
        """Start what is not there yet, each after what it waits for."""
        waiting = [name for name in self.services if name not in self._running]
        while waiting:
            for name in list(waiting):
                needs = {
                    need: how
                    for need, how in self.services[name].get("depends_on", {}).items()
                    if need in self.services
                }
                if set(needs) & set(waiting):
                    continue
                for need, how in needs.items():
                    self._await(need, how["condition"])
                self.start(name)
                waiting.remove(name)
        for name, one in self.services.items():
            if "healthcheck" in one:
                self._await(name, "service_healthy")

    def start(self, name: str) -> None:
        if name in self._running:  # it was killed
            self._running[name].wait(PATIENCE)
        self.give_secrets(name)
        kind = named(self.services[name]["image"])
        program: Program = {"tocsin": Tocsin, "kafka": Kafka, "postgres": Postgres}.get(kind, Program)(self, name, kind)
        program.prepare()
        self._fresh.setdefault(name, program)
        with (self.folder / f"{name}.said").open("ab") as said:
            self._running[name] = subprocess.Popen(
                program.words(),
                env=program.environment(),
                user=program.account,
                cwd=self.folder,
                stdout=said,
                stderr=said,
            )

    def run(self, service: str, *words: str, given: str = "") -> str:
        """`docker compose run SERVICE WORDS`: once, with what the service sees. What it said."""
        self.give_secrets(service)
        done = subprocess.run(
            [*OURS, *words],
            env=plain() | self.environment(service),
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def healthy(self, name: str) -> bool:
        """What the service's own health check says."""
        words = [self.local(name, word) for word in self.services[name]["healthcheck"]["test"]][1:]
        if words[0] == "wget":  # of the image's busybox
            try:
                with urlopen(words[-1], timeout=2) as answer:
                    return bool(answer.status == 200)
            except OSError:
                return False
        if words[0] == "pg_isready":
            words += ["-p", str(self.port(name, 5432))]
        words[0] = {"python": sys.executable, "pg_isready": tool("pg_isready")}.get(words[0], words[0])
        return subprocess.run(words, env=plain(), capture_output=True, check=False, timeout=10).returncode == 0

    def _await(self, name: str, condition: str) -> None:
        limit = time.monotonic() + PATIENCE
        process = self._running[name]
        if condition == "service_completed_successfully":
            assert process.wait(PATIENCE) == 0, self.said(name)
        while condition == "service_healthy" and not self.healthy(name):
            assert process.poll() is None, f"{name} ended: {self.said(name)}"
            assert time.monotonic() < limit, f"{name} is not healthy: {self.said(name)}"
            time.sleep(0.1)
        if condition == "service_healthy" and name in self._fresh:
            self._fresh.pop(name).answered()

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.said").read_text("utf-8", "replace")[-3000:]

    def send(self, name: str, number: signal.Signals) -> None:
        self._running[name].send_signal(number)

    def running(self) -> Mapping[str, subprocess.Popen[bytes]]:
        return self._running

    def down(self) -> dict[str, int]:
        """Ask all to end, last started first; what each ended with."""
        codes = {}
        for name, process in reversed(self._running.items()):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
            try:
                codes[name] = process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                codes[name] = process.wait(30)
        self._running.clear()
        shutil.rmtree(self._database, ignore_errors=True)
        return codes
