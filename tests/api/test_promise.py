"""The interface against its own promise: whatever fits OpenAPI, or nearly does, breaks nothing and shows nothing of
elsewhere. Requests are made by schemathesis; the answers come from the whole application behind its gate."""

from __future__ import annotations

from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from tests.access.guarded import NAME, Town
from tests.access.test_policy import crowd

EAST: Final = ("east-late", "east-held", "east-missed", "east-mute", "Eastern desk")
"""What lies in the other district, by the words that name it."""
KNOWN: Final = {"city": NAME, "alert_id": "west-late", "mute_id": "west-mute", "code": "west", "number": "9999"}
ELSEWHERE: Final = {**KNOWN, "alert_id": "east-late", "mute_id": "east-mute", "code": "east"}
LONG: Final = {"/cities/{city}/stream"}  # answers as long as it is listened to: tests/api/test_stream.py
ROLES: Final = ("supervisor", "operator", "audit")


def operations(town: Town, mode: GenerationMode) -> list[Any]:
    """Every address of the interface that answers and ends; of what nearly fits, those that take more than words in
    their address: any word fits there."""
    schema = schemathesis.openapi.from_dict(town.guarded.api.openapi())
    found = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    ending = [one for one in found if one.path not in LONG]
    return [one for one in ending if mode is GenerationMode.POSITIVE or len(one.query) or len(one.body)]


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fits", "nearly"])
def test_no_request_breaks_the_interface_or_shows_what_lies_elsewhere(fresh: Town, mode: GenerationMode) -> None:
    crowd(fresh)
    west = fresh.as_role(*ROLES, areas=("west",), number="6001")
    whole = fresh.as_role(*ROLES, number="6002")
    asked = 0
    for operation in operations(fresh, mode):

        @settings(deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode), places=st.sampled_from([{}, KNOWN, ELSEWHERE]))
        def hold(case: Any, places: dict[str, str]) -> None:
            nonlocal asked
            asked += 1
            for client, cut in ((west, True), (whole, False)):
                answer = ask(client, case, places)
                assert answer.status_code < 500, (case.method, case.path, answer.status_code)
                if cut:
                    assert [word for word in EAST if word in answer.text] == [], (case.method, case.path)

        hold()
    assert asked > 100


def ask(client: Any, case: Any, places: dict[str, str]) -> Any:
    """The answer to a case; words in its address are taken from `places` where it has them."""
    own = case.path_parameters or {}
    case.path_parameters = {name: places.get(name, value) for name, value in own.items()}
    sent = case.as_transport_kwargs(base_url="http://desk.example/v1")
    headers = {name: value for name, value in sent["headers"].items() if _fits(name) and _fits(value)}
    for name in ("authorization", "content-length", "host", "transfer-encoding"):
        headers = {key: value for key, value in headers.items() if key.lower() != name}
    body = {"json": sent["json"]} if "json" in sent else {"content": sent["data"]} if sent.get("data") else {}
    url = sent["url"].removeprefix("http://desk.example")
    return client.request(sent["method"], url, params=sent.get("params") or {}, headers=headers, **body)


def _fits(text: object) -> bool:
    """Whether a header can be sent at all."""
    return isinstance(text, str) and text.isascii() and text.isprintable()
