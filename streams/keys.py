"""Keyed hashes: what is only ever compared is never stored.

Identities, matters and places leave intake as keyed hashes (BLAKE2b) under the city's secret key. Who holds
a log but not the key cannot try all telephone numbers against it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

UintArray = NDArray[np.uint64]
Domain = Literal["matter", "place", "code", "partition"]

SHORTEST_KEY: Final = 16
"""Bytes. A shorter secret is refused."""
_SEPARATOR: Final = "\x1f"
_FIRST: Final = np.uint64(0x9E3779B97F4A7C15)
_SECOND: Final = np.uint64(0xBF58476D1CE4E5B9)
_THIRD: Final = np.uint64(0x94D049BB133111EB)


class Keys:
    """The keyed hashes of one city. `secret` is the city's key, at least 16 bytes (ValueError otherwise).

    Every use has its own domain, so that equal texts in two fields do not show as equal.
    """

    __slots__ = ("_digest", "_id", "_seed", "_short")

    def __init__(self, secret: bytes) -> None:
        if len(secret) < SHORTEST_KEY:
            raise ValueError(f"the city's key has {len(secret)} bytes; it needs {SHORTEST_KEY} or more")
        key = hashlib.blake2b(secret, digest_size=32).digest()
        self._id = hashlib.blake2b(key=key, digest_size=16, person=b"id")
        self._digest = hashlib.blake2b(key=key, digest_size=16, person=b"digest")
        self._short = {
            domain: hashlib.blake2b(key=key, digest_size=8, person=domain.encode())
            for domain in ("matter", "place", "code", "partition")
        }
        self._seed = np.frombuffer(hashlib.blake2b(key=key, digest_size=8, person=b"content").digest(), "<u8")[0]

    def identities(self, sources: Sequence[str], ids: Sequence[str]) -> UintArray:
        """Hashes of (source, id), shape (n, 2): the columns `id0` and `id1` of a row."""
        begun = {source: self._begun(source) for source in set(sources)}
        digests = []
        for source, text in zip(sources, ids, strict=True):
            state = begun[source].copy()
            state.update(text.encode("utf-8", "surrogatepass"))
            digests.append(state.digest())
        return np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)

    def _begun(self, source: str) -> hashlib.blake2b:
        """The hash of an identity as far as its source goes."""
        state = self._id.copy()
        state.update(f"{len(source)}{_SEPARATOR}{source}{_SEPARATOR}".encode("utf-8", "surrogatepass"))
        return state

    def short(self, domain: Domain, text: str) -> int:
        """Eight bytes of hash as an integer, never 0; 0 stands for the empty text."""
        if not text:
            return 0
        state = self._short[domain].copy()
        state.update(text.encode("utf-8", "surrogatepass"))
        return int.from_bytes(state.digest(), "little") or 1

    def contents(self, columns: Sequence[NDArray[np.integer[Any]]]) -> UintArray:
        """One hash a row over columns of 64-bit values, each of shape (n,); a change in any cell changes it.

        A keyed mix (splitmix64 steps), vectorised: it only tells equal contents from different ones and
        picks the same winner everywhere. What it mixes are numbers and hashes that are keyed already.
        """
        state = np.full(len(columns[0]), self._seed, np.uint64)
        for number, column in enumerate(columns, start=1):
            cells = column.astype(np.uint64) if column.dtype.kind == "u" else column.astype(np.int64).view(np.uint64)
            state = _mixed(state ^ cells) + np.uint64(number)
        return _mixed(state)

    def digest(self, data: bytes) -> str:
        """What is kept of bytes that may not be kept: 32 hex digits, the same for the same bytes in this city."""
        state = self._digest.copy()
        state.update(data)
        return state.hexdigest()


def _mixed(state: UintArray) -> UintArray:
    state = state + _FIRST
    state = (state ^ (state >> np.uint64(30))) * _SECOND
    state = (state ^ (state >> np.uint64(27))) * _THIRD
    return state ^ (state >> np.uint64(31))
