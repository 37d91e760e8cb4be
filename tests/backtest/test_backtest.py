"""Backtests: the running version says what was said, alert by alert; a change is held against labels."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from typer.testing import CliRunner

from alerts.database import SqliteStore
from alerts.export import rfc3339
from rules import canonical
from rules.signals import COUNTED
from streams import backtest as backtests
from streams.backtest.report import Report
from streams.cli import app
from tests.streams.town import NAME, event, in_service, make_town

pytestmark = pytest.mark.timeout(900)  # seconds of work, on a machine that may do much else
BEGAN = datetime(2026, 1, 4, 16, tzinfo=UTC)  # midnight in the town
DAYS = 90
STORMS = (41, 60, 75)
FEED = "kind: incident\ncomes: {push: true}\nformat: contract\nsource: dispatch\narchive: [data/calls.jsonl]\n"
RULE = """\
id: %s
counts: {kind: incident, category: traffic}
areas: district
window: %s
step: 1h
detector: %s
false_alarms: 2 per month
keep: 2h
owner: traffic operations
review: 2027-06-30
guidance:
  en: Call the traffic dispatcher.
  zh-CN: 联系交通调度。
"""
RULES = {
    "traffic-surge": ("[1h, 3h]", "{kind: surprise}"),
    "many-calls": ("1h", "{kind: threshold, parameters: {n: 9}}"),
    "against-before": ("[1h, 3h]", "{kind: ratio, parameters: {times: 6}}"),
    "too-few-calls": ("12h", "{kind: drop}"),
}
AGAIN = """\
id: called-again
counts: {kind: incident, category: traffic}
areas: district
step: 1h
matters: {rule: repeat, contacts: 3, within: 30d}
colours: {yellow: 1}
owner: traffic operations
review: 2027-06-30
guidance:
  en: Call the traffic dispatcher.
  zh-CN: 联系交通调度。
"""
"""A rule on single matters: of every hundred calls the last three are about one."""
LULL = 50
"""A day on which nothing came from the west."""


def _past() -> list[dict[str, Any]]:
    """90 days of about 50 calls a day, busier by day; three loud hours on three of them, a lull on another."""
    dice = Random(11)
    times: list[datetime] = []
    for hour in range(24 * DAYS):
        busy = 2.4 if 8 <= hour % 24 < 20 else 0.9
        times += [BEGAN + timedelta(hours=hour + dice.random()) for _ in range(int(busy + dice.random()))]
    for day in STORMS:
        times += [BEGAN + timedelta(days=day, hours=9 + dice.uniform(0, 3)) for _ in range(40)]
    return [
        event(
            n,
            area="east" if (at - BEGAN).days == LULL else dice.choice(["east", "west"]),
            occurred_at=at.isoformat(timespec="seconds"),
            **({"matter": f"matter {n // 100}"} if n % 100 > 96 else {}),
        )
        for n, at in enumerate(sorted(times))
    ]


def ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _days(events: Sequence[dict[str, Any]]) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """(its end in ms, its events) of each day."""
    for day in range(DAYS):
        since, until = BEGAN + timedelta(days=day), BEGAN + timedelta(days=day + 1)
        of_day = [one for one in events if since <= datetime.fromisoformat(one["occurred_at"]) < until]
        yield ms(until), of_day


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_town(tmp_path_factory.mktemp("cities") / "town", calls=FEED)
    for name, (window, detector) in RULES.items():
        (folder / "rules" / f"{name}.yaml").write_text(RULE % (name, window, detector), encoding="utf-8")
    (folder / "rules" / "called-again.yaml").write_text(AGAIN, encoding="utf-8")
    (folder / "data").mkdir()
    lines = [json.dumps(one) for one in _past()]
    (folder / "data" / "calls.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = ["start,end,area,category,expect,why,certainty"]
    for day in STORMS:
        at = (BEGAN + timedelta(days=day, hours=17)).replace(tzinfo=None)  # the town is eight hours ahead
        until = at + timedelta(hours=3)
        rows.append(f"{at:%Y-%m-%d %H:%M},{until:%Y-%m-%d %H:%M},ALL,traffic,spike,a storm of day {day},high")
    (folder / "data" / "labels.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def data(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The town in service for 90 days: a request and a tick a day."""
    folder = tmp_path_factory.mktemp("var")
    with in_service(town, folder, kind="stream") as scene:
        assert scene.post({"tick": ms(BEGAN)}).status_code in (200, 202)
        for end, events in _days(_past()):
            for some in (events[n : n + 500] for n in range(0, len(events), 500)):
                assert scene.post(some).status_code in (200, 202)
            assert scene.post({"tick": end}).status_code in (200, 202)
    return folder


def backtested(*words: object) -> tuple[int, str]:
    found = CliRunner().invoke(app, ["backtest", *map(str, words), "--processes", "2"])
    return found.exit_code, found.output


def _report(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "report.json").read_bytes())
    return found


def test_a_backtest_of_what_runs_is_what_was_said_alert_by_alert(town: Path, data: Path, tmp_path: Path) -> None:
    store = SqliteStore(data / NAME / "alerts.sqlite")
    said = [alert.signal for alert in store.final() if alert.signal.kind in COUNTED]
    store.close()
    assert len({signal.rule for signal in said}) == 5, "a rule said nothing: the test would be blind to it"
    whole = canonical.lines(said)
    span = ("--from", rfc3339(ms(BEGAN)), "--to", rfc3339(ms(BEGAN + timedelta(days=DAYS))))
    assert backtested(town, *span, "--stored", "--data", data, "--out", tmp_path / "stored")[0] == 0
    assert (tmp_path / "stored" / "old.canonical.jsonl").read_bytes() == whole
    assert backtested(town, *span, "--out", tmp_path / "archive")[0] == 0
    assert (tmp_path / "archive" / "old.canonical.jsonl").read_bytes() == whole


def test_an_alert_that_a_tick_says_after_the_last_event_lies_in_the_past_that_was_not_bounded(tmp_path: Path) -> None:
    town = make_town(tmp_path / "town", calls=FEED)
    for rule in (town / "rules").iterdir():
        rule.unlink()
    (town / "rules" / "called-again.yaml").write_text(AGAIN, encoding="utf-8")
    calls = [event(n, occurred_at=BEGAN.isoformat(timespec="seconds"), matter="a matter") for n in range(3)]
    with in_service(town, tmp_path / "var", kind="stream") as scene:
        for body in ({"tick": ms(BEGAN)}, calls, {"tick": ms(BEGAN + timedelta(hours=2))}):
            assert scene.post(body).status_code in (200, 202)
    store = SqliteStore(tmp_path / "var" / NAME / "alerts.sqlite")
    said = [alert.signal for alert in store.final() if alert.signal.kind in COUNTED]
    store.close()
    assert [one.said_at >= ms(BEGAN + timedelta(hours=1)) for one in said] == [True], "the test would be blind"
    code, told = backtested(town, "--stored", "--data", tmp_path / "var", "--out", tmp_path)
    assert code == 0, told
    assert (tmp_path / "old.canonical.jsonl").read_bytes() == canonical.lines(said)


@pytest.fixture(scope="module")
def change(town: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, dict[str, Any]]:
    """A threshold that only the loudest storm reaches, against the one in force: folder, what was printed, report."""
    out = tmp_path_factory.mktemp("change")
    (out / "many-calls.yaml").write_text(RULE % ("many-calls", "1h", "{kind: threshold, parameters: {n: 14}}"), "utf-8")
    code, told = backtested(town, "--rule", "many-calls", "--change", out / "many-calls.yaml", "--out", out)
    assert code == 0, told
    return out, told, _report(out)


def test_a_change_is_held_against_labels_and_each_difference_rests_on_an_alert(
    change: tuple[Path, str, dict[str, Any]],
) -> None:
    _, told, found = change
    assert found["changed"] == ["many-calls"]
    assert [label["old"] is not None for label in found["labels"]] == [True, True, True]
    old = {alert["key"]: alert for alert in found["old_alerts"]}
    new = {alert["key"]: alert for alert in found["new_alerts"]}
    assert found["differences"]
    for one in found["differences"]:
        assert one["old"] is None or one["old"] in old
        assert one["new"] is None or one["new"] in new
        if one["kind"] in ("later", "earlier"):
            minutes = [found["labels"][one["label"]][f"{side}_minutes"] for side in ("old", "new")]
            assert one["minutes"] == pytest.approx(minutes[0] - minutes[1], abs=0.11)
    lost = [one for one in found["differences"] if one["kind"] == "lost"]
    dropped = [one for one in found["differences"] if one["kind"] == "dropped"]
    assert f"labels lost: {len(lost)}" in told
    assert f"unexplained alerts gone: {len(dropped)}" in told


def test_the_figures_of_a_report_are_those_of_its_alerts(change: tuple[Path, str, dict[str, Any]]) -> None:
    _, _, found = change
    for side in ("old", "new"):
        alerts = found[f"{side}_alerts"]
        assert sum(month[side] for month in found["months"]) == len(alerts)
        assert found["loads"][0][side][2] <= len(alerts)
        unexplained = [alert for alert in alerts if alert["label"] == -1]
        (promise,) = found["promises"]
        assert promise[side] == pytest.approx(len(unexplained) / (found["days"] / 30), abs=0.01)
        assert promise["promised"] is None  # a threshold promises nothing
    assert found["loads"][0]["shifts"] == pytest.approx(found["days"] * 3, abs=2)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_page_links_each_difference_to_an_alert_on_it(
    language: str, change: tuple[Path, str, dict[str, Any]], town: Path
) -> None:
    import msgspec  # noqa: PLC0415

    from streams.opened import city_of  # noqa: PLC0415

    _, _, found = change
    report = msgspec.convert(found, Report)
    page = backtests.page(report, city_of(town), language)
    for one in report.differences:
        for side, key in (("old", one.old), ("new", one.new)):
            if key:
                assert f'href="#{side}-{key}"' in page
                assert f'id="{side}-{key}"' in page
    assert ("新增的无标注告警" in page) == (language == "zh-CN")
    assert "<script" not in page
    assert page.count("<svg") >= 3


def test_a_change_of_a_rule_on_matters_is_held_against_it(town: Path, tmp_path: Path) -> None:
    changed = tmp_path / "called-again.yaml"
    changed.write_text(AGAIN.replace("contacts: 3", "contacts: 4"), encoding="utf-8")
    code, told = backtested(town, "--rule", "called-again", "--change", changed, "--out", tmp_path)
    assert code == 0, told
    found = _report(tmp_path)
    assert found["changed"] == ["called-again"]
    assert found["old_alerts"] != []
    assert found["new_alerts"] == [], "nobody called a fourth time"
    assert found["promises"][0]["promised"] is None
    gone = {one["old"] for one in found["differences"]}
    assert gone <= {one["key"] for one in found["old_alerts"]} != set()


def test_a_change_that_is_none_makes_no_difference(town: Path, tmp_path: Path) -> None:
    same = tmp_path / "many-calls.yaml"
    same.write_bytes((town / "rules" / "many-calls.yaml").read_bytes())
    code, _ = backtested(town, "--rule", "many-calls", "--change", same, "--out", tmp_path)
    found = _report(tmp_path)
    assert (code, found["differences"], found["changed"]) == (0, [], [])
    assert found["old_alerts"] == found["new_alerts"]


def test_what_cannot_be_tried_is_told_in_words(town: Path, tmp_path: Path) -> None:
    broken = tmp_path / "many-calls.yaml"
    broken.write_text(RULE % ("many-calls", "1h", "{kind: thresold}"), encoding="utf-8")
    wrong = tmp_path / "labels.csv"
    for words, said in (
        (["--change", broken], "rules/many-calls.yaml:6:18: there is no detector thresold: use threshold"),
        (["--change", tmp_path / "x.yml"], "a change is a rule file called after its rule"),
        (["--change", tmp_path / "absent.yaml"], "rules/absent.yaml:1:1: the file is missing"),
        (["--rule", "nobody"], "nobody"),
        (["--from", "2027-01-01"], "nothing arrived from 2026-12-31"),
        (["--labels", tmp_path / "none.csv"], "labels cannot be read"),
    ):
        found = CliRunner().invoke(app, ["backtest", str(town), *map(str, words)])
        assert found.exit_code == 1
        assert said in str(found.exception), words
    for text, said in (
        ("start,end\n", "labels need the columns area, category, expect too"),
        ("start,end,area,category,expect\n2026-01-01,2026-01-02,atlantis,traffic,spike\n", ":2: none of atlantis is"),
        ("start,end,area,category,expect\nsoon,2026-01-02,ALL,ALL,spike\n", ":2: soon to 2026-01-02 is no span"),
    ):
        wrong.write_text(text, encoding="utf-8")
        found = CliRunner().invoke(app, ["backtest", str(town), "--labels", str(wrong), "--rule", "many-calls"])
        assert said in str(found.exception)
