"""Who may do what: every route × every role, held against a table written apart from the code."""

from __future__ import annotations

import re
import threading
from typing import Any, Final, get_args
from zoneinfo import ZoneInfo

import pytest
import structlog.testing
from starlette.routing import BaseRoute, Mount, Route

from alerts.access.accounts import Account
from alerts.access.policy import POLICY, rule_for
from alerts.access.roles import ROLES, Role
from alerts.chain import Handover, Missed, Mute
from alerts.console.excluding import blank
from alerts.console.speech import Speech
from alerts.desks import Desk
from alerts.drafting import Override, Texts
from alerts.duty import Act
from alerts.export import rfc3339
from alerts.store import Change
from tests.access.crowds import HOUR, counted, held, put
from tests.access.guarded import NAME, Town

ALLOWED: Final[dict[Role, str]] = {
    "viewer": "view",
    "officer": "view move",
    "supervisor": "view move supervise review",
    "operator": "view scrape tune review",
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
    "GET /city/{name}/held": "view",
    "GET /city/{name}/feeds": "view",
    "GET /city/{name}/missed": "view",
    "GET /city/{name}/area": "view",
    "GET /city/{name}/area/{code}": "view",
    "GET /city/{name}/audit": "audit",
    "GET /city/{name}/mutes": "view",
    "POST /city/{name}/mutes": "supervise",
    "GET /city/{name}/mutes/preview": "view",
    "POST /city/{name}/mutes/preview": "supervise",
    "POST /city/{name}/mutes/{mute_id}/end": "supervise",
    "GET /city/{name}/rules": "view",
    "POST /city/{name}/rules": "tune",
    "GET /city/{name}/rules/{rule}": "view",
    "POST /city/{name}/rules/{rule}/orders": "tune",
    "POST /city/{name}/rules/{rule}/overrides": "tune",
    "GET /city/{name}/rules/{rule}/trials": "view",
    "POST /city/{name}/rules/{rule}/trials": "tune",
    "POST /city/{name}/rules/{rule}/shadow": "tune",
    "POST /city/{name}/rules/{rule}/publish": "tune",
    "GET /city/{name}/releases/{release}": "view",
    "POST /city/{name}/releases/{release}/approve": "tune",
    "POST /city/{name}/rules/{rule}/draft": "tune",
    "POST /city/{name}/releases": "tune",
    "POST /city/{name}/orders/{order_id}/review": "review",
    "GET /city/{name}/handover": "view",
    "POST /city/{name}/handover/notes": "move",
    "POST /city/{name}/handover/read": "move",
    "GET /alert/{alert_id}": "view",
    "POST /alert/{alert_id}/moves": "move",
    "POST /alert/{alert_id}/exclusions": "tune",
    "GET /shapes/{name}.json": "view",
    "GET /v1/cities": "view",
    "GET /v1/cities/{city}/alerts": "view",
    "GET /v1/cities/{city}/alerts/{alert_id}": "view",
    "GET /v1/cities/{city}/alerts/{alert_id}/moves": "view",
    "POST /v1/cities/{city}/alerts/{alert_id}/moves": "move",
    "GET /v1/cities/{city}/alerts/{alert_id}/exclusions": "view",
    "POST /v1/cities/{city}/alerts/{alert_id}/exclusions": "tune",
    "GET /v1/cities/{city}/held": "view",
    "GET /v1/cities/{city}/feeds": "view",
    "GET /v1/cities/{city}/overdue": "supervise",
    "GET /v1/cities/{city}/missed": "view",
    "POST /v1/cities/{city}/missed": "move",
    "GET /v1/cities/{city}/mutes": "view",
    "POST /v1/cities/{city}/mutes": "supervise",
    "POST /v1/cities/{city}/mutes/preview": "supervise",
    "GET /v1/cities/{city}/mutes/{mute_id}": "view",
    "DELETE /v1/cities/{city}/mutes/{mute_id}": "supervise",
    "GET /v1/cities/{city}/shadows": "view",
    "POST /v1/cities/{city}/shadows": "tune",
    "GET /v1/cities/{city}/shadows/{rule}": "view",
    "POST /v1/cities/{city}/shadows/{rule}/promote": "tune",
    "POST /v1/cities/{city}/shadows/{rule}/drop": "tune",
    "GET /v1/cities/{city}/areas/{code}": "view",
    "GET /v1/cities/{city}/areas/{code}/counts": "view",
    "GET /v1/cities/{city}/near": "view",
    "GET /v1/cities/{city}/handovers/{desk}": "view",
    "GET /v1/cities/{city}/handovers/{desk}/sheet": "view",
    "POST /v1/cities/{city}/handovers/{desk}/notes": "move",
    "POST /v1/cities/{city}/handovers/{desk}/read": "move",
    "GET /v1/cities/{city}/chain": "audit",
    "GET /v1/cities/{city}/chain/export": "audit",
    "GET /v1/cities/{city}/chain/heads": "audit",
    "GET /v1/cities/{city}/chain/proof": "audit",
    "DELETE /v1/accounts/{number}/sessions": "revoke",
}
"""The oracle. Streams, GET /events and GET /v1/.../stream, are asked in a test of their own."""
ANYBODY: Final = {
    "POST /v1/events", "GET /v1/events", "GET /healthz", "GET /readyz", "GET /login", "POST /login",
    "GET /static/{path}", "POST /v1/sessions", "GET /take/{city}/{token}", "POST /take/{city}/{token}",
}  # fmt: skip
EVERY_ACCOUNT: Final = {
    "POST /logout", "GET /password", "POST /password", "DELETE /v1/sessions/current", "GET /v1/me",
    "GET /v1/openapi.json",
}  # fmt: skip
SHAPES: Final = "GET /shapes/{name}.json"
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


def filled(line: str, town: Town, alert: str = "") -> tuple[str, str]:
    method, template = line.split(" ")
    owed = [one for one in town.station.workshop.standing().unreviewed if one.by == "9000"]
    values = {
        "{rule}": TRIED if "/shadow" in template else "many-calls",
        "{release}": next((one.id for one in town.station.workshop.releasing.releases() if one.by == "9000"), "none"),
        "{order_id}": owed[-1].id if owed else "none",
        "{city}": NAME,
        "{name}": NAME,
        "{alert_id}": alert or town.alert.id,
        "{number}": "9999",
        "{mute_id}": "none",
        "{code}": "east",
        "{desk}": "east",
        "{path}": "style.css",
    }
    for part, value in values.items():
        template = template.replace(part, value)
    return method, template


def asked(client: Any, line: str, town: Town, alert: str = "") -> Any:
    """The answer to a request that is right in itself, so that nothing but who asks can be wrong with it."""
    method, path = filled(line, town, alert)
    now = town.clock.now()
    place = {"area": "east", "category": "traffic"}
    mute = {**place, "until": rfc3339(now + HOUR), "reason": "a fair"}
    bodies: dict[str, dict[str, Any]] = {
        "/v1/cities/{city}/alerts/{alert_id}/moves": {"json": {"verb": "note", "note": "seen"}},
        "/v1/cities/{city}/missed": {"json": {**place, "time": rfc3339(now - 1000)}},
        "/v1/cities/{city}/mutes": {"json": mute},
        "/v1/cities/{city}/mutes/preview": {"json": mute},
        "/v1/cities/{city}/alerts/{alert_id}/exclusions": {
            "json": {"since": rfc3339(town.alert.signal.first - HOUR), "reason": "a fair"}
        },
        "/alert/{alert_id}/exclusions": {
            "data": {**blank(town.alert, Speech("en", ZoneInfo(town.station.board.city().zone))), "reason": "a fair"}
        },
        "/alert/{alert_id}/moves": {"data": {"verb": "note", "note": "seen"}},
        "/city/{name}/mutes": {"data": {**place, "until": now + HOUR, "reason": "a fair"}},
        "/city/{name}/mutes/preview": {"data": {**place, "hours": "1", "reason": "a fair"}},
        "/v1/cities/{city}/handovers/{desk}/notes": {"json": {"note": "look at the bridge first"}},
        "/v1/cities/{city}/handovers/{desk}/read": {"json": {"turn": rfc3339(TURN)}},
        "/city/{name}/handover/notes": {"data": {"desk": "east", "note": "look at the bridge first"}},
        "/city/{name}/handover/read": {"data": {"desk": "east", "turn": str(TURN)}},
        "/city/{name}/missed": {"data": {**place, "time": "2026-01-01T00:00"}},
        "/city/{name}/rules": {"data": {"rule": "many-more-calls", "copied": "many-calls"}},
        "/city/{name}/rules/{rule}/draft": {"data": {"act": "drop", "seen": seen(town)}},
        "/city/{name}/rules/{rule}/overrides": {"data": {"area": "east", "rarer": "2", "reason": "market days"}},
        "/city/{name}/rules/{rule}/trials": {"data": {"act": "cancel", "trial": "none"}},
        "/city/{name}/rules/{rule}/shadow": {"data": {"seen": seen(town, TRIED), "reason": "market days"}},
        "/v1/cities/{city}/shadows": {"json": {"rule": TRIED, "reason": "market days"}},
        "/v1/cities/{city}/shadows/{rule}/promote": {"json": {"reason": "looked at it", "early": "the fair begins"}},
        "/v1/cities/{city}/shadows/{rule}/drop": {"json": {"reason": "no better"}},
        "/city/{name}/rules/{rule}/publish": {"data": {"seen": seen(town), "reason": "market days"}},
        "/city/{name}/releases/{release}/approve": {"data": {"reason": "looked at it"}},
        "/city/{name}/releases": {"data": {"seen": town.station.workshop.releasing.in_force(), "reason": "too quiet"}},
        "/city/{name}/rules/{rule}/orders": {"data": {"verb": "start", "reason": "mended"}},
        "/city/{name}/orders/{order_id}/review": {"data": {"reason": "looked at the road works"}},
    }
    return client.request(method, path, **(bodies.get(line.split(" ")[1], {}) if method == "POST" else {}))


TRIED: Final = "calls-in-shadow"


def tried_in_shadow(town: Town, line: str) -> None:
    """Of another account: for an address that begins a shadow its draft alone, for any other the shadow."""
    shop = town.station.workshop
    if shop.shadowing.shadows():
        shop.shadowing.drop(TRIED, "9000", "so that another may begin")
    if not shop.drafting.texts(TRIED).rule and shop.drafting.draft(TRIED) is None:
        shop.drafting.begin(TRIED, "many-calls", "9000")
    begun = shop.drafting.draft(TRIED)
    running = shop.drafting.texts(TRIED).rule or (begun.texts.rule if begun else "")
    n = 2 if "n: 3}" in running else 3
    text = re.sub(r"\{n: \d+", f"{{n: {n}", running).replace("category: traffic", "category: incident")
    draft = shop.drafting.keep(TRIED, Texts(text, ""), seen(town, TRIED), "9000")
    if line not in ("POST /city/{name}/rules/{rule}/shadow", "POST /v1/cities/{city}/shadows"):
        shop.shadowing.begin(TRIED, draft.stamp, "9000", "market days")


def seen(town: Town, rule: str = "many-calls") -> str:
    """The draft as it is."""
    draft = town.station.workshop.drafting.draft(rule)
    return draft.stamp if draft else ""


def release_to_approve(town: Town, times: int) -> None:
    """Of another account, from a draft of its own that is left lying; before it, one that runs."""
    shop = town.station.workshop
    for n in (times, times + 1):
        shop.drafting.override("many-calls", Override("west", n + 2.0, None, "few crews", "", ""), "9000")
        draft = shop.drafting.draft("many-calls")
        assert draft is not None
        name = shop.releasing.publish("many-calls", draft.stamp, "9000", "few crews")
        if n == times:
            shop.releasing.approve(name, "9001", "so that there is one to go back to")
    fresh = shop.drafting.draft("many-more-calls")
    shop.drafting.drop("many-more-calls", fresh.stamp if fresh else "")


TURN: Final = 1_600_000_000_000
"""When the turn began that everybody may read the hand-over of."""


def hand_over(town: Town) -> None:
    """To the eastern desk, twice: nobody has to read the first."""
    made = tuple(("", Handover(at, "handed", "east", at, "night", role="clock")) for at in (TURN - HOUR, TURN))
    town.station.store.commit(Change(NAME, None, (), made))


@pytest.mark.parametrize("role", ROLES)
def test_every_route_answers_each_role_as_the_table_says(town: Town, role: Role) -> None:
    client = town.as_role(role, number=f"{ROLES.index(role) + 2000}")
    wrong = []
    hand_over(town)
    town.station.acting.mute(Mute(town.clock.now(), "none", "west", "traffic", town.clock.now() + HOUR, "a fair"))
    town.station.workshop.order("start", "many-calls", "9000", f"so that a {role} may look at it")
    release_to_approve(town, 2 * ROLES.index(role))
    found = Act("close", town.clock.now(), account="9000", desk="east", role="officer", outcome="confirmed")
    town.station.acting.by_hand(town.alert.id, found)
    for line, action in NEEDED.items():
        if "/shadow" in line:
            tried_in_shadow(town, line)
        answer = asked(client, line, town)
        done = answer.status_code < 400 and "said=" not in answer.headers.get("location", "")
        done = done or (line == SHAPES and answer.status_code == 404)  # the town has none
        right = done if action in ALLOWED[role].split() else answer.status_code == 403
        if not right:
            wrong.append((line, answer.status_code, answer.text))
    assert wrong == []
    again = Act("reopen", town.clock.now(), account="9000", desk="east", role="officer", why="as it was")
    town.station.acting.by_hand(town.alert.id, again)
    assert [
        line
        for line in EVERY_ACCOUNT - {"POST /logout", "POST /password", "DELETE /v1/sessions/current"}
        if asked(client, line, town).status_code != 200
    ] == []


@pytest.mark.parametrize("line", sorted(set(NEEDED) | EVERY_ACCOUNT | STREAMS))
def test_nobody_without_a_session_gets_anywhere(town: Town, line: str) -> None:
    town.account("3000", "officer")
    ended = town.token("3000")
    town.accounts.stop_all("3000")
    expired = town.token("3000")
    for client in (town.client(), town.client(ended), town.client("never given")):
        assert asked(client, line, town).status_code == 401
    town.clock.at += 91 * 86_400_000
    try:
        assert asked(town.client(expired), line, town).status_code == 401
    finally:
        town.clock.at -= 91 * 86_400_000


@pytest.mark.parametrize("line", [line for line in sorted(NEEDED) if "{alert_id}" in line])
def test_the_alert_of_another_district_is_not_there(town: Town, line: str) -> None:
    for areas in (("west",), ("nowhere",), ()):
        client = town.as_role("supervisor", "operator", areas=areas, number="4000")
        answer = asked(client, line, town)
        assert answer.status_code == 404 or "said=unknown" in answer.headers.get("location", "")


def crowd(town: Town) -> None:
    """In each district an alert that is late, one that is held, something that was missed, a mute, a near miss."""
    now, acting = town.clock.now(), town.station.acting
    for area in ("east", "west"):
        put(town, f"{area}-late", area=area)
        held(town, f"{area}-held", area=area)
        acting.missed(Missed(now, area, "traffic", now - HOUR, f"{area}-missed"))
        acting.mute(Mute(now, f"{area}-mute", area, "traffic", now + HOUR, "a fair"))
    town.station.store.put_counts(NAME, [counted(area, now) for area in ("east", "west")])


SHOWN: Final = {
    "alerts": "late", "alerts?listed=running": "late", "alerts?listed=all": "late", "alerts?listed=held": "held",
    "held": '"area":"{}"', "overdue": "late", "missed": "missed", "mutes": "mute", "near": '"area":"{}"',
}  # fmt: skip


def test_nothing_outside_of_ones_areas_is_readable_in_lists_pages_and_the_map(fresh: Town) -> None:
    crowd(fresh)
    of = {
        area: fresh.as_role("supervisor", areas=(area,), number=f"400{n}")
        for n, area in enumerate(("east", "west", NAME))
    }
    for path, word in SHOWN.items():
        for asks, client in of.items():
            answer = client.get(f"{fresh.base}/{path}")
            assert answer.status_code == 200
            for area in ("east", "west"):
                token = word.format(area) if "{" in word else f"{area}-{word}"
                assert (token in answer.text) == (asks in (area, NAME)), (path, asks, area)
    for page, word in (
        ("held", "{}-held"),
        ("mutes", "/mutes/{}-mute/end"),
        ("missed", "{}-missed"),
        ("area", "/alert/{}-late"),
    ):
        for asks, client in of.items():
            shown = client.get(f"/city/{NAME}/{page}").text
            assert [area for area in ("east", "west") if word.format(area) in shown] == [
                area for area in ("east", "west") if asks in (area, NAME)
            ]
    for path in ("/", f"/city/{NAME}/desk"):
        for asks, client in of.items():
            page = client.get(path).text
            assert [area for area in ("east", "west") if f"{area}-late" in page] == [
                area for area in ("east", "west") if asks in (area, NAME)
            ]
            assert "east-held" not in page
            assert "west-held" not in page
    assert [of[area].get(f"{fresh.base}/held").json()["held"] for area in ("east", "west", NAME)] == [1, 1, 2]


def test_nothing_outside_of_ones_areas_can_be_done_or_asked_about(fresh: Town) -> None:
    crowd(fresh)
    west = fresh.as_role("supervisor", areas=("west",), number="4003")
    fresh.station.acting.desks = {**fresh.station.acting.desks, "west": Desk("west", {}, "UTC", ("west",), (), ())}
    for line in (
        "POST /v1/cities/{city}/mutes",
        "POST /v1/cities/{city}/mutes/preview",
        "POST /v1/cities/{city}/missed",
    ):
        assert asked(west, line, fresh).status_code == 404
    before = len(list(fresh.station.store.links()))
    assert west.delete(f"{fresh.base}/mutes/east-mute").status_code == 404
    assert west.get(f"{fresh.base}/mutes/east-mute").status_code == 404
    assert "said=unknown" in west.post(f"/city/{NAME}/mutes/east-mute/end").headers["location"]
    assert "said=unknown" in asked(west, "POST /city/{name}/mutes", fresh).headers["location"]
    assert asked(west, "POST /city/{name}/mutes/preview", fresh).status_code == 404
    assert west.post(f"{fresh.base}/alerts/east-held/moves", json={"verb": "release"}).status_code == 404
    assert len(list(fresh.station.store.links())) == before
    assert west.delete(f"{fresh.base}/mutes/west-mute").status_code == 200


def test_every_stream_is_cut_to_ones_areas(fresh: Town) -> None:
    """The pages' own streams by their first part; the interface's by its moves."""
    crowd(fresh)
    of = {
        area: fresh.as_role("supervisor", areas=(area,), number=f"410{n}")
        for n, area in enumerate(("east", "west", NAME))
    }
    asked_of = {"held": "{}-held", "mutes": "/mutes/{}-mute/end", "missed": "{}-missed", "area": "/alert/{}-late"}
    for kind, word in asked_of.items():
        for asks, client in of.items():
            part = _first_part(fresh, client, f"/events?sheet={kind}&city={NAME}")
            assert [area for area in ("east", "west") if word.format(area) in part] == [
                area for area in ("east", "west") if asks in (area, NAME)
            ], (kind, asks)
    for path in (
        f"sheet=held&city={NAME}&area=east",
        f"sheet=area&city={NAME}&code=east",
        f"sheet=audit&city={NAME}",
        f"sheet=none&city={NAME}",
        "sheet=held&city=elsewhere",
        "sheet=held",
    ):
        assert of["west"].get(f"/events?{path}").status_code == 404


def _first_part(town: Town, client: Any, path: str) -> str:
    """What a stream says before it ends: it is stopped soon after it is asked."""
    ended = threading.Timer(0.6, town.guarded.end_streams)
    ended.start()
    try:
        return str(client.get(path).text)
    finally:
        ended.join()
        town.guarded.console.state.streams.stopped = False


def test_areas_elsewhere_are_nowhere(fresh: Town) -> None:
    crowd(fresh)
    west = fresh.as_role("supervisor", areas=("west",), number="4020")
    for path in ("area/{}", "held?area={}"):
        for code in ("east", NAME, "nowhere"):
            assert west.get(f"/city/{NAME}/{path.format(code)}").status_code == 404
        assert west.get(f"/city/{NAME}/{path.format('west')}").status_code == 200
    for code in ("east", NAME, "nowhere"):
        for path in (f"areas/{code}", f"areas/{code}/counts", f"near?area={code}"):
            assert west.get(f"{fresh.base}/{path}").status_code == 404
    told = west.get(f"{fresh.base}/areas/west").json()
    assert (told["running"], told["held"], [one["id"] for one in told["alerts"]]) == (1, 1, ["west-late"])
    whole = fresh.as_role("viewer", number="4021").get(f"{fresh.base}/areas/{NAME}").json()
    assert {one["code"]: one["held"] for one in whole["areas"]} == {"east": 1, "west": 1}


def test_a_hand_over_is_its_own_desks_and_those_above(fresh: Town) -> None:
    """An account that does not hold all areas of a desk sees none of its notes; nor is the desk there for it."""
    hand_over(fresh)
    words = {"note": "look at the bridge first"}
    whole, east, west = (
        fresh.as_role("officer", areas=(area,), number=f"404{n}") for n, area in enumerate((NAME, "east", "west"))
    )
    assert east.post(f"{fresh.base}/handovers/east/notes", json=words).status_code == 201
    for desk, client, status in (
        ("east", whole, 200), ("east", east, 200), ("east", west, 404), ("city", east, 404), ("no", whole, 404),
    ):  # fmt: skip
        for path in (f"{fresh.base}/handovers/{desk}", f"{fresh.base}/handovers/{desk}/sheet"):
            assert client.get(path).status_code == status
        assert client.get(f"/city/{NAME}/handover?desk={desk}").status_code == status
        read = client.post(f"{fresh.base}/handovers/{desk}/read", json={"turn": rfc3339(TURN)})
        assert read.status_code == (status if desk != "city" else 404)
        asked = client.post(f"{fresh.base}/handovers/{desk}/notes", json=words)
        assert asked.status_code == (201 if status == 200 else 404)
    assert "bridge" not in west.get(f"/city/{NAME}/handover").text
    assert "bridge" in east.get(f"/city/{NAME}/handover?turn=0").text


def test_whoever_is_refused_is_written_down_and_what_he_typed_is_not(town: Town) -> None:
    town.account("4010", "officer", areas=("west",))
    west, login = town.client(town.token("4010")), "/v1/sessions"
    with structlog.testing.capture_logs() as said:
        west.get(f"{town.base}/alerts/{town.alert.id}")
        west.get(f"/alert/{town.alert.id}")
        west.get(f"{town.base}/chain")
        town.client().get(f"{town.base}/alerts")
        town.client().post(login, json={"number": "4010", "password": "wrong", "code": "0"})
        town.client().post(login, json={"number": "Somebody", "password": "wrong", "code": "0"})
    told = [(entry["event"], entry.get("route", ""), entry.get("by", entry.get("number"))) for entry in said]
    assert told == [
        ("request_refused", "/cities/{city}/alerts/{alert_id}", "4010"),
        ("request_refused", "/alert/{alert_id}", "4010"),
        ("request_refused", "/v1/cities/{city}/chain", "4010"),
        ("request_refused", "/v1/cities/{city}/alerts", ""),
        ("login_refused", "", "4010"),
        ("login_refused", "", ""),
    ]
    assert town.alert.id not in str(said)


def test_the_chain_is_read_by_who_may_see_the_whole_city(town: Town) -> None:
    west = town.as_role("audit", areas=("west",), number="4005")
    assert west.get(f"{town.base}/chain").status_code == 403
    judge = town.as_role("audit", number="4006")
    for path in ("chain", "chain/export", "chain/heads", "chain/proof"):
        assert west.get(f"{town.base}/{path}").status_code == 403
        assert judge.get(f"{town.base}/{path}").status_code == 200
    assert west.get(f"/city/{NAME}/audit").status_code == 404
    assert judge.get(f"/city/{NAME}/audit").status_code == 200
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
