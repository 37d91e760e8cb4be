"""Ten thousand planted identities go in by every door; a search that knows them finds none in what comes out."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from streams import logs
from tests.gate.planted import faces, planted
from tests.streams.town import JSON, LINES, Scene, in_service, make_town

PLANTED = 10_000
WINDOW = 6
"""Bytes by which a secret is looked for before it is compared whole."""
FILES = "kind: incident\ncomes: {folder: incoming}\nformat: contract\n"


def secrets(seed: int, n: int) -> Iterator[tuple[bytes, str, str]]:
    """Events of the town with a secret each."""
    for data, secret, what in planted(seed, n):
        yield data.replace(b'"fire"', b'"traffic"').replace(b'"north"', b'"east"'), secret, what


def groups(items: Iterable[tuple[bytes, str, str]], size: int) -> Iterator[list[bytes]]:
    rest = iter(items)
    while group := [data for data, _, _ in islice(rest, size)]:
        yield group


def by_http(scene: Scene) -> Iterator[bytes]:
    """As arrays, lines, gzip and single bodies, in CloudEvents' headers and in the address; what was answered."""
    doors = ("array", "lines", "gzip")
    for n, group in enumerate(groups(secrets(20, PLANTED), 250)):
        body, headers = b"[" + b",".join(group) + b"]", dict(JSON)
        if doors[n % 3] == "lines":
            body, headers = b"\n".join(group), dict(LINES)
        if doors[n % 3] == "gzip":
            body, headers = gzip.compress(body), {**JSON, "content-encoding": "gzip"}
        yield scene.client.post("/v1/events?feed=calls", content=body, headers=headers).content
    for data, secret, _ in islice(secrets(21, PLANTED), 200):
        yield scene.client.post("/v1/events?feed=calls", content=data[:-5], headers=JSON).content
        attributes = {"ce-specversion": "1.0", "ce-id": secret, "ce-source": secret, "ce-type": "x.incident"}
        given = {name.encode(): value.encode("utf-8") for name, value in {**JSON, **attributes}.items()}
        yield scene.client.post("/v1/events?feed=calls", content=data, headers=given).content
        yield scene.client.post("/v1/events", params={"feed": secret}, content=data, headers=JSON).content


def by_file(town: Path) -> None:
    """As lines of files whose names are planted too."""
    for n, (data, secret, _) in enumerate(islice(secrets(22, PLANTED), 40)):
        name = "".join(char for char in secret if char.isalnum() or char in "@. ") or "x"
        (town / "incoming" / f"{name} {n}.jsonl").write_bytes(data + b"\n" + data[: len(data) // 2] + b"\n")


def everything(scene: Scene, data: Path, said: Sequence[bytes], told: io.StringIO) -> bytes:
    """All that was written, answered, logged, measured and shown."""
    pages = [scene.client.get(path).content for path in ("/", "/metrics", "/readyz", "/shapes/newcity.json")]
    files = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    return b"\n".join([*said, *pages, *files, told.getvalue().encode()])


def found_in(blob: bytes, known: Sequence[tuple[bytes, str, str]]) -> list[str]:
    """What was planted and stands in `blob`, in whatever dress."""
    held = np.unique(_windows(np.frombuffer(blob, np.uint8)))
    wanted = [(face, what) for _, secret, what in known for face in faces(secret) if len(face) >= WINDOW]
    heads = np.array([int.from_bytes(face[:WINDOW], "little") for face, _ in wanted], np.uint64)
    near = np.flatnonzero(np.isin(heads, held))
    return [wanted[i][1] for i in near.tolist() if wanted[i][0] in blob]


def _windows(data: NDArray[np.uint8]) -> NDArray[np.uint64]:
    found = np.zeros(len(data) - WINDOW + 1, np.uint64)
    for n in range(WINDOW):
        found |= data[n : n + len(found)].astype(np.uint64) << np.uint64(8 * n)
    return found


def test_the_search_finds_what_is_there() -> None:
    known = list(secrets(20, 50))
    assert len(found_in(b"\n".join(data for data, _, _ in known), known)) > 40


def test_ten_thousand_planted_identities_are_found_nowhere(tmp_path: Path) -> None:
    town, data = make_town(tmp_path / "town", files=FILES), tmp_path / "var"
    (town / "incoming").mkdir()
    by_file(town)
    told = io.StringIO()
    logs.configure("json", stream=told)
    with in_service(town, data, snapshot_seconds=1) as scene:
        said = list(by_http(scene))
        scene.station.writer.stop()
        blob = everything(scene, data, said, told)
    assert b"city_recovered" in blob
    assert b"SQLite format 3" in blob
    known = [*secrets(20, PLANTED), *islice(secrets(21, PLANTED), 200), *islice(secrets(22, PLANTED), 40)]
    assert found_in(blob, known) == []
