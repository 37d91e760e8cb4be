"""A drill: a message that tries a channel, and that nobody can take for an alert.

It says so in its title, in its text, and as `exercise` in its data. It comes from no alert, and is counted nowhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from alerts.channels.port import Message
from alerts.desks import Channel
from alerts.export import rfc3339
from alerts.words import drill_words
from alerts.words.figures import chosen
from rules.book import Book


def drill(channel: Channel, desk: str, names: Mapping[str, str], book: Book, now: int) -> Message:
    """The drill that goes over `channel` of `desk` at `now` (ms UTC), in the channel's language."""
    language = channel.language
    place, called = chosen(book.names, language, book.city), chosen(names, language, desk)
    title, text = drill_words(channel.name, called, place, language)
    return Message(
        id=hashlib.blake2b(f"drill\x00{channel.name}\x00{now}".encode(), digest_size=16).hexdigest(),
        city=book.city,
        desk=desk,
        reason="first",
        language=language,
        title=title,
        text=text,
        alert={"kind": "exercise", "city": book.city, "state": "over"},
        created_at=rfc3339(now),
        exercise=True,
    )
