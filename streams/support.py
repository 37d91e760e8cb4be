"""`tocsin support-bundle`: what somebody who helps needs to see, and nothing that must not leave the house.

Everything in it is made here, from a list of what may be told; no file of the machine is copied. So no event, refused
record, alert, account or secret can come along. Settings that are secret are told as set or not.
"""

from __future__ import annotations

import platform
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from importlib.metadata import distributions
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec
from pydantic import SecretStr

from alerts.export import rfc3339
from streams.asking import PAGE_BYTES, asking
from streams.city import City
from streams.doctor import Finding
from streams.journal import Journal, JournalError
from streams.messages import say
from streams.opened import journal_of
from streams.settings import Settings

FILES: Final = frozenset({"certificate", "certificate_key", "kafka_ca", "kafka_certificate", "kafka_certificate_key"})
ADDRESSES: Final = frozenset({"address", "kafka", "kafka_user", "proxies", "host", "data"}) | FILES
"""Settings that say where things lie in the house: told as set or not, as secrets are."""


def pages(
    cities: Sequence[City], settings: Settings, found: Sequence[Finding], *, url: str | None, now: int
) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each page of the bundle."""
    yield "made.json", _json({"at": rfc3339(now), **_machine()})
    yield "settings.json", _json(told_settings(settings))
    yield "doctor.json", _json([{"part": one.part, "level": one.level, "message": one.message} for one in found])
    yield "cities.json", _json([_city(city, settings) for city in cities])
    if url:
        yield "metrics.txt", _metrics(url, settings.watchdog_token.get_secret_value())


def write(path: Path, told: Iterator[tuple[str, bytes]]) -> list[str]:
    """A zip of the pages; their names. Raises OSError, FileExistsError where the file is there."""
    names = []
    with path.open("xb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, page in told:
            bundle.writestr(name, page)
            names.append(name)
    path.chmod(0o600)
    return names


def told_settings(settings: Settings) -> Mapping[str, object]:
    """Every setting, or whether it is set where its value stays in the house."""
    told: dict[str, object] = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, SecretStr) or name in ADDRESSES:
            plain = value.get_secret_value() if isinstance(value, SecretStr) else value
            told[name] = "set" if plain and value != field.default else "as it was given out"
        else:
            told[name] = value
    return told


def line(names: Sequence[str], path: Path, language: str) -> str:
    return say("bundled", language, path=path, names=", ".join(names))


def _machine() -> Mapping[str, object]:
    packages = sorted({f"{one.metadata['Name']} {one.version}" for one in distributions()}, key=str.lower)
    system = {"system": platform.system(), "release": platform.release(), "machine": platform.machine()}
    return {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version, **system, "packages": packages}


def _city(city: City, settings: Settings) -> Mapping[str, object]:
    """Numbers alone: how many of what, and how large. Names of places, desks and rules stay in the house."""
    kinds: dict[str, int] = {}
    for desk in city.desks:
        for channel in desk.channels:
            kinds[channel.kind] = kinds.get(channel.kind, 0) + 1
    folder = settings.data / city.name
    sizes: dict[str, int] = {}
    for path in folder.glob("*"):
        if path.is_file():
            kind = path.suffix or path.name
            sizes[kind] = sizes.get(kind, 0) + path.stat().st_size
    return {
        "areas": len(city.book.areas.by_code),
        "categories": len(city.book.categories.by_code),
        "rules": len(city.book.rules),
        "feeds": len(city.feeds),
        "desks": len(city.desks),
        "channels": kinds,
        "zone": city.zone,
        "bytes": sizes,
        **_journal(journal_of(city.name, settings)),
    }


def _journal(path: Path) -> Mapping[str, object]:
    try:
        with closing(Journal.open(path, read_only=True)) as journal:
            tick = journal.last_tick()
            return {"records": journal.last_offset, "tick": rfc3339(tick) if tick else None}
    except JournalError as fault:
        return {"journal": fault.name}


def _metrics(url: str, token: str) -> bytes:
    """The page of figures; its labels come from closed sets, names of the city's own files."""
    try:
        with asking(token) as client:
            answer = client.get(f"{url.rstrip('/')}/metrics")
    except (httpx2.HTTPError, httpx2.InvalidURL) as fault:
        return f"# no answer: {type(fault).__name__}\n".encode()
    if answer.status_code != httpx2.codes.OK:
        return f"# answered {answer.status_code}\n".encode()
    return answer.content[:PAGE_BYTES]


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value, enc_hook=str), indent=1)
