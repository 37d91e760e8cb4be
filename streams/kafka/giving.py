"""What a desk's pages order of the engine: into the topic of orders, and into the desk's chain, who and when.

The log tells the same, and is what the engine obeys. What was ordered elsewhere, by a command, comes into the chain
when the engine is seen to have it; what is found there already is not written twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

from msgspec import structs

from alerts.acting import Acting
from alerts.chain import Ordered
from alerts.ordered import ordered
from rules.reviews import Owed
from streams.brokers import Address
from streams.kafka import orders
from streams.releases.swap import Swap
from streams.workshop.hands import Given


class TopicHands:
    """One city's (`streams.workshop.hands.Hands`). `keeping`: around each write, for a disk that is full."""

    def __init__(
        self, address: Address, city: str, acting: Acting, keeping: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._address, self._city, self._acting, self._keeping = address, city, acting, keeping
        self._known: set[str] = set()
        self._lock = threading.Lock()

    def give(self, order: Given, at: int) -> bool:
        """Once the brokers have it, it acts after the last tick before it. Raises SpokenError."""
        self._sent(order.id, lambda: orders.give(self._address, self._city, order))
        self._note(ordered(order, at))
        return True

    def swap(self, swap: Swap, at: int) -> bool:
        self._sent(swap.id, lambda: orders.release(self._address, self._city, swap))
        self._note(structs.replace(ordered(swap.order, at), id=swap.id, about=swap.release))
        return True

    def seen(self, owed: Iterable[Owed]) -> None:
        """Orders that the engine has, and that wait for a review."""
        for one in owed:
            with self._lock:
                known = one.id in self._known
                self._known.add(one.id)
            if not known:
                about = one.rule or one.feed or (f"{one.area}, {one.category}" if one.area else "")
                self._note(Ordered(one.at, one.id, one.kind, about, one.reason, account=one.by))

    def _sent(self, order: str, send: Callable[[], None]) -> None:
        """The engine may be seen to have it before this thread comes to write it down."""
        with self._lock:
            self._known.add(order)
        try:
            send()
        except BaseException:
            with self._lock:
                self._known.discard(order)
            raise

    def _note(self, entry: Ordered) -> None:
        with self._keeping():
            self._acting.ordered(entry)
