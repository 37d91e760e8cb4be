"""Why it spoke and why nothing spoke: one reason a rule, figures that agree with what was said, words for people."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.book import Book, DetectorSpec, Override, Selector, decode, encode
from rules.engine import Engine
from rules.records import Record, StopRule
from rules.signals import Signal
from streams.explain import Asked, Verdict, Why, answer, explain_moment
from streams.explain.story import Cause, Chapter, Story
from streams.explain.words import Speech, story_lines, verdict_lines
from streams.journal import Journal, Snapshot
from streams.messages import SpokenError
from streams.opened import city_of
from streams.runtime.recovery import FIRST_BOOK
from tests.engine import towns
from tests.engine.worlds import HOUR, MINUTE, RULES, START, TICKS, Event, book, log_of, nights, rule, tick
from tests.streams.town import make_town

BURST = [Event(id=i + 1, occurred=60 + i, arrived=61 + i, offset=i) for i in range(6)]
SURPRISE = rule("learns", detector=DetectorSpec("surprise", {}), windows=(HOUR,), categories="")
OF = decode(encode(book([rule("many"), SURPRISE])))


def engine_after(records: Sequence[Record], of: Book = OF) -> tuple[Engine, list[Signal]]:
    engine = Engine(of)
    said = [signal for offset, record in enumerate(records, 1) for signal in engine.apply(record, offset)]
    return engine, said


def at(minute: int) -> int:
    return START + minute * MINUTE


def one(engine: Engine, minute: int, area: str = "north", **how: Any) -> Verdict:
    (verdict,) = explain_moment(engine, at(minute), area, **how)
    return verdict


def until(records: Sequence[Record], minute: int) -> list[Record]:
    """The log up to a tick."""
    place = records.index(tick(minute))
    return list(records[: place + 1])


LOG = log_of(BURST, TICKS)


def test_where_it_speaks_the_alert_and_the_reached_window_are_named() -> None:
    engine, said = engine_after(until(LOG, 80))
    verdict = one(engine, 79, rule="many", category="traffic.jam")
    assert verdict.why == "speaks"
    assert verdict.alert == said[0].alert
    assert verdict.desk == "desk"
    window = verdict.windows[0]
    assert (window.observed, window.limit, window.short) == (6, 4, 0)


def test_a_larger_node_whose_excess_is_one_part_says_that_the_part_explains_it() -> None:
    engine, said = engine_after(until(LOG, 80))
    verdict = one(engine, 79, "city", rule="many", category="traffic.jam")
    assert verdict.why == "explained"
    assert [(other.area, other.category, other.alert) for other in verdict.below] == [
        ("north", "traffic.jam", said[0].alert)
    ]
    assert verdict.windows[0].taken == 6


def test_a_quiet_area_says_how_many_events_were_missing() -> None:
    few = [event.corrected(area="south", id=event.id + 50) for event in BURST[:3]]
    engine, _ = engine_after(until(log_of([*BURST, *few], TICKS), 80))
    verdict = one(engine, 79, "south", rule="many", category="traffic.jam")
    assert verdict.why == "below"
    assert [window.short for window in verdict.windows] == [1, 1, 1]
    assert verdict.windows[0].observed == 3


def test_an_area_that_nothing_was_ever_counted_in_is_explained_all_the_same() -> None:
    engine, _ = engine_after(until(LOG, 80))
    verdict = one(engine, 79, "east", rule="many")
    assert (verdict.why, verdict.windows[0].observed) == ("below", 0)


def test_a_rule_that_has_not_learned_says_so() -> None:
    engine, _ = engine_after(until(LOG, 80))
    verdict = one(engine, 79, rule="learns")
    assert verdict.why == "no_history"
    assert {window.limit for window in verdict.windows} == {-1}


def test_a_stopped_rule_says_so_and_by_what() -> None:
    engine, _ = engine_after([StopRule(START, "many"), *until(LOG, 80)])
    verdict = one(engine, 79, rule="many")
    assert (verdict.why, verdict.stopped) == ("stopped", "order")


def test_an_override_that_holds_is_shown_with_its_reason_and_last_editor() -> None:
    over = Override("city", rarer=9.0, at_least=5, reason="market days", by="A-17", on="2026-11-20")
    engine, _ = engine_after(until(LOG, 80), book([msgspec.structs.replace(rule("many"), overrides=(over,))]))
    verdict = one(engine, 79, rule="many")
    assert (verdict.why, verdict.at_least, verdict.override) == ("below", 5, over)
    said = {tag: "\n".join(verdict_lines(Speech(engine.book, {}, tag), verdict)) for tag in ("en", "zh-CN")}
    assert (
        "9 times rarer than the promise; fewer than 5 events never speak. Why: market days (A-17, 2026-11-20)"
        in said["en"]
    )
    assert "比承诺稀少 9 倍；少于 5 个事件从不告警。理由：market days（A-17, 2026-11-20）" in said["zh-CN"]


def test_a_category_that_the_rule_does_not_count_is_told() -> None:
    of = book([rule("fires", selector=Selector("fire"))])
    engine, _ = engine_after(until(LOG, 80), of)
    assert one(engine, 79, category="traffic.jam").why == "not_counted"
    assert one(engine, 79).category == "fire"


def test_after_an_alert_ended_its_events_are_not_held_against_the_limit_again() -> None:
    engine, _ = engine_after(until(LOG, 200))
    verdict = one(engine, 170, rule="many", category="traffic.jam")
    assert verdict.why == "below"
    assert verdict.alert_state == "over"
    assert verdict.reset_at
    assert any(window.cut for window in verdict.windows)


def test_rows_of_one_place_that_count_once_are_shown() -> None:
    same = [event.corrected(place=9) for event in BURST]
    of = book([rule("once", once_within=HOUR, categories="")])
    engine, _ = engine_after(until(log_of(same, TICKS), 80), of)
    verdict = one(engine, 79, rule="once")
    assert (verdict.windows[0].observed, verdict.windows[0].folded) == (1, 5)


def test_an_unknown_area_is_a_key_error_that_names_it() -> None:
    engine, _ = engine_after(until(LOG, 80))
    with pytest.raises(KeyError, match="nowhere"):
        explain_moment(engine, at(79), "nowhere")


@given(night=nights(), minute=st.sampled_from([tick for tick in TICKS if tick < 600]))
def test_every_running_alert_is_explained_as_speaking_and_nothing_else_is(night: list[Event], minute: int) -> None:
    """What was said up to the moment and what is explained of it are two ways to one truth."""
    of = decode(encode(book(RULES)))
    engine, said = engine_after(until(log_of(night, TICKS), minute), of)
    last = {signal.alert: signal for signal in said}
    running = {s.alert for s in last.values() if s.state == "running" and s.kind != "silence"}
    explained = {
        verdict.alert
        for area in ("city", "north", "south", "east")
        for category in of.categories.by_code
        for verdict in explain_moment(engine, at(minute), area, category=category)
        if verdict.why in ("speaks", "ending")
    }
    assert explained == running


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Speaks from a score of 9.5 on, the height for 2 false alarms a month at this desk; now at most"),
        ("zh-CN", "得分达到 9.5 即告警（按该值班台每月误报 2 次的承诺定出）；目前最高"),
    ],
)
def test_a_rule_that_promises_says_what_it_asks_for_and_one_that_does_not_says_nothing(
    language: str, said: str
) -> None:
    engine = towns.engine_of()
    engine.rules["surge"].recalibrate({"desk": 9.5})
    (verdict,) = explain_moment(engine, towns.NOW, "a1", rule="surge")
    assert verdict.bar is not None
    assert (verdict.bar.height, verdict.bar.promised) == (9.5, 2.0)
    assert verdict.bar.score < 9.5
    assert said in "\n".join(verdict_lines(Speech(engine.book, {}, language), verdict))
    assert one(engine_after(until(LOG, 80))[0], 79, rule="many", category="traffic.jam").bar is None


def test_the_story_of_an_alert_says_once_what_it_had_to_reach() -> None:
    records = towns.later([*towns.usual(6), *towns.burst("a1", 12, begin=60.0)], hours=6)
    first, *_ = towns.alerts(towns.after(records))
    chapter = Chapter(Cause(1, "frame", towns.NOW, 12), first, "first", "desk", {})
    told = "\n".join(story_lines(Speech(towns.book(), {}, "en"), Story(first.alert, (chapter,), towns.book().digest)))
    assert told.count("it spoke from") == 1


# out of the journal


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A night in a journal, with a snapshot near its end."""
    path = tmp_path / "journal.sqlite"
    engine = Engine(OF)
    with closing(Journal.open(path)) as made:
        made.put_book(OF)
        made.append([], meta={FIRST_BOOK: OF.digest, "clock": "wall", "epoch": "0"})
        for offset in made.append(LOG):
            list(engine.apply(LOG[offset - 1], offset))
            if offset == len(LOG) - 3:
                made.put_snapshot(Snapshot(offset, engine.rows()))
    return path


def asked(path: Path, **how: Any) -> tuple[str, Any]:
    town = city_of(make_town(path.parent / f"town{len(list(path.parent.iterdir()))}"))
    given: dict[str, Any] = {"alert": None, "area": None, "at": None, "rule": None, "category": None, **how}
    with closing(Journal.open(path, read_only=True)) as found:
        told = answer(found, town, Asked(**given))
    return told.text("en"), msgspec.json.decode(told.json())


def test_the_journal_is_judged_again_up_to_the_moment_and_not_beyond(journal: Path) -> None:
    text, data = asked(journal, area="north", at=at(62) + 30_000, rule="many", category="traffic.jam")
    (verdict,) = data["rules"]
    assert verdict["why"] == "below"
    text, data = asked(journal, area="north", at=at(80), rule="many", category="traffic.jam")
    (verdict,) = data["rules"]
    assert verdict["why"] == "speaks"
    assert "SPEAKS: alert" in text
    assert "counted 6; speaks at 4, reached" in text


def test_the_story_of_an_alert_tells_each_signal_its_cause_and_what_changed(journal: Path) -> None:
    _, said = engine_after(LOG)
    mine = [signal for signal in said if signal.alert == said[0].alert]
    text, data = asked(journal, alert=said[0].alert[:10])
    chapters = data["chapters"]
    assert [chapter["signal"]["id"] for chapter in chapters] == [signal.id for signal in mine]
    assert [chapter["cause"]["offset"] for chapter in chapters] == [signal.cause.offset for signal in mine]
    assert chapters[0]["reason"] == "first"
    assert "SAID FIRST, by record" in text
    assert "OVER, by record" in text
    assert "was running, is over" in text


def test_an_id_that_the_log_does_not_know_or_that_two_share_is_told(journal: Path) -> None:
    with pytest.raises(SpokenError, match="says nothing of such an alert"):
        asked(journal, alert="ffffffffffff")
    with pytest.raises(SpokenError, match="or --area with --at"):
        asked(journal)


def test_a_time_before_the_log_and_a_code_that_is_unknown_are_told_with_what_is_known(journal: Path) -> None:
    with pytest.raises(SpokenError, match="begins later"):
        asked(journal, area="north", at=START - 10 * HOUR)
    with pytest.raises(SpokenError, match=r"nort: .* \(north\?\)"):
        asked(journal, area="nort", at=at(80))
    with pytest.raises(SpokenError, match="no such rule then: take one of learns, many"):
        asked(journal, area="north", at=at(80), rule="mani")


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("why", get_args(Why))
def test_every_reason_has_its_words(language: str, why: Why) -> None:
    engine, _ = engine_after(until(LOG, 80))
    verdict = one(engine, 79, rule="many", category="traffic.jam")
    speech = Speech(OF, {"desk": "Asia/Shanghai"}, language)
    told = list(verdict_lines(speech, msgspec.structs.replace(verdict, why=why)))
    assert len(told) >= 2
    assert not any("{" in line for line in told)
    if why != "not_counted":
        assert any("07:30" in line or "07:20" in line for line in told), told
