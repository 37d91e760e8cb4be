"""Compressed bytes, unpacked within bounds: gzip and xz, files and bodies. A bomb is refused, not swallowed."""

from __future__ import annotations

import gzip
import io
import lzma
import zlib
from pathlib import Path
from typing import IO, Final

from streams.refusals import Reason, Refused

LARGEST_RATIO: Final = 200
"""Unpacked bytes a packed byte may give. Real rows give 5 to 20; the ratio is looked at beyond FREE_BYTES."""
FREE_BYTES: Final = 8 * 1024 * 1024
LARGEST_FILE: Final = 4 * 1024 * 1024 * 1024
"""Unpacked bytes of one file."""
_CHUNK: Final = 65_536


def unpacked(body: bytes, limit: int) -> bytes:
    """A gzip body, unpacked. `limit`: the most bytes it may give. Raises Refused: bomb, malformed."""
    out: list[bytes] = []
    size = 0
    rest = body
    while rest:
        stream = zlib.decompressobj(wbits=31)
        data = rest
        while data and not stream.eof:
            try:
                piece = stream.decompress(data, _CHUNK)
            except zlib.error:
                raise Refused(Reason.MALFORMED) from None
            size += len(piece)
            if size > limit or (size > FREE_BYTES and size > LARGEST_RATIO * len(body)):
                raise Refused(Reason.BOMB)
            out.append(piece)
            data = stream.unconsumed_tail
        if not stream.eof:
            raise Refused(Reason.MALFORMED)
        rest = stream.unused_data
    return b"".join(out)


def opened(path: Path, limit: int = LARGEST_FILE) -> IO[bytes]:
    """A file to read, unpacked where it ends in .gz or .xz. Reading raises Refused: bomb, malformed."""
    if path.suffix not in (".gz", ".xz"):
        return path.open("rb")
    packed = path.stat().st_size
    stream = gzip.open(path, "rb") if path.suffix == ".gz" else lzma.open(path, "rb")  # noqa: SIM115  closed with the reader
    bound = min(limit, max(FREE_BYTES, LARGEST_RATIO * packed))
    return io.BufferedReader(_Bounded(stream, bound), _CHUNK)


class _Bounded(io.RawIOBase):
    """Passes bytes through until there are more than `limit`."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile | lzma.LZMAFile, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer protocol has no name in 3.11
        try:
            data = self._stream.read(len(buffer))
        except (OSError, EOFError, lzma.LZMAError, zlib.error):
            raise Refused(Reason.MALFORMED) from None
        self._left -= len(data)
        if self._left < 0:
            raise Refused(Reason.BOMB)
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()
