"""The page of feeds: freshness against the feed's own rate, what was refused, and what is blind because of whom."""

from __future__ import annotations

import time
from zoneinfo import ZoneInfo

import msgspec

from alerts.api.door import Refused, counted_since
from alerts.console.feeds import FeedFigures, feed_figures
from alerts.console.naming import Names
from alerts.console.sample import SampleBoard
from alerts.console.sample_night import NOW, sample_alert
from alerts.console.source import City, FeedState
from alerts.console.speech import LANGUAGES, Speech
from rules.signals import FeedEvidence
from tests.access.guarded import NAME, Town
from tests.console.reading import read
from tests.streams.town import event

PAGE = f"/city/{NAME}/feeds"
PHONE = Refused("dispatch", "phone", 3, {"en": "a phone number", "zh-CN": "电话号码"})


def figures(
    source: SampleBoard, *feeds: FeedState, refused: list[Refused] | None = None, language: str = "en"
) -> FeedFigures:
    names = Names(source.city(), Speech(language, ZoneInfo("UTC")))
    return feed_figures(feeds, source.alerts(NOW), refused, names, NOW)


def test_what_needs_somebody_stands_first_and_says_what_is_blind_because_of_it(source: SampleBoard) -> None:
    book = source.city().book
    rules = tuple(
        msgspec.structs.replace(rule, selector=msgspec.structs.replace(rule.selector, feeds=("outages",)))
        for rule in book.rules[:1]
    )
    source.be(City(msgspec.structs.replace(book, rules=(*rules, *book.rules[1:]))))
    alert = sample_alert("rests-on-it")
    evidence = msgspec.structs.replace(alert.signal.evidence, feeds=(FeedEvidence("outages", 3, NOW),))
    source.put(msgspec.structs.replace(alert, signal=msgspec.structs.replace(alert.signal, evidence=evidence)))
    silent = FeedState("outages", NOW - 3_600_000, silent_since=NOW - 3_600_000)
    found = figures(source, FeedState("dispatch", NOW - 1000), silent)
    assert [line.feed.name for line in found.lines] == ["outages", "dispatch"]
    blind, well = found.lines
    assert blind.state == "silent"
    assert "rests-on-it" in [row.alert.id for row in blind.frozen]
    assert len(blind.blind) == 1
    assert (well.state, well.frozen, well.blind, found.well) == ("well", (), (), 1)


def test_refusals_are_counted_by_reason_in_the_readers_language_and_strangers_apart(source: SampleBoard) -> None:
    stranger = Refused("nobody", "unknown_feed", 2, {"en": "no feed"})
    for language in LANGUAGES:
        found = figures(source, FeedState("dispatch", NOW), refused=[PHONE, stranger], language=language)
        assert (found.lines[0].refused[0].words, found.lines[0].refused_count) == (PHONE.meaning[language], 3)
        assert (found.refused_count, found.strangers, found.unread) == (5, 2, False)
    assert figures(source, FeedState("dispatch", NOW), refused=None).unread


def test_it_is_counted_since_the_midnight_before_the_last() -> None:
    day = 86_400_000
    assert counted_since(10 * day + 5) == 9 * day


def test_what_a_feed_sent_and_what_was_refused_is_on_the_page_and_in_the_interface(fresh: Town) -> None:
    loopback = fresh.client(base_url="http://127.0.0.1", client=("127.0.0.1", 5))
    at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(fresh.clock.now() // 1000 - 60))
    good = [event(n, occurred_at=at) for n in range(6)]  # sent before
    bad = [{**event(90, occurred_at=at), "area": "nowhere"}, {**event(91, occurred_at=at), "phone": "13800138000"}]
    loopback.post("/v1/events", json=[*good, *bad])
    viewer = fresh.as_role("viewer", areas=("west",))

    def told() -> dict[str, object]:
        answer: dict[str, object] = viewer.get(f"{fresh.base}/feeds").json()["feeds"][0]
        return answer

    fresh.clock.at += 30_000
    for _ in range(400):
        if "duplicate" in told()["rows"]:  # type: ignore[operator]  # boxes by name
            break
        time.sleep(0.02)
    found = told()
    reasons = {one["reason"]: one["count"] for one in found["refused"]}  # type: ignore[attr-defined]  # a list
    assert reasons == {"unknown_area": 1, "unknown_field": 1}
    assert found["rows"]["duplicate"] == 6  # type: ignore[index]  # as above
    assert (found["last_hour"], found["expected"]) == (6, None)
    page = read(viewer.get(PAGE).text).text
    assert "no area of the city fits" in page
    assert "repeated, counted once: 6" in page
    assert "13800138000" not in viewer.get(PAGE).text
