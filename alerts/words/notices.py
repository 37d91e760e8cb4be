"""The title and text of a notice, made from the evidence of its alert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
import structlog

from alerts.alert import Alert, Reason
from alerts.listing import Row, listing_in
from alerts.mutes import Report, report_in
from alerts.notice import Notice
from alerts.words import sentences as s
from alerts.words.catalogue import say
from alerts.words.figures import chosen, clock_time, duration, listed, node_name, number, one_line
from rules.book import Book
from rules.signals import COUNTED, ON_MATTERS, OwedAnswers, Share, SignalKind
from rules.trees import Tree

SHARES_SHOWN: Final = 5

_TITLES: Final[Mapping[SignalKind, Mapping[Reason, str]]] = {
    "spike": s.COUNT_TITLES,
    "threshold": s.COUNT_TITLES,
    "drop": s.DROP_TITLES,
    "accumulated": s.RISE_TITLES,
    "first_seen": s.NEW_TITLES,
    "deadline": s.MATTER_TITLES,
    "repeat": s.MATTER_TITLES,
    "sequence": s.MATTER_TITLES,
    "absence": s.MATTER_TITLES,
    "silence": s.SILENCE_TITLES,
    "stopped": s.STOPPED_TITLES,
    "review": s.REVIEW_TITLES,
    "exercise": s.EXERCISE_TITLES,
}
_FIGURES: Final[Mapping[SignalKind, str]] = {
    "spike": s.SPIKE_FIGURES,
    "threshold": s.THRESHOLD_FIGURES,
    "drop": s.DROP_FIGURES,
    "accumulated": s.SPIKE_FIGURES,
    "first_seen": s.NEW_FIGURES,
}
_ON_MATTERS: Final[Mapping[SignalKind, str]] = {
    "repeat": s.REPEATED,
    "sequence": s.FOLLOWED,
    "absence": s.MISSED,
}
_GUIDED: Final[frozenset[Reason]] = frozenset(("first", "worse", "spread", "reminder"))
"""News that asks for something to be done."""

_log = structlog.get_logger(__name__)


class Words(msgspec.Struct, frozen=True):
    """`text` is a few lines of whole sentences. `broken`: the template failed, and this is plain evidence."""

    title: str
    text: str
    broken: bool = False


def notice_words(notice: Notice, book: Book, language: str) -> Words:
    """What `notice` says in `language` (English where there is no catalogue). Never raises."""
    try:
        speech = _Speech(notice, book, language)
        return Words(speech.title(), "\n".join(speech.lines()))
    except Exception as fault:  # noqa: BLE001 - cosmetics may fail visibly; they never swallow an alert
        _log.error("words_broken", notice=notice.id, language=language, fault=type(fault).__name__)
        return Words(f"{notice.reason}: {notice.alert.colour} {notice.alert.signal.rule}", plain(notice.alert), True)


def notice_title(notice: Notice, book: Book, language: str) -> str:
    """The title alone, a line of a digest: colour, what and where. Never raises."""
    try:
        return _Speech(notice, book, language).title()
    except Exception:  # noqa: BLE001 - told in the log, and as plain evidence, by the words of the whole
        return notice_words(notice, book, language).title


def digest_title(notices: Sequence[Notice], language: str) -> str:
    """What stands above a digest: how many, and the highest colour. Never raises."""
    top = max(notices, key=lambda notice: notice.alert.rank).alert.colour
    try:
        return say(language, s.DIGEST_TITLE, count=number(len(notices), language), colour=colour_name(top, language))
    except Exception as fault:  # noqa: BLE001 - as above
        _log.error("words_broken", notice="digest", language=language, fault=type(fault).__name__)
        return f"{len(notices)} {top}"


def drill_words(channel: str, desk: str, city: str, language: str) -> tuple[str, str]:
    """Title and text of a drill."""
    title = say(language, s.DRILL_TITLE, title=say(language, s.DRILL_ABOUT, channel=channel))
    return title, say(language, s.DRILL, channel=channel, desk=desk, city=city)


def take_it(language: str) -> str:
    """The words of a link by which an alert is taken."""
    return say(language, s.TAKE_IT)


def colour_name(colour: str, language: str) -> str:
    """The name of a colour of the shipped ladder; a city's own is its own name."""
    return say(language, s.COLOURS[colour]) if colour in s.COLOURS else one_line(colour)


def plain(alert: Alert) -> str:
    """The evidence without template, catalogue or book: what goes out where those fail."""
    signal, evidence = alert.signal, alert.signal.evidence
    facts = {
        "alert": alert.id,
        "state": alert.state,
        "colour": alert.colour,
        "rule": signal.rule,
        "area": signal.area,
        "category": signal.category,
        "feed": signal.feed,
        "observed": evidence.observed,
        "expected": evidence.expected,
        "limit": evidence.limit,
        "later": evidence.later or "",
        "taken_back": evidence.taken_back or "",
        "first": signal.first,
        "last": signal.last,
    }
    return "\n".join(f"{name}: {one_line(str(value))}" for name, value in facts.items() if value != "")


class _Speech:
    """One notice in one language."""

    def __init__(self, notice: Notice, book: Book, language: str) -> None:
        self._notice = notice
        self._alert = notice.alert
        self._signal = notice.alert.signal
        self._evidence = notice.alert.signal.evidence
        self._book = book
        self._language = language
        self._rule = book.rule(self._signal.rule)
        self._mute: Report | None = report_in(notice.about) if notice.reason == "unmuted" else None

    def title(self) -> str:
        held, mute = self._notice.reason == "flood" and self._notice.about, self._mute
        return self._say(
            s.HELD_TITLE if held else _TITLES[self._signal.kind][self._notice.reason],
            since=self._time(self._alert.duty.held_at),
            colour=colour_name(self._alert.colour, self._language),
            count=self._number(self._notice.count),
            desk=self._desk(self._notice.desk),
            other=self._desk(self._notice.about),
            area=self._name(self._book.areas, mute.area if mute else self._signal.area),
            category=self._name(self._book.categories, mute.category if mute else self._signal.category),
            feed=self._feed(),
            about=self._about(),
            rule=chosen(self._rule.names if self._rule else {}, self._language, self._signal.rule),
            where=self._where(),
        )

    def _about(self) -> str:
        """What an order is about that waits for its review: a feed, a rule, or an area and category."""
        if self._signal.feed:
            return self._feed()
        if self._rule is not None:
            return chosen(self._rule.names, self._language, self._signal.rule)
        return self._name(self._book.areas, self._signal.area)

    def _where(self) -> str:
        """The area; of an alert on matters also the office."""
        area, owed = self._name(self._book.areas, self._signal.area), self._evidence.owed
        return self._say(s.OFFICE_IN, office=one_line(owed.office), area=area) if owed and owed.office else area

    def lines(self) -> Iterator[str]:
        if self._notice.reason == "flood" and self._notice.about:
            yield self._say(s.HELD, count=self._number(self._notice.count), other=self._desk(self._notice.about))
            return
        if self._mute is not None:
            yield from self._ended(self._mute)
            return
        if self._notice.reason == "held":
            yield from self._held()
            return
        if self._notice.reason == "flood":
            yield self._say(s.FLOOD, count=self._number(self._notice.count))
            return
        if self._notice.reason == "unread":
            yield self._say(s.UNREAD, count=self._number(self._notice.count), other=self._desk(self._notice.about))
            return
        if self._notice.reason == "reminder":
            yield self._say(s.REMINDED)
        if self._notice.reason == "taken":
            yield self._taken()
        yield self._news()
        counted = self._signal.kind in COUNTED
        if counted and self._alert.state in ("open", "over"):
            yield from self._makeup()
        if self._notice.desk != self._alert.desk:
            yield self._say(s.MOVED_ON, desk=self._desk(self._alert.desk))
        if counted and self._notice.reason in _GUIDED and self._rule and self._rule.guidance:
            yield self._say(s.GUIDANCE, guidance=chosen(self._rule.guidance, self._language, ""))
        signal = self._signal
        reference = s.REFERENCE if signal.rule_version and signal.kind != "review" else s.BUILT_IN
        yield self._say(reference, rule=signal.rule, version=signal.rule_version, alert=self._alert.id)

    def _held(self) -> Iterator[str]:
        """What is held, a line each."""
        listing = listing_in(self._notice.about)
        yield self._say(s.LISTED)
        yield from (self._row(row) for row in listing.rows)
        if listing.more:
            yield self._say(s.LISTED_MORE, more=self._number(listing.more))

    def _row(self, row: Row) -> str:
        rule = self._book.rule(row.rule)
        counted = row.kind in COUNTED and row.kind not in ON_MATTERS
        sentence = s.COUNT_TITLES["first"] if counted else s.LISTED_RULE if row.area else s.LISTED_FEED
        return self._say(
            sentence,
            colour=colour_name(row.colour, self._language),
            category=self._name(self._book.categories, row.category),
            area=self._name(self._book.areas, row.area),
            rule=chosen(rule.names if rule else {}, self._language, row.rule),
            feed=self._feed_called(row.feed),
        )

    def _ended(self, mute: Report) -> Iterator[str]:
        """The report of a mute."""
        yield self._say(
            s.UNMUTED,
            since=self._time(mute.since),
            until=self._time(mute.ended),
            count=self._number(self._notice.count),
            confirmed=self._number(mute.confirmed),
        )
        if mute.rule:
            rule = self._book.rule(mute.rule)
            yield self._say(s.UNMUTED_RULE, rule=chosen(rule.names if rule else {}, self._language, mute.rule))

    def _taken(self) -> str:
        """Who has it, for those who were asked as well."""
        duty = self._alert.duty
        desk = self._desk(duty.desk)
        if duty.stage == "closed":
            outcome = self._say(s.OUTCOMES[duty.outcome])
            return self._say(s.CLOSED_IT, desk=desk, at=self._time(duty.closed_at), outcome=outcome)
        return self._say(s.HAS_IT, desk=desk, at=self._time(duty.taken_at))

    def _news(self) -> str:
        """The paragraph that says what is so: figures, time, and what changed."""
        return self._paragraph([*self._figures(), *self._times(), *self._changes()])

    def _figures(self) -> Iterator[str]:
        signal, evidence = self._signal, self._evidence
        if signal.kind == "silence":
            yield from self._silence()
        elif signal.kind == "stopped":
            if self._alert.state == "open":
                yield self._say(s.STOPPED)
        elif signal.kind == "review":
            if self._alert.state == "open":
                yield self._say(s.REVIEW, order=signal.rule_version)
        elif signal.kind == "exercise":
            yield self._say(s.EXERCISE, observed=self._number(evidence.observed))
        elif signal.kind in ON_MATTERS:
            if self._alert.state == "open" and evidence.owed:
                yield from self._matters(evidence.owed)
        elif self._alert.state != "merged":
            until = next((w.until for w in evidence.windows if w.length == evidence.window), signal.last)
            yield self._say(
                _FIGURES[signal.kind],
                observed=self._number(evidence.observed),
                window=duration(evidence.window, self._language),
                until=self._time(until),
                expected=self._number(evidence.expected),
                limit=self._number(evidence.limit),
                quiet=self._number(evidence.would_not_have_spoken),
                days=self._number(evidence.history_days),
            )

    def _matters(self, owed: OwedAnswers) -> Iterator[str]:
        """How many matters stand out, and since when."""
        late, oldest = self._number(owed.late), self._time(owed.oldest)
        if self._signal.kind in _ON_MATTERS:
            window = duration(self._evidence.window, self._language)
            yield self._say(_ON_MATTERS[self._signal.kind], window=window, late=late, oldest=oldest)
        else:
            if owed.late:
                yield self._say(s.OVERDUE, late=late, oldest=oldest)
            if owed.unaccepted:
                yield self._say(s.UNACCEPTED, unaccepted=self._number(owed.unaccepted))
            if owed.soon:
                yield self._say(s.DUE_SOON, soon=self._number(owed.soon), next_due=self._time(owed.next_due))
        yield self._say(s.COUNTED_AT, at=self._time(self._evidence.peak))

    def _silence(self) -> Iterator[str]:
        """A silence counts minutes; its peak is when the feed was last heard."""
        evidence = self._evidence
        since = self._time(evidence.peak)
        if self._alert.state == "open":
            expected, limit = self._number(evidence.expected), self._number(evidence.limit)
            yield self._say(s.SILENT_SINCE, feed=self._feed(), since=since, expected=expected, limit=limit)
        elif self._alert.state == "over":
            yield self._say(s.SILENT_UNTIL, feed=self._feed(), since=since, until=self._time(self._alert.ended_at))

    def _times(self) -> Iterator[str]:
        signal = self._signal
        if signal.kind == "silence":  # its figures are times
            return
        if self._alert.state == "open":
            yield self._say(s.SINCE, first=self._time(signal.first))
        elif self._alert.state == "over":
            first, last, over_at = (self._time(at) for at in (signal.first, signal.last, self._alert.ended_at))
            yield self._say(s.LASTED, first=first, last=last, over_at=over_at)

    def _changes(self) -> Iterator[str]:
        if self._alert.state == "withdrawn":
            yield self._say(s.TAKEN_BACK)
        if self._alert.state == "merged":
            yield self._say(s.GOES_ON_AS, merged_into=self._signal.merged_into)
        if self._notice.reason == "corrected":
            yield self._say(s.FIGURES_CHANGED)
        evidence = self._evidence
        if self._alert.state in ("open", "over") and (evidence.later or evidence.taken_back):
            sentence = s.WOULD_SPEAK if evidence.would_speak else s.WOULD_NOT_SPEAK
            later, taken_back = self._number(evidence.later), self._number(evidence.taken_back)
            yield self._say(sentence, later=later, taken_back=taken_back)
        before = self._alert.moves[-2].area if len(self._alert.moves) > 1 else self._signal.area
        if before != self._signal.area:
            yield self._say(s.NAMED_BEFORE, area=self._name(self._book.areas, before))

    def _makeup(self) -> Iterator[str]:
        evidence = self._evidence
        for sentence, shares, tree in (
            (s.AREAS, evidence.areas, self._book.areas),
            (s.CATEGORIES, evidence.categories, self._book.categories),
        ):
            if len(shares) > 1:
                yield self._say(sentence, shares=self._shares(shares, tree))
        if evidence.incomplete:
            yield self._say(s.INCOMPLETE)
        if self._signal.late:
            yield self._say(s.LATE)

    def _shares(self, shares: Sequence[Share], tree: Tree) -> str:
        low = self._signal.kind == "drop"
        first = sorted(shares, key=lambda share: share.observed - share.expected if low else -share.observed)
        entries = [
            self._say(
                s.SHARE_OF if low else s.SHARE,
                name=self._name(tree, share.code),
                observed=self._number(share.observed),
                expected=self._number(share.expected),
            )
            for share in first[:SHARES_SHOWN]
        ]
        return listed(entries, self._language)

    def _paragraph(self, spoken: Sequence[str]) -> str:
        """Whole sentences side by side; Chinese puts no space between them."""
        return ("" if self._language.startswith("zh") else " ").join(spoken)

    def _say(self, sentence: str, **values: object) -> str:
        return say(self._language, sentence, **values)

    def _time(self, at: int) -> str:
        return clock_time(at, self._book.calendar.zone, self._language)

    def _number(self, value: float) -> str:
        return number(value, self._language)

    def _name(self, tree: Tree, code: str) -> str:
        return node_name(tree, code, self._language)

    def _feed(self) -> str:
        return self._feed_called(self._signal.feed)

    def _feed_called(self, name: str) -> str:
        policy = self._book.feed_by_name.get(name)
        return chosen(policy.names if policy else {}, self._language, name)

    def _desk(self, desk: str) -> str:
        names = next((reach.names for reach in self._book.desks if reach.desk == desk), {})
        return chosen(names, self._language, desk)
