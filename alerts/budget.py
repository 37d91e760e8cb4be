"""How a channel's messages a minute are spent. Pure: what was sent, what is due, what time it is.

Half of them carry one notice each. What is over that goes into digests, the other half, evenly spaced: in the midst of
a storm the next red alert waits for one gap between two digests (6 s at 20 a minute), and for no minute to pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

WINDOW_MS: Final = 60_000
SEND_MS: Final = 10_000
"""No try of a channel takes longer: a message that left counts from then on, as the other side may count it so late."""

Plan = Literal["one", "digest", "wait"]


def plan(sent: Sequence[int], now: int, per_minute: int) -> Plan:
    """What may leave at `now` (ms). `sent`: when earlier messages had surely arrived, oldest first.

    >>> plan([], 60_000, 20), plan(range(1, 11), 60_000, 20), plan(range(50_001, 50_011), 60_000, 20)
    ('one', 'digest', 'digest')
    >>> plan(range(59_991, 60_001), 60_000, 20), plan(range(1, 21), 60_000, 20)
    ('wait', 'wait')
    """
    recent = [at for at in sent if at > now - WINDOW_MS]
    alone = max(1, per_minute // 2)
    if len(recent) >= per_minute:
        return "wait"
    if len(recent) < alone:
        return "one"
    gap = WINDOW_MS // (per_minute - alone) if per_minute > alone else WINDOW_MS
    return "digest" if now - recent[-1] >= gap else "wait"


def arrived(begun: Iterable[int], now: int) -> list[int]:
    """When messages that began to leave at `begun`, in an earlier life, had surely arrived.

    None lies further ahead than one try, also after a clock that went back.
    """
    return sorted(min(at, now) + SEND_MS for at in begun)


def in_window(sent: Iterable[int], now: int) -> list[int]:
    """Those of `sent` that still count at `now`; a time from before the clock went back counts as now."""
    return sorted(min(at, now + SEND_MS) for at in sent if at > now - WINDOW_MS)
