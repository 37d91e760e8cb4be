"""The file, the console, and how channels are made from what a desk says."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from alerts.channels.alertmanager import AlertmanagerChannel
from alerts.channels.console import ConsoleChannel
from alerts.channels.email import EmailChannel
from alerts.channels.jsonlines import JsonLinesChannel
from alerts.channels.port import Channel, Message, Receipt
from alerts.channels.register import KINDS, open_channel
from alerts.channels.robot import RobotChannel
from alerts.channels.webhook import WebhookChannel
from alerts.desks import ChannelKind, Option
from tests.alerts.receiver import Receiver
from tests.alerts.signals import NOON

SECRET = b"sixteen bytes or more"


def message(number: int = 1) -> Message:
    return Message(f"n{number}", "city", "county", "first", "en", "Title", "预警\nText", {}, "2016-01-23T12:30:00Z")


def read(path: Path) -> list[str]:
    return [msgspec.json.decode(line, type=Message).id for line in path.read_bytes().splitlines()]


def test_each_notice_is_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "new" / "notices.jsonl"
    line = JsonLinesChannel("line", path)
    assert line.deliver(message(1), NOON) == Receipt(NOON, "accepted", "on the disk")
    line.deliver(message(2), NOON)
    assert read(path) == ["n1", "n2"]


@pytest.mark.parametrize("cut", [1, 20, 60])
def test_a_line_torn_by_a_kill_is_cut_off_before_the_next(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "notices.jsonl"
    line = JsonLinesChannel("line", path)
    line.deliver(message(1), NOON)
    line.deliver(message(2), NOON)
    whole = path.read_bytes()
    end_of_first = whole.index(b"\n") + 1
    path.write_bytes(whole[: end_of_first + cut])
    line.deliver(message(2), NOON)
    assert read(path) == ["n1", "n2"]


def test_a_line_that_only_lacks_its_end_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    line = JsonLinesChannel("line", path)
    line.deliver(message(1), NOON)
    path.write_bytes(path.read_bytes().rstrip())
    line.deliver(message(2), NOON)
    assert read(path) == ["n1", "n2"]


def test_what_is_not_ours_in_the_file_is_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    path.write_text("kept by hand")
    JsonLinesChannel("line", path).deliver(message(1), NOON)
    assert path.read_text().splitlines()[0] == "kept by hand"
    assert len(path.read_text().splitlines()) == 2


def test_a_file_moved_away_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "notices.jsonl"
    line = JsonLinesChannel("line", path)
    line.deliver(message(1), NOON)
    path.rename(tmp_path / "old.jsonl")
    line.deliver(message(2), NOON)
    assert read(path) == ["n2"]


def test_a_disk_that_takes_nothing_is_a_failure_and_no_fault(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    receipt = JsonLinesChannel("line", tmp_path / "folder").deliver(message(), NOON)
    assert receipt == Receipt(NOON, "failed", "EISDIR")


def test_a_line_that_the_disk_has_not_confirmed_is_not_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(handle: int) -> None:
        raise OSError(errno.EIO, "the disk is gone")

    line = JsonLinesChannel("line", tmp_path / "notices.jsonl")
    line.deliver(message(1), NOON)
    monkeypatch.setattr(os, "fsync", broken)
    assert line.deliver(message(2), NOON) == Receipt(NOON, "failed", "EIO")


def test_the_console_shows_what_is_committed() -> None:
    assert ConsoleChannel("board").deliver(message(), NOON).outcome == "accepted"


def secrets(name: str) -> bytes:
    return {"hook": SECRET, "robot": b"https://robot.example/send?key=0"}[name]


def opened(folder: Path, kind: str, **options: Option) -> Channel:
    return open_channel(f"county-{kind}", kind, options, language="zh-CN", folder=folder, secrets=secrets)


def test_every_kind_that_a_desk_may_name_can_be_opened(tmp_path: Path) -> None:
    made = [
        opened(tmp_path, "console"),
        opened(tmp_path, "jsonlines", path="notices.jsonl"),
        opened(tmp_path, "webhook", url="https://desk.example/", secret="hook"),
        opened(tmp_path, "email", host="smtp.example", sender="tocsin@desk.example", to=("duty@desk.example",)),
        opened(tmp_path, "dingtalk", hook="robot", secret="hook"),
        opened(tmp_path, "wecom", hook="robot"),
        opened(tmp_path, "feishu", hook="robot", secret="hook"),
        opened(tmp_path, "alertmanager", url="https://alerts.example"),
    ]
    robots = [RobotChannel] * 3
    kinds = [ConsoleChannel, JsonLinesChannel, WebhookChannel, EmailChannel, *robots, AlertmanagerChannel]
    assert [type(channel) for channel in made] == kinds
    assert set(KINDS) == set(get_args(ChannelKind)) == {channel.name.removeprefix("county-") for channel in made}


def test_the_file_of_a_channel_lies_in_the_data_folder(tmp_path: Path) -> None:
    opened(tmp_path, "jsonlines", path="notices.jsonl").deliver(message(), NOON)
    assert read(tmp_path / "notices.jsonl") == ["n1"]


def test_a_channel_speaks_its_own_language_before_its_desks(tmp_path: Path) -> None:
    assert opened(tmp_path, "console").language == "zh-CN"
    assert opened(tmp_path, "console", language="en").language == "en"


def test_only_a_channel_that_says_so_reaches_inside(tmp_path: Path) -> None:
    with Receiver() as receiver:
        url = f"https://127.0.0.1:{receiver.port}/"
        shut = opened(tmp_path, "webhook", url=url, secret="hook")
        assert shut.deliver(message(), NOON).detail == "address not allowed"
        url = f"http://127.0.0.1:{receiver.port}/"
        wide = opened(tmp_path, "webhook", url=url, secret="hook", private=True)
        assert wide.deliver(message(), NOON).outcome == "accepted"
    assert len(receiver.pushes) == 1


MISTAKES: list[tuple[str, str, dict[str, str | bool], str]] = [
    ("an unknown kind", "pigeon", {}, "pigeon is no channel"),
    ("a file without a path", "jsonlines", {}, "it needs path"),
    ("a file outside", "jsonlines", {"path": "../notices.jsonl"}, "inside the data folder"),
    ("a file elsewhere", "jsonlines", {"path": "/etc/notices.jsonl"}, "inside the data folder"),
    ("a hook without an address", "webhook", {"secret": "hook"}, "it needs url"),
    ("an unsigned hook", "webhook", {"url": "https://desk.example/"}, "it needs secret"),
    ("a secret that is not", "webhook", {"url": "https://desk.example/", "secret": "none"}, "no secret called none"),
    ("http to the world", "webhook", {"url": "http://desk.example/", "secret": "hook"}, "begin with https"),
]


@pytest.mark.parametrize(("kind", "options", "sentence"), [m[1:] for m in MISTAKES], ids=[m[0] for m in MISTAKES])
def test_a_mistake_in_a_channel_is_told_in_a_sentence(
    tmp_path: Path, kind: str, options: dict[str, str | bool], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence) as told:
        open_channel("county/x", kind, options, language="en", folder=tmp_path, secrets=secrets)
    assert str(told.value).startswith("county/x: ")
    assert "sixteen" not in str(told.value)
