"""`tocsin channels`: a drill goes over a real channel, is marked as one, and touches no alert; secrets stay unsaid."""

from __future__ import annotations

import logging
import sys
import zoneinfo
from collections.abc import Callable
from pathlib import Path

import pytest

from streams import cli
from tests.alerts.mailserver import MailServer
from tests.alerts.robots import DingTalkRobot, Robot
from tests.streams.town import make_town

DESKS = """
desks:
  - id: city
    names: {{en: City desk, zh-CN: 市值班台}}
    areas: [{town}]
    categories: [incident]
    channels:
      - console
      - {{kind: email, host: 127.0.0.1, port: {port}, tls: none, private: true, sender: tocsin@desk.example,
         to: [duty@desk.example], language: zh-CN}}
      - {{kind: dingtalk, hook: robot_hook, secret: robot_sign, private: true, standby: 5m, language: en}}
"""
Tocsin = Callable[..., tuple[int, str]]


@pytest.fixture
def tocsin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tocsin:
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path / "var"))
    monkeypatch.setattr(zoneinfo, "reset_tzpath", lambda _: None)

    def run(*words: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["tocsin", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


@pytest.fixture
def mail() -> MailServer:
    return MailServer()


@pytest.fixture
def town(tmp_path: Path, mail: MailServer) -> Path:
    folder = make_town(tmp_path / "town")
    text = (folder / "desks.yaml").read_text(encoding="utf-8")
    area = text.split("areas: [")[1].split("]")[0]
    (folder / "desks.yaml").write_text(DESKS.format(town=area, port=mail.port), encoding="utf-8")
    return folder


def test_the_channels_of_a_city_are_listed_in_their_order(tocsin: Tocsin, town: Path) -> None:
    code, said = tocsin("channels", "list", town)
    assert (code, said.splitlines()) == (
        0,
        [
            "city-console  hears everything",
            "city-email  hears everything",
            "city-dingtalk  stands in for the one before it after 300 s",
        ],
    )


def test_a_drill_by_mail_says_that_it_is_one(tocsin: Tocsin, town: Path, mail: MailServer, tmp_path: Path) -> None:
    with mail:
        code, said = tocsin("channels", "test", town, "city-email")
    assert (code, said) == (0, "city-email: the drill was heard (smtp 250); look whether it is to be seen there\n")
    [letter] = mail.mails
    assert letter["Subject"] == "【演练】并非真实预警：通知渠道 city-email 测试"
    assert letter["Tocsin-Exercise"] == "yes"
    assert "没有发生任何情况" in letter.get_content()
    assert not (tmp_path / "var").exists()


def test_a_drill_to_a_robot_is_signed_and_nothing_secret_is_said(
    tocsin: Tocsin, town: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(
        logging.getLogger(), "handlers", [caplog.handler]
    )  # earlier commands left theirs, streams closed
    with DingTalkRobot(b"SEC0123456789") as robot, caplog.at_level(logging.DEBUG):
        monkeypatch.setenv("TOCSIN_SECRET_ROBOT_HOOK", robot.hook)
        monkeypatch.setenv("TOCSIN_SECRET_ROBOT_SIGN", "SEC0123456789")
        code, said = tocsin("channels", "test", town, "city-dingtalk")
        assert code == 0
        assert robot.heard[0][1].startswith("EXERCISE, no real alert: test of the channel city-dingtalk")
        monkeypatch.setenv("TOCSIN_SECRET_ROBOT_SIGN", "SEC-another")
        code, unheard = tocsin("channels", "test", town, "city-dingtalk")
    assert code == 1
    assert unheard.startswith("city-dingtalk: the drill was not heard (failed: errcode 310000): look at the address")
    for secret in (Robot.TOKEN, "SEC0123456789", "SEC-another"):
        assert secret not in said + unheard + caplog.text


@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ("city-pigeon", "has no channel city-pigeon: take one of city-console, city-email, city-dingtalk"),
        ("city-console", "nothing leaves over the console"),
        ("city-email", "the drill was not heard (failed: no connection)"),
        ("city-dingtalk", "there is no secret called robot_hook"),
    ],
)
def test_what_keeps_a_drill_from_leaving_is_one_line(tocsin: Tocsin, town: Path, channel: str, sentence: str) -> None:
    code, said = tocsin("channels", "test", town, channel)
    assert code == 1
    assert sentence in " ".join(said.split())
    assert "Traceback" not in said
