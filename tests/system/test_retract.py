"""`tocsin feeds retract`: what a feed said is taken back out of the journal, at rest and while the city is served."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from alerts.database import SqliteStore
from rules.corrections import LAST_REVISION
from rules.engine import Engine
from rules.records import CORRECTION, Frame, encode
from streams import handover
from streams.clock import HandClock, WallClock
from streams.handover import hand_over, wait_taken
from streams.journal import Journal
from streams.opened import city_of
from tests.streams.town import NAME, Scene, event, in_service
from tests.system.test_cli import Said, Tocsin, tocsin, town

__all__ = ["tocsin", "town"]  # fixtures

NOW = 1_795_579_200_000
"""2026-11-25T12:00:00+08:00, a day after the events of the town occurred."""


def journal_of(folder: Path) -> Path:
    return folder / NAME / "journal.sqlite"


def frames(folder: Path) -> list[Frame]:
    with closing(Journal.open(journal_of(folder), read_only=True)) as journal:
        return [record for _, record in journal.read() if isinstance(record, Frame)]


def judged(folder: Path, town: Path) -> Engine:
    """An engine over the whole journal."""
    with closing(Journal.open(journal_of(folder), read_only=True)) as journal:
        engine = Engine(city_of(town).book)
        for known in journal.books().values():
            engine.add_book(known)
        for offset, record in journal.read():
            engine.apply(record, offset)
    return engine


def boxed(engine: Engine) -> dict[str, int]:
    found: dict[str, int] = {}
    for days in engine.boxes().values():
        for day in days.values():
            for box, n in day.items():
                found[box] = found.get(box, 0) + n
    return {box: n for box, n in found.items() if n}


def counted(engine: Engine) -> int:
    """Events that the first rule of the town counts in all."""
    counts = next(iter(engine.rules.values())).counts
    top = next((series for pair, series in counts.series.items() if pair == (NAME, counts.selector.category)), None)
    if top is None:
        return 0
    return int(counts.total(np.array([top]), np.array([counts.ring.lo + 1]), np.array([counts.ring.hi]))[0])


def push(town: Path, data: Path, *events: dict[str, Any]) -> None:
    with in_service(town, data, clock=HandClock(NOW)) as scene:
        assert [answer["status"] for answer in scene.post(list(events)).json()["events"]] == ["accepted"] * len(events)


def last(said: Said) -> str:
    """The last line of the output; what the process logged before its log was set up lies above."""
    return said.out.splitlines()[-1]


SPAN = ("--from", "2026-11-24", "--to", "2026-11-25")


def test_a_retraction_takes_back_what_occurred_in_its_span_and_nothing_else(
    tocsin: Tocsin, town: Path, tmp_path: Path
) -> None:
    outside = event(9, occurred_at="2026-11-25T00:00:00+08:00")
    moved = event(2, revision=4, area="west", count=3)
    cancelled = event(3, revision=1, count=0)
    push(town, tmp_path / "var", event(1), event(2), moved, event(3), cancelled, outside)
    assert last(tocsin("feeds", "retract", town, "calls", *SPAN)) == (
        f"{NAME}: 2 events of calls taken back, 0 had been before"
    )
    back = frames(tmp_path / "var")[-1]
    assert (back.rows["flags"] == CORRECTION).all()
    assert (back.rows["revision"] == LAST_REVISION).all()
    assert sorted(zip((back.areas[a] for a in back.rows["area"]), back.rows["count"].tolist(), strict=True)) == [
        ("east", 1),
        ("west", 3),
    ]
    assert boxed(judged(tmp_path / "var", town)) == {"accepted": 8, "superseded": 4, "cancelled": 3, "too_late": 1}


def test_asking_twice_is_harmless(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    push(town, tmp_path / "var", event(1), event(2))
    tocsin("feeds", "retract", town, "calls", *SPAN)
    written = len(frames(tmp_path / "var"))
    assert last(tocsin("feeds", "retract", town, "calls", *SPAN)) == (
        f"{NAME}: 0 events of calls taken back, 2 had been before"
    )
    assert len(frames(tmp_path / "var")) == written


def test_what_was_never_counted_is_not_taken_back(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    """Older than the horizon when it came: set aside then, so nothing is taken back now."""
    push(town, tmp_path / "var", event(1), event(2, occurred_at="2026-10-01T00:00:00+08:00"))
    said = tocsin("feeds", "retract", town, "calls", "--from", "2026-01-01", "--to", "2027-01-01")
    assert last(said) == f"{NAME}: 1 events of calls taken back, 0 had been before"


def test_a_retraction_of_nothing_writes_nothing(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    push(town, tmp_path / "var", event(1))
    before = len(frames(tmp_path / "var"))
    said = tocsin("feeds", "retract", town, "calls", "--from", "2020-01-01", "--to", "2020-02-01")
    assert last(said) == f"{NAME}: 0 events of calls taken back, 0 had been before"
    assert len(frames(tmp_path / "var")) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("clals", *SPAN), "clals: no such feed: take one of calls"),
        (("calls", "--from", "2026-11-25", "--to", "2026-11-24"), "--from 2026-11-25 --to 2026-11-24: the end lies"),
        (("calls", "--from", "soon", "--to", "2026-11-24"), "soon: no time"),
    ],
)
def test_what_cannot_be_meant_is_told(
    tocsin: Tocsin, town: Path, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    assert "no journal here" in tocsin("feeds", "retract", town, "calls", *SPAN).err
    push(town, tmp_path / "var", event(1))
    found = tocsin("feeds", "retract", town, *words)
    assert (found.code, found.err.startswith(said)) == (1, True), found.err


def test_a_city_that_is_served_is_reached(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    now = event(1, occurred_at=stamp(WallClock().now()))
    with in_service(town, tmp_path / "var") as scene:
        assert scene.post(now).status_code == 202
        said = tocsin("feeds", "retract", town, "calls", "--from", "2026-01-01", "--to", "2099-01-01")
        assert last(said) == f"{NAME}: 1 events of calls taken back, 0 had been before"
        assert counted(engine_of(scene)) == 0
    assert list((tmp_path / "var" / NAME / "handed").iterdir()) == []
    assert boxed(judged(tmp_path / "var", town)) == {"accepted": 2, "superseded": 1, "cancelled": 1}


MANY_CALLS = """\
id: many-calls
counts: {kind: incident, category: traffic}
areas: district
window: 1h
detector: {kind: threshold, parameters: {n: 5}}
owner: traffic operations
guidance: {en: Call the traffic dispatcher., zh-CN: 联系交通调度。}
"""


def test_an_alert_whose_events_are_retracted_says_that_it_would_not_have_spoken(
    tocsin: Tocsin, town: Path, tmp_path: Path
) -> None:
    (town / "rules" / "many-calls.yaml").write_text(MANY_CALLS, encoding="utf-8")
    then = WallClock().now() - 3 * 3_600_000
    with in_service(town, tmp_path / "var", clock=HandClock(then)) as scene:
        scene.post([event(n, occurred_at=stamp(then - n)) for n in range(6)])
    with in_service(town, tmp_path / "var"):  # three hours later: it has settled, and the feed is silent
        pass
    tocsin("feeds", "retract", town, "calls", "--from", stamp(then - 3), "--to", stamp(then - 1))
    with in_service(town, tmp_path / "var"), closing(SqliteStore(tmp_path / "var" / NAME / "alerts.sqlite")) as store:
        for _ in range(200):
            (alert,) = store.final()
            if alert.signal.evidence.taken_back:
                break
            time.sleep(0.05)
    found = alert.signal.evidence
    assert (found.observed, found.later, found.taken_back, found.would_speak) == (6, 0, 2, False)
    assert [move.reason for move in alert.moves] == ["first", "corrected"]
    said = tocsin("explain", town, alert.id).out
    assert "0 later, 2 taken back: would not have spoken" in said


def stamp(at: int) -> str:
    return str(np.datetime64(at, "ms")) + "Z"


def engine_of(scene: Scene) -> Engine:
    engine = scene.station.shard.engine
    assert isinstance(engine, Engine)
    return engine


def test_what_was_handed_over_before_a_kill_is_taken_at_the_next_start_and_never_twice(
    town: Path, tmp_path: Path
) -> None:
    push(town, tmp_path / "var", event(1))
    (frame,) = frames(tmp_path / "var")
    data = tmp_path / "var" / NAME
    laid = hand_over(data, [frame])
    assert hand_over(data, [frame]) == laid
    with in_service(town, tmp_path / "var", clock=HandClock(NOW + 60_000)) as scene:
        assert wait_taken(laid, WallClock(), lambda _: scene.post([event(2)]))
    boxes = boxed(judged(tmp_path / "var", town))
    assert boxes["redelivered"] == 1


def test_a_file_that_holds_no_frame_of_this_city_is_set_aside(town: Path, tmp_path: Path) -> None:
    folder = tmp_path / "var" / NAME / handover.FOLDER
    push(town, tmp_path / "var", event(1))
    (frame,) = frames(tmp_path / "var")
    folder.mkdir()
    (folder / "a.frame").write_bytes(b"nothing of ours")
    (folder / "b.frame").write_bytes(encode(structs.replace(frame, city="elsewhere")))
    with in_service(town, tmp_path / "var", clock=HandClock(NOW + 60_000)) as scene:
        scene.post([event(2)])
        assert wait_taken([folder / "a.frame", folder / "b.frame"], WallClock(), lambda _: scene.post([event(3)]))
    assert sorted(path.name for path in folder.iterdir()) == ["a.bad", "b.bad"]
    assert "redelivered" not in boxed(judged(tmp_path / "var", town))


def test_our_patience_with_a_process_that_does_not_take_it_ends(town: Path, tmp_path: Path) -> None:
    clock = HandClock()
    waiting = tmp_path / "x.frame"
    waiting.write_bytes(b"")
    assert not wait_taken([waiting], clock, lambda seconds: clock.forward(10 * seconds))
