"""What a notice says, in every language."""

from __future__ import annotations

import string
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import alerts.words
from alerts import life
from alerts.alert import REASONS, Alert, Reason
from alerts.chain import Mute, Unmute
from alerts.channels.port import FakeChannel
from alerts.duty import Duty
from alerts.letters import Letters
from alerts.listing import listed
from alerts.mutes import told_of
from alerts.notice import Notice, compose
from alerts.words import LANGUAGES, Words, notice_words, plain
from alerts.words import notices as notices_module
from alerts.words.catalogue import DOMAIN, LOCALES
from alerts.words.figures import chosen, clock_time, duration, node_name, number, one_line
from rules.signals import Share, Signal, SignalKind, SignalState
from rules.trees import Node
from tests.alerts.signals import HOUR, NOON, RANKS, book, evidence, signal, silence, stopped

SOURCE = Path(alerts.words.__file__).parent


def po_of(language: str) -> Path:
    return LOCALES / language.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"


def sentences() -> set[str]:
    found = extract_from_dir(SOURCE, method_map=[("**.py", "python")], keywords={"N_": None})
    return {str(message) for _, _, message, _, _ in found}


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name is not None}


def notice(reason: Reason = "first", desk: str = "county", **changes: object) -> Notice:
    alert, _ = life.apply(None, msgspec.structs.replace(signal(1), **changes), "county", NOON)
    fair = Mute(NOON, "m1", "ardmore", "traffic", NOON + HOUR, "a fair", "traffic-surge")
    about = {"unmuted": told_of(fair, Unmute(NOON, "m1")), "held": listed([alert])}
    return compose(alert, reason, desk, "line", NOON, about=about.get(reason, ""))


def words(language: str = "en", reason: Reason = "first", desk: str = "county", **changes: object) -> Words:
    return notice_words(notice(reason, desk, **changes), book(), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_catalogue_is_full_and_nothing_in_it_is_fuzzy_or_left_over(language: str) -> None:
    with po_of(language).open("rb") as file:
        catalogue = read_po(file)
    entries = {str(message.id): message for message in catalogue if message.id}
    assert set(entries) == sentences()
    assert not catalogue.obsolete
    for key, entry in entries.items():
        assert entry.string, key
        assert not entry.fuzzy, key
        assert places(str(entry.string)) == places(key), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_that_of_the_source(language: str) -> None:
    with po_of(language).open("rb") as source, po_of(language).with_suffix(".mo").open("rb") as compiled:
        wanted = {message.id: message.string for message in read_po(source) if message.id}
        found = {message.id: message.string for message in read_mo(compiled) if message.id}
    assert found == wanted


def test_english_is_as_the_source_says_it() -> None:
    with po_of("en").open("rb") as file:
        assert {m.id for m in read_po(file) if m.id and m.string != m.id} == set()


def test_a_spike_tells_its_figures() -> None:
    said = words()
    assert said.title == "Yellow: vehicle accident in Lower Merion"
    figures = "Counted 9 in 1 hour up to Sat 23 Jan 2016, 07:30; expected 2.1. The limit is 6: 5 would not have spoken."
    assert said.text.splitlines() == [
        f"{figures} It runs since Sat 23 Jan 2016, 06:30.",
        "By area: Ardmore 6 and Lower Merion 3.",
        "What to do: Check the traffic cameras of the named township.",
        "Rule traffic-surge, version 0123456789ab. Alert a1.",
    ]


def test_a_spike_tells_its_figures_in_chinese() -> None:
    said = words("zh-CN")
    assert said.title == "黄色预警：下梅里恩，车辆事故"
    figures = "截至2016年1月23日 周六 07:30的1小时内实计9，预期2.1；触发线6，不会报警的最大数为5。"
    assert said.text.splitlines() == [
        f"{figures}自2016年1月23日 周六 06:30起持续至今。",
        "按区域：阿德莫尔（6）和下梅里恩（3）。",
        "怎么办：查看该乡镇交通监控。",
        "规则 traffic-surge，版本 0123456789ab。预警 a1。",
    ]


def test_a_threshold_expects_nothing() -> None:
    said = words(kind="threshold")
    assert "The limit is 6: 5 would not have spoken." in said.text
    assert "expected" not in said.text


def first_words(one: Signal, language: str = "en") -> Words:
    alert, reason = life.apply(None, one, "county", NOON)
    assert reason == "first"
    return notice_words(compose(alert, reason, "county", "line", NOON), book(), language)


def test_a_silence_names_its_feed_and_when_it_was_heard() -> None:
    said = first_words(silence())
    assert said.title == "Orange: feed 911 calls is silent"
    figures = "One event usually takes 2.5 minutes at this hour; 30 minutes of silence speak."
    frozen = "Nothing that it feeds can be said to be over."
    assert said.text.splitlines() == [
        f"Nothing was heard from 911 calls since Sat 23 Jan 2016, 07:30. {figures} {frozen}",
        f"Built-in rule feed-silence. Alert {silence().alert}.",
    ]


def test_a_silence_that_is_over_tells_from_when_to_when() -> None:
    text = first_words(silence(until=NOON + 2 * HOUR)).text
    assert "Nothing was heard from 911 calls from Sat 23 Jan 2016, 07:30 to Sat 23 Jan 2016, 09:30." in text
    assert "can be said to be over" not in text


def test_a_stopped_rule_is_named() -> None:
    said = first_words(stopped())
    assert said.title == "Red: rule Traffic calls above usual has stopped"
    assert "Every other rule goes on." in said.text
    assert "What to do" not in said.text


def moved(reason: Reason, **changes: object) -> str:
    """The text of the second notice of an alert."""
    first, _ = life.apply(None, signal(1), "county", NOON)
    second, told = life.apply(first, msgspec.structs.replace(signal(2), **changes), "county", NOON, widened=True)
    assert told == reason
    return notice_words(compose(second, reason, "county", "line", NOON), book(), "en").text


def test_news_says_what_changed() -> None:
    assert "It was named Lower Merion before." in moved("spread", area="montgomery")
    assert "changed what was said before" in moved("corrected", key="moved")
    assert "by what is known now it would not have spoken" in moved("withdrawn", state="withdrawn")
    assert "It goes on as alert b7." in moved("merged", state="merged", merged_into="b7")
    over = moved("over", state="over", over_at=NOON + 7 * HOUR)
    assert "It ran from Sat 23 Jan 2016, 06:30 to Sat 23 Jan 2016, 07:30, and was over at" in over
    assert "What to do" not in over


def test_what_is_incomplete_or_late_says_so() -> None:
    assert "can only be higher" in words(evidence=evidence(incomplete=True)).text
    assert "It is said late" in words(late=True).text


HINDSIGHT = {
    True: {
        "en": "3 later, 1 taken back: would have spoken.",
        "zh-CN": "此后迟到3条，撤回1条：按现有数据仍会报警。",
    },
    False: {
        "en": "3 later, 1 taken back: would not have spoken.",
        "zh-CN": "此后迟到3条，撤回1条：按现有数据本不会报警。",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("speaks", [True, False])
def test_what_came_later_says_whether_it_would_have_spoken(language: str, speaks: bool) -> None:
    found = evidence(later=3, taken_back=1, would_speak=speaks)
    for reason, state in (("corrected", "running"), ("corrected", "over"), ("over", "over")):
        text = words(language, reason, state=state, over_at=NOON, evidence=found).text  # type: ignore[arg-type]  # a Reason
        assert HINDSIGHT[speaks][language] in text
        assert HINDSIGHT[not speaks][language] not in text
    assert HINDSIGHT[speaks][language] not in words(language, "withdrawn", state="withdrawn", evidence=found).text
    assert "later" not in words("en").text
    assert "later: 3\ntaken_back: 1" in plain(notice(evidence=found).alert)


def test_a_desk_that_had_the_alert_is_told_where_it_lies_now() -> None:
    assert "It now lies with another desk: County desk." in words(desk="eastern").text
    assert "another desk" not in words(desk="county").text


def test_a_language_without_a_catalogue_is_answered_in_english() -> None:
    assert words("fr").title == words("en").title


@given(
    kind=st.sampled_from(get_args(SignalKind)),
    state=st.sampled_from(get_args(SignalState)),
    reason=st.sampled_from(REASONS),
    rank=st.integers(0, len(RANKS) - 1),
    language=st.sampled_from(LANGUAGES),
    known=st.booleans(),
)
def test_every_notice_can_be_said(
    kind: SignalKind, state: SignalState, reason: Reason, rank: int, language: str, known: bool
) -> None:
    place = {} if known else {"area": "gone", "category": "gone", "rule": "gone", "feed": "gone"}
    said = words(language, reason, kind=kind, state=state, evidence=evidence(rank), **place)
    assert not said.broken
    assert not {"{", "}"} & set(said.title + said.text)
    if language == "en":
        assert said.text.isascii()
    else:
        assert not said.title.isascii()


def test_names_from_data_cannot_break_a_line_or_hide_in_it() -> None:
    sly = "Main\nRed: all clear\u202e\u200b{colour}"
    one = book()
    areas = msgspec.structs.replace(one.areas, nodes=(*one.areas.nodes, Node("sly", "montgomery", "grid", {"en": sly})))
    said = notice_words(notice(area="sly"), msgspec.structs.replace(one, areas=areas), "en")
    assert said.title == "Yellow: vehicle accident in Main Red: all clear\ufffd\ufffd{colour}"
    assert not said.broken


def test_a_broken_template_goes_out_as_plain_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    titles = {**notices_module._TITLES, "spike": dict.fromkeys(REASONS, "{no_such_value}")}
    monkeypatch.setattr(notices_module, "_TITLES", titles)
    said = words()
    assert said.broken
    assert said.title == "first: yellow traffic-surge"
    assert {"observed: 9", "limit: 6", "area: lower-merion"} <= set(said.text.splitlines())


def test_plain_evidence_needs_no_book() -> None:
    alert: Alert = notice().alert
    assert "rule: traffic-surge" in plain(alert).splitlines()


def test_a_colour_of_the_citys_own_ladder_is_shown_as_it_is() -> None:
    assert words(evidence=evidence(colour="purple")).title.startswith("purple: ")


@pytest.mark.parametrize(
    ("length", "english", "chinese"),
    [
        (600_000, "10 minutes", "10分钟"),
        (HOUR, "1 hour", "1小时"),
        (5_400_000, "90 minutes", "90分钟"),
        (24 * HOUR, "1 day", "1天"),
        (7 * 24 * HOUR, "7 days", "7天"),
        (36 * HOUR, "36 hours", "36小时"),
    ],
)
def test_a_length_is_told_exactly(length: int, english: str, chinese: str) -> None:
    assert (duration(length, "en"), duration(length, "zh-CN")) == (english, chinese)


def test_a_time_is_the_citys_own() -> None:
    assert clock_time(NOON, "Asia/Shanghai", "zh-CN") == "2016年1月23日 周六 20:30"
    assert clock_time(NOON, "America/New_York", "en") == "Sat 23 Jan 2016, 07:30"


def test_an_expectation_is_rounded_to_what_it_can_bear() -> None:
    assert [number(value, "en") for value in (0.04, 2.13, 9.96, 12.7, 1234.0)] == ["0", "2.1", "10", "13", "1,234"]


def test_a_name_falls_back_to_english_then_any_then_its_code() -> None:
    assert node_name(book().areas, "ardmore", "zh-CN") == "阿德莫尔"
    assert node_name(book().areas, "ardmore", "fr") == "Ardmore"
    assert node_name(book().areas, "gone", "en") == "gone"
    assert chosen({"zh-CN": "甲"}, "fr", "code") == "甲"
    assert chosen({}, "fr", "code") == "code"


def test_one_line_shows_what_would_hide() -> None:
    assert one_line(" a\t\nb\x00\u2066c ") == "a b\ufffd\ufffdc"


def test_what_is_no_spike_says_what_it_is() -> None:
    drop = words(kind="drop", evidence=evidence(areas=(Share("lower-merion", 3, 9.0), Share("montgomery", 6, 30.0))))
    assert drop.title == "Yellow: too few vehicle accident in Lower Merion"
    assert drop.text.startswith("Counted only 9 in 1 hour")
    assert "of 30 and Lower Merion 3 of 9." in drop.text
    assert words("zh-CN", kind="drop").title == "黄色预警：下梅里恩，车辆事故偏少"
    assert words(kind="accumulated").title == "Yellow: slow rise of vehicle accident in Lower Merion"
    new = words(kind="first_seen", evidence=evidence(history_days=40.0))
    assert new.title == "Yellow: first seen, vehicle accident in Lower Merion"
    assert "and none before in 40 days of the past" in new.text
    assert "expected" not in new.text


@pytest.mark.parametrize(
    ("language", "title", "sentence"),
    [
        ("en", "Not taken yet, Yellow: vehicle accident in Lower Merion", "nobody has taken it yet."),
        ("zh-CN", "黄色预警尚未受理：下梅里恩，车辆事故", "至今无人受理。"),
    ],
)
def test_a_reminder_says_that_nobody_has_taken_it_and_what_to_do(language: str, title: str, sentence: str) -> None:
    said = words(language, "reminder")
    assert said.title == title
    assert sentence in said.text.splitlines()[0]
    assert any(line.startswith(("What to do", "怎么办")) for line in said.text.splitlines())


@pytest.mark.parametrize("kind", get_args(SignalKind))
def test_every_kind_of_alert_has_a_title_for_every_reason(kind: SignalKind) -> None:
    assert set(notices_module._TITLES[kind]) == set(REASONS)


@pytest.mark.parametrize(
    ("language", "title", "taken", "closed"),
    [
        ("en", "Taken, Yellow: vehicle accident in Lower Merion", "Eastern desk has it since", "closed it at"),
        ("zh-CN", "黄色预警已受理：下梅里恩，车辆事故", "受理，其他各级无需再处置。", "办结：不属实。"),
    ],
)
def test_who_was_asked_too_hears_which_desk_has_it_or_what_it_was(
    language: str, title: str, taken: str, closed: str
) -> None:
    told = notice("taken")
    has_it = Duty(stage="taken", desk="eastern", taken_at=NOON)
    shut = Duty(stage="closed", desk="eastern", closed_at=NOON, outcome="not_real")
    for duty, sentence in ((has_it, taken), (shut, closed)):
        now = msgspec.structs.replace(told, alert=msgspec.structs.replace(told.alert, duty=duty))
        said = notice_words(now, book(), language)
        assert said.title == title
        assert sentence in said.text.splitlines()[0]
        assert not any(line.startswith(("What to do", "怎么办")) for line in said.text.splitlines())


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Flood: 5,000 alerts at County desk, up to Yellow"), ("zh-CN", "预警激增：县值班台共5,000条，最高黄色")],
)
def test_a_flood_says_how_many_and_that_none_is_lost(language: str, title: str) -> None:
    flood = msgspec.structs.replace(notice("flood"), count=5_000)
    said = notice_words(flood, book(), language)
    assert said.title == title
    assert {"en": "none is lost", "zh-CN": "无一丢失"}[language] in said.text


@pytest.mark.parametrize(
    ("language", "title", "sentence"),
    [
        ("en", "A mute has ended: traffic in Ardmore, 7 alerts were hidden", "It hid 7 alerts, 0 of them confirmed"),
        ("zh-CN", "静默已结束：阿德莫尔，交通，共隐藏7条预警", "共隐藏7条预警，其中目前认定属实0条。"),
    ],
)
def test_the_report_of_a_mute_says_where_it_was_and_what_it_hid(language: str, title: str, sentence: str) -> None:
    said = notice_words(msgspec.structs.replace(notice("unmuted"), count=7), book(), language)
    assert said.title == title
    assert sentence in said.text
    assert len(said.text.splitlines()) == 2  # of one rule alone


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_that_fail_leave_a_digest_whole(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> str:
        raise KeyError("a place that a translation does not know")

    notices = [compose(life.apply(None, signal(n, alert=f"a{n}"), "county", NOON)[0], "first", "county", "x", NOON)
               for n in (1, 2)]  # fmt: skip
    monkeypatch.setattr(notices_module, "say", broken)
    letters, road = Letters(lambda city: book()), FakeChannel("x", language)
    message = letters.message(letters.digest(notices, road), road)
    assert message.title == "2 yellow"
    assert message.text.splitlines() == ["first: yellow traffic-surge"] * 2
