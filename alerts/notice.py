"""A notice: one piece of news of one alert, for one channel of one desk. It lies in the outbox until it is heard."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec

from alerts.alert import Alert, Reason
from alerts.channels.port import Receipt

NoticeState = Literal["pending", "standby", "sent", "dead", "spared"]
"""`standby`: it waits for what it stands in for to fail; `spared`: that one was heard, and this one stays unsaid."""

WAITING: Final[tuple[NoticeState, ...]] = ("pending", "standby")

WEIGHTS: Final[Mapping[Reason, int]] = {
    "flood": 9,
    "first": 8,
    "worse": 8,
    "spread": 7,
    "held": 7,
    "unread": 6,
    "reminder": 6,
    "corrected": 4,
    "withdrawn": 4,
    "taken": 3,
    "unmuted": 3,
    "merged": 2,
    "over": 1,
}
"""Among notices of one rank: what asks for somebody goes before what lets somebody go."""

GIVE_UP_AFTER_MS: Final = 24 * 3_600_000
GIVE_UP_ATTEMPTS: Final = 100
"""After so long *and* so many tries a notice becomes a dead letter: kept, counted, put back by hand.

Both, because a clock that leaps a day ahead must not bury what was tried once.
"""

BACKOFF_FIRST_MS: Final = 1_000
BACKOFF_TOP_MS: Final = 300_000
WAIT_TOP_MS: Final = 3_600_000
"""No honest wait is longer (`Retry-After` is cut to it): a later `next_try_at` means that the clock went back."""


SENDS_KEPT_MS: Final = 600_000
"""When messages left is kept for so long: longer than any budget looks back."""


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
    count: int = 0  # alerts it stands for: of a flood those held, of a hand-over those owed, of a mute those hidden
    about: str = ""  # speaks of in place of its alert: a desk (unread, flood), a report (unmuted), a list (held)
    covers: str = ""  # id of the notice that it stands in for
    digest: str = ""  # id of the message that holds it, from just before that is sent: a digest's, or its own

    @property
    def urgency(self) -> int:
        """The higher, the sooner: by rank, then by reason."""
        return urgency(self.alert.rank, self.reason)


class Backlog(msgspec.Struct, frozen=True):
    """What one channel still owes. `oldest_at`: when its oldest pending notice was written, ms UTC; 0: none."""

    channel: str
    pending: int
    dead: int
    oldest_at: int


def urgency(rank: int, reason: Reason) -> int:
    return 10 * rank + WEIGHTS[reason]


def compose(
    alert: Alert,
    reason: Reason,
    desk: str,
    channel: str,
    wall_at: int,
    *,
    count: int = 0,
    mark: str = "",
    covers: str = "",
    after: int = 0,
    about: str = "",
) -> Notice:
    """The notice that tells `desk` over `channel` of the move that brought `alert` to where it is.

    `mark` tells apart what one move says again (the second reminder); `covers` and `after` (ms) make it a stand-in.
    """
    return Notice(
        id=_id(alert, desk, channel, mark),
        city=alert.city,
        alert_id=alert.id,
        desk=desk,
        channel=channel,
        reason=reason,
        created_at=wall_at,
        alert=alert,
        state="standby" if covers else "pending",
        next_try_at=wall_at + after,
        give_up_at=wall_at + after + GIVE_UP_AFTER_MS,
        count=count,
        covers=covers,
        about=about,
    )


def tell(
    alert: Alert,
    reason: Reason,
    desk: str,
    channels: Sequence[str],
    standby: Mapping[str, int],
    wall_at: int,
    *,
    count: int = 0,
    mark: str = "",
    about: str = "",
) -> Iterator[Notice]:
    """The notices that one move owes one desk: one a channel, in the desk's order.

    `standby`: channel -> ms. Such a channel stands in for the one before it, where that was not heard after so long;
    stand-ins in a row take over from one another.
    """
    covers, after = "", 0
    for channel in channels:
        waits = standby.get(channel, 0) if covers else 0
        after = min(after + waits, WAIT_TOP_MS) if waits else 0
        notice = compose(
            alert,
            reason,
            desk,
            channel,
            wall_at,
            count=count,
            mark=mark,
            covers=covers if waits else "",
            after=after,
            about=about,
        )
        covers = notice.id
        yield notice


def _id(alert: Alert, desk: str, channel: str, mark: str) -> str:
    name = "\x00".join((alert.signal.id, desk, channel, *([mark] if mark else [])))
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def digest_id(notices: Iterable[Notice]) -> str:
    """The id of a digest: of what it holds, so that a repeat is known as one."""
    return hashlib.blake2b("\x00".join(notice.id for notice in notices).encode(), digest_size=16).hexdigest()


def backoff(attempt: int) -> int:
    """How long to wait after the `attempt`-th failure (1 is the first), ms: doubling from 1 s up to 5 min.

    >>> [backoff(n) // 1000 for n in (1, 2, 3, 9, 10, 10_000)]
    [1, 2, 4, 256, 300, 300]
    """
    return min(BACKOFF_FIRST_MS << min(attempt - 1, 20), BACKOFF_TOP_MS)


def settled(notice: Notice, receipt: Receipt, *, doubted: bool = False) -> Notice:
    """The notice after a try. Accepted: sent. Refused, or too old: dead. Else it waits for its next try.

    What a digest surely did not bring is free to go another way, also where the digest was refused: that says nothing
    of what it held. What it perhaps brought stays in it; so does what an earlier try perhaps brought (`doubted`).
    """
    attempts = notice.attempts + 1
    if receipt.outcome == "accepted":
        return msgspec.structs.replace(notice, state="sent", attempts=attempts, receipt=receipt)
    spent = attempts >= GIVE_UP_ATTEMPTS and receipt.at >= notice.give_up_at
    alone = notice.digest in ("", notice.id)
    if (receipt.outcome == "refused" and alone) or spent:
        return msgspec.structs.replace(notice, state="dead", attempts=attempts, receipt=receipt)
    wait = min(max(backoff(attempts), receipt.retry_after), WAIT_TOP_MS)
    stays = receipt.outcome == "in_doubt" or (doubted and receipt.outcome == "failed")
    digest = notice.digest if stays else ""
    return msgspec.structs.replace(
        notice,
        state="pending",
        attempts=attempts,
        next_try_at=receipt.at + wait,
        receipt=receipt,
        digest=digest,
    )


def released(standby: Notice, told: Notice, at: int) -> Notice | None:
    """What becomes of a stand-in once what it covers was `told` (sent, spared or dead) at `at`; None: nothing."""
    if standby.state not in WAITING:
        return None
    if told.state in ("sent", "spared"):
        return msgspec.structs.replace(standby, state="spared")
    if told.state == "dead" and standby.next_try_at > at:
        return msgspec.structs.replace(standby, next_try_at=at)
    return None


def revived(notice: Notice, now: int) -> Notice:
    """A dead letter put back by hand: its day begins anew."""
    return msgspec.structs.replace(
        notice, state="pending", attempts=0, next_try_at=now, give_up_at=now + GIVE_UP_AFTER_MS, digest=""
    )


def is_due(notice: Notice, now: int) -> bool:
    """Whether a waiting notice may be tried at `now` (ms UTC)."""
    return notice.state in WAITING and not now < notice.next_try_at <= now + WAIT_TOP_MS
