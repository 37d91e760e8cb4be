"""The local runtime: a city's log, engine and desk in one process."""

from streams.runtime.parcels import Parcel, Receipt, Recovery
from streams.runtime.ports import ClockKind, Desk, EngineLike, Engines, Listener
from streams.runtime.shard import Shard
from streams.runtime.showing import Shown
from streams.runtime.writer import QueueFullError, StoppedError, Writer

__all__ = [
    "ClockKind",
    "Desk",
    "EngineLike",
    "Engines",
    "Listener",
    "Parcel",
    "QueueFullError",
    "Receipt",
    "Recovery",
    "Shard",
    "Shown",
    "StoppedError",
    "Writer",
]
