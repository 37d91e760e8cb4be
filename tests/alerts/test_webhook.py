"""The signed webhook against a real receiver."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence

import msgspec
import pytest

from alerts.channels.addresses import Resolve
from alerts.channels.port import Message, Receipt
from alerts.channels.signature import TOLERANCE_SECONDS, sign, verify
from alerts.channels.webhook import BODY_BYTES, WebhookChannel
from tests.alerts.receiver import CERTIFICATES, NAME, Receiver
from tests.alerts.signals import NOON

SECRET = b"sixteen bytes or more"
MESSAGE = Message("n1", "montgomery", "county", "first", "zh-CN", "橙色", "正文", {"id": "a1"}, "2016-01-23T12:30:00Z")


def at(*addresses: str) -> Resolve:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return resolve


def channel(receiver: Receiver, *, seconds: float = 10, private: bool = True) -> WebhookChannel:
    url = f"http://127.0.0.1:{receiver.port}/hook?desk=county"
    return WebhookChannel("hook", url, SECRET, private=private, seconds=seconds)


def test_a_push_is_signed_and_carries_the_notice() -> None:
    with Receiver() as receiver:
        assert channel(receiver).deliver(MESSAGE, NOON) == Receipt(NOON, "accepted", "http 204")
    [push] = receiver.pushes
    assert push.path == "/hook?desk=county"
    assert push.headers["Tocsin-Timestamp"] == str(NOON // 1000)
    assert push.headers["Tocsin-Signature"] == sign(SECRET, NOON // 1000, push.body)
    assert push.headers["Tocsin-Notice"] == "n1"
    assert push.headers["Content-Type"] == "application/json"
    assert push.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert msgspec.json.decode(push.body, type=Message) == MESSAGE
    assert verify(SECRET, push.headers, push.body, NOON // 1000)


def test_a_receiver_believes_no_altered_old_or_unsigned_push() -> None:
    now, body = NOON // 1000, b'{"id":"n1"}'
    headers = {"tocsin-timestamp": str(now), "TOCSIN-SIGNATURE": sign(SECRET, now, body)}
    assert verify(SECRET, headers, body, now)
    assert verify(SECRET, headers, body, now + TOLERANCE_SECONDS)
    assert not verify(SECRET, headers, body, now + TOLERANCE_SECONDS + 1)
    assert not verify(SECRET, headers, body + b" ", now)
    assert not verify(b"another secret of some length", headers, body, now)
    assert not verify(SECRET, {**headers, "tocsin-timestamp": str(now + 1)}, body, now)
    assert not verify(SECRET, {**headers, "tocsin-timestamp": "²"}, body, now)
    assert not verify(SECRET, {**headers, "TOCSIN-SIGNATURE": "签名"}, body, now)
    assert not verify(SECRET, {}, body, now)


@pytest.mark.parametrize(
    ("step", "outcome", "detail"),
    [
        (200, "accepted", "http 200"),
        (302, "refused", "http 302"),
        (400, "refused", "http 400"),
        (404, "refused", "http 404"),
        (408, "failed", "http 408"),
        (429, "failed", "http 429"),
        (500, "failed", "http 500"),
        (503, "failed", "http 503"),
        ("reset", "in_doubt", "ReadError"),
    ],
)
def test_every_answer_has_its_receipt(step: object, outcome: str, detail: str) -> None:
    with Receiver([step]) as receiver:
        receipt = channel(receiver).deliver(MESSAGE, NOON)
    assert (receipt.outcome, receipt.detail) == (outcome, detail)


@pytest.mark.parametrize("step", ["hang", "drip"])
def test_an_answer_that_does_not_come_is_in_doubt_within_the_bound(step: str) -> None:
    with Receiver([step]) as receiver:
        receipt = channel(receiver, seconds=0.3).deliver(MESSAGE, NOON)
    assert (receipt.outcome, receipt.detail) == ("in_doubt", "no answer within 0.3 s")


def test_an_answer_without_end_is_not_read() -> None:
    with Receiver(["flood"]) as receiver:
        assert channel(receiver).deliver(MESSAGE, NOON).outcome == "accepted"


def test_no_redirect_is_followed() -> None:
    with Receiver() as inner, Receiver([(307, {"Location": f"http://127.0.0.1:{inner.port}/"})]) as receiver:
        assert channel(receiver).deliver(MESSAGE, NOON).outcome == "refused"
    assert inner.pushes == []


def test_the_wait_that_the_other_side_asks_for_is_told() -> None:
    with Receiver([(429, {"Retry-After": "30"}), (503, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"})]) as receiver:
        hook = channel(receiver)
        assert hook.deliver(MESSAGE, NOON).retry_after == 30_000
        assert hook.deliver(MESSAGE, NOON).retry_after == 0


def test_nobody_at_the_door_is_a_failure() -> None:
    with Receiver() as receiver:
        hook = channel(receiver)
    assert hook.deliver(MESSAGE, NOON) == Receipt(NOON, "failed", "no connection", road=True)


def test_a_name_without_address_is_a_failure() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    hook = WebhookChannel("hook", "https://nowhere.example/", SECRET, resolve=unknown)
    assert hook.deliver(MESSAGE, NOON) == Receipt(NOON, "failed", "the name has no address", road=True)


def test_a_message_beyond_the_bound_is_refused_unsent() -> None:
    with Receiver() as receiver:
        huge = msgspec.structs.replace(MESSAGE, text="x" * BODY_BYTES)
        assert channel(receiver).deliver(huge, NOON).outcome == "refused"
    assert receiver.pushes == []


def test_the_environment_cannot_put_a_proxy_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    with Receiver() as proxy, Receiver() as receiver:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("ALL_PROXY", f"http://127.0.0.1:{proxy.port}")
        assert channel(receiver).deliver(MESSAGE, NOON).outcome == "accepted"
    assert proxy.pushes == []


def test_a_name_that_leads_inside_is_not_called() -> None:
    """DNS rebinding, and the plain mistake."""
    with Receiver(tls=True) as receiver:
        for answer in ("127.0.0.1", "::ffff:127.0.0.1"):
            url = f"https://{NAME}:{receiver.port}/"
            hook = WebhookChannel("hook", url, SECRET, resolve=at("93.184.215.14", answer))
            assert hook.deliver(MESSAGE, NOON) == Receipt(NOON, "failed", "address not allowed", road=True)
    assert receiver.pushes == []


def test_the_connection_goes_to_the_address_that_was_judged_and_the_certificate_to_the_name() -> None:
    trusting = ssl.create_default_context(cafile=str(CERTIFICATES / f"{NAME}.pem"))
    with Receiver(tls=True) as receiver:
        right, wrong = (
            WebhookChannel(
                "hook",
                f"https://{name}:{receiver.port}/",
                SECRET,
                private=True,
                tls=trusting,
                resolve=at("127.0.0.1"),
            )
            for name in (NAME, "other.example")
        )
        assert right.deliver(MESSAGE, NOON).outcome == "accepted"
        assert wrong.deliver(MESSAGE, NOON) == Receipt(NOON, "failed", "no connection", road=True)
    [push] = receiver.pushes
    assert push.headers["Host"] == f"{NAME}:{receiver.port}"


@pytest.mark.parametrize(
    "url",
    [
        "http://desk.example/",
        "file:///etc/passwd",
        "gopher://desk.example/",
        "https://",
        "https://officer:secret@desk.example/",
        "https://desk.example/#part",
        "https://[::1",
        "",
    ],
)
def test_an_address_that_cannot_be_used_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="address"):
        WebhookChannel("hook", url, SECRET)


def test_a_secret_that_can_be_guessed_is_refused() -> None:
    with pytest.raises(ValueError, match="16 or more"):
        WebhookChannel("hook", "https://desk.example/", b"short")


def test_a_public_address_is_never_called_without_tls() -> None:
    hook = WebhookChannel("hook", "http://desk.example/", SECRET, private=True, resolve=at("93.184.215.14"))
    assert hook.deliver(MESSAGE, NOON) == Receipt(NOON, "failed", "address not allowed", road=True)


def test_an_address_where_nobody_answers_is_passed_over_for_the_next() -> None:
    with Receiver() as receiver:
        url = f"http://{NAME}:{receiver.port}/"
        hook = WebhookChannel("hook", url, SECRET, private=True, resolve=at("127.9.9.9", "127.0.0.1"))
        assert hook.deliver(MESSAGE, NOON).outcome == "accepted"
    assert len(receiver.pushes) == 1


def test_a_name_in_another_script_is_looked_up_and_called_in_ascii() -> None:
    asked: list[str] = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ("127.0.0.1",)

    with Receiver() as receiver:
        url = f"http://预警.example:{receiver.port}/"
        assert WebhookChannel("hook", url, SECRET, private=True, resolve=resolve).deliver(MESSAGE, NOON).outcome == (
            "accepted"
        )
    assert asked[0].startswith("xn--")
    assert receiver.pushes[0].headers["Host"] == f"{asked[0]}:{receiver.port}"
