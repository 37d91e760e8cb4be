"""Every answer, whatever the address: what it is, that no browser takes it for something else, and for whom."""

from __future__ import annotations

from typing import Any, Final

import pytest

from alerts.access.policy import POLICY
from alerts.access.roles import Action, Role
from tests.access.guarded import PASSWORD, Town
from tests.access.test_policy import STREAMS, filled

ROLES: Final[dict[Action, Role]] = {
    "public": "viewer", "known": "viewer", "view": "supervisor", "move": "supervisor", "supervise": "supervisor",
    "review": "supervisor", "scrape": "system", "revoke": "security", "audit": "audit", "tune": "operator",
}  # fmt: skip
"""Whom an address lets in."""
TEXTS: Final = ("text/", "application/javascript")
CHANGES: Final[set[Action]] = {"move", "supervise", "revoke", "tune", "review"}


def answers(town: Town) -> dict[str, Any]:
    """Every GET but streams, each by somebody whom it lets in, as another site's script would ask."""
    clients = {
        role: town.client(town.token(town.account(f"{3000 + n}", role))) for n, role in enumerate(set(ROLES.values()))
    }
    found = {}
    for (method, template), action in POLICY.items():
        line = f"{method} {template}"
        if method == "GET" and line not in STREAMS:
            path = filled(line, town)[1].replace("{token}", "none")
            found[line] = clients[ROLES[action]].get(path, headers={"origin": "https://elsewhere.example"})
    return found


@pytest.fixture(scope="module")
def got(town: Town) -> dict[str, Any]:
    return answers(town)


def test_every_answer_says_what_it_is_and_is_taken_for_nothing_else(got: dict[str, Any]) -> None:
    assert len(got) > 40
    for line, answer in got.items():
        assert answer.headers["x-content-type-options"] == "nosniff", line
        assert answer.headers["content-security-policy"].startswith("default-src 'none'"), line
        if not answer.content:
            continue
        kind = answer.headers["content-type"]
        assert not kind.startswith(TEXTS) or "charset=utf-8" in kind, (line, kind)
        if kind.startswith("application/") and "json" in kind:
            answer.json()


def test_no_script_of_another_site_may_read_an_answer(got: dict[str, Any]) -> None:
    assert [line for line, answer in got.items() if "access-control-allow-origin" in answer.headers] == []


def test_what_changes_something_is_no_get() -> None:
    changing = {method for (method, _), action in POLICY.items() if action in CHANGES}
    reading = {f"{m} {path}" for (m, path), action in POLICY.items() if m == "GET" and action in CHANGES}
    assert changing - {"GET"} == {"POST", "DELETE"}
    assert reading == {"GET /v1/cities/{city}/overdue"}  # a list, for who supervises


def test_a_password_stands_in_masked_fields_that_a_manager_can_fill_and_nothing_hints_at_it(fresh: Town) -> None:
    fresh.account("1001", "officer")
    page = fresh.client(headers={"accept": "text/html"})
    login = page.get("/login").text
    page.post("/login", data={"number": "1001", "password": PASSWORD, "code": fresh.code()})
    for html, fields in ((login, ["number", "password", "code"]), (page.get("/password").text, None)):
        inputs = [line for line in html.split("<input ")[1:] if "password" in line.split(">")[0]]
        assert inputs
        for field in (one.split(">")[0] for one in inputs):
            assert 'type="password"' in field
            assert 'autocomplete="current-password"' in field or 'autocomplete="new-password"' in field
            assert "maxlength" not in field  # a browser cuts off what is pasted beyond it, and says nothing
            assert "onpaste" not in field
        named = [one.split('name="')[1].split('"')[0] for one in html.split("<input ")[1:]]
        assert fields is None or named == fields
