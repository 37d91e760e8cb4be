"""What people read of alerts on matters: offices, areas, counts and ages, in both languages; never a matter."""

from __future__ import annotations

from typing import Final

import msgspec
import pytest
from starlette.testclient import TestClient

from alerts import life
from alerts.alert import Alert
from alerts.console import create_app
from alerts.console.sample import SampleBoard
from alerts.console.sample_county import sample_book
from alerts.console.sample_night import NOW, sample_alert, sample_feeds
from alerts.console.source import City
from alerts.notice import compose
from alerts.words import Words, notice_words
from rules.book import MatterKind, MatterRule, Selector
from rules.signals import Cause, OwedAnswers, Signal
from tests.alerts.signals import HOUR, NOON, book, evidence, signal
from tests.console.reading import read

RULE: Final = MatterRule(
    "late", "0123456789ab", "deadline", Selector("incident"), "township", HOUR,
    names={"en": "Late answers", "zh-CN": "逾期未答复"},
    guidance={"en": "Call the office.", "zh-CN": "联系承办部门。"},
)  # fmt: skip
OWED: Final = OwedAnswers("roads", 4, 12, 3, NOON - 72 * HOUR, NOON + HOUR)
DAYS: Final = 7 * 24 * HOUR


def told(kind: MatterKind = "deadline", owed: OwedAnswers = OWED, **changes: object) -> Signal:
    found = evidence(
        observed=owed.soon + owed.late, expected=0.0, limit=1, window=DAYS, windows=(), areas=(), categories=(),
        owed=owed,
    )  # fmt: skip
    return msgspec.structs.replace(signal(1), kind=kind, rule="late", evidence=found, **changes)


def said(language: str, of: Signal) -> Words:
    alert, _ = life.apply(None, of, "county", NOON)
    whole = book(matter_rules=(msgspec.structs.replace(RULE, kind=of.kind),))
    return notice_words(compose(alert, "first", "county", "line", NOON), whole, language)


def test_a_notice_of_late_answers_names_rule_office_and_area_and_says_how_many_and_since_when() -> None:
    words = said("en", told())
    assert words.title == "Yellow: Late answers, roads in Lower Merion"
    assert words.text.splitlines()[0].startswith(
        "Overdue: 12; the first since Wed 20 Jan 2016, 07:30. Not accepted in time: 3 of them. Due soon: 4; the next at"
        " Sat 23 Jan 2016, 08:30. So it stood at Sat 23 Jan 2016, 07:30;"
    )
    assert "Call the office." in words.text
    chinese = said("zh-CN", told())
    assert chinese.title == "黄色预警：逾期未答复，下梅里恩 roads"
    assert "已逾期 12 件" in chinese.text
    assert "联系承办部门。" in chinese.text


@pytest.mark.parametrize(
    ("kind", "en", "zh"),
    [
        ("repeat", "Matters with one contact after another within 7 days: 12", "7天内反复来件的事项 12 件"),
        ("sequence", "one thing followed the other within 7 days: 12", "7天内先后出现两类情况的事项 12 件"),
        ("absence", "what had to follow within 7 days did not come: 12", "7天内应有后续而未见的事项 12 件"),
    ],
)
def test_the_other_kinds_say_what_they_heard(kind: MatterKind, en: str, zh: str) -> None:
    owed = msgspec.structs.replace(OWED, soon=0, unaccepted=0, next_due=0)
    assert en in said("en", told(kind, owed)).text
    assert zh in said("zh-CN", told(kind, owed)).text


def test_answers_that_make_figures_fall_are_no_correction_and_more_of_a_colour_is_worse() -> None:
    alert, _ = life.apply(None, told(), "county", NOON)
    fewer = msgspec.structs.replace(OWED, late=2)
    calmer = msgspec.structs.replace(told(owed=fewer).evidence, rank=0, colour="blue")
    down, reason = life.apply(
        alert, msgspec.structs.replace(told(cause=Cause(0, 2, 0)), evidence=calmer), "county", NOON
    )
    assert (down.colour, reason) == ("blue", None)
    assert life.apply(down, told(cause=Cause(0, 3, 0)), "county", NOON)[1] == "worse"


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("kind", ["deadline", "repeat", "sequence", "absence"])
@pytest.mark.parametrize("late", [0, 12])
def test_the_page_shows_office_and_figures_and_no_ladder(kind: MatterKind, language: str, late: int) -> None:
    owed = OwedAnswers("roads", 4, late, min(late, 3), NOW - 72 * HOUR if late else 0, NOW + HOUR)
    plain = sample_alert("aa", rule="late", observed=4 + late, expected=0, limit=1)
    found = msgspec.structs.replace(
        plain.signal.evidence, owed=owed, window=DAYS, windows=(), cells=(), rank_limits=(), history_days=0.0
    )
    alert: Alert = msgspec.structs.replace(
        plain, signal=msgspec.structs.replace(plain.signal, kind=kind, evidence=found)
    )
    rule = msgspec.structs.replace(RULE, kind=kind, selector=Selector("incident"))
    city = City(msgspec.structs.replace(sample_book(), matter_rules=(rule,)))
    client = TestClient(create_app({"sample": SampleBoard(city, [alert], sample_feeds())}))
    board, card = (read(client.get(path, params={"lang": language}).text).text for path in ("/", "/alert/aa"))
    for page in (board, card):
        assert "roads" in page
        assert {"en": "Late answers", "zh-CN": "逾期未答复"}[language] in page
    assert {"en": "No matter is named here", "zh-CN": "此处不列具体事项"}[language] in card
    assert {"en": "Call the office.", "zh-CN": "联系承办部门。"}[language] in card
    assert {"en": "Limit", "zh-CN": "阈值"}[language] not in card
