"""The robots of DingTalk, WeCom and Feishu: always 200, heard only where the number inside is 0."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import life
from alerts.channels.fitting import fitted
from alerts.channels.port import Channel, FakeChannel, Message
from alerts.channels.register import open_channel
from alerts.letters import Letters
from alerts.notice import compose
from rules.signals import Share
from tests.alerts.robots import DingTalkRobot, FeishuRobot, Robot, WeComRobot
from tests.alerts.signals import NOON, book, evidence, signal

ROBOTS: dict[str, type[Robot]] = {"dingtalk": DingTalkRobot, "wecom": WeComRobot, "feishu": FeishuRobot}
SECRET = b"SEC0123456789abcdef"


def channel(kind: str, robot: Robot, language: str = "zh-CN", **wrong: str) -> Channel:
    secrets = {"hook": wrong.get("hook", robot.hook).encode(), "sign": wrong.get("sign", SECRET.decode()).encode()}
    options: dict[str, Any] = {"hook": "hook", "private": True}
    if kind != "wecom":
        options["secret"] = "sign"
    return open_channel(f"county-{kind}", kind, options, language=language, folder=Path(), secrets=secrets.__getitem__)


def card(language: str = "zh-CN", link: str = "https://desk.example.org/ack/0123") -> Message:
    """A message as it is really made."""
    alert, _ = life.apply(None, signal(1, evidence=evidence(3, 40)), "county", NOON)
    letters = Letters(lambda city: book(), lambda notice: link)
    return letters.message(letters.single(compose(alert, "first", "county", "x", NOON)), FakeChannel("x", language))


def clock() -> int:
    return NOON


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_a_robot_hears_a_whole_card_within_its_limits(kind: str, language: str) -> None:
    with ROBOTS[kind](SECRET, clock=clock) as robot:
        receipt = channel(kind, robot, language).deliver(card(language), NOON)
    assert (receipt.outcome, receipt.detail) == ("accepted", "errcode 0")
    [(notice, text)] = robot.heard
    assert notice == card(language).id
    assert text.startswith(
        "红色预警：下梅里恩，车辆事故" if language == "zh-CN" else "Red: vehicle accident in Lower Merion"
    )
    assert card(language).text in text
    assert "https://desk.example.org/ack/0123" in text
    assert len(text.encode()) <= 4_096


@pytest.mark.parametrize(
    ("kind", "code", "outcome", "waits"),
    [
        ("dingtalk", 130101, "failed", 600_000),
        ("dingtalk", 310000, "failed", 0),
        ("dingtalk", 430104, "refused", 0),
        ("dingtalk", 999999, "failed", 0),
        ("wecom", 45009, "failed", 60_000),
        ("wecom", 93000, "failed", 0),
        ("wecom", 40058, "refused", 0),
        ("feishu", 11232, "failed", 60_000),
        ("feishu", 19021, "failed", 0),
        ("feishu", 9499, "refused", 0),
    ],
)
def test_a_200_with_an_error_inside_was_not_heard(kind: str, code: int, outcome: str, waits: int) -> None:
    with ROBOTS[kind]() as robot:
        robot.script = iter([(200, json.dumps(robot.answer(code)).encode())])
        receipt = channel(kind, robot).deliver(card(), NOON)
    assert (receipt.outcome, receipt.detail, receipt.retry_after) == (outcome, f"errcode {code}", waits)
    assert receipt.road is (outcome == "failed")


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize("answer", [b"", b"<html>", b"[]", b"{}", b'{"errcode": "0", "code": null}', b"\xff"])
def test_an_answer_that_says_neither_leaves_the_send_in_doubt(kind: str, answer: bytes) -> None:
    with ROBOTS[kind](script=[(200, answer)]) as robot:
        receipt = channel(kind, robot).deliver(card(), NOON)
    assert (receipt.outcome, receipt.detail) == ("in_doubt", "its answer is not understood")


def test_the_older_field_of_feishu_is_understood() -> None:
    with FeishuRobot(script=[(200, b'{"StatusCode": 0, "StatusMessage": "success"}')]) as robot:
        assert channel("feishu", robot).deliver(card(), NOON).outcome == "accepted"


@pytest.mark.parametrize("kind", ROBOTS)
def test_a_robot_that_hangs_up_after_it_has_heard_leaves_the_send_in_doubt(kind: str) -> None:
    with ROBOTS[kind](SECRET, clock=clock, script=["reset"]) as robot:
        assert channel(kind, robot).deliver(card(), NOON).outcome == "in_doubt"
    assert len(robot.heard) == 1


@pytest.mark.parametrize("kind", ["dingtalk", "feishu"])
def test_a_wrong_signature_is_not_heard(kind: str) -> None:
    with ROBOTS[kind](SECRET, clock=clock) as robot:
        assert channel(kind, robot, sign="SEC-another").deliver(card(), NOON).outcome == "failed"
        assert channel(kind, robot).deliver(card(), NOON - 2 * 3_600_000).outcome == "failed"
    assert robot.heard == []


@pytest.mark.parametrize("kind", ROBOTS)
def test_more_than_twenty_a_minute_are_turned_away_by_the_stand_in(kind: str) -> None:
    with ROBOTS[kind](SECRET, clock=clock) as robot:
        road = channel(kind, robot)
        receipts = [road.deliver(card(), NOON) for _ in range(robot.per_minute() + 1)]
    assert [r.outcome for r in receipts[:-1]] == ["accepted"] * robot.per_minute()
    assert receipts[-1].outcome == "failed"
    assert receipts[-1].retry_after >= 60_000


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize("status", [404, 500, 502])
def test_what_is_no_200_came_from_before_the_robot_and_is_tried_again(kind: str, status: int) -> None:
    with ROBOTS[kind](script=[(status, b"")]) as robot:
        assert channel(kind, robot).deliver(card(), NOON).outcome == "failed"


# what fits


names = st.text(st.characters(codec="utf-8"), min_size=1, max_size=120)


@given(area=names, category=names, text=st.text(max_size=6_000), limit=st.sampled_from((2_048, 4_096)))
def test_bytes_go_from_the_tail_and_never_from_colour_place_and_link(
    area: str, category: str, text: str, limit: int
) -> None:
    link = "https://desk.example.org/ack/" + "x" * 300
    title = f"Red: {category} in {area}"
    message = msgspec.structs.replace(card(), title=title, text=text, link=link)
    said = fitted(message, limit, link)
    assert len(said.encode()) <= limit
    assert said.split("\n")[-1] == link
    assert len(said) >= len(title)
    assert said.startswith("Red: ")
    assert said[: len(title)].translate(str.maketrans("", "", "<>[]*`#~()'-")) == title.translate(
        str.maketrans("", "", "<>[]*`#~()'-")
    )


def test_names_beyond_all_measure_leave_the_colour_and_the_place() -> None:
    message = card()
    message = msgspec.structs.replace(
        message, title="红" * 3_000, alert={"colour": "red", "area_name": "区" * 2_000, "category_name": "类" * 2_000}
    )
    said = fitted(message, 2_048, "")
    assert said.startswith("red 区区")
    assert "类" in said
    assert len(said.encode()) <= 2_048


@pytest.mark.parametrize("evil", ['<at user_id="all"></at>', "<@all>", "[x](http://evil.example)", "**b**", "# h"])
def test_a_name_gives_a_robot_no_orders(evil: str) -> None:
    message = msgspec.structs.replace(card(), title=f"Red: {evil}", text=evil)
    said = fitted(message, 4_096, "")
    assert len(said.encode()) == len(f"Red: {evil}\n{evil}".encode())
    assert not set("<>[]*#") & set(said)


def test_a_chinese_card_with_all_its_evidence_fits_4096_bytes_uncut() -> None:
    shares = tuple(Share(code, 10_000, 1_234.5) for code in ("ardmore", "lower-merion", "abington", "montgomery") * 2)
    full = evidence(3, 10_000, areas=shares, categories=shares, incomplete=True, later=99, taken_back=99)
    alert, _ = life.apply(None, signal(1, evidence=full, late=True), "county", NOON)
    letters = Letters(lambda city: book(), lambda notice: "https://desk.example.org/ack/" + "x" * 300)
    notice = compose(alert, "first", "eastern", "x", NOON)
    message = letters.message(letters.single(notice), FakeChannel("x", "zh-CN"))
    said = fitted(message, 4_096, f"受理此预警 {message.link}")
    assert message.text in said
    assert len(said.encode()) <= 4_096


# secrets


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize("held", ["", "nonsense", "ftp://robot.example/0c5a9b", "https://user:0c5a9b@robot.example/"])
def test_a_wrong_address_of_a_robot_is_told_without_it(kind: str, held: str) -> None:
    sentence = f"county-{kind}: the secret hook must hold the robot's whole address"
    with ROBOTS[kind]() as robot, pytest.raises(ValueError, match=sentence) as told:
        channel(kind, robot, hook=held)
    assert "0c5a9b" not in f"{told.value} {told.value.__cause__}"


@pytest.mark.parametrize("kind", ROBOTS)
def test_neither_token_nor_secret_is_logged_or_in_a_receipt(kind: str, caplog: pytest.LogCaptureFixture) -> None:
    with ROBOTS[kind](SECRET, clock=clock) as robot, caplog.at_level(logging.INFO):
        receipt = channel(kind, robot).deliver(card(), NOON)
        robot.script = iter([(500, b"")])
        failed = channel(kind, robot).deliver(card(), NOON)
    told = f"{receipt} {failed} {caplog.text}"
    assert Robot.TOKEN not in told
    assert SECRET.decode() not in told
