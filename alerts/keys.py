"""What is asked for twice under one key is done once: the chain knows what was asked for under it."""

from __future__ import annotations

from typing import TypeVar

from alerts.chain import Handover, Missed, Mute, decode
from alerts.duty import Act
from alerts.store import Store


class KeyUsedError(Exception):
    """A form under a key under which something else was asked for before. Nothing was written."""


Asked = TypeVar("Asked", Act, Missed, Mute, Handover)


def repeated(store: Store, entry: Asked, alert_id: str = "") -> Asked | None:
    """What stands in the chain of an alert (of "": among what moves none) under the key of `entry`; None: nothing does,
    or it has no key. Raises KeyUsedError where something else was asked for under it."""
    acts = (decode(one.body).act for one in store.links_of(alert_id)) if entry.key else ()
    known = next((act for act in acts if act.key == entry.key), None)
    if known is None:
        return None
    if not isinstance(known, type(entry)) or _said(known) != _said(entry):
        raise KeyUsedError
    return known


def _said(entry: Act | Missed | Mute | Handover) -> tuple[str, ...]:
    """What somebody asked for, without what was made of it."""
    match entry:
        case Act():
            return entry.verb, entry.outcome, entry.why, entry.note
        case Missed():
            return entry.area, entry.category, str(entry.time), entry.note
        case Mute():
            return entry.area, entry.category, entry.rule, str(entry.until), entry.reason, str(entry.top)
        case Handover():
            return entry.step, entry.desk, entry.note
