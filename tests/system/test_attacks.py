"""Attacks that no other test holds, by their numbers in the table of docs/security.md."""

from __future__ import annotations

import asyncio
import hashlib
import io
import time
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
import structlog
from pydantic import ValidationError

from alerts.access.accounts import Accounts
from alerts.access.gate import Gate
from streams import logs
from streams.clock import WallClock
from streams.feeds.blocks import Where
from streams.feeds.patterns import tries_for_ever
from streams.keys import Domain, Keys
from tests.access.guarded import Town, town_in_service

FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with town_in_service(tmp_path_factory.mktemp("attacked")) as found:
        yield found


@pytest.mark.parametrize(
    ("pattern", "refused"),
    [
        (r"(a+)+$", True),
        (r"([a-zA-Z]+)*x", True),
        (r"(\w+\s?)*$", True),
        (r"(?:(?:ab)*c?)*d", True),
        (r"(x+x+)+y", True),
        (r"(.*,){17,99}P", True),
        (r"(a|(b+))*", True),
        (r"^(\d{3})-(\d+) ?(N|S)*$", False),
        (r"([a-z]++ ?)*$", False),
        (r"(?:(?>[a-z]+) )*[0-9]+", False),
        (r"(ab{1,4}){1,9}", False),
    ],
)
def test_a11_a_pattern_that_may_look_for_ever_at_one_text_is_refused(pattern: str, *, refused: bool) -> None:
    assert tries_for_ever(pattern) is refused


def test_a11_a_feed_file_with_such_a_pattern_says_what_to_write() -> None:
    with pytest.raises(ValidationError, match=r"a repeat within a repeat .* give nothing back inside"):
        Where.model_validate({"column": "note", "pattern": "(a+)+$"})


def test_a13_a_form_of_a_hundred_thousand_fields_is_not_read(town: Town) -> None:
    officer = town.as_role("officer", number="1301")
    many = "&".join(f"f{n}=1" for n in range(100_000))
    begun = time.process_time()
    answer = officer.post(f"/alert/{town.alert.id}/moves", content=many, headers=FORM)
    assert answer.status_code == 413
    within = "&".join(f"f{n}=1" for n in range(6_000))  # as long as the gate lets a form be
    assert officer.post(f"/alert/{town.alert.id}/moves", content=within, headers=FORM).status_code < 500
    parts = "".join(f'--x\r\ncontent-disposition: form-data; name="f{n}"\r\n\r\n1\r\n' for n in range(900)) + "--x--"
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert officer.post(f"/alert/{town.alert.id}/moves", content=parts, headers=kind).status_code < 500
    endless = b"--x\r\ncontent-disposition: form-data; name=verb\r\n\r\n" + b"a" * 60_000
    assert officer.post(f"/alert/{town.alert.id}/moves", content=endless, headers=kind).status_code < 500
    assert time.process_time() - begun < 60, "reading it took longer than any number of readers can bear"


def test_a13_a_range_of_thousands_of_parts_is_answered_at_once(town: Town) -> None:
    ranges = "bytes=" + ",".join(f"{n}-{n}" for n in range(5_000))
    answer = town.client().get("/static/style.css", headers={"range": ranges})
    assert answer.status_code in (200, 206, 400, 416)
    assert len(answer.content) < 4 << 20


def test_a13_a_body_that_does_not_come_holds_nobody_up(tmp_path_factory: pytest.TempPathFactory) -> None:
    read: list[str] = []

    async def reads(_scope: Any, receive: Any, _send: Any) -> None:
        while True:
            message = await receive()
            read.append(message["type"])
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return

    accounts = Accounts(tmp_path_factory.mktemp("slow") / "access.sqlite")
    gate = Gate(reads, accounts, WallClock().now, body_seconds=0.2)
    sent = iter([{"type": "http.request", "body": b"number=", "more_body": True}])

    async def trickling() -> Any:
        message = next(sent, None)
        return message if message is not None else await asyncio.Event().wait()

    async def told(_message: Any) -> None:
        return

    headers = [
        (b"host", b"127.0.0.1"),
        (b"content-length", b"40"),
        *((k.encode(), v.encode()) for k, v in FORM.items()),
    ]
    scope = {
        "type": "http", "method": "POST", "path": "/login", "headers": headers, "client": ("127.0.0.1", 9),
        "scheme": "http", "query_string": b"",
    }  # fmt: skip
    asyncio.run(asyncio.wait_for(gate(scope, trickling, told), 30))
    assert read == ["http.request", "http.disconnect"]


def test_a24_a_value_with_line_ends_writes_one_line_of_the_log() -> None:
    told = io.StringIO()
    logs.configure("json", stream=told)
    structlog.get_logger("attacks").warning("request_refused", route='/x\n{"event": "login", "by": "1"}\r\n\u2028y')
    lines = told.getvalue().splitlines(keepends=False)
    assert len([line for line in told.getvalue().split("\n") if line]) == 1
    assert msgspec.json.decode(told.getvalue())["event"] == "request_refused"
    assert lines


def hashes(key: bytes, domain: Domain, texts: Sequence[str]) -> set[int]:
    keys = Keys(key)
    return {keys.short(domain, text) for text in texts}


def test_a21_who_knows_every_case_number_but_not_the_key_finds_none() -> None:
    """Case numbers are few: whoever holds the log tries them all, by every key but the city's."""
    numbers = [f"2026-{n:05d}" for n in range(10_000)]
    kept = hashes(b"the key of this city", "matter", numbers[:500])
    assert len(kept) == 500
    for guess in (b"0" * 16, b"the key of other", b"The key of this city"):
        assert not kept & hashes(guess, "matter", numbers)
    plain = {int.from_bytes(hashlib.blake2b(n.encode(), digest_size=8).digest(), "little") for n in numbers}
    assert not kept & plain
    assert not kept & hashes(b"the key of this city", "place", numbers)
