"""`tocsin verify`: whether the chain of moves is what it was when its heads were sent outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from alerts.chain import Head, Proof
from alerts.database import DatabaseStore, PostgresStore, SqliteStore
from alerts.engines import DatabaseUnusableError
from alerts.export import rfc3339
from alerts.heads import read_heads
from alerts.schema import StoreTooNewError, StoreTooOldError
from alerts.seals import StoreDamagedError
from streams.city import City
from streams.keyring import read_key
from streams.messages import SpokenError, say
from streams.opened import ALERTS, CityError
from streams.settings import Settings


def verify(city: City, settings: Settings, files: Sequence[Path]) -> Proof:
    """The proof of a city's chain. `files` hold heads; none given: those that the city names. Raises SpokenError."""
    named = [Path(str(way.options["path"])) for way in city.heads if way.kind == "file"]
    heads = list(_heads(files or named, city.name))
    folder = settings.data / city.name
    try:
        with closing(store_to_read(city.name, settings, folder / ALERTS)) as store:
            key = read_key(settings, folder)
            return store.prove(heads, key)
    except DatabaseError as fault:
        raise CityError("store-damaged", path=folder / ALERTS, what=type(fault).__name__) from None


def lines_of(proof: Proof, city: str, language: str) -> Iterator[str]:
    """What it says to people."""
    if proof.faults:
        yield say("verify-failed", language, city=city, count=len(proof.faults), entries=proof.entries)
        for fault in proof.faults:
            yield say(f"verify-{fault.kind}", language, seq=fault.seq, alert=fault.alert)
    elif proof.head is None:
        yield say("verified-alone", language, city=city, entries=proof.entries)
    else:
        at = rfc3339(proof.head.at)
        yield say("verified", language, city=city, entries=proof.entries, proven=proof.proven, at=at)


def _heads(files: Iterable[Path], city: str) -> Iterator[Head]:
    """What lies outside; the head in the store itself proves nothing. A file without one is as bad as none."""
    for path in files:
        try:
            found = [head for head in read_heads(path.read_bytes()) if head.city == city]
        except OSError as fault:
            raise SpokenError("heads-unreadable", path=path, why=fault.strerror) from None
        if not found:
            raise SpokenError("heads-none", path=path, city=city)
        yield from found


def store_to_read(city: str, settings: Settings, path: Path) -> DatabaseStore:
    """The alert store of a city, beside whoever writes it. Raises CityError."""
    url = settings.database.get_secret_value()
    try:
        return PostgresStore.look(url, city) if url else SqliteStore.look(path)
    except FileNotFoundError:
        raise CityError("store-missing", path=path) from None
    except DatabaseUnusableError as fault:
        raise CityError(f"database-{fault.what}", why=fault.why) from None
    except StoreTooOldError as fault:
        raise CityError("store-older", path=fault.path, found=fault.revision, wanted=fault.known) from None
    except StoreTooNewError as fault:
        raise CityError("store-version", path=fault.path, found=fault.revision, wanted=fault.known) from None
    except StoreDamagedError as fault:
        raise CityError("store-damaged", path=fault.path, what=fault.what) from None
