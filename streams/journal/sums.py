"""Checksums of what a journal holds: of a record with its place, of a small row with all its values."""

from __future__ import annotations

import hashlib

import msgspec


def of_data(number: int, kind: str, data: bytes) -> bytes:
    """Of bytes that lie under a number: the same bytes elsewhere do not match."""
    return hashlib.blake2b(data, digest_size=8, key=f"{number}/{kind}".encode()).digest()


def of_state(name: str, data: bytes) -> bytes:
    """Of a row of an engine's memory: the same bytes under another name do not match."""
    key = hashlib.blake2b(name.encode(), digest_size=16).digest()
    return hashlib.blake2b(data, digest_size=16, key=key).digest()


def of_row(table: str, *values: object) -> bytes:
    """Of a row of `table`, value by value."""
    return hashlib.blake2b(msgspec.msgpack.encode(values), digest_size=8, key=table.encode()).digest()


def sealed(table: str, *values: object) -> tuple[object, ...]:
    """A row of `table` with its checksum behind it."""
    return *values, of_row(table, *values)


def of_book(data: bytes) -> str:
    """Of a book's bytes: the digest that it is known by (`rules.book.Book.digest`)."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()
