"""What one operator orders at once: checked, handed over on either road, and reviewed by a second account in its day.

The Order itself carries the account and the reason, so that the log of the city tells them on both roads; on one
machine they are in the desk's chain too. A command names its account: whoever may write the data folder, or the topic
of orders, could write what he liked there anyway.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from msgspec import structs

from alerts.access.accounts import FILE, Accounts
from alerts.access.roles import NUMBER
from rules.records import ByHand, Review, Shadowing, UseBook, encode
from streams.arguments import is_kafka, settings_of
from streams.city import City
from streams.clock import WallClock
from streams.gate import Class, Gate
from streams.handover import hand_over_order, lay_and_wait
from streams.messages import SpokenError, say
from streams.opened import city_of, journal_of
from streams.rewind import engine_beside
from streams.settings import Settings
from streams.worker_command import road

Signed = TypeVar("Signed", bound=ByHand | Review | UseBook | Shadowing)
REASON_LONGEST: Final = 200
GIVES: Final = ("operator",)
REVIEWS: Final = ("operator", "supervisor", "audit")
"""Roles of which one is needed to give an order, or to review one."""

By = Annotated[str, typer.Option("--by", metavar="NUMBER", help="Duty number of the account that says so.")]
Why = Annotated[str, typer.Option("--reason", help="Why, in a few words; no name, no number of a person.")]
RoadOption = Annotated[str, typer.Option("--road", help="local, or kafka: into the topic of orders.")]


@dataclass(frozen=True, slots=True)
class Hand:
    """Who orders what of which city, and whether over the Kafka road."""

    city: City
    settings: Settings
    by: str
    reason: str
    on_kafka: bool = False

    @classmethod
    def of(
        cls, folder: Path, by: str, reason: str, data: Path | None, on: str, brokers: str | None,
        roles: tuple[str, ...] = GIVES,
    ) -> Hand:  # fmt: skip
        """Raises SpokenError for a number that is none, an account that may not, or a reason that says too much."""
        on_kafka = is_kafka(on)
        settings = settings_of(data=data, kafka=brokers)
        hand = cls(city_of(folder, settings.language), settings, by, reason.strip(), on_kafka)
        hand._check_account(roles)
        checked_reason(reason)
        return hand

    def _check_account(self, roles: tuple[str, ...]) -> None:
        """Where there are accounts, one of them; a number that is none is not repeated: it may be a name."""
        if not NUMBER.fullmatch(self.by):
            raise SpokenError("user-wrong-number", what="")
        path = self.settings.data / FILE
        if not path.exists() or (accounts := Accounts(path)).empty():
            return
        account = accounts.account(self.by)
        if account is None or self.city.name not in account.areas or not set(roles) & set(account.roles):
            raise SpokenError("order-may-not", number=self.by, roles=", ".join(roles), city=self.city.name)

    def give(self, order: ByHand | Review | Shadowing, done: str, **told: object) -> None:
        """Hand the order over, and wait a little for the city to take it; then say so."""
        at = WallClock().now()
        given = signed(order, self.by, self.reason, at)
        if self.on_kafka:
            road("orders").give(self.settings.brokers, self.city.name, given)
            taken = True
        else:
            folder = self.settings.data / self.city.name
            taken = lay_and_wait(folder, lambda: hand_over_order(folder, given, at))
        language = self.settings.language
        typer.echo(say(done if taken else "order-waits", language, city=self.city.name, **told))
        if isinstance(order, ByHand):
            typer.echo(say("order-to-review", language, id=given.id, city=self.city.name))

    def check_owed(self, order: str) -> None:
        """On one machine it is known which orders wait for a review. Raises SpokenError."""
        path = journal_of(self.city.name, self.settings)
        if self.on_kafka or not path.exists():
            return
        owed = engine_beside(path).reviews.owed
        if order not in owed:
            raise SpokenError("order-not-owed", id=order[:40], city=self.city.name, known=", ".join(owed) or "-")
        if owed[order].by == self.by:
            raise SpokenError("order-own", number=self.by)


def checked_reason(reason: str) -> str:
    """A reason without blanks around it. Raises SpokenError for one that is none, too long, or tells of a person."""
    reason = reason.strip()
    if not reason or len(reason) > REASON_LONGEST or "\n" in reason:
        raise SpokenError("order-reason", most=REASON_LONGEST)
    if Gate().verdict(reason, Class.PLAIN) is not None:
        raise SpokenError("order-reason-tells")
    return reason


def signed(order: Signed, by: str, reason: str, at: int) -> Signed:
    """The order with account, reason, and an id of ten hexadecimal digits. `at`: when it was given, ms."""
    given = structs.replace(order, by=by, reason=reason)
    digest = hashlib.blake2b(encode(given) + at.to_bytes(8, "big", signed=True), digest_size=5).hexdigest()
    return structs.replace(given, id=digest)
