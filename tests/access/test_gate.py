"""The gate: loopback until there is an account, sessions that end, browsers that were led here, who tries too often."""

from __future__ import annotations

import socket
import threading
import urllib.request
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
from starlette.responses import PlainTextResponse

from alerts.access.accounts import IDLE_MS, SESSION_MS
from alerts.access.credentials import code_at, hashed, is_password, step_of
from alerts.access.gate import COOKIE, Gate
from alerts.access.logins import SLOW_MS, TRIES_ACCOUNT, TRIES_SOURCE, WINDOW_MS
from alerts.access.roles import EVERYBODY, mistakes
from alerts.api.troubles import WORDS
from streams.serve import config_of
from streams.settings import Settings
from tests.access.guarded import FACTOR, OUTSIDE, PASSWORD, Town

LOOPBACK: Any = {"client": ("127.0.0.1", 5), "base_url": "http://127.0.0.1"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def log_in(town: Town, number: str = "1001", password: str = PASSWORD, code: str = "", **client: Any) -> Any:
    body = {"number": number, "password": password, "code": code or town.code()}
    return town.client(**client).post("/v1/sessions", json=body)


def cookie(answer: Any) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={answer.cookies[COOKIE]}"}


def test_until_the_first_account_only_loopback_comes_in(fresh: Town) -> None:
    assert fresh.client(**LOOPBACK).get("/").status_code == 200
    assert fresh.client(**LOOPBACK).get(f"{fresh.base}/alerts").status_code == 200
    assert fresh.client().get("/").status_code == 401
    assert fresh.client(client=("127.0.0.1", 5)).get("/").status_code == 401  # a stranger's name for this machine
    assert fresh.client(base_url="http://localhost", client=OUTSIDE).get("/").status_code == 401
    fresh.account("1001", "officer")
    assert fresh.client(**LOOPBACK).get("/").status_code == 401
    fresh.accounts.end("1001", 0)
    assert fresh.client(**LOOPBACK).get("/").status_code == 401  # to end the last one opens no door


@pytest.mark.parametrize(
    "header", ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "forwarded", "via", "x-real-ip"]
)
def test_before_the_first_account_nobody_comes_in_over_a_proxy(fresh: Town, header: str) -> None:
    near = fresh.client(**LOOPBACK)
    assert near.get(f"{fresh.base}/chain", headers={header: "127.0.0.1"}).status_code == 401
    assert near.get(f"{fresh.base}/chain").status_code == 200


def test_where_the_settings_tell_of_a_proxy_nobody_comes_in_before_the_first_account(fresh: Town) -> None:
    fresh.guarded = replace(fresh.guarded, app=Gate(fresh.guarded.whole, fresh.accounts, fresh.clock.now, alone=False))
    assert fresh.client(**LOOPBACK).get("/").status_code == 401


@pytest.mark.parametrize(("proxies", "client"), [("", "127.0.0.1"), ("127.0.0.1", "203.0.113.9")])
def test_what_is_forwarded_is_believed_of_the_proxies_of_the_settings_alone(proxies: str, client: str) -> None:
    async def who(scope: Any, _receive: Any, send: Any) -> None:
        await PlainTextResponse(scope["client"][0])(scope, _receive, send)

    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        server = uvicorn.Server(config_of(who, Settings(proxies=proxies)))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}"
            asked = urllib.request.Request(address, headers={"x-forwarded-for": "203.0.113.9"})
            with urllib.request.urlopen(asked, timeout=10) as answer:
                assert answer.read().decode() == client
        finally:
            server.should_exit = True
            thread.join()


def test_a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(town: Town) -> None:
    town.account("1001", "officer")
    answer = log_in(town)
    assert answer.status_code == 201
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=strict" in said
    secure = log_in(town, code=code_at(FACTOR, town.clock.now() // 30_000 + 1), base_url="https://desk.example")
    assert "secure" in secure.headers["set-cookie"].lower()
    me = town.client(headers=cookie(answer)).get("/v1/me")
    assert me.json()["number"] == "1001"


def test_a_session_ends_when_it_is_left_idle_too_old_revoked_or_its_account_changes(town: Town) -> None:
    def fresh_one() -> Any:
        town.account("1002", "officer")
        return town.client(headers=cookie(log_in(town, "1002")))

    def status(client: Any, later: int = 0) -> int:
        town.clock.at += later
        try:
            return int(client.get("/v1/me").status_code)
        finally:
            town.clock.at -= later

    one = fresh_one()
    assert (status(one), status(one, IDLE_MS)) == (200, 401)
    for _ in range(SESSION_MS // (IDLE_MS - 60_000)):
        town.clock.at += IDLE_MS - 60_000
        assert status(one) == 200
    town.clock.at += IDLE_MS - 60_000
    assert status(one) == 401
    one = fresh_one()
    assert one.delete("/v1/sessions/current").status_code == 204
    assert status(one) == 401
    one = fresh_one()
    guard = town.as_role("security", number="9001")
    assert guard.delete("/v1/accounts/1002/sessions").json() == {"ended": 1}
    assert status(one) == 401
    one = fresh_one()
    town.account("1002", "viewer")
    assert status(one) == 401
    one = fresh_one()
    town.accounts.end("1002", town.clock.now())
    assert status(one) == 401
    assert log_in(town, "1002").status_code == 401


def test_a_page_that_lies_open_keeps_no_session_and_no_door_open(fresh: Town) -> None:
    assert fresh.accounts.still(EVERYBODY, fresh.clock.now())
    fresh.account("1001", "officer")
    assert not fresh.accounts.still(EVERYBODY, fresh.clock.now())
    now = fresh.clock.now()
    who = fresh.accounts.who(fresh.accounts.begin("1001", "session", now), now, by_cookie=True)
    assert who is not None
    beats = range(0, IDLE_MS + 120_000, 60_000)
    assert [beat for beat in beats if fresh.accounts.still(who, now + beat)] == list(range(0, IDLE_MS, 60_000))


def test_a_cookie_is_no_token_and_a_token_no_cookie(town: Town) -> None:
    town.account("1003", "officer")
    session = log_in(town, "1003").cookies[COOKIE]
    assert town.client(session).get("/v1/me").status_code == 401
    token = town.token("1003")
    assert town.client(headers={"cookie": f"{COOKIE}={token}"}).get("/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("headers", "done"),
    [
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"origin": "https://elsewhere.example"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "same-origin", "origin": "http://desk.example"}, True),
        ({"origin": "http://desk.example"}, True),
        ({}, True),
    ],
)
def test_what_another_site_makes_a_browser_send_is_not_done(town: Town, headers: dict[str, str], done: bool) -> None:
    town.account("1004", "officer")
    client = town.client(headers={**cookie(log_in(town, "1004")), **headers})
    answer = client.post(f"{town.base}/alerts/{town.alert.id}/moves", json={"verb": "note", "note": "seen"})
    form = client.post(f"/alert/{town.alert.id}/moves", data={"verb": "note", "note": "seen"})
    assert (answer.status_code == 403) != done
    assert (form.status_code == 403) != done
    assert client.get(f"{town.base}/alerts").status_code == 200


def test_a_login_from_another_sites_page_is_refused(town: Town) -> None:
    town.account("1009", "officer")
    session = cookie(log_in(town, "1009"))
    for client in (town.client(), town.client(headers=session)):
        for site in ("cross-site", "same-site"):
            answer = client.post("/login", data={"number": "1"}, headers={"sec-fetch-site": site})
            assert answer.status_code == 403


def test_a_browser_without_a_session_is_led_to_the_login_and_back(town: Town) -> None:
    town.account("1005", "officer")
    browser = town.client(headers={"accept": "text/html"})
    sent = browser.get("/")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login")
    page = browser.get("/login", headers={"accept-language": "zh-CN"})
    assert "值班号" in page.text
    wrong = browser.post("/login", data={"number": "1005", "password": "wrong", "code": "000000"})
    assert (wrong.status_code, "Number, password or code is wrong." in wrong.text) == (401, True)
    into = browser.post("/login", data={"number": "1005", "password": PASSWORD, "code": town.code()})
    assert (into.status_code, into.headers["location"]) == (303, "/")
    assert "Log out" in browser.get("/").text
    assert browser.post("/logout").headers["location"] == "/login"
    assert browser.get("/").status_code == 303


def test_wrong_number_password_and_code_are_answered_alike_and_a_code_is_used_once(town: Town) -> None:
    town.account("1006", "officer")
    code = town.code()
    answers = [
        log_in(town, "1999"),
        log_in(town, "1006", password="another pass phrase"),
        log_in(town, "1006", code="000000" if code != "000000" else "000001"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.content for answer in answers}) == 1
    assert log_in(town, "1006", code=code).status_code == 201
    assert log_in(town, "1006", code=code).content == answers[0].content


def test_who_tries_too_often_waits_whatever_he_says_then(fresh: Town) -> None:
    fresh.account("1001", "officer")
    for _ in range(TRIES_ACCOUNT):
        assert log_in(fresh, password="guess").status_code == 401
    waits = log_in(fresh)
    assert (waits.status_code, int(waits.headers["retry-after"])) == (429, WINDOW_MS // 1000)
    elsewhere: Any = {"client": ("198.51.100.1", 7)}
    slowed = log_in(fresh, **elsewhere)
    assert (slowed.status_code, int(slowed.headers["retry-after"])) == (429, SLOW_MS // 1000)
    fresh.clock.at += WINDOW_MS
    assert log_in(fresh).status_code == 201
    for number in range(TRIES_SOURCE):
        log_in(fresh, f"{5000 + number}", password="spray")
    fresh.account("1002", "officer")
    assert log_in(fresh, "1002").status_code == 429
    assert log_in(fresh, "1002", client=("198.51.100.9", 7)).status_code == 201


def test_nobody_locks_another_out_of_where_he_sits(fresh: Town) -> None:
    fresh.account("1001", "officer")
    seat: Any = {"client": ("198.51.100.1", 7)}
    assert log_in(fresh, **seat).status_code == 201
    for night in range(40):
        fresh.clock.at += SLOW_MS
        log_in(fresh, password="guess", client=(f"192.0.2.{night}", 7))
    fresh.clock.at += 30_000
    for night in range(TRIES_ACCOUNT):
        log_in(fresh, password="guess", client=(f"203.0.113.{night}", 7))
    assert log_in(fresh, client=("203.0.113.99", 7)).status_code == 429
    assert log_in(fresh, **seat).status_code == 201


def test_a_body_without_a_length_or_too_long_is_not_read(town: Town) -> None:
    client = town.as_role("officer", number="1007")
    assert client.post(f"{town.base}/missed", content=b" " * 70_000).status_code == 413
    assert client.post(f"{town.base}/missed", content=iter([b"{}"])).status_code == 413


def test_a_length_that_begins_with_noughts_is_as_long_as_it_says(town: Town) -> None:
    answer = town.client().post("/login", content=b"x", headers={**FORM, "content-length": "000000000000300026"})
    assert answer.status_code == 413


@pytest.mark.parametrize("headers", [{"host": "[x"}, {"origin": "http://["}, {"host": "["}])
def test_addresses_that_are_none_are_refused_in_words(fresh: Town, headers: dict[str, str]) -> None:
    near = fresh.client(**LOOPBACK, headers=headers)
    assert near.post(f"{fresh.base}/missed", json={}).status_code in (401, 403)


def test_a_form_that_is_too_long_or_none_is_not_repeated(town: Town) -> None:
    officer = town.as_role("officer", number="1008")
    note, secret = "call 13812345678 " * 200, "SECRETPASS" * 250
    page = officer.post(f"/alert/{town.alert.id}/moves", data={"verb": "note", "note": note})
    assert page.headers["location"].endswith(("said=text_long", "said=identity"))
    answers = [
        town.client().post("/login", data={"number": "1", "password": secret, "code": "1"}),
        town.client().post("/login", files={"password": ("x", secret)}),
        officer.post(f"/alert/{town.alert.id}/moves", files={"note": ("x", note)}),
    ]
    assert [answer.status_code for answer in answers] == [401, 422, 422]
    for answer in answers:
        assert "SECRETPASS" not in answer.text
        assert "13812345678" not in answer.text


def test_every_answer_of_the_gate_is_a_problem_in_the_readers_language(town: Town) -> None:
    answer = town.client(headers={"accept-language": "zh-CN,zh;q=0.9"}).get("/v1/me")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json() == {"type": "urn:tocsin:who", "title": "请先登录。", "status": 401}


def test_a_browser_is_told_of_a_refusal_by_a_page_and_a_program_by_a_problem(town: Town) -> None:
    page = {"accept": "text/html", "accept-language": "zh-CN"}
    viewer = town.as_role("viewer", number="1007")
    asked: list[tuple[Any, str, str, dict[str, str], int]] = [
        (viewer, "POST", "/city/newcity/rules", {}, 403),
        (viewer, "POST", "/city/newcity/rules", {"content-length": str(1 << 20)}, 413),
        (viewer, "PUT", "/", {}, 405),
        (viewer, "GET", "/no/such/<b>page</b>", {}, 404),
        (town.client(), "POST", "/city/newcity/rules", {}, 401),
        (town.client(), "POST", "/login", {"sec-fetch-site": "cross-site"}, 403),
    ]
    for client, method, path, headers, status in asked:
        shown = client.request(method, path, headers={**page, **headers})
        plain = client.request(method, path, headers=headers)
        assert shown.status_code == plain.status_code == status
        assert shown.headers["content-type"] == "text/html; charset=utf-8"
        assert plain.headers["content-type"] == "application/problem+json"
        assert shown.headers["content-security-policy"]
        assert shown.headers.get("allow") == plain.headers.get("allow")
        assert '<html lang="zh-CN"' in shown.text
        assert status == 404 or WORDS[plain.json()["type"].rpartition(":")[2]]["zh-CN"] in shown.text
        assert "such" not in shown.text
    assert viewer.get("/v1/nothing", headers=page).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("at", "code"), [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")]
)
def test_codes_are_those_of_the_standard(at: int, code: str) -> None:
    """RFC 6238, appendix B, of eight digits the last six."""
    assert code_at(FACTOR, at // 30) == code
    assert step_of(code, FACTOR, at * 1000, 0) == at // 30
    assert step_of(code, FACTOR, (at + 29) * 1000, 0) > 0
    assert step_of(code, FACTOR, (at + 90) * 1000, 0) == 0
    assert step_of(code, FACTOR, at * 1000, at // 30) == 0


def test_a_password_is_kept_as_salt_and_scrypt() -> None:
    one, other = hashed("the same phrase"), hashed("the same phrase")
    assert one != other
    assert is_password("the same phrase", one)
    assert not is_password("another phrase", one)


@pytest.mark.parametrize(
    ("number", "roles", "what"),
    [
        ("1001", ["officer"], ""),
        ("A-17", ["supervisor", "operator"], ""),
        ("Somebody", ["officer"], "number"),
        ("1234567", ["officer"], "number"),
        ("1001", [], "role"),
        ("1001", ["chief"], "role"),
        ("1001", ["system", "audit"], "apart"),
    ],
)
def test_an_account_is_a_duty_number_with_roles_that_go_together(number: str, roles: list[str], what: str) -> None:
    assert mistakes(number, roles) == what
