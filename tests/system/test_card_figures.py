"""Every figure on an alert's card is computed again from the journal by a script apart from the engine."""

from __future__ import annotations

import html
import json
import re
import time
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from alerts.alert import Alert
from alerts.console.speech import Speech
from streams.clock import HandClock, WallClock
from tests.streams.town import NAME, Scene, event, in_service, make_town
from tests.system.recount import HOUR, STEP, Figures, figures
from tests.system.test_retract import stamp

RULE: Final = """\
id: traffic-surge
counts: {kind: incident, category: traffic}
areas: district
window: 1h
step: 10m
detector: {kind: ratio, parameters: {times: 2, against: 4, at_least: 2}}
owner: traffic operations
guidance: {en: Call the traffic dispatcher., zh-CN: 联系交通调度。}
"""
CATEGORIES: Final = """\
levels: [all, service, type]
categories:
  - {code: incident, level: all, names: {en: Incident, zh-CN: 警情}}
  - {code: traffic, parent: incident, level: service, names: {en: Traffic, zh-CN: 交通}}
  - {code: crash, parent: traffic, level: type, names: {en: Crash, zh-CN: 事故}}
  - {code: lights, parent: traffic, level: type, names: {en: Lights out, zh-CN: 信号灯故障}}
"""
NAMES: Final = {"east": "East District", "west": "West District"}
RISEN: Final = 22


def night(scene: Scene, now: int) -> None:
    """Eight usual hours, then a rise in both districts, with a repeat, a revision, a call taken back, one of three."""

    def call(name: str, area: str, what: str, minutes: float, **more: Any) -> dict[str, Any]:
        at = now - round(minutes * 60_000)
        return event(name, area=area, category=what, occurred_at=stamp(at), **more)

    usual = [
        call(f"{area}-{n}", area, "crash" if n % 2 else "lights", 485 - 30 * n)
        for n in range(16)
        for area in ("east", "west")
    ]
    rise = [call(f"rise-{n}", "east", "crash", 20 - 2 * n) for n in range(9)]
    more = [call(f"more-{n}", "west", "lights" if n % 3 else "crash", 19 - 2 * n) for n in range(9)]
    last = [
        call("rise-0", "east", "crash", 20),
        call("rise-3", "east", "crash", 14, count=4, revision=1),
        call("more-1", "west", "lights", 17, count=0, revision=1),
    ]
    for calls in (usual, rise, more, last):
        answer = scene.post(calls)
        assert answer.status_code < 300, answer.text


def alert_of(scene: Scene, counted: int) -> Alert:
    """The city's alert, once the desk has all of it."""
    for _ in range(600):
        for alert in scene.station.store.final():
            if alert.signal.area == "newcity" and alert.signal.evidence.counted_now == counted and alert.moves:
                return alert
        time.sleep(0.02)
    raise AssertionError([alert.signal for alert in scene.station.store.final()])


def shown(page: str, label: str) -> str:
    found = re.search(rf"<dt>{label}</dt><dd>([^<]*)", page)
    assert found is not None, label
    return found[1].strip()


def bars(page: str) -> dict[str, tuple[str, str]]:
    found = re.findall(r"<span>([^<]+)</span><span class=\"b\"[^>]*></span><span class=\"n\"><b>([^<]+)</b> "
                       r"<span class=\"quiet\">/ ([^<]+)</span>", page)  # fmt: skip
    return {name: (counted, usual) for name, counted, usual in found}


def test_every_figure_of_a_card_is_that_of_a_plain_count_of_the_journal(tmp_path: Path) -> None:
    town = make_town(tmp_path / "town")
    (town / "rules" / "traffic-surge.yaml").write_text(RULE, encoding="utf-8")
    (town / "rules" / "traffic-surge.cases.yaml").unlink()
    (town / "categories.yaml").write_text(CATEGORIES, encoding="utf-8")
    city = (town / "city.yaml").read_text(encoding="utf-8")
    (town / "city.yaml").write_text(city.replace("lateness: 10m", "lateness: 12h"), encoding="utf-8")
    now = WallClock().now() // HOUR * HOUR + 25 * 60_000 - 48 * HOUR
    with in_service(town, tmp_path / "var", clock=HandClock(now)) as scene:
        night(scene, now)
        alert = alert_of(scene, RISEN)
        page = scene.client.get(f"/alert/{alert.id}", params={"lang": "en"}).text
        zone = scene.station.board.city().zone
    evidence = alert.signal.evidence
    told = figures(tmp_path / "var" / NAME / "journal.sqlite", "newcity", "traffic", evidence.peak)
    compared(page, told, Speech("en", ZoneInfo(zone)))
    end = evidence.peak + STEP
    assert (alert.signal.last, told.window) == (end, (end - HOUR, end))


def compared(page: str, told: Figures, speech: Speech) -> None:
    """The page as it is served against the script's figures."""
    assert told.observed > told.limit > told.expected > 0
    assert shown(page, "Counted") == str(told.observed)
    assert shown(page, "Expected") == speech.decimal(told.expected)
    assert shown(page, "Limit") == str(told.limit)
    assert shown(page, "Would not have spoken") == str(told.quiet)
    wanted = {NAMES[code]: (str(n), speech.decimal(usual)) for code, n, usual in told.areas}
    assert (len(wanted), bars(page)) == (2, wanted)
    window = re.search(r'<table class="windows">.*?<tbody>\s*<tr>(.*?)</tr>', page, re.DOTALL)
    assert window is not None
    cells = re.findall(r'<td class="num">([^<]*)</td>', window[1])
    assert cells == [str(told.observed), speech.decimal(told.expected), str(told.limit)]
    found = re.search(r"data-chart=\"band\" data-figures='([^']*)'", page)
    assert found is not None
    band = json.loads(html.unescape(found[1]))
    assert (band["counted"], band["expected"]) == (told.counted, told.usual)
    assert (band["limit"], band["low"], band["high"]) == (told.limits, told.low, told.high)
