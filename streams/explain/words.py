"""An explanation in words: short lines, times of the desk, names of the city, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from alerts.words.figures import chosen, clock_time, duration, node_name, number
from rules.book import Book
from rules.signals import Bar, Signal
from streams.explain.moment import Other, Verdict, WindowView
from streams.explain.story import Chapter, Story
from streams.messages import say
from streams.overrides import told

SHORT_ID = 8
"""Digits of an alert's id that are shown where it is only named."""


class Speech:
    """One city's words in one language. `zones`: desk -> its time zone."""

    def __init__(self, book: Book, zones: Mapping[str, str], language: str) -> None:
        self.book = book
        self.language = language
        self._zones = zones

    def say(self, name: str, /, **values: object) -> str:
        return say(name, self.language, **values)

    def time(self, at: int, desk: str) -> str:
        return clock_time(at, self._zones.get(desk, self.book.calendar.zone), self.language)

    def area(self, code: str) -> str:
        return node_name(self.book.areas, code, self.language)

    def category(self, code: str) -> str:
        return node_name(self.book.categories, code, self.language)

    def number(self, value: float) -> str:
        return number(value, self.language)

    def rule(self, rule_id: str) -> str:
        rule = self.book.rule(rule_id)
        return chosen(rule.names if rule else {}, self.language, rule_id)

    def desk(self, desk_id: str) -> str:
        names = next((desk.names for desk in self.book.desks if desk.desk == desk_id), {})
        return chosen(names, self.language, desk_id)

    def feed(self, name: str) -> str:
        policy = self.book.feed_by_name.get(name)
        return chosen(policy.names if policy else {}, self.language, name)

    def length(self, length: int) -> str:
        return duration(length, self.language)


# a moment


def verdict_lines(speech: Speech, one: Verdict) -> Iterator[str]:
    """What one rule made of it: its name, the reason, a line a window, what it rests on."""
    yield speech.say(
        "explain-rule", rule=one.rule, name=speech.rule(one.rule), area=speech.area(one.area),
        category=speech.category(one.category), desk=speech.desk(one.desk),
    )  # fmt: skip
    if one.area != one.asked:
        yield "  " + speech.say("explain-larger", area=speech.area(one.asked))
    yield "  " + _why(speech, one)
    if one.why == "not_counted":
        return
    for window in one.windows:
        yield "  " + _window(speech, one, window)
    yield from ("  " + line for line in _rests_on(speech, one))


def _why(speech: Speech, one: Verdict) -> str:
    values: dict[str, object] = {}
    if one.why in ("speaks", "ending"):
        values = {"alert": one.alert[:SHORT_ID] or "-", "since": speech.time(one.alert_since or one.bucket, one.desk)}
    elif one.why == "part_of":
        values = {"other": _others(speech, one.above)}
    elif one.why == "explained":
        values = {"other": _others(speech, one.below) or speech.say("explain-ended-alerts")}
    elif one.why == "stopped":
        values = {"by": speech.say("explain-by-order") if one.stopped == "order" else one.stopped}
    elif one.why == "no_history":
        values = {"days": speech.number(one.history_days)}
    elif one.why == "too_few":
        values = {"at_least": one.at_least}
    elif one.why == "below":
        return _below(speech, one)
    return speech.say(f"explain-{one.why.replace('_', '-')}", **values)


def _below(speech: Speech, one: Verdict) -> str:
    """How far the nearest window is from its limit."""
    judged = [window for window in one.windows if window.short > 0]
    if not judged:
        return speech.say("explain-below-none")
    nearest = min(judged, key=lambda window: (window.short, window.length))
    word = "explain-below-low" if one.low else "explain-below"
    return speech.say(word, short=nearest.short, window=speech.length(nearest.length))


def _others(speech: Speech, others: tuple[Other, ...]) -> str:
    names = [
        speech.say(
            "explain-other",
            area=speech.area(other.area),
            category=speech.category(other.category),
            alert=other.alert[:SHORT_ID] or "-",
        )
        for other in others
    ]
    return "; ".join(names)


def _window(speech: Speech, one: Verdict, window: WindowView) -> str:
    word = "explain-window"
    if not window.enough:
        word = "explain-window-unknown"
    elif window.limit < 0:
        word = "explain-window-mute"
    elif one.kind == "threshold":  # it asks for a number, whatever is usual
        word = "explain-window-fixed"
    elif one.low:
        word = "explain-window-low"
    line = speech.say(
        word,
        length=speech.length(window.length),
        since=speech.time(window.since, one.desk),
        until=speech.time(window.until, one.desk),
        observed=window.observed,
        expected=speech.number(window.expected),
        limit=window.limit,
    )
    if window.limit >= 0:
        line += speech.say("explain-short", short=window.short) if window.short else speech.say("explain-reached")
    notes = [
        (window.taken, "explain-taken"),
        (window.folded, "explain-folded"),
        (window.cut, "explain-cut"),
        (window.missing, "explain-missing"),
    ]
    return line + "".join(speech.say(note, count=int(what)) for what, note in notes if what)


def _rests_on(speech: Speech, one: Verdict) -> Iterator[str]:
    yield speech.say("explain-history", days=speech.number(one.history_days), at_least=one.at_least)
    if one.bar is not None:
        yield speech.say("explain-bar", **_bar(speech, one.bar))
    if one.override is not None:
        yield speech.say("explain-override", **told(one.override, speech.language), area=speech.area(one.override.area))
    if one.reset_at and any(window.cut for window in one.windows):
        yield speech.say("explain-reset", at=speech.time(one.reset_at, one.desk))
    if one.why not in ("speaks", "ending") and one.alert:
        yield speech.say(
            "explain-last-alert", alert=one.alert[:SHORT_ID], state=speech.say(f"explain-state-{one.alert_state}"),
            since=speech.time(one.alert_since, one.desk),
        )  # fmt: skip
    if one.why == "speaks" and one.below:
        yield speech.say("explain-below-too", other=_others(speech, one.below))
    for feed in one.feeds:
        name, at = speech.feed(feed.feed), speech.time(feed.heard_at, one.desk) if feed.heard_at else "-"
        if feed.silent_since:
            yield speech.say("explain-feed-silent", feed=name, since=speech.time(feed.silent_since, one.desk))
        else:
            yield speech.say("explain-feed", feed=name, at=at)


def _bar(speech: Speech, bar: Bar) -> dict[str, str]:
    return {name: speech.number(getattr(bar, name)) for name in ("score", "height", "promised")}


# a story


def story_lines(speech: Speech, story: Story) -> Iterator[str]:
    """The signals of one alert in order: when, what in the log caused it, what it changed."""
    last = story.chapters[-1]
    signal = last.signal
    yield speech.say(
        "story-title", alert=story.alert, rule=signal.rule, name=speech.rule(signal.rule),
        area=speech.area(signal.area), category=speech.category(signal.category), desk=speech.desk(last.desk),
        state=speech.say(f"explain-state-{signal.state}"), signals=len(story.chapters),
    )  # fmt: skip
    untold: list[Chapter] = []
    for place, chapter in enumerate(story.chapters):
        if chapter.reason is None and place:
            untold.append(chapter)
            continue
        yield from _between(speech, untold)
        untold = []
        yield from _chapter(speech, chapter, first=place == 0)
    yield from _between(speech, untold)


def _between(speech: Speech, untold: Sequence[Chapter]) -> Iterator[str]:
    """Changes of which the desk was not told, in one line; `--json` holds each."""
    if untold:
        last = untold[-1]
        yield "  " + speech.say(
            "story-between", count=len(untold), until=speech.time(last.signal.at, last.desk),
            observed=last.signal.evidence.observed, colour=last.signal.evidence.colour,
        )  # fmt: skip


def _chapter(speech: Speech, chapter: Chapter, *, first: bool) -> Iterator[str]:
    signal, cause, evidence = chapter.signal, chapter.cause, chapter.signal.evidence
    reason = speech.say(f"story-{chapter.reason}") if chapter.reason else speech.say("story-untold")
    by = speech.say(
        f"story-by-{cause.kind}",
        offset=cause.offset,
        rows=cause.rows,
        feeds=", ".join(f"{speech.feed(feed)} {n}" for feed, n in sorted(cause.feeds.items())),
        order=cause.order,
    )
    yield f"{speech.time(signal.at, chapter.desk)}  {reason}{by}"
    if evidence.owed:
        owed = evidence.owed
        yield "  " + speech.say(
            "story-owed", office=owed.office or "-", late=owed.late, soon=owed.soon, colour=evidence.colour,
            oldest=speech.time(owed.oldest, chapter.desk) if owed.oldest else "-",
        )  # fmt: skip
    elif signal.kind not in ("silence", "stopped"):
        yield "  " + speech.say(
            "story-figures", observed=evidence.observed, window=speech.length(evidence.window),
            peak=speech.time(evidence.peak, chapter.desk), expected=speech.number(evidence.expected),
            limit=evidence.limit, colour=evidence.colour,
        )  # fmt: skip
    if evidence.later or evidence.taken_back:
        word = "story-would-speak" if evidence.would_speak else "story-would-not-speak"
        yield "  " + speech.say(word, later=evidence.later, taken_back=evidence.taken_back)
    for name, (before, after) in chapter.changed.items():
        if not first and name in _SHOWN:
            shown = (_shown(speech, name, value, chapter.desk) for value in (before, after))
            was, now = shown
            yield "  " + speech.say(f"story-changed-{name.replace('_', '-')}", before=was, after=now)
    if first:
        yield from ("  " + line for line in _at_first(speech, signal))


def _at_first(speech: Speech, signal: Signal) -> Iterator[str]:
    """What is told of an alert once, with its first signal."""
    evidence = signal.evidence
    for count, word in ((evidence.folded, "explain-folded"), (int(evidence.incomplete), "explain-missing")):
        if count:
            yield speech.say(word, count=count).strip(" ;；")
    if evidence.bar:
        yield speech.say("story-bar", **_bar(speech, evidence.bar))
    for shares, tree in ((evidence.areas, speech.area), (evidence.categories, speech.category)):
        if len(shares) > 1:
            parts = ", ".join(f"{tree(share.code)} {share.observed}" for share in shares[:5])
            yield speech.say("story-parts", parts=parts)
    if signal.late:
        yield speech.say("story-late")


_SHOWN = ("state", "colour", "area", "category", "observed", "first", "last", "merged_into")


def _shown(speech: Speech, name: str, value: object, desk: str) -> str:
    if name == "area":
        return speech.area(str(value))
    if name == "category":
        return speech.category(str(value))
    if name in ("first", "last") and isinstance(value, int):
        return speech.time(value, desk)
    if name == "state":
        return speech.say(f"explain-state-{value}")
    return str(value) or "-"
