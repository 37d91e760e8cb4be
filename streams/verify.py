"""`tocsin verify`: whether the chain of moves is what it was when its heads were sent outside."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from alerts.chain import Head, Proof
from alerts.export import rfc3339
from alerts.heads import read_heads
from streams.city import City
from streams.keyring import read_key
from streams.messages import SpokenError, say
from streams.opened import store_beside
from streams.settings import Settings


def verify(city: City, settings: Settings, files: Sequence[Path]) -> Proof:
    """The proof of a city's chain. `files` hold heads; none given: those that the city names. Raises SpokenError."""
    named = [Path(str(way.options["path"])) for way in city.heads if way.kind == "file"]
    heads = list(_heads(files or named, city.name))
    with store_beside(city.name, settings) as store:
        key = read_key(settings, settings.data / city.name)
        return store.prove(heads, key)


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
