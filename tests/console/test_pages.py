"""Pages as they are served: every state, both languages, nobody's business kept."""

from __future__ import annotations

import re

import msgspec
import pytest
from fastapi.testclient import TestClient

from alerts.alert import AlertState
from alerts.console import City, create_app
from alerts.console.pages import Reader, board_page
from alerts.console.sample import SampleBoard, sample_board
from alerts.console.sample_county import sample_book
from alerts.console.sample_night import NOW, sample_alert, sample_feeds, sample_night
from alerts.console.source import FeedState
from alerts.console.speech import LANGUAGES
from rules.book import DetectorSpec
from tests.console.reading import read

WORDS = {"en": "Running", "zh-CN": "进行中"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_board_stands_in_both_languages(client: TestClient, language: str) -> None:
    answer = client.get("/", params={"lang": language})
    assert answer.status_code == 200
    assert read(answer.text).all("html")[0]["lang"] == language
    assert WORDS[language] in answer.text
    assert {"en": "Sample County", "zh-CN": "样例县"}[language] in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("alert", sample_night(), ids=lambda alert: f"{alert.signal.kind}-{alert.state}-{alert.colour}")
def test_every_alert_has_its_card_in_both_languages(client: TestClient, language: str, alert: object) -> None:
    answer = client.get(f"/alert/{alert.id}", params={"lang": language})  # type: ignore[attr-defined]  # an Alert
    assert answer.status_code == 200
    assert alert.id in read(answer.text).text  # type: ignore[attr-defined]  # an Alert


@pytest.mark.parametrize(
    ("alert_id", "english", "chinese"),
    [
        ("7740aaaa", "Said late", "迟报"),
        ("e87731aa", "Incomplete", "不完整"),
        ("2b3c4daa", "Withdrawn", "已撤回"),
        ("3c4d5eaa", "Merged", "已并入"),
        ("1a2b3caa", "Over since", "解除"),
        ("c3f019aa", "feed silent", "数据源失联"),
    ],
)
def test_states_are_said_in_words(client: TestClient, alert_id: str, english: str, chinese: str) -> None:
    for path in ("/", f"/alert/{alert_id}"):
        assert english in read(client.get(path, params={"lang": "en"}).text).text
        assert chinese in read(client.get(path, params={"lang": "zh-CN"}).text).text


@pytest.mark.parametrize(
    ("speaks", "said"),
    [
        (
            True,
            {
                "en": "3 later, 1 taken back: would have spoken.",
                "zh-CN": "此后迟到 3 条，撤回 1 条：按现有数据仍会报警。",
            },
        ),
        (
            False,
            {
                "en": "3 later, 1 taken back: would not have spoken.",
                "zh-CN": "此后迟到 3 条，撤回 1 条：按现有数据本不会报警。",
            },
        ),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("state", ["open", "over"])
def test_what_came_later_is_said_on_the_card(
    language: str, speaks: bool, said: dict[str, str], state: AlertState
) -> None:
    plain = sample_alert("aa", state=state)
    evidence = msgspec.structs.replace(plain.signal.evidence, later=3, taken_back=1, would_speak=speaks)
    told = msgspec.structs.replace(plain, signal=msgspec.structs.replace(plain.signal, evidence=evidence))
    client = TestClient(create_app({"sample": SampleBoard(City(sample_book()), [told], sample_feeds())}))
    card, board = (read(client.get(path, params={"lang": language}).text).text for path in ("/alert/aa", "/"))
    assert said[language] in card
    tag = {"en": "Would not speak now", "zh-CN": "现不足以报警"}[language]
    assert (tag in card, tag in board) == (not speaks, not speaks)


def test_a_card_to_whose_window_nothing_came_later_says_nothing_of_it(client: TestClient) -> None:
    assert "taken back" not in read(client.get("/alert/91c4e7aa", params={"lang": "en"}).text).text


@pytest.mark.parametrize(("language", "said"), [("en", "4,985 held"), ("zh-CN", "4,985")])
def test_a_number_in_a_plural_sentence_is_written_like_every_other(language: str, said: str) -> None:
    page = board_page(sample_board(), Reader(language, "auto", held=4_985, explained=1_204), {})
    assert said in page
    assert "1,204" in page
    assert not re.search("4985|1204", page)


def test_an_exercise_says_so_on_every_title_and_above_the_page() -> None:
    client = TestClient(create_app({"sample": sample_board(exercise=True)}))
    board, card = read(client.get("/").text), read(client.get("/alert/91c4e7aa").text)
    assert board.text.count("Exercise") == len(sample_night()) + 1
    assert card.text.count("Exercise") == 2


def test_an_alert_whose_feed_is_silent_cannot_be_confirmed() -> None:
    source = sample_board()
    assert "Cannot confirm" not in board_text(source)
    source.hear(FeedState("dispatch", NOW - 3_600_000, silent_since=NOW - 3_600_000))
    assert "Cannot confirm" in board_text(source)


def test_a_feed_states_how_long_it_is_waited_for() -> None:
    source = sample_board()
    source.hear(FeedState("dispatch", NOW, silent_after=43 * 60_000))
    page = TestClient(create_app({"sample": source})).get("/").text
    assert page.count("Called silent after 43 min without an event") == 1


def test_a_stopped_rule_is_an_alert_of_its_own() -> None:
    stopped = sample_alert("aa", "sample", "traffic", kind="stopped", colour="red", limit=-1, observed=0)
    source = SampleBoard(City(sample_book()), [stopped], sample_feeds())
    text = board_text(source)
    assert "Traffic surge" in text
    assert "rule stopped" in text
    assert "It failed and was stopped" in text
    card = TestClient(create_app({"sample": source})).get("/alert/aa").text
    assert "The rule failed at 03:00 and was stopped." in card


def test_an_order_that_was_not_reviewed_is_an_alert_of_its_own() -> None:
    overdue = sample_alert("aa", "sample", "traffic", kind="review", colour="yellow", limit=-1, observed=0)
    source = SampleBoard(City(sample_book()), [overdue], sample_feeds())
    assert "order not reviewed" in board_text(source)
    card = TestClient(create_app({"sample": source})).get("/alert/aa").text
    assert "was not reviewed within a day" in card
    assert "A newer version is in force" not in card


def test_a_window_without_history_names_no_limit() -> None:
    young = sample_alert("aa", limit=-1)
    source = SampleBoard(City(sample_book()), [young], sample_feeds())
    client = TestClient(create_app({"sample": source}))
    assert "not enough history for a limit" in board_text(source)
    card = read(client.get("/alert/aa").text).text
    assert "not enough history" in card
    assert "Would not have spoken" not in card


def test_the_card_says_the_number_that_would_not_have_spoken(client: TestClient) -> None:
    figures = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+?)\s*<", client.get("/alert/91c4e7aa").text))
    assert figures == {"Counted": "19", "Expected": "0.6", "Limit": "5", "Would not have spoken": "4"}


def card_of(kind: str, **changes: object) -> str:
    """The card of an alert whose rule has the detector `kind`."""
    book = sample_book()
    rules = tuple(
        msgspec.structs.replace(rule, detector=DetectorSpec(kind), **changes) if rule.id == "traffic-surge" else rule
        for rule in book.rules
    )
    source = SampleBoard(City(msgspec.structs.replace(book, rules=rules)), [sample_alert("aa")], sample_feeds())
    return read(TestClient(create_app({"sample": source})).get("/alert/aa").text).text


@pytest.mark.parametrize(
    ("kind", "said"),
    [("threshold", "Speaks at a fixed count"), ("ratio", "Speaks at a fixed ratio"), ("surprise", "Promised: 1 false")],
)
def test_only_a_detector_that_promises_is_said_to_promise(kind: str, said: str) -> None:
    text = card_of(kind, false_alarms=1.0)
    assert said in text
    assert ("Promised: 1 false alarm a month" in text) == (kind == "surprise")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Score 16.4; it spoke from 11.9 on, the height that keeps this promise."),
        ("zh-CN", "得分 16.4；达到 11.9 即告警，该线即为兑现此承诺而定。"),
    ],
)
def test_a_card_says_what_the_alert_had_to_reach(client: TestClient, language: str, said: str) -> None:
    assert said in client.get("/alert/91c4e7aa", params={"lang": language}).text
    assert "it spoke from" not in card_of("threshold")


def test_a_rule_without_names_shows_its_id_once() -> None:
    version = sample_alert("aa").signal.rule_version
    assert f"traffic-surge, version {version}" in card_of("surprise")
    nameless = card_of("surprise", names={})
    assert f"version {version}" in nameless
    assert nameless.count("traffic-surge") == 1


def test_the_chart_is_titled_by_its_true_end(client: TestClient) -> None:
    assert "24 hours up to 03:10, by the hour" in client.get("/alert/91c4e7aa", params={"lang": "en"}).text
    assert "截至 03:10 的 24 小时，逐小时" in client.get("/alert/91c4e7aa", params={"lang": "zh-CN"}).text


@pytest.mark.parametrize("name", ["Sample County", "样例县"])
def test_no_area_is_called_quiet_under_an_alert_on_the_whole_city(name: str) -> None:
    source = SampleBoard(City(sample_book()), [sample_alert("aa", "sample")], [FeedState("dispatch", NOW - 5000)])
    language = "en" if name.isascii() else "zh-CN"
    text = read(TestClient(create_app({"sample": source})).get("/", params={"lang": language}).text).text
    assert ("12 under an alert of the whole of" if language == "en" else "12 处于") in text
    assert name in text
    assert not any(
        words in text for words in ("whole city", "Heard and under every limit", "全市域", "有数据，且未触线")
    )


def test_one_alert_is_not_called_alerts() -> None:
    source = SampleBoard(City(sample_book()), [sample_alert("aa")], sample_feeds())
    html = TestClient(create_app({"sample": source})).get("/").text
    assert "1 alert said in the last 8 hours" in html
    assert "1 alerts" not in html


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Catching up, at 2026-11-15"), ("zh-CN", "正在补读，已至 2026-11-15")]
)
def test_a_city_that_is_catching_up_says_how_far_it_is(language: str, words: str) -> None:
    source = SampleBoard(City(sample_book(), catching_up=True), sample_night(), sample_feeds())
    html = TestClient(create_app({"sample": source})).get("/", params={"lang": language}).text
    found = read(html)
    assert words in found.text
    assert f'data-behind="{words}"' in html
    assert "data-behind" not in TestClient(create_app({"sample": sample_board()})).get("/").text


def test_a_city_that_is_catching_up_from_nothing_says_so_without_a_day() -> None:
    source = SampleBoard(City(sample_book(), catching_up=True), now=0)
    html = TestClient(create_app({"sample": source})).get("/").text
    assert 'data-behind="Catching up"' in html
    assert "1970" not in html


def test_guidance_comes_in_the_language_of_the_page(client: TestClient) -> None:
    assert "Check the traffic cameras" in client.get("/alert/91c4e7aa", params={"lang": "en"}).text
    assert "查看该乡镇交通监控" in client.get("/alert/91c4e7aa", params={"lang": "zh-CN"}).text


def test_a_quiet_city_says_what_it_has_heard() -> None:
    source = SampleBoard(City(sample_book()), [], [FeedState("dispatch", NOW - 5000)])
    assert "12 areas are heard, none over a limit." in board_text(source)


def test_a_quiet_city_with_a_silent_feed_does_not_say_that_all_is_heard() -> None:
    source = SampleBoard(City(sample_book()), [], sample_feeds())
    assert "are heard, none over a limit" not in board_text(source)
    assert "not every area is heard" in board_text(source)


def test_a_city_without_shapes_has_no_map() -> None:
    source = SampleBoard(City(sample_book()), sample_night(), sample_feeds(), shapes=None)
    client = TestClient(create_app({"sample": source}))
    assert "data-chart" not in client.get("/").text
    assert client.get("/shapes/sample.json").status_code == 404


def test_codes_that_the_book_has_lost_stand_for_themselves() -> None:
    lost = sample_alert("aa", "gone-area", "gone.category", rule="gone-rule")
    lost = msgspec.structs.replace(lost, desk="gone-desk", colour="violet")
    source = SampleBoard(City(sample_book()), [lost], [FeedState("gone-feed", NOW)])
    text = board_text(source)
    assert all(word in text for word in ("gone-area", "gone.category", "violet", "gone-feed"))
    card = read(TestClient(create_app({"sample": source})).get("/alert/aa").text).text
    assert "gone-desk" in card
    assert "This rule is no longer in force." in card


def test_an_alert_that_nobody_was_told_of_is_not_shown() -> None:
    unsaid = msgspec.structs.replace(sample_alert("aa", "harbour", state="withdrawn"), moves=())
    assert "Harbour" not in board_text(SampleBoard(City(sample_book()), [unsaid], sample_feeds()))


def test_two_cities_have_two_boards_and_one_table_of_alerts() -> None:
    other = SampleBoard(City(msgspec.structs.replace(sample_book(), city="other", names={"en": "Other City"})))
    client = TestClient(create_app({"other": other, "sample": sample_board()}))
    assert "Other City" in client.get("/").text
    assert "Old Town" in client.get("/city/sample").text
    assert "Old Town" not in client.get("/").text
    assert client.get("/alert/91c4e7aa").status_code == 200
    assert 'href="/city/other"' in client.get("/city/sample").text


def test_a_console_without_a_city_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one city"):
        create_app({})


def test_a_city_under_another_name_is_refused() -> None:
    with pytest.raises(ValueError, match="'sample' cannot be shown under the name 'other'"):
        create_app({"other": sample_board()})


def test_a_city_whose_clock_has_not_begun_says_so() -> None:
    source = SampleBoard(City(sample_book()), now=0)
    assert "No time has come in yet" in board_text(source)
    assert "1970" not in TestClient(create_app({"sample": source})).get("/").text


def test_a_language_once_asked_for_is_kept(client: TestClient) -> None:
    client.get("/", params={"lang": "zh-CN"})
    assert read(client.get("/").text).all("html")[0]["lang"] == "zh-CN"


def test_a_city_is_not_shown_in_a_language_it_does_not_speak() -> None:
    source = SampleBoard(City(sample_book(), languages=("zh-CN",)))
    client = TestClient(create_app({"sample": source}))
    page = read(client.get("/", params={"lang": "en"}).text)
    assert page.all("html")[0]["lang"] == "zh-CN"
    assert [button["value"] for button in page.all("button") if "value" in button] == ["zh-CN"]


def test_the_theme_of_the_cookie_is_drawn_by_the_server(client: TestClient) -> None:
    client.cookies.set("tocsin-theme", "dark")
    assert read(client.get("/").text).all("html")[0]["data-theme"] == "dark"
    client.cookies.set("tocsin-theme", '"><script>')
    assert "data-theme" not in read(client.get("/").text).all("html")[0]


@pytest.mark.parametrize("path", ["/xq7", "/city/xq7", "/alert/xq7", "/events?city=xq7", "/events?alert=xq7"])
def test_what_is_not_there_is_said_in_words_and_never_repeated(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "xq7" not in answer.text


def test_a_source_that_cannot_be_read_shows_nothing_old() -> None:
    class Broken(SampleBoard):
        def feeds(self) -> list[FeedState]:
            raise OSError("disk 4711 is gone")

    source = Broken(City(sample_book()), sample_night())
    answer = TestClient(create_app({"sample": source}), raise_server_exceptions=False).get("/")
    assert answer.status_code == 500
    assert "The page could not be read" in answer.text
    assert "4711" not in answer.text
    assert "Old Town" not in answer.text


def test_the_console_takes_nothing_in(client: TestClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        answer = client.request(method, "/alert/91c4e7aa", content="x")
        assert answer.status_code == 405
        assert "takes nothing in" in answer.text


def test_shapes_carry_code_and_name_alone() -> None:
    shapes = (
        b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"harbour","owner":"x-4711"},'
        b'"geometry":{"type":"Point","coordinates":[0,0]}},'
        b'{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[0,0]}}]}'
    )
    source = SampleBoard(City(sample_book()), shapes=shapes)
    answer = TestClient(create_app({"sample": source})).get("/shapes/sample.json", params={"lang": "zh-CN"})
    assert [one["properties"] for one in answer.json()["features"]] == [{"code": "harbour", "name": "港湾"}]


def test_shapes_that_have_not_changed_are_not_sent_again(client: TestClient) -> None:
    first = client.get("/shapes/sample.json")
    again = client.get("/shapes/sample.json", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert not again.content


def board_text(source: SampleBoard) -> str:
    return read(TestClient(create_app({"sample": source})).get("/").text).text


@pytest.mark.parametrize(
    ("alert_id", "title", "headline", "title_zh"),
    [
        ("4d10f0aa", "too few", "Only 3 counted in 1 h", "偏少"),
        ("5e21a1aa", "slow rise", "41 counted in 1 h", "缓慢上升"),
        ("6f32b2aa", "first seen", "and none ever before; the rule speaks from 3 on", "首次出现"),
    ],
)
def test_what_is_no_spike_says_what_it_is(
    client: TestClient, alert_id: str, title: str, headline: str, title_zh: str
) -> None:
    card = read(client.get(f"/alert/{alert_id}", params={"lang": "en"}).text).text
    board = read(client.get("/", params={"lang": "en"}).text).text
    assert title in card
    assert title in board
    assert headline in card
    assert title_zh in read(client.get(f"/alert/{alert_id}", params={"lang": "zh-CN"}).text).text


def test_the_card_of_a_drop_reads_the_other_way_round(client: TestClient) -> None:
    page = client.get("/alert/4d10f0aa", params={"lang": "en"}).text
    figures = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+?)\s*<", page))
    assert figures == {"Counted": "3", "Expected": "24", "Limit": "5", "Would not have spoken": "6"}
    text = read(page).text
    assert "down to its limit" in text
    assert "above its limit" not in text.split("Windows judged together")[0]
    assert "over, once the count has been back for" in text or "over: the count is back" in text or "Moves" in text
