"""What leaves over a channel at once: a notice by itself, or a digest of many. Their words, their bytes, their link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.channels.port import Channel, Message
from alerts.export import line, rfc3339
from alerts.notice import Notice, digest_id
from alerts.words import digest_title, notice_title, notice_words
from rules.book import Book

DIGEST_BYTES: Final = 60_000
"""Of a digest where the channel names no bound of its own."""

LinkOf = Callable[[Notice], str]
"""The signed address under which the desk may take the alert of a notice; "": none."""


@dataclass(frozen=True, slots=True)
class Letter:
    """`notices`: most urgent first; one that goes by itself, or those of the digest called `digest`.

    `doubted`: an earlier try of the same letter was perhaps heard.
    """

    notices: tuple[Notice, ...]
    digest: str = ""
    doubted: bool = False

    @property
    def id(self) -> str:
        return self.digest or self.notices[0].id


class Letters:
    """Makes letters, and the messages that carry them."""

    def __init__(self, books: Callable[[str], Book], link: LinkOf | None = None) -> None:
        self._books = books
        self._link = link

    def single(self, notice: Notice) -> Letter:
        return Letter((notice,))

    def digest(self, due: Sequence[Notice], channel: Channel) -> Letter:
        """As many of `due` as one message takes, a line each, none cut; a notice that is alone goes by itself."""
        left = channel.limits.text_bytes or DIGEST_BYTES
        left -= len(digest_title(due, channel.language).encode())
        held: list[Notice] = []
        for notice in due:
            left -= 1 + len(self._line(notice, channel).encode())
            if left < 0 and held:
                break
            held.append(notice)
        return Letter(tuple(held), digest_id(held)) if len(held) > 1 else self.single(held[0])

    def again(self, held: Sequence[Notice]) -> Letter:
        """The letter that is in doubt, by itself or a digest: the same once more."""
        alone = held[0].digest == held[0].id
        return Letter(tuple(held), "" if alone else held[0].digest, doubted=True)

    def message(self, letter: Letter, channel: Channel) -> Message:
        """Never raises: words that fail are plain evidence."""
        first, language = letter.notices[0], channel.language
        book = self._books(first.city)
        if not letter.digest:
            words = notice_words(first, book, language)
            title, text, alert = (
                words.title,
                words.text,
                {} if first.about else {**line(first.alert, book, language), "stage": first.alert.duty.stage},
            )
        else:
            title = digest_title(letter.notices, language)
            text = "\n".join(self._line(notice, channel) for notice in letter.notices)
            alert = {}
        return Message(
            id=letter.id,
            city=first.city,
            desk=first.desk,
            reason=first.reason,
            language=language,
            title=title,
            text=text,
            alert=alert,
            created_at=rfc3339(first.created_at),
            exercise=all(_is_exercise(notice) for notice in letter.notices),
            link=self._link(first) if self._link and not letter.digest else "",
            holds=tuple(notice.id for notice in letter.notices) if letter.digest else (),
        )

    def _line(self, notice: Notice, channel: Channel) -> str:
        return notice_title(notice, self._books(notice.city), channel.language)


def _is_exercise(notice: Notice) -> bool:
    """A notice of a flood or of a desk stands for others than its alert."""
    return notice.alert.signal.kind == "exercise" and notice.reason not in ("flood", "unread")
