"""Passwords and cookies as a browser meets them: every character counts, a login ends what was, leaving clears."""

from __future__ import annotations

import base64
from typing import Any, Final

import pytest

from alerts.access.credentials import PASSWORD_LONGEST, code_at, hashed, is_password
from alerts.access.gate import COOKIE
from tests.access.guarded import FACTOR, PASSWORD, Town

HTTPS: Final[dict[str, Any]] = {"base_url": "https://desk.example"}
CHOSEN: Final = "another phrase for the night"


def browser(town: Town, **given: Any) -> Any:
    return town.client(**{"headers": {"accept": "text/html"}, **given})


def log_in(town: Town, client: Any, number: str = "1001", password: str = PASSWORD) -> Any:
    town.clock.at += 30_000  # a code is used once
    return client.post("/login", data={"number": number, "password": password, "code": town.code()})


def test_every_character_of_a_password_counts() -> None:
    longest = "a" * PASSWORD_LONGEST
    assert not is_password(longest + "b", hashed(longest))
    assert not is_password("A" + longest[1:], hashed(longest))
    assert is_password("  spaces, 汉字 and \N{BELL}  ", hashed("  spaces, 汉字 and \N{BELL}  "))


def test_over_https_a_cookie_is_of_this_host_alone(fresh: Town) -> None:
    fresh.account("1001", "officer")
    client = browser(fresh, **HTTPS)
    said = log_in(fresh, client).headers["set-cookie"]
    assert said.startswith(f"__Host-{COOKIE}=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=strict"} <= set(said.split("; "))
    assert "Domain" not in said
    token = client.cookies[f"__Host-{COOKIE}"]
    assert client.get("/v1/me").status_code == 200
    plain = fresh.client(**HTTPS, headers={"cookie": f"{COOKIE}={token}"})
    assert plain.get("/v1/me").status_code == 401  # laid by a neighbour, or over a plain line
    language = client.get("/?lang=zh-CN").headers["set-cookie"]
    assert language.startswith("__Host-tocsin-language=zh-CN")
    assert "Secure" in language
    assert '<html lang="zh-CN"' in client.get("/").text


def test_a_login_ends_the_session_that_the_browser_had(fresh: Town) -> None:
    fresh.account("1001", "officer")
    client = browser(fresh)
    log_in(fresh, client)
    before = client.cookies[COOKIE]
    assert log_in(fresh, client).status_code == 303
    assert client.cookies[COOKIE] != before
    assert client.get("/v1/me").status_code == 200
    assert fresh.client(headers={"cookie": f"{COOKIE}={before}"}).get("/v1/me").status_code == 401


def test_a_login_that_fails_leaves_the_session_that_was(fresh: Town) -> None:
    fresh.account("1001", "officer")
    client = browser(fresh)
    log_in(fresh, client)
    assert log_in(fresh, client, password="not this phrase").status_code == 401
    assert client.get("/v1/me").status_code == 200


def test_leaving_has_the_browser_forget_what_it_kept(fresh: Town) -> None:
    fresh.account("1001", "officer")
    client = browser(fresh, **HTTPS)
    for method, address in (("POST", "/logout"), ("DELETE", "/v1/sessions/current")):
        log_in(fresh, client)
        assert "no-store" in client.get("/").headers["cache-control"]
        left = client.request(method, address)
        assert left.headers["clear-site-data"] == '"cache", "storage"'
        assert left.headers["set-cookie"].startswith(f'__Host-{COOKIE}=""; ')
        assert client.get("/v1/me").status_code == 401


def test_a_password_is_changed_by_who_knows_the_present_one_and_all_sessions_end(fresh: Town) -> None:
    fresh.account("1001", "officer")
    here, elsewhere = browser(fresh), browser(fresh)
    for client in (here, elsewhere):
        log_in(fresh, client)
    program = fresh.token("1001")
    assert 'autocomplete="new-password"' in here.get("/password").text
    fresh.clock.at += 30_000

    def change(client: Any, **given: str) -> Any:
        form = {"password": PASSWORD, "code": fresh.code(), "chosen": CHOSEN, "again": CHOSEN, **given}
        return client.post("/password", data=form)

    assert change(here, password="not this phrase").status_code == 401
    assert change(here, chosen="short", again="short").status_code == 422
    assert change(here, chosen="a" * 257, again="a" * 257).status_code == 422
    assert change(here, again="another phrase for the day").status_code == 422
    assert change(here, code=code_at(FACTOR, 1)).status_code == 401
    assert CHOSEN not in change(here, code=code_at(FACTOR, 1)).text
    assert here.get("/v1/me").status_code == 200
    done = change(here)
    assert (done.status_code, done.headers["location"]) == (303, "/login")
    assert [client.get("/v1/me").status_code for client in (here, elsewhere)] == [401, 401]
    assert fresh.client(program).get("/v1/me").status_code == 200
    assert log_in(fresh, here).status_code == 401
    assert log_in(fresh, here, password=CHOSEN).status_code == 303


def test_nobody_guesses_a_password_through_the_page_that_changes_it(fresh: Town) -> None:
    fresh.account("1001", "officer")
    client = browser(fresh)
    log_in(fresh, client)
    form = {"password": "guess", "code": "000000", "chosen": CHOSEN, "again": CHOSEN}
    answers = [client.post("/password", data=form).status_code for _ in range(6)]
    assert answers == [401] * 5 + [429]


def test_before_the_first_account_there_is_no_password_to_change(fresh: Town) -> None:
    near = fresh.client(base_url="http://127.0.0.1", client=("127.0.0.1", 5))
    form = {"password": PASSWORD, "code": fresh.code(), "chosen": CHOSEN, "again": CHOSEN}
    assert near.post("/password", data=form).status_code == 401
    fresh.account("1001", "officer")
    assert fresh.client().get("/password").status_code == 401


@pytest.mark.parametrize("chosen", ["aaaaaaaaaaaa", "              ", "漢字漢字漢字漢字漢字漢字", "'; drop table--%s"])
def test_a_password_of_any_characters_is_taken(fresh: Town, chosen: str) -> None:
    fresh.account("1001", "officer")
    client = browser(fresh)
    log_in(fresh, client)
    fresh.clock.at += 30_000
    form = {"password": PASSWORD, "code": fresh.code(), "chosen": chosen, "again": chosen}
    assert client.post("/password", data=form).status_code == 303
    assert log_in(fresh, client, password=chosen).status_code == 303


def test_secrets_of_sessions_are_drawn_long_and_never_alike(fresh: Town) -> None:
    fresh.account("1001", "officer")
    drawn = {fresh.accounts.begin("1001", "session", fresh.clock.now()) for _ in range(200)}
    assert len(drawn) == 200
    assert {len(base64.urlsafe_b64decode(secret + "=")) for secret in drawn} == {32}
    assert not any(secret.encode() in (fresh.guarded.accounts._path).read_bytes() for secret in drawn)
