"""What lies under an encoding: percent, HTML entities, escapes, base64, base32, hex, UTF-16, gzip; three deep."""

from __future__ import annotations

import base64
import binascii
import html
import re
import urllib.parse
import zlib
from collections.abc import Iterator
from typing import Final

DEEPEST: Final = 4
"""Encodings inside one another that are taken off."""
MOST: Final = 32
"""Texts looked at for one value."""
_UNPACKED: Final = 65_536

_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_ENTITY: Final = re.compile(r"&#?[0-9A-Za-z]{2,8};")
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2}))")
_QUOTED: Final = re.compile(r"(?:=[0-9A-F]{2}){4,}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/_-]{10,}={0,2}")
_BASE32: Final = re.compile(r"[A-Z2-7]{16,}={0,6}")
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2}[ :-]?){7,}")


def layers(text: str) -> Iterator[str]:
    """Every readable text that the value holds under an encoding, outermost first, without the value itself."""
    seen = {text}
    level = [text]
    for _ in range(DEEPEST):
        under: list[str] = []
        for outer in level:
            for inner in _decoded(outer):
                if inner not in seen and len(seen) <= MOST:
                    seen.add(inner)
                    under.append(inner)
                    yield inner
        level = under


def _decoded(text: str) -> Iterator[str]:
    if _PERCENT.search(text):
        yield urllib.parse.unquote(text, errors="replace")
        yield from _texts(urllib.parse.unquote_to_bytes(text))
    if _ENTITY.search(text):
        yield html.unescape(text)
    if _ESCAPE.search(text):
        yield _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), text)
    for run in _QUOTED.findall(text):
        yield from _texts(bytes.fromhex(run.replace("=", "")))
    for run in _HEX.findall(text):
        digits = re.sub("[ :-]", "", run)
        data = bytes.fromhex(digits)
        if digits.isdigit() and not data.isascii():
            continue  # a plain number: chance makes Chinese characters of it
        yield from _texts(data)
    for run in _BASE64.findall(text):
        if run.isdigit():
            continue
        yield from _texts(_from_base64(run))
    for run in _BASE32.findall(text):
        yield from _texts(_from_base32(run))
    if not text.isascii():
        yield from _texts(text.encode("latin-1", "ignore"))
        yield from _mistaken(text)


def _from_base64(run: str) -> bytes:
    body = run.rstrip("=").translate(str.maketrans("-_", "+/"))
    if len(body) % 4 == 1:
        body = body[:-1]
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return b""


def _from_base32(run: str) -> bytes:
    body = run.rstrip("=")
    try:
        return base64.b32decode(body + "=" * (-len(body) % 8))
    except (binascii.Error, ValueError):
        return b""


def _texts(data: bytes) -> Iterator[str]:
    """Bytes as text, where they make any: UTF-8, UTF-16, GB 18030, or any of these packed by gzip or zlib."""
    if len(data) < 4:
        return
    unpacked = _unpacked(data)
    if unpacked:
        yield from _texts(unpacked)
    for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
        if encoding.startswith("utf-16") and len(data) % 2:
            continue
        try:
            text = data.decode(encoding).lstrip("\ufeff")
        except UnicodeDecodeError:
            continue
        if _readable(text):
            yield text


def _readable(text: str) -> bool:
    """Letters, digits and common marks of ASCII and Chinese: what chance does not make out of random bytes."""
    if len(text) < 2:
        return False
    good = sum(" " <= char <= "~" or "\u4e00" <= char <= "\u9fff" or "\uff00" <= char <= "\uffee" for char in text)
    return good >= 0.8 * len(text)


def _unpacked(data: bytes) -> bytes:
    if data[:2] == b"\x1f\x8b":
        window = 31
    elif data[0] & 0x0F == 8 and (data[0] * 256 + data[1]) % 31 == 0:
        window = 15
    else:
        return b""
    try:
        return zlib.decompressobj(wbits=window).decompress(data, _UNPACKED)
    except zlib.error:
        return b""


def _mistaken(text: str) -> Iterator[str]:
    """ASCII read two bytes at a time as UTF-16: `13` becomes one character."""
    for encoding in ("utf-16-le", "utf-16-be"):
        data = text.encode(encoding, "ignore")
        if data.isascii():
            yield data.decode("ascii")
