"""Every way to an alert × every stage that it can be in × every other subtree: it is nowhere; and to whoever may, it is
there."""

from __future__ import annotations

from typing import Final

import pytest

from alerts.chain import Mute
from alerts.duty import Act
from tests.access.crowds import HOUR, closed, held, put
from tests.access.guarded import NAME, Town
from tests.access.test_policy import ALLOWED, NEEDED, asked

WAYS: Final = [line for line in sorted(NEEDED) if "{alert_id}" in line]
STAGES: Final = ("open", "taken", "raised", "closed", "withdrawn", "merged", "held", "muted", "frozen")


def staged(town: Town, stage: str) -> str:
    """An alert of the eastern district at that stage; its id."""
    name, now = f"stage-{stage}", town.clock.now()
    if town.station.store.alert(name) is not None:
        return name
    if stage == "held":
        held(town, name)
    elif stage == "closed":
        closed(town, name, "confirmed")
    elif stage == "muted":
        town.station.acting.mute(Mute(now, "a-fair", "east", "traffic", now + HOUR, "a fair"))
        put(town, name, Act("hold", now, desk="east", role="mute", mute="a-fair", rank=1))
    else:
        acts: dict[str, tuple[Act, ...]] = {
            "open": (),
            "taken": (Act("take", now, account="1001", desk="east", role="officer"),),
            "raised": (Act("raise", now, desk="east", to="city", role="clock"),),
            "withdrawn": (Act("withdrawn", now, desk="east", role="engine"),),
            "merged": (Act("merged", now, desk="east", role="engine"),),
            "frozen": (Act("freeze", now, desk="east", role="clock"),),
        }
        put(town, name, *acts[stage])
    return name


@pytest.mark.parametrize("stage", STAGES)
def test_at_whatever_stage_an_alert_is_it_is_nowhere_outside_its_areas(town: Town, stage: str) -> None:
    name = staged(town, stage)
    before = len(list(town.station.store.links()))
    wrong = []
    for role in ("supervisor", "operator", "security", "audit"):
        for areas in (("west",), ("nowhere",), ()):
            client = town.as_role(role, areas=areas, number="4000")
            for line in WAYS:
                answer = asked(client, line, town, alert=name)
                may = NEEDED[line] in ALLOWED[role].split()
                nowhere = answer.status_code == 404 or "said=unknown" in answer.headers.get("location", "")
                if not (nowhere if may else answer.status_code == 403):
                    wrong.append((role, areas, line, answer.status_code))
    assert wrong == []
    assert len(list(town.station.store.links())) == before


@pytest.mark.parametrize("stage", STAGES)
def test_at_whatever_stage_an_alert_is_whoever_holds_its_area_finds_it(town: Town, stage: str) -> None:
    name = staged(town, stage)
    for areas in (("east",), (NAME,)):
        client = town.as_role("officer", areas=areas, number="4001")
        operator = town.as_role("operator", areas=areas, number="4002")
        for line in WAYS:
            if NEEDED[line] not in ALLOWED["officer"].split():
                answer = asked(operator, line, town, alert=name)
                assert answer.status_code not in (403, 404), (line, answer.status_code)
                assert "said=unknown" not in answer.headers.get("location", ""), line
                continue
            answer = asked(client, line, town, alert=name)
            assert answer.status_code in (200, 303), (line, answer.status_code)
            assert "said=" not in answer.headers.get("location", ""), line
