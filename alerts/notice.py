"""A notice: one piece of news of one alert, for one channel of one desk. It lies in the outbox until it is heard."""

from __future__ import annotations

import hashlib
from typing import Final, Literal

import msgspec

from alerts.alert import Alert, Reason
from alerts.channels.port import Receipt

NoticeState = Literal["pending", "sent", "dead"]

GIVE_UP_AFTER_MS: Final = 24 * 3_600_000
GIVE_UP_ATTEMPTS: Final = 100
"""After so long *and* so many tries a notice becomes a dead letter: kept, counted, put back by hand.

Both, because a clock that leaps a day ahead must not bury what was tried once.
"""

BACKOFF_FIRST_MS: Final = 1_000
BACKOFF_TOP_MS: Final = 300_000
WAIT_TOP_MS: Final = 3_600_000
"""No honest wait is longer (`Retry-After` is cut to it): a later `next_try_at` means that the clock went back."""


class Notice(msgspec.Struct, frozen=True):
    """`alert` is the alert as it was when the notice was written; times are the desk's clock, ms UTC."""

    id: str  # hash(signal, desk, channel): every try carries the same one
    city: str
    alert_id: str
    desk: str
    channel: str
    reason: Reason
    created_at: int
    alert: Alert
    state: NoticeState = "pending"
    attempts: int = 0
    next_try_at: int = 0
    give_up_at: int = 0
    receipt: Receipt | None = None  # of the last try


def compose(alert: Alert, reason: Reason, desk: str, channel: str, wall_at: int) -> Notice:
    """The notice that tells `desk` over `channel` of the move that brought `alert` to where it is."""
    name = f"{alert.signal.id}\x00{desk}\x00{channel}".encode()
    return Notice(
        id=hashlib.blake2b(name, digest_size=16).hexdigest(),
        city=alert.city,
        alert_id=alert.id,
        desk=desk,
        channel=channel,
        reason=reason,
        created_at=wall_at,
        alert=alert,
        next_try_at=wall_at,
        give_up_at=wall_at + GIVE_UP_AFTER_MS,
    )


def backoff(attempt: int) -> int:
    """How long to wait after the `attempt`-th failure (1 is the first), ms: doubling from 1 s up to 5 min.

    >>> [backoff(n) // 1000 for n in (1, 2, 3, 9, 10, 10_000)]
    [1, 2, 4, 256, 300, 300]
    """
    return min(BACKOFF_FIRST_MS << min(attempt - 1, 20), BACKOFF_TOP_MS)


def settled(notice: Notice, receipt: Receipt) -> Notice:
    """The notice after a try. Accepted: sent. Refused, or too old: dead. Else it waits for its next try."""
    attempts = notice.attempts + 1
    if receipt.outcome == "accepted":
        return msgspec.structs.replace(notice, state="sent", attempts=attempts, receipt=receipt)
    spent = attempts >= GIVE_UP_ATTEMPTS and receipt.at >= notice.give_up_at
    if receipt.outcome == "refused" or spent:
        return msgspec.structs.replace(notice, state="dead", attempts=attempts, receipt=receipt)
    wait = min(max(backoff(attempts), receipt.retry_after), WAIT_TOP_MS)
    return msgspec.structs.replace(notice, attempts=attempts, next_try_at=receipt.at + wait, receipt=receipt)


def revived(notice: Notice, now: int) -> Notice:
    """A dead letter put back by hand: its day begins anew."""
    return msgspec.structs.replace(
        notice, state="pending", attempts=0, next_try_at=now, give_up_at=now + GIVE_UP_AFTER_MS
    )


def is_due(notice: Notice, now: int) -> bool:
    """Whether a pending notice may be tried at `now` (ms UTC)."""
    return notice.state == "pending" and not now < notice.next_try_at <= now + WAIT_TOP_MS
