"""E-mail against a real SMTP server."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerts.channels.email import EmailChannel
from alerts.channels.email import MailServer as Server
from alerts.channels.port import Message
from alerts.channels.register import open_channel
from tests.alerts.mailserver import MailServer, free_port
from tests.alerts.receiver import CERTIFICATES, NAME
from tests.alerts.signals import NOON
from tests.alerts.test_webhook import at

TO = ("duty@desk.example", "second@desk.example")
MESSAGE = Message(
    "n1",
    "montgomery",
    "county",
    "first",
    "zh-CN",
    "红色预警：下梅里恩，车辆事故",
    "截至07:30实计40。\n.\n怎么办：查看监控。",
    {"id": "a1"},
    "2016-01-23T12:30:00Z",
    link="https://desk.example/ack/0123",
)


def channel(
    server: MailServer, tls: Any = "none", *, seconds: float = 10, host: str = "127.0.0.1", user: str = "",
    password: str = "",
) -> EmailChannel:  # fmt: skip
    context = ssl.create_default_context(cafile=CERTIFICATES / f"{NAME}.pem")
    door = Server(host, server.port, tls, user, password, private=True)
    return EmailChannel(
        "county-email", door, "tocsin@desk.example", TO, take_it="受理此预警", seconds=seconds, context=context,
        resolve=at("127.0.0.1"),
    )  # fmt: skip


def test_a_mail_carries_the_notice_and_is_known_again_by_its_id() -> None:
    with MailServer() as server:
        for _ in range(2):
            receipt = channel(server).deliver(MESSAGE, NOON)
            assert (receipt.outcome, receipt.detail) == ("accepted", "smtp 250")
    first, again = server.mails
    assert first["Subject"] == MESSAGE.title
    assert (first["From"], first["To"]) == ("tocsin@desk.example", ", ".join(TO))
    assert first["Message-ID"] == again["Message-ID"] == "<n1@desk.example>"
    assert first["Date"] == "Sat, 23 Jan 2016 12:30:00 +0000"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Tocsin-Exercise"] is None
    body = first.get_content()
    assert MESSAGE.text in body.replace("\r\n", "\n")
    assert "受理此预警 https://desk.example/ack/0123" in body
    assert server.recipients == [list(TO)] * 2


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_mail_goes_over_tls_after_login_and_the_certificate_is_judged_by_the_name(tls: str) -> None:
    with MailServer(tls=tls, login=("duty", "a long password")) as server:
        right = channel(server, tls, host=NAME, user="duty", password="a long password")
        assert right.deliver(MESSAGE, NOON).outcome == "accepted"
        wrong = channel(server, tls, host="other.example").deliver(MESSAGE, NOON)
        assert (wrong.outcome, wrong.detail, wrong.road) == ("failed", "SSLCertVerificationError", True)
    assert len(server.mails) == 1


def test_a_wrong_password_is_a_failure_that_does_not_tell_it() -> None:
    with MailServer(tls="starttls", login=("duty", "a long password")) as server:
        receipt = channel(server, "starttls", host=NAME, user="duty", password="hunter22").deliver(MESSAGE, NOON)
    assert (receipt.outcome, receipt.detail, receipt.road) == ("failed", "smtp 535", True)


def test_a_server_without_starttls_gets_neither_password_nor_mail() -> None:
    with MailServer() as server:
        receipt = channel(server, "starttls", host=NAME, user="duty", password="hunter22").deliver(MESSAGE, NOON)
    assert (receipt.outcome, receipt.detail) == ("failed", "SMTPNotSupportedError")
    assert server.mails == []


@pytest.mark.parametrize(
    ("step", "outcome", "detail", "kept"),
    [
        ("451 later", "failed", "smtp 451", 0),
        ("552 too large", "refused", "smtp 552", 0),
        ("554 spam: 13800138000", "refused", "smtp 554", 0),
        ("reset", "in_doubt", "SMTPServerDisconnected", 1),
    ],
)
def test_every_end_of_a_mail_has_its_receipt(step: str, outcome: str, detail: str, kept: int) -> None:
    with MailServer([step]) as server:
        receipt = channel(server).deliver(MESSAGE, NOON)
    assert (receipt.outcome, receipt.detail, receipt.road) == (outcome, detail, False)
    assert len(server.mails) == kept


def test_a_server_that_never_answers_is_in_doubt_within_the_bound() -> None:
    with MailServer(["hang"]) as server:
        assert channel(server, seconds=2).deliver(MESSAGE, NOON).outcome == "in_doubt"


def test_one_mailbox_that_is_gone_keeps_no_other_from_hearing() -> None:
    with MailServer(refuses=[TO[1]]) as server:
        receipt = channel(server).deliver(MESSAGE, NOON)
    assert (receipt.outcome, receipt.detail) == ("accepted", "smtp 250, 1 of the mailboxes refused")
    assert server.recipients == [[TO[0]]]


def test_where_every_mailbox_is_refused_nothing_was_heard() -> None:
    with MailServer(refuses=TO) as server:
        receipt = channel(server).deliver(MESSAGE, NOON)
    assert (receipt.outcome, receipt.road) == ("failed", True)
    assert "13800138000" not in receipt.detail


def test_nobody_at_the_door_is_a_failure_of_the_road() -> None:
    gone = MailServer(port=free_port())
    receipt = channel(gone).deliver(MESSAGE, NOON)
    assert (receipt.outcome, receipt.detail, receipt.road) == ("failed", "no connection", True)


def test_a_name_that_leads_inside_is_not_called() -> None:
    with MailServer() as server:
        door = Server("mail.example", server.port, "starttls")
        shut = EmailChannel("m", door, "tocsin@desk.example", TO, resolve=at("93.184.215.14", "127.0.0.1"))
        assert shut.deliver(MESSAGE, NOON).detail == "address not allowed"


def test_a_title_makes_no_header_of_its_own() -> None:
    evil = msgspec.structs.replace(MESSAGE, title="Red\r\nBcc: all@desk.example")
    with MailServer() as server, pytest.raises(ValueError, match="linefeed"):
        channel(server).deliver(evil, NOON)
    assert server.mails == []


def test_a_drill_says_so_in_a_header_too() -> None:
    with MailServer() as server:
        channel(server).deliver(msgspec.structs.replace(MESSAGE, exercise=True), NOON)
    assert server.mails[0]["Tocsin-Exercise"] == "yes"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"tls": "none"}, "without TLS goes to a private network alone"),
        ({"tls": "none", "private": True, "user": "duty", "secret": "mail"}, "a password is never sent without TLS"),
        ({"user": "duty"}, "it needs secret"),
        ({"user": "duty", "secret": "gone"}, "no secret called gone"),
        ({"to": ()}, "mailboxes to write to"),
    ],
)
def test_a_mistake_in_a_mail_channel_is_told_in_a_sentence(
    change: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"host": "smtp.example", "sender": "tocsin@desk.example", "to": TO, "tls": "starttls"}
    with pytest.raises(ValueError, match=sentence):
        open_channel(
            "county-email", "email", options | change, language="en", folder=tmp_path,
            secrets={"mail": b"hunter22"}.__getitem__,
        )  # fmt: skip
