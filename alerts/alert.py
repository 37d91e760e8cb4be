"""An alert: someone owes a decision. The whole present state, as store, channels and pages read it."""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

from alerts.duty import NOBODY, Duty, Heard
from rules.signals import Signal

AlertState = Literal["open", "over", "withdrawn", "merged"]
"""What the engine says of it. What the desk has done about it is its duty (`alerts.duty`)."""

Reason = Literal[Heard, "reminder", "taken", "flood", "held", "unread", "unmuted"]
"""Why a notice goes out: a closed list. What the engine says, and what is the desk's own: `reminder`, told before and
not taken; `taken`, somebody has what several were asked for; `flood`, one for many that are held; `held`, a list of
them; `unread`, nobody has read a hand-over; `unmuted`, a mute has ended."""

REASONS: Final[tuple[Reason, ...]] = get_args(Reason)


class Move(msgspec.Struct, frozen=True):
    """One change of an alert's state. `at` is city time, `wall_at` the desk's clock; both ms UTC."""

    at: int
    wall_at: int
    reason: Heard
    colour: str
    observed: int
    area: str


class Alert(msgspec.Struct, frozen=True, omit_defaults=True):
    """`signal` is the last one applied; `moves` oldest first; `announced_at` is the desk's wall time, ms.

    No moves: the desk was never told (withdrawn before it was announced), and `announced_at` is 0.
    """

    id: str
    city: str
    state: AlertState
    desk: str  # the first desk that hears it
    rank: int
    colour: str
    announced_at: int
    signal: Signal
    moves: tuple[Move, ...]
    duty: Duty = NOBODY

    @property
    def ended_at(self) -> int:
        """City time at which it was over, withdrawn or merged; 0 while it runs."""
        if self.state == "open":
            return 0
        return self.signal.over_at or self.signal.at

    @property
    def told_otherwise(self) -> bool:
        """Whether it had another colour when its first desk was interrupted for it."""
        then = [move.colour for move in self.moves if move.wall_at <= self.duty.told_at]
        return bool(self.duty.told_at and then) and then[-1] != self.colour


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Alert)


def encode(alert: Alert) -> bytes:
    """The bytes of an alert as they lie in the store (JSON)."""
    return _ENCODER.encode(alert)


def decode(data: bytes) -> Alert:
    """The alert in `data`. Raises msgspec.ValidationError where it is none."""
    return _DECODER.decode(data)
