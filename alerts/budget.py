"""How a channel's messages a minute are spent. Pure: what was sent, what is due, what time it is.

Half of them may carry one notice each. Where more is due than they hold, all of it goes into one digest, and the next
one follows a gap later: in the midst of a storm the next red alert waits for that gap (6 s at 20 a minute), and for no
minute to pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

WINDOW_MS: Final = 60_000
SEND_MS: Final = 10_000
"""No try of a channel takes longer: a message that left counts from then on, as the other side may count it so late."""

Plan = Literal["one", "digest", "wait"]


def plan(sent: Sequence[int], now: int, per_minute: int, due: int) -> Plan:
    """What may leave at `now` (ms). `sent`: when earlier messages had surely arrived, oldest first; `due`: notices.

    >>> plan([], 60_000, 20, 10), plan([], 60_000, 20, 11), plan([59_000], 60_000, 20, 11)
    ('one', 'digest', 'wait')
    >>> plan(range(1, 11), 60_000, 20, 1), plan(range(1, 21), 60_000, 20, 1)
    ('digest', 'wait')
    """
    recent = [at for at in sent if at > now - WINDOW_MS]
    if len(recent) >= per_minute:
        return "wait"
    alone = max(1, per_minute // 2)
    if due <= alone - len(recent):
        return "one"
    gap = WINDOW_MS // max(1, per_minute - alone)
    return "digest" if not recent or now - recent[-1] >= gap else "wait"


def arrived(begun: Iterable[int], now: int) -> list[int]:
    """When messages that began to leave at `begun`, in an earlier life, had surely arrived.

    None lies further ahead than one try, also after a clock that went back.
    """
    return sorted(min(at, now) + SEND_MS for at in begun)


def in_window(sent: Iterable[int], now: int) -> list[int]:
    """Those of `sent` that still count at `now`; a time from before the clock went back counts as now."""
    return sorted(min(at, now + SEND_MS) for at in sent if at > now - WINDOW_MS)
