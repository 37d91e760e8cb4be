"""`tocsin users`: accounts are made on the machine itself, and nothing of a person is in them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from alerts.access.accounts import FILE
from alerts.access.credentials import PASSWORD_LONGEST
from streams.city import init
from tests.access.guarded import PASSWORD
from tests.streams.town import NAME
from tests.system.test_cli import Said, Tocsin, tocsin, town

__all__ = ["tocsin", "town"]  # fixtures


@pytest.fixture
def add(tocsin: Tocsin, town: Path, monkeypatch: pytest.MonkeyPatch) -> Tocsin:
    def run(*words: object, password: str = PASSWORD) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
        return tocsin("users", "add", town, *words, "--password-stdin")

    return run


def test_an_account_is_made_listed_given_a_token_and_ended(add: Tocsin, tocsin: Tocsin, tmp_path: Path) -> None:
    assert "no account yet" in tocsin("users", "list").out
    made = add("1777", "--role", "officer", "--role", "operator", "--area", "east")
    assert made.code == 0, made.err
    assert "otpauth://totp/Tocsin:1777?secret=" in made.out
    assert tocsin("users", "list").out.split() == ["1777", "officer,", "operator", f"{NAME}:", "east"]
    assert "Bearer" in tocsin("users", "token", "1777").out
    assert tocsin("users", "end", "1777").out.startswith("1777: ended")
    assert tocsin("users", "end", "1777").code == 1
    assert tocsin("users", "token", "1777").code == 1
    path = tmp_path / "var" / FILE
    assert path.stat().st_mode & 0o077 == 0
    assert PASSWORD.encode() not in path.read_bytes()


def test_a_number_gets_no_other_roles_in_a_city_by_way_of_another_one(
    add: Tocsin, tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init(tmp_path / "harbour", "harbour")
    assert add("1001", "--role", "viewer", "--area", NAME).code == 0

    def there(role: str) -> Said:
        monkeypatch.setattr("sys.stdin", io.StringIO(PASSWORD + "\n"))
        words = ("1001", "--role", role, "--area", "harbour", "--password-stdin")
        return tocsin("users", "add", tmp_path / "harbour", *words)

    refused = there("supervisor")
    assert (refused.code, "has the roles viewer in newcity" in refused.err) == (1, True), refused.err
    assert "supervisor" not in tocsin("users", "list").out
    assert there("viewer").code == 0
    assert add("1001", "--role", "supervisor", "--area", NAME).code == 1
    assert tocsin("users", "end", "1001").code == 0
    assert add("1001", "--role", "supervisor", "--area", NAME).code == 0


def test_what_stands_in_users_yaml_needs_not_be_said_again(add: Tocsin, tocsin: Tocsin, town: Path) -> None:
    accounts = 'users:\n  - {number: "1888", roles: [supervisor], areas: [newcity]}\n'
    (town / "users.yaml").write_text(accounts, encoding="utf-8")
    assert add("1888").code == 0
    assert tocsin("users", "list").out.split() == ["1888", "supervisor", f"{NAME}:", "newcity"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Somebody", "--role", "officer", "--area", "east"), "this is no duty number"),
        (("1001", "--role", "chief", "--area", "east"), "give at least one --role"),
        (("1999", "--area", "east"), "give at least one --role"),
        (("1999", "--role", "system", "--role", "audit", "--area", "east"), "holds at most one"),
        (("1999", "--role", "officer", "--area", "nowhere"), "nowhere: no such area"),
        (("1999", "--role", "officer"), "no such area"),
    ],
)
def test_an_account_that_cannot_be_is_told_why(add: Tocsin, words: tuple[str, ...], said: str) -> None:
    told = add(*words)
    assert (told.code, said in told.err, "Somebody" in told.err) == (1, True, False), told.err


def test_a_password_that_is_too_long_is_refused_and_not_cut(add: Tocsin) -> None:
    told = add("1999", "--role", "officer", "--area", "east", password="a" * (PASSWORD_LONGEST + 1))
    assert (told.code, "longer than 256" in told.err, "aaaa" in told.err) == (1, True, False)


def test_a_short_password_is_refused_and_not_repeated(add: Tocsin) -> None:
    told = add("1999", "--role", "officer", "--area", "east", password="short")
    assert (told.code, "shorter than 12" in told.err, "short\n" in told.err) == (1, True, False)
