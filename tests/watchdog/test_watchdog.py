"""The watchdog at work with shipped fakes: what it says, over which channel, and what a restart of it forgets."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from alerts.channels.jsonlines import JsonLinesChannel
from alerts.channels.port import FakeChannel, Outcome
from streams.city import City
from streams.clock import HandClock
from streams.opened import city_of
from streams.watchdog import Seen, Watchdog
from streams.watchdog.judge import News
from streams.watchdog.telling import MOST_UNSENT, Teller, message_of, recall
from tests.streams.town import NAME, make_town

NOON = 1_452_000_000_000


class Script:
    """A look that shows what its script says; the last of it stays."""

    def __init__(self, seen: Iterable[Seen]) -> None:
        self._seen = iter(seen)
        self._last = Seen()

    def seen(self) -> Seen:
        self._last = next(self._seen, self._last)
        return self._last


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    return city_of(make_town(tmp_path_factory.mktemp("cities") / "town"))


class Scene:
    """One city, one channel that a person hears, one hand clock; `again` is a new process over the same folder."""

    def __init__(self, city: City, folder: Path, clock: HandClock, script: Iterable[Outcome] = ()) -> None:
        self.city, self.folder, self.clock = city, folder, clock
        self.channel = FakeChannel("desk", script=script)
        self.look = Script([])
        self.teller = Teller({NAME: city}, {NAME: [self.channel]}, recall(folder / "memory.json"))
        looks = {NAME: self.look}
        self.dog = Watchdog(looks, self.teller, clock, folder, limit=60, pause=5, waits=True)

    def shows(self, seen: Iterable[Seen]) -> None:
        self.look._seen = iter(seen)

    def turns(self, n: int) -> None:
        for _ in range(n):
            self.clock.forward(5)
            self.dog.turn()

    def again(self, script: Iterable[Outcome] = ()) -> Scene:
        self.dog.close()
        return Scene(self.city, self.folder, self.clock, script)

    @property
    def said(self) -> list[tuple[str, object]]:
        return [(message.reason, message.alert["trouble"]) for message in self.channel.heard]


@pytest.fixture
def scene(city: City, tmp_path: Path) -> Iterator[Scene]:
    made = Scene(city, tmp_path / "watchdog", HandClock(NOON))
    yield made
    made.dog.close()


def standing() -> list[Seen]:
    return [Seen(NOON)]


def going(n: int = 200) -> list[Seen]:
    return [Seen(NOON + 5_000 * i) for i in range(1, n)]


def test_a_city_that_stands_still_is_said_within_ninety_seconds_and_once(scene: Scene) -> None:
    scene.shows(standing())
    scene.turns(90 // 5)
    assert scene.said == [("first", "still")]
    scene.turns(1_000)
    assert scene.said == [("first", "still")]


def test_it_says_when_time_goes_on_again_under_another_id(scene: Scene) -> None:
    scene.shows(standing())
    scene.turns(20)
    scene.shows(going())
    scene.turns(10)
    assert scene.said == [("first", "still"), ("over", "still")]
    first, over = scene.channel.heard
    assert first.id != over.id
    assert not scene.dog.troubled


def test_a_restarted_watchdog_says_nothing_twice_and_still_says_when_it_is_over(scene: Scene) -> None:
    scene.shows(standing())
    scene.turns(20)
    after = scene.again()
    after.shows(standing())
    after.turns(20)
    assert after.said == []
    after.shows(going())
    after.turns(10)
    assert after.said == [("over", "still")]
    after.dog.close()


def test_what_a_channel_did_not_take_is_tried_again_with_the_same_id_also_by_the_next_process(
    city: City, tmp_path: Path
) -> None:
    scene = Scene(city, tmp_path, HandClock(NOON), ["failed", "in_doubt", "failed"])
    scene.shows(standing())
    scene.turns(14)
    assert len(scene.channel.tried) == 3
    after = scene.again()
    after.shows(standing())
    after.turns(2)
    ids = {message.id for message in scene.channel.tried + after.channel.tried}
    assert len(ids) == 1
    assert len(after.channel.heard) == 1
    after.dog.close()


def test_a_wall_clock_that_is_set_changes_nothing(scene: Scene) -> None:
    scene.shows(going())
    scene.turns(5)
    for step in (86_400_000, -2 * 86_400_000):
        scene.clock.at += step
        scene.turns(5)
    assert scene.said == []
    scene.shows(standing())
    scene.clock.at -= 86_400_000
    scene.turns(15)
    assert scene.said == [("first", "still")]


def test_a_watchdog_that_was_paused_with_everything_else_calls_nobody_still(scene: Scene) -> None:
    scene.shows(going())
    scene.turns(5)
    scene.clock.forward(3_600)
    scene.turns(5)
    assert scene.said == []


def test_its_own_life_shows_in_its_heartbeat(scene: Scene) -> None:
    scene.shows(standing())
    scene.turns(20)
    page = (scene.folder / "heartbeat.prom").read_text()
    shown = {sample.name: sample.value for family in text_string_to_metric_families(page) for sample in family.samples}
    assert shown == {
        "tocsin_watchdog_looked_timestamp_seconds": scene.clock.at / 1000,
        "tocsin_watchdog_still_seconds": 100.0,
        "tocsin_watchdog_trouble_flag": 1.0,
        "tocsin_watchdog_unsent_messages": 0.0,
    }
    told = (Path(__file__).parents[2] / "docs" / "watchdog.md").read_text("utf-8")
    assert [name for name in shown if f"`{name}`" not in told] == []


def test_a_broken_memory_makes_it_say_it_again_rather_than_not_at_all(scene: Scene) -> None:
    scene.shows(standing())
    scene.turns(20)
    (scene.folder / "memory.json").write_bytes(b'{"standing": ')
    after = Scene(scene.city, scene.folder, scene.clock)
    after.shows(standing())
    after.turns(20)
    assert after.said == [("first", "still")]
    assert after.channel.heard[0].id == scene.channel.heard[0].id
    after.dog.close()


def test_a_channel_that_never_answers_owes_a_bounded_number_of_messages(city: City) -> None:
    teller = Teller({NAME: city}, {NAME: [FakeChannel("desk", script=["failed"] * 10_000)]}, recall(Path("none")))
    for n in range(MOST_UNSENT + 50):
        teller.say(News(NAME, "still", over=False, tick=n, seconds=60.0), NOON)
    assert len(teller.memory.unsent) == MOST_UNSENT


def test_a_slow_channel_keeps_nobody_from_looking(city: City, tmp_path: Path) -> None:
    answer = threading.Event()

    class Slow(FakeChannel):
        def deliver(self, message, at):  # type: ignore[no-untyped-def]  # as FakeChannel's
            answer.wait(30)
            return super().deliver(message, at)

    clock, quick, slow = HandClock(NOON), FakeChannel("quick"), Slow("slow")
    teller = Teller({NAME: city}, {NAME: [slow, quick]}, recall(tmp_path / "memory.json"))
    dog = Watchdog({NAME: Script(standing())}, teller, clock, tmp_path, limit=60, pause=5)
    for _ in range(40):
        clock.forward(5)
        dog.turn()
    answer.set()
    dog.close()
    assert (len(quick.heard), len(slow.heard)) == (1, 1)
    assert teller.memory.unsent == []


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_message_names_the_city_the_last_tick_and_what_to_do(city: City, language: str, tmp_path: Path) -> None:
    news = News(NAME, "still", over=False, tick=NOON, seconds=61.2)
    message = message_of(news, city, language, NOON + 61_000)
    assert "2016" in message.text
    assert "61" in message.text
    assert city.names[language] in message.title
    path = tmp_path / "notices.jsonl"
    assert JsonLinesChannel("file", path).deliver(message, NOON).outcome == "accepted"
    line = msgspec.json.decode(path.read_bytes())
    assert line["alert"] == {
        "kind": "watchdog",
        "city": NAME,
        "state": "open",
        "trouble": "still",
        "last_tick": "2016-01-05T13:20:00Z",
        "seconds": 61.2,
    }
