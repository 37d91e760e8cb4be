"""The page of a signed link: opening it asks and changes nothing, the button takes, once and no other alert."""

from __future__ import annotations

import msgspec
import pytest
from fastapi.testclient import TestClient

from alerts.console import create_app
from alerts.console.sample import SampleBoard
from alerts.console.sample_night import NOW
from alerts.console.taking import Taking, add_taking
from alerts.links import VALID_MS, Link, Taken, link_key, sign_link
from tests.console.reading import read

KEY = b"the key of the city, 32 bytes .."


class Desk:
    """Takes what it is given, and remembers."""

    def __init__(self) -> None:
        self.taken: list[Link] = []
        self.ended = False

    def __call__(self, link: Link, now: int) -> Taken:
        if self.ended:
            return "ended"
        if link.alert in [one.alert for one in self.taken]:
            return "already"
        self.taken.append(link)
        return "taken"


class Scene:
    def __init__(self, source: SampleBoard) -> None:
        self.desk, self.now = Desk(), NOW
        app = create_app({"sample": source})
        add_taking(app, Taking({"sample": source}, {"sample": KEY}, self.desk, lambda: self.now))
        self.client = TestClient(app, raise_server_exceptions=False)
        self.alert = next(a for a in source.alerts(NOW) if a.state == "open" and a.signal.kind == "spike")
        told_at = self.alert.moves[-1].wall_at
        self.link = Link("take", "sample", self.alert.id, self.alert.desk, told_at, NOW + VALID_MS)

    def path(self, city: str = "sample", key: bytes = KEY, **change: object) -> str:
        return f"/take/{city}/{sign_link(link_key(key), msgspec.structs.replace(self.link, **change))}"


@pytest.fixture
def scene(source: SampleBoard) -> Scene:
    return Scene(source)


@pytest.mark.parametrize(("language", "button"), [("en", "Take this alert"), ("zh-CN", "受理此预警")])
def test_opening_a_link_asks_and_changes_nothing(scene: Scene, language: str, button: str) -> None:
    for _ in range(3):  # a program that looks through messages, then a person
        answer = scene.client.get(scene.path(), params={"lang": language})
        assert answer.status_code == 200
        assert read(answer.text).all("form")[0]["method"] == "post"
        assert button in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert scene.client.head(scene.path()).status_code == 405
    assert scene.desk.taken == []


def test_the_button_takes_and_a_second_time_it_says_so(scene: Scene) -> None:
    assert scene.client.post(scene.path()).status_code == 200
    assert scene.desk.taken == [scene.link]
    again = scene.client.post(scene.path())
    assert (again.status_code, "It was taken before" in again.text) == (409, True)
    scene.desk.ended = True
    assert scene.client.post(scene.path()).status_code == 409


@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_link_whose_time_is_over_or_whose_alert_has_moved_on_takes_nothing(scene: Scene, verb: str) -> None:
    ask = getattr(scene.client, verb)
    moved = ask(scene.path(told_at=scene.link.told_at - 1))
    assert (moved.status_code, "It has changed since this message" in moved.text) == (409, True)
    scene.now = NOW + VALID_MS
    late = ask(scene.path())
    assert (late.status_code, "no longer valid" in late.text, scene.alert.id in late.text) == (410, True, False)
    assert scene.desk.taken == []


@pytest.mark.parametrize("verb", ["get", "post"])
def test_a_link_that_is_not_ours_shows_and_takes_nothing(scene: Scene, verb: str) -> None:
    ask = getattr(scene.client, verb)
    for path in (
        scene.path(key=b"another"),
        scene.path(city="other"),
        scene.path(alert="nobody's"),
        scene.path().replace("/take/sample/", "/take/sample/x"),
        "/take/sample/x",
    ):
        answer = ask(path)
        assert (answer.status_code, scene.alert.id in answer.text) == (404, False)
    foreign = msgspec.structs.replace(scene.link, city="other")
    answer = ask(f"/take/sample/{sign_link(link_key(KEY), foreign)}")
    assert answer.status_code == 404
    assert scene.desk.taken == []
