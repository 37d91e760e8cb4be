"""Whether the topics that a desk hears are those that it has heard: one that was made anew has another id (KIP-516),
however far it has grown. What the store knows of a topic lies beside how far it was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from alerts.database import DatabaseStore
from alerts.offsets import Partition, ReadTo
from streams.brokers import Address
from streams.clock import Clock
from streams.kafka import clients
from streams.kafka.topics import SIGNALS
from streams.messages import SpokenError

LOOK_SECONDS: Final = 60.0
"""So often is looked whether the topic of signals is still the same one."""
GLANCE_SECONDS: Final = 2.0
"""So long may that take: clocks wait meanwhile."""
_MADE: Final = "{}, made"
"""Under this name the store keeps of which topic it speaks."""


class SameTopics:
    """`kept`: how far was read of the topics as they are; of counts that were made anew, nothing yet.

    Raises SpokenError where signals were made anew: what comes would be taken for what was heard.
    """

    def __init__(
        self, address: Address, city: str, store: DatabaseStore, places: Sequence[Partition], clock: Clock
    ) -> None:
        self._address, self._city, self._clock = address, city, clock
        self._made = {place[0]: clients.made(address, place[0]) for place in places}
        self.kept: Mapping[Partition, int] = self._heard_of_these(store, places)
        self._looked_at = clock.steady()

    def _heard_of_these(self, store: DatabaseStore, places: Sequence[Partition]) -> Mapping[Partition, int]:
        found = dict(store.offsets())
        changes: list[ReadTo] = []
        for place in places:
            topic, number = place
            at, made = (_MADE.format(topic), number), self._made[topic]
            known, read = found.get(at, 0), found.get(place, 0)
            if known == made:
                continue
            changes.append(ReadTo(*at, known, made))
            if known and read:
                if topic == SIGNALS:
                    raise self._fault(read)
                changes.append(ReadTo(*place, read, 0))
                found[place] = 0
        if changes:
            store.read_on(changes)
        return found

    def _fault(self, read: int) -> SpokenError:
        return SpokenError("desk-signals-anew", city=self._city, topic=SIGNALS, kept=read)

    def look(self, read: int, *, at_once: bool = False) -> None:
        """Now and then, or `at_once`. Raises SpokenError where signals were made anew meanwhile; brokers that do not
        answer are asked later."""
        if not at_once and self._clock.steady() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = self._clock.steady()
        try:
            made = clients.made(self._address, SIGNALS, clients.CALL_SECONDS if at_once else GLANCE_SECONDS)
        except SpokenError:
            return
        if made != self._made[SIGNALS]:
            raise self._fault(read)
