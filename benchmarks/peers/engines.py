"""The job on other engines: where each is installed, how it is started, what came of it.

Each lives in an environment of its own under var/peers. It prints `RESULT {"marks": [[events, s, CPU s], ...]}`,
measured by itself: the first mark is its first event, the last its last one.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from benchmarks.peers.filling import Expected, make_topics
from benchmarks.peers.stream import Answer
from benchmarks.peers.towns import TOWNS
from streams.kafka import admin
from streams.kafka.reading import whole

HOUSE: Final = Path(__file__).parents[2]
JOBS: Final = Path(__file__).parent / "rivals"
PLACE: Final = HOUSE / "var" / "peers"
MOST_SECONDS: Final = 1_200.0
EVENTS: Final = "peers-events"
FEW: Final = "peers-few"
FEWEST: Final = "peers-fewest"
"""Topics: all events, and the first ones of them for the slow."""


class Rival(NamedTuple):
    """An engine as it is set up here. `command`: words, {..} filled in."""

    title: str
    topic: str
    command: str


def _java(which: str, words: str, *, opened: str = "") -> str:
    jars = PLACE / which
    return (
        f"java -Xmx1g {opened} -cp {jars}/classes:{jars}/dependency/* -Dorg.slf4j.simpleLogger.defaultLogLevel=warn "
        f"peer.Main broker={{broker}} in={{topic}} out={{out}} app={{app}} statedir={{state}} n={{n}} {words}"
    )


def _python(job: str, words: str = "", *, where: str = "python") -> str:
    return (
        f"{PLACE}/{where}/bin/python {JOBS}/{job} broker={{broker}} in={{topic}} out={{out}} app={{app}} "
        f"statedir={{state}} n={{n}} {words}"
    )


_OPENED: Final = "--add-opens=java.base/java.util=ALL-UNNAMED --add-opens=java.base/java.lang=ALL-UNNAMED"
RIVALS: Final[Mapping[str, Rival]] = {
    "ks-rocks": Rival(
        "Kafka Streams, RocksDB", EVENTS, _java("kstreams", "threads=1 store=rocksdb dedup=point commit=5000")
    ),
    "ks-memory": Rival(
        "Kafka Streams, in memory", EVENTS, _java("kstreams", "threads=1 store=memory dedup=point commit=5000")
    ),
    "flink-1": Rival(
        "Flink, heap, parallelism 1", EVENTS, _java("flink", "commit=5000 threads=1 store=hashmap", opened=_OPENED)
    ),
    "flink-2": Rival(
        "Flink, heap, parallelism 2", EVENTS, _java("flink", "commit=5000 threads=2 store=hashmap", opened=_OPENED)
    ),
    "bytewax": Rival("Bytewax, SQLite recovery", EVENTS, _python("bytewax_job.py", where="bytewax")),
    "quix": Rival("Quix Streams", FEW, _python("quix_job.py")),
    "faust": Rival("Faust, an agent an event", FEWEST, _python("faust_job.py")),
    "python": Rival("one Python loop, nothing durable", EVENTS, _python("ceiling.py", "mode=loop")),
}


class Result(msgspec.Struct, frozen=True):
    """What came of one run of one engine; `error` says why nothing did."""

    name: str
    title: str
    events: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    memory: float = 0.0
    expected: int = 0
    missing: int = 0
    extra: int = 0
    error: str = ""


def prepare() -> None:
    """Install what is not there yet. Raises SystemExit where that fails."""
    for name, lock in (("python", "python.txt"), ("bytewax", "bytewax.txt")):
        if not (PLACE / name / "done").exists():
            _do(sys.executable, "-m", "venv", str(PLACE / name))
            _do(str(PLACE / name / "bin" / "pip"), "install", "--quiet", "-r", str(JOBS / lock))
            (PLACE / name / "done").touch()
    for name in ("kstreams", "flink"):
        if not (PLACE / name / "dependency").is_dir():
            _do("mvn", "-q", "-B", "-f", str(JOBS / name / "pom.xml"), "package", "dependency:copy-dependencies")


def _do(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{shlex.join(words)}: {(done.stdout + done.stderr)[-2_000:]}")


def run(name: str, address: str, expected: Expected, folder: Path) -> Result:
    """One engine over its topic."""
    rival, number = RIVALS[name], uuid.uuid4().hex[:8]
    out, state = f"peers-alerts-{number}", tempfile.mkdtemp(prefix="state-", dir=folder)
    make_topics(address, [out])
    told = rival.command.format(
        broker=address, topic=rival.topic, out=out, app=f"peer-{number}", state=state, n=expected.events
    )
    with (folder / f"{name}.log").open("w", encoding="utf-8") as log:
        child = subprocess.Popen(
            shlex.split(told), stdout=subprocess.PIPE, stderr=log, text=True, env={**os.environ, "TMPDIR": state}
        )
        late = threading.Timer(MOST_SECONDS, child.kill)
        late.start()
        assert child.stdout is not None
        lines = list(child.stdout)
        _, status, used = os.wait4(child.pid, 0)
        late.cancel()
        child.returncode = status
    shutil.rmtree(state, ignore_errors=True)
    found = next((json.loads(line[7:]) for line in lines if line.startswith("RESULT ")), None)
    if found is None:
        why = (folder / f"{name}.log").read_text("utf-8")[-300:]
        return Result(name, rival.title, error=f"no result, status {status}: {why}")
    (n0, t0, c0), *_, (n1, t1, c1) = found["marks"]
    said, wanted = set(_answers(address, out)), set(expected.alerts)
    _forget(address, number)
    return Result(
        name, rival.title, n1 - n0, t1 - t0, c1 - c0, used.ru_maxrss / 1024, len(wanted), len(wanted - said),
        len(said - wanted),
    )  # fmt: skip


def _answers(address: str, topic: str) -> Iterator[Answer]:
    for number in range(TOWNS):
        for message in whole(address, topic, number):
            told: dict[str, Any] = json.loads(message.value() or b"")
            yield told["area"], told["category"], round(datetime.fromisoformat(told["window"]).timestamp())


def _forget(address: str, number: str) -> None:
    """Delete the topics of a run: changelogs too."""
    with admin.admin(address) as client:
        client.delete_topics([name for name in client.list_topics() if number in name])
