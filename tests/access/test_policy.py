"""Who may do what: every route × every role, held against a table written apart from the code."""

from __future__ import annotations

from typing import Any, Final, get_args

import pytest
from starlette.routing import BaseRoute, Mount, Route

from alerts.access.accounts import Account
from alerts.access.policy import POLICY, rule_for
from alerts.access.roles import ROLES, Role
from tests.access.guarded import NAME, Town

ALLOWED: Final[dict[Role, str]] = {
    "viewer": "view",
    "officer": "view move",
    "supervisor": "view move supervise",
    "operator": "view scrape",
    "system": "scrape",
    "security": "revoke",
    "audit": "audit",
}
NEEDED: Final[dict[str, str]] = {
    "GET /metrics": "scrape",
    "GET /": "view",
    "GET /city/{name}": "view",
    "GET /city/{name}/desk": "view",
    "POST /city/{name}/missed": "move",
    "GET /alert/{alert_id}": "view",
    "POST /alert/{alert_id}/moves": "move",
    "GET /shapes/{name}.json": "view",
    "GET /v1/cities": "view",
    "GET /v1/cities/{city}/alerts": "view",
    "GET /v1/cities/{city}/alerts/{alert_id}": "view",
    "GET /v1/cities/{city}/alerts/{alert_id}/moves": "view",
    "POST /v1/cities/{city}/alerts/{alert_id}/moves": "move",
    "GET /v1/cities/{city}/held": "view",
    "GET /v1/cities/{city}/overdue": "supervise",
    "GET /v1/cities/{city}/missed": "view",
    "POST /v1/cities/{city}/missed": "move",
    "GET /v1/cities/{city}/mutes": "view",
    "POST /v1/cities/{city}/mutes": "supervise",
    "POST /v1/cities/{city}/mutes/preview": "supervise",
    "DELETE /v1/cities/{city}/mutes/{mute_id}": "supervise",
    "GET /v1/cities/{city}/chain": "audit",
    "DELETE /v1/accounts/{number}/sessions": "revoke",
}
"""The oracle. Streams, GET /events and GET /v1/.../stream, are asked in a test of their own."""
ANYBODY: Final = {
    "POST /v1/events", "GET /v1/events", "GET /healthz", "GET /readyz", "GET /login", "POST /login",
    "GET /static/{path}", "POST /v1/sessions", "GET /take/{city}/{token}", "POST /take/{city}/{token}",
}  # fmt: skip
EVERY_ACCOUNT: Final = {"POST /logout", "DELETE /v1/sessions/current", "GET /v1/me", "GET /v1/openapi.json"}
STREAMS: Final = {"GET /events", "GET /v1/cities/{city}/stream"}


def routes(found: list[BaseRoute], before: str = "") -> set[tuple[str, str]]:
    """Every (method, address) that an application answers."""
    told: set[tuple[str, str]] = set()
    for route in found:
        if isinstance(route, Mount):
            inner = route.routes or []
            if inner:
                told |= routes(list(inner), before + route.path)
            else:
                told.add(("GET", before + route.path + "/{path}"))
        elif isinstance(route, Route):
            methods = (route.methods or {"GET"}) - {"HEAD"}
            told |= {(method, before + route.path) for method in methods}
    return told


def test_every_route_has_a_policy_and_every_policy_a_route(town: Town) -> None:
    """A route without a policy fails here, and could not be reached either."""
    answered = routes(list(town.guarded.whole.routes))
    assert answered == set(POLICY)


def test_the_oracle_knows_every_line_of_the_policy() -> None:
    told = {f"{method} {template}" for method, template in POLICY}
    assert told == set(NEEDED) | ANYBODY | EVERY_ACCOUNT | STREAMS
    assert set(ALLOWED) == set(ROLES) == set(get_args(Role))


def filled(line: str, town: Town) -> tuple[str, str]:
    method, template = line.split(" ")
    values = {
        "{city}": NAME,
        "{name}": NAME,
        "{alert_id}": town.alert.id,
        "{number}": "9999",
        "{mute_id}": "none",
        "{path}": "style.css",
    }
    for part, value in values.items():
        template = template.replace(part, value)
    return method, template


def asked(client: Any, line: str, town: Town) -> int:
    method, path = filled(line, town)
    body = {"json": {"verb": "note", "note": "seen"}} if line.startswith("POST /v1") else {}
    return int(client.request(method, path, **body).status_code)


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_each_role_as_the_table_says(town: Town, role: Role) -> None:
    client = town.as_role(role, number=f"{ROLES.index(role) + 2000}")
    wrong = []
    for line, action in NEEDED.items():
        status = asked(client, line, town)
        allowed = action in ALLOWED[role].split()
        if (status == 403) == allowed or status == 401:
            wrong.append((line, status))
    assert wrong == []
    assert [
        line
        for line in EVERY_ACCOUNT - {"POST /logout", "DELETE /v1/sessions/current"}
        if asked(client, line, town) != 200
    ] == []


@pytest.mark.parametrize("line", sorted(set(NEEDED) | EVERY_ACCOUNT | STREAMS))
def test_nobody_without_a_session_gets_anywhere(town: Town, line: str) -> None:
    town.account("3000", "officer")
    ended = town.token("3000")
    town.accounts.stop_all("3000")
    expired = town.token("3000")
    for client in (town.client(), town.client(ended), town.client("never given")):
        assert asked(client, line, town) == 401
    town.clock.at += 91 * 86_400_000
    try:
        assert asked(town.client(expired), line, town) == 401
    finally:
        town.clock.at -= 91 * 86_400_000


@pytest.mark.parametrize("line", [line for line in sorted(NEEDED) if "{alert_id}" in line])
def test_the_alert_of_another_district_is_not_there(town: Town, line: str) -> None:
    for areas in (("west",), ("nowhere",), ()):
        client = town.as_role("supervisor", areas=areas, number="4000")
        status = asked(client, line, town)
        said = client.request(*filled(line, town)).headers.get("location", "")
        assert status == 404 or "said=unknown" in said


def test_nothing_outside_of_ones_areas_is_readable_in_lists_pages_and_the_map(town: Town) -> None:
    west = town.as_role("supervisor", areas=("west",), number="4001")
    for path in ("alerts?listed=all", "alerts", "alerts?listed=running", "held", "overdue", "missed"):
        answer = west.get(f"{town.base}/{path}")
        assert answer.status_code == 200
        assert town.alert.id not in answer.text
    assert town.alert.id not in west.get("/").text
    east = town.as_role("officer", areas=("east",), number="4002")
    assert town.alert.id in east.get("/").text
    assert [alert["id"] for alert in east.get(f"{town.base}/alerts").json()["alerts"]] == [town.alert.id]


def test_the_chain_is_read_by_who_may_see_the_whole_city(town: Town) -> None:
    west = town.as_role("audit", areas=("west",), number="4005")
    assert west.get(f"{town.base}/chain").status_code == 403
    judge = town.as_role("audit", number="4006")
    assert judge.get(f"{town.base}/chain").status_code == 200
    assert judge.get(f"{town.base}/chain?after={2**63}").status_code == 422


def test_words_that_are_nobodys_id_are_nowhere(town: Town) -> None:
    viewer = town.as_role("viewer", number="4007")
    for word in ("%00", "x" * 200, "%0a"):
        assert viewer.get(f"{town.base}/alerts/{word}").status_code == 404
        assert viewer.get(f"/alert/{word}").status_code == 404


def test_a_city_that_an_account_has_nothing_to_do_with_is_not_there(town: Town) -> None:
    town.accounts.put(Account("4003", ("officer",), {"other": ("x",)}, b"", b""), 0)
    client = town.client(town.token("4003"))
    assert client.get("/v1/cities").json() == {"cities": []}
    assert client.get(f"{town.base}/alerts").status_code == 404
    assert client.get("/").status_code == 404


def test_an_address_that_no_policy_knows_is_not_there(town: Town) -> None:
    client = town.as_role("supervisor", number="4004")
    for path in ("/v1/anything", "/docs", "/v1/docs", "/redoc", "/static/../style.css", "/alert/"):
        assert client.get(path).status_code in (404, 405), path
    assert client.put("/v1/me").status_code == 405
    assert client.put("/v1/me").headers["allow"] == "GET"
    assert rule_for("HEAD", "/") is not None
