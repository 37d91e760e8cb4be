"""Calibrations in a city's life: in a replay, from the command line, once a week by themselves; and their report."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import pytest

from alerts.alert import Alert, Move
from rules.canonical import lines as canonical
from rules.engine import Engine
from rules.records import Calibrate, Frame, Record, Tick
from rules.signals import Bar
from streams import calibration, handover, replay, weekly
from streams.calibrate_command import lines
from streams.calibration import Figure, Held, Report, band
from streams.clock import HandClock, WallClock
from streams.settings import Settings
from tests.alerts.signals import signal
from tests.engine import towns
from tests.streams.town import NAME, in_service, make_town
from tests.system.test_cli import Tocsin, tocsin, wait_for

__all__ = ["tocsin"]

DAY: Final = 86_400_000
DAYS: Final = 44
FIGURE: Final = Figure("surge", "desk", 2.0, 9.8765, 12.5, 2.04, 123, 8.5)
REPORT: Final = Report("town", "2026-01-01T00:00:00Z", 1, 60.0, None, None, (FIGURE,), ("storm",))


def past_of(extra: Calibrate | None = None) -> replay.Past:
    """Some weeks of the town, calm but for a burst at their end; `extra` where it belongs in time."""
    records = towns.log_of(
        [*towns.calm(towns.START, towns.START + DAYS * DAY), *towns.timed(towns.burst("a1", 9, begin=60))],
        towns.START, towns.START + DAYS * DAY, towns.STEP,
    )  # fmt: skip

    def told() -> Iterator[Record]:
        waiting = extra
        for record in records:
            if waiting is not None and isinstance(record, Tick) and record.now >= waiting.start:
                yield waiting
                waiting = None
            yield record

    return replay.Past(told(), sum(len(record.rows) for record in records if isinstance(record, Frame)))


def test_a_replay_calibrates_by_an_order_in_its_own_log_from_what_came_before_it() -> None:
    told = replay.run(towns.book(), past_of(), WallClock(), calibrate=1.0, blend_after=DAYS * DAY)
    (found,) = told.calibrated
    assert found.start > towns.START + calibration.FIRST_AFTER
    assert set(found.heights) == {"surge/desk"}
    assert told.engine.rules["surge"].judge.calibrated["desk"] == found.heights["surge/desk"]
    again = replay.run(towns.book(), past_of(found), WallClock())
    assert canonical(told.signals) == canonical(again.signals) != b""


def test_a_rule_whose_words_change_keeps_its_height_and_one_that_promises_otherwise_does_not() -> None:
    engine = Engine.restore(towns.learned(), {towns.book().digest: towns.book()})
    watch = engine.rules["surge"]
    watch.recalibrate({"desk": 9.0})
    watch.follow(msgspec.structs.replace(watch.rule, owner="somebody"), engine.book)
    assert watch.judge.height_at("desk") == 9.0
    watch.follow(msgspec.structs.replace(watch.rule, false_alarms=1.0), engine.book)
    assert watch.judge.height_at("desk") == watch.judge.analytic("desk")


def test_chance_allows_a_band_about_what_was_promised() -> None:
    assert band(2.0, 1.0) == (0, 5)
    assert band(2.0, 12.0) == (16, 32)


def test_alerts_that_were_told_in_the_span_and_stand_are_held_against_the_promise() -> None:
    def alert(at: int, **changes: object) -> Alert:
        of = signal(1, said_at=at, first=at)
        plain = Alert(f"a{at}", "town", "over", "desk", 0, "yellow", at, of, (Move(at, at, "first", "yellow", 1, "x"),))
        return msgspec.structs.replace(plain, **changes)

    stands = alert(10)
    others = [alert(11, state="withdrawn"), alert(12, state="merged"), alert(13, moves=()), alert(2_000)]
    assert list(Held.of([stands, *others], 0, 1_000).alerts) == [stands]


def test_the_scores_of_past_alerts_count_but_for_incidents_and_since_the_last_of_which_none_is_known() -> None:
    def alert(at: int, score: float, outcome: str = "") -> Alert:
        bar = Bar(score, 9.0, 2.0) if score else msgspec.UNSET
        of = signal(1, said_at=at, first=at)
        of = msgspec.structs.replace(of, evidence=msgspec.structs.replace(of.evidence, bar=bar))
        plain = Alert(f"a{at}", "town", "over", "desk", 0, "yellow", at, of, (Move(at, at, "first", "yellow", 1, "x"),))
        duty = msgspec.structs.replace(plain.duty, outcome=outcome)
        return msgspec.structs.replace(plain, duty=duty)

    month = 30 * DAY
    alerts = [alert(1, 30.0), alert(month, 0.0), alert(month + 1, 11.0), alert(month + 2, 12.0, "confirmed")]
    alerts += [alert(month + 3, 13.0), alert(month + 4, 14.0, "not_real")]
    held = Held.of(alerts, 0, 3 * month, lambda s: s.said_at == month + 3)
    assert held.tail(held.alerts) == ([11.0, 14.0], 2.0)
    assert held.tail([]) == ([], 3.0)


def test_a_replay_that_told_too_much_asks_for_more_week_by_week_though_it_solves_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The town's rises come every third day from day 44 on; heights are solved after five weeks and nine."""
    solved: list[int] = []
    solve = calibration.solved

    def noted(engine: Engine, *, months: float) -> calibration.Found:
        solved.append(engine.tick or 0)
        return solve(engine, months=months)

    monkeypatch.setattr(calibration, "solved", noted)
    last, minutes = towns.START + 77 * DAY, (towns.START - towns.NOW) / 60_000
    rises = [towns.burst("a1", 9, begin=minutes + (day * 24 + 12) * 60) for day in range(44, 70, 3)]
    rows = [*towns.calm(towns.START, last), *towns.timed([row for rise in rises for row in rise])]
    told = replay.run(
        towns.book(),
        replay.Past(iter(towns.log_of(rows, towns.START, last, towns.STEP)), 0),
        WallClock(),
        calibrate=1.0,
    )
    assert [round((at - towns.START) / DAY) for at in solved] == [38, 66]
    by_day = {round((found.start - towns.START) / DAY): found.heights["surge/desk"] for found in told.calibrated}
    assert list(by_day) == [38, 45, 52, 59, 66, 73]
    assert by_day[38] + 2 < by_day[59] < by_day[73]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_report_holds_promised_against_achieved_only_where_alerts_were_looked_at(language: str) -> None:
    alone = "\n".join(lines(REPORT, language))
    assert "9.88" in alone
    assert "storm" in alone
    figure = msgspec.structs.replace(FIGURE, alerts=4, confirmed=1, achieved=1.33, achieved_hours=3.0, low=2, high=10)
    held = msgspec.structs.replace(
        REPORT, since="2025-10-03T00:00:00Z", until="2026-01-01T00:00:00Z", figures=(figure,)
    )
    assert "2-10" in "\n".join(lines(held, language))
    assert "2-10" not in alone
    assert REPORT.heights == {"surge/desk": 9.8765}


def test_a_city_is_calibrated_from_its_log_and_judges_by_it_once_it_is_served(
    tocsin: Tocsin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "ORDER_SECONDS", 0.1)
    since = datetime.now(UTC).date() - timedelta(days=43)
    town, made = make_town(tmp_path / "plain"), tmp_path / "made"
    words = ("--seed", 1, "--days", 42, "--events-a-day", 40, "--calm-days", 42, "--from", since)
    assert tocsin("simulate", town, *words, "--out", made).code == 0
    none = tocsin("calibrate", made)
    assert (none.code, "journal" in none.err) == (1, True)
    assert tocsin("load", made).code == 0
    dry = tocsin("calibrate", made, "--months", 1, "--processes", 1, "--dry-run")
    assert (dry.code, "nothing was changed" in dry.out) == (0, True)
    assert tocsin("calibrate", made, "--road", "elsewhere").code == 2
    said = tocsin("calibrate", made, "--months", 1, "--processes", 1, "--json", "--out", tmp_path / "report.json")
    assert (said.code, "the order waits" in said.err) == (0, True)
    report = msgspec.json.decode((tmp_path / "report.json").read_bytes(), type=Report)
    assert msgspec.json.decode(said.out.encode(), type=Report) == report
    assert report.figures
    with in_service(made, tmp_path / "var") as scene:
        wait_for(lambda: scene.client.get("/readyz").status_code == 200)
        wait_for(lambda: not list((tmp_path / "var" / NAME / "handed").iterdir()))
        assert "calibrated; its bound would be" in tocsin("rules", "list", made).out


def test_a_served_city_is_calibrated_when_five_weeks_are_known_and_then_once_a_week(tmp_path: Path) -> None:
    engine = towns.engine_of()
    looks = weekly.Weekly(tmp_path, "town", Settings(data=tmp_path), HandClock(0))
    assert looks.due(engine), "six weeks are known"
    made = tmp_path / "town" / calibration.LAST
    made.parent.mkdir()
    made.write_bytes(msgspec.json.encode(msgspec.structs.replace(REPORT, tick=towns.NOW - 6 * DAY)))
    assert not looks.due(engine)
    made.write_bytes(msgspec.json.encode(msgspec.structs.replace(REPORT, tick=towns.NOW - 7 * DAY)))
    assert looks.due(engine)
    made.write_text("torn")
    assert looks.due(engine)
    assert not looks.due(Engine(towns.book(), clock="stream"))


def test_a_calibration_that_fails_is_told_and_tried_again_later(tmp_path: Path) -> None:
    clock, failing = HandClock(0), (sys.executable, "-S", "-c", "raise SystemExit(1)")
    looks = weekly.Weekly(tmp_path, "town", Settings(data=tmp_path), clock, failing)
    engine = towns.engine_of()
    looks.look(engine)
    assert not looks.is_at_work(), "a start has other things to do"
    clock.forward(weekly.START_SECONDS)
    looks.look(engine)
    assert looks.is_at_work()

    def ended() -> bool:
        clock.forward(weekly.LOOK_SECONDS)
        looks.look(engine)
        return not looks.is_at_work()

    wait_for(ended)
    clock.forward(weekly.LOOK_SECONDS)
    looks.look(engine)
    assert not looks.is_at_work()
    clock.forward(weekly.RETRY_SECONDS)
    looks.look(engine)
    assert looks.is_at_work()
    looks.stop()
    assert not looks.is_at_work()
