"""The gate's verdict on texts."""

from __future__ import annotations
from collections.abc import Sequence
from enum import IntEnum
from streams.refusals import Reason


class Class(IntEnum):
    ID = 0
    PLACE = 1
    PLAIN = 2


class Gate:
    def judge(self, texts: Sequence[str], kind: Class) -> dict[int, Reason]:
        return {}
