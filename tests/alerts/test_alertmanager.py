"""A Prometheus Alertmanager is told what its API v2 takes, and knows an alert by labels that do not move."""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest

from alerts import life
from alerts.alert import Alert
from alerts.channels.alertmanager import AlertmanagerChannel
from alerts.channels.port import FakeChannel, Message
from alerts.letters import Letters
from alerts.notice import compose
from rules.signals import Signal
from tests.alerts.receiver import Receiver
from tests.alerts.signals import HOUR, NOON, book, evidence, signal

TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def message(*signals: Signal, desk: str = "county") -> Message:
    alert: Alert | None = None
    reason = None
    for one in signals:
        alert, reason = life.apply(alert, one, "county", NOON)
    assert alert is not None
    letters = Letters(lambda city: book())
    notice = compose(alert, reason or "first", desk, "am", NOON)
    return letters.message(letters.single(notice), FakeChannel("am"))


def told(*signals: Signal, at: int = NOON, desk: str = "county") -> list[dict[str, Any]]:
    """What arrives at the Alertmanager, checked against what its documents ask for."""
    with Receiver([200]) as receiver:
        road = AlertmanagerChannel("am", f"http://127.0.0.1:{receiver.port}/", b"token-of-it", private=True)
        assert road.deliver(message(*signals, desk=desk), at).outcome == "accepted"
    [push] = receiver.pushes
    assert push.path == "/api/v2/alerts"
    assert push.headers["Authorization"] == "Bearer token-of-it"
    entries: list[dict[str, Any]] = json.loads(push.body)
    for entry in entries:
        assert set(entry) <= {"labels", "annotations", "startsAt", "endsAt", "generatorURL"}
        assert entry["labels"]["alertname"]
        assert all(LABEL.fullmatch(name) for part in ("labels", "annotations") for name in entry[part])
        assert all(TIME.fullmatch(entry[when]) for when in ("startsAt", "endsAt"))
        assert entry["startsAt"] <= entry["endsAt"]
    return entries


def runs(entry: dict[str, Any], at: int = NOON) -> bool:
    return bool(entry["endsAt"] > "2016-01-24")


def test_a_running_alert_runs_on_for_days_or_it_would_end_by_itself_in_five_minutes() -> None:
    [entry] = told(signal(1))
    assert entry["labels"] == {
        "alertname": "traffic-surge", "alert": "a1", "city": "montgomery", "desk": "county", "severity": "yellow",
    }  # fmt: skip
    assert entry["annotations"]["summary"] == "Yellow: vehicle accident in Lower Merion"
    assert (entry["startsAt"], entry["endsAt"]) == ("2016-01-23T11:30:00Z", "2016-01-30T12:30:00Z")


def test_what_was_told_under_an_earlier_colour_is_ended_in_the_same_push() -> None:
    red, yellow = told(signal(1), signal(2, evidence=evidence(3, 40)))
    assert (red["labels"]["severity"], runs(red)) == ("red", True)
    assert (yellow["labels"]["severity"], runs(yellow)) == ("yellow", False)


@pytest.mark.parametrize("state", ["over", "withdrawn", "merged"])
def test_an_alert_that_runs_no_more_is_ended(state: Any) -> None:
    [entry] = told(signal(1), signal(2, state=state, over_at=NOON + HOUR))
    assert entry["endsAt"] == "2016-01-23T12:30:00Z"


def test_an_alert_that_moved_on_to_another_desk_is_ended_at_the_old_one() -> None:
    [entry] = told(signal(1), desk="eastern")
    assert not runs(entry)


def test_what_it_refuses_is_no_message_that_a_repeat_would_mend() -> None:
    with Receiver([400, 503]) as receiver:
        road = AlertmanagerChannel("am", f"http://127.0.0.1:{receiver.port}", private=True)
        assert [road.deliver(message(signal(1)), NOON).outcome for _ in range(2)] == ["refused", "failed"]
    assert "Authorization" not in receiver.pushes[0].headers
