"""A made world as a city's folder: the city's own files, feeds that carry what was made, and the truth beside.

`tocsin replay DIR`, `load` and `serve` take it like any other.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from rules.book import FeedPolicy
from streams.city import City
from streams.city.durations import written
from streams.simulate.world import Made

EVENTS: Final = "made"
"""Folder of the made events, a file a feed."""
TRUTH: Final = f"{EVENTS}/truth.jsonl"
_KEPT: Final = ("city.yaml", "areas.csv", "areas.geojson", "categories.yaml", "calendar.yaml", "desks.yaml",
    "users.yaml", "rules",
)  # fmt: skip
_COLUMNS: Final = """\
columns:
  id: id
  occurred_at: occurred_at
  arrived_at: arrived_at
  revision: revision
  stage: {column: stage}
  category: {column: category, code: true}
  area: {column: area, code: true}
  severity: {column: severity}
  count: count
  place: {column: place}
drop: [source, kind]
"""


def write(folder: Path, city: City, made: Made) -> None:
    """Write the folder. Raises FileExistsError where something lies there already, OSError."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(f"{folder} is there already and is not empty")
    (folder / EVENTS).mkdir(parents=True)
    (folder / "feeds").mkdir()
    for name in _KEPT:
        source = city.folder / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        elif source.is_file():
            shutil.copyfile(source, folder / name)
    for policy in city.book.feeds:
        (folder / "feeds" / f"{policy.name}.yaml").write_text("\n".join(_feed(policy)), encoding="utf-8")
        with (folder / EVENTS / f"{policy.name}.jsonl").open("wb") as file:
            file.writelines(sent.archived() + b"\n" for sent in made.sent if sent.feed == policy.name)
    (folder / TRUTH).write_bytes(b"".join(truth.line() + b"\n" for truth in made.truths))


def _feed(policy: FeedPolicy) -> Iterator[str]:
    """The feed's file: its own promises, and the columns of what was made."""
    yield "# Made by `tocsin simulate`: nothing here was ever reported."
    if policy.names:
        yield "names: {" + ", ".join(f"{language}: {_quoted(text)}" for language, text in policy.names.items()) + "}"
    yield f"kind: {policy.kind}"
    yield f"source: {policy.name}"
    yield "comes: {push: true}"
    yield f"archive: [{EVENTS}/{policy.name}.jsonl]"
    yield "format: jsonl"
    for name in ("lateness", "horizon", "skew"):
        yield f"{name}: {written(getattr(policy, name))}"
    yield f"silence: {str(policy.silence).lower()}"
    yield _COLUMNS


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
