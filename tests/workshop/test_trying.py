"""A draft on the past: in a process of its own, watched, ended, bounded, and what came of it against the outcomes."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import pytest

from alerts.drafting import Draft, Texts
from alerts.trials import Trial, Trials
from alerts.workfaults import WorkRefused
from streams.messages import SpokenError
from streams.workshop.trial_child import TASK, Task, fault_of, tried
from streams.workshop.trying import MOST_KEPT, MOST_WAIT, Trying
from tests.access.guarded import Town, town_in_service

SLEEPS: Final = (sys.executable, "-c", 'import time; print(\'{"done": 5, "events": 10}\', flush=True); time.sleep(600)')
KILLED: Final = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
BREAKS: Final = (sys.executable, "-c", "raise SystemExit(3)")
GREEDY: Final = (
    sys.executable,
    "-c",
    "import streams.workshop.trial_child as c; c.tried = lambda *_: bytearray(c.MOST_BYTES + (1 << 20)); c.as_child()",
)
CASES: Final = """\
cases:
  - name: eight calls within the hour are told
    series:
      - {area: east, category: traffic, every: 1h, counts: 8, from: 6h}
    expect:
      - alerts: 1
  - name: four are not
    series:
      - {area: east, category: traffic, every: 1h, counts: 4, from: 6h}
    expect:
      - alerts: 1
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town_in_service(tmp_path_factory.mktemp("trying")) as found:
        yield found


def draft_of(town: Town, n: int) -> Draft:
    drafting = town.station.workshop.drafting
    text = drafting.texts("many-calls").rule.replace("n: 5", f"n: {n}")
    drafting.drop("many-calls", present.stamp if (present := drafting.draft("many-calls")) else "")
    return drafting.keep("many-calls", Texts(text, ""), "", "A-17")


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 180
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def one(trying: Trials, trial: str) -> Trial:
    return next(found for found in trying.of("many-calls") if found.id == trial)


def ended(trying: Trials, trial: str) -> bool:
    return one(trying, trial).ended


def other(town: Town, folder: Path, command: tuple[str, ...]) -> Trying:
    """Trials over the same drafts, with another child."""
    shop = town.station.workshop
    return Trying(lambda: town.station.city, folder / "newcity", shop.drafting, town.clock, lambda: None, command)


def test_a_draft_is_judged_on_what_the_city_has_stored_and_what_it_loses_and_which_cases_differ_is_told(
    town: Town,
) -> None:
    """In its own process."""
    shop = town.station.workshop
    draft = draft_of(town, 7)
    draft = shop.drafting.keep("many-calls", Texts(draft.texts.rule, CASES), draft.stamp, "A-17")
    trial = shop.trials.begin("many-calls", draft.stamp, "stored", "A-17")
    until(lambda: one(shop.trials, trial.id).ended)
    assert one(shop.trials, trial.id).state == "done"
    found = shop.trials.result(trial.id)
    assert found is not None
    assert found.events == 6
    [old] = found.old
    assert old.key == town.alert.signal.key
    assert (old.other, found.new) == ("", ())
    assert [(row.desk, row.old, row.new) for row in found.months if row.old] == [("east", 1, 0)]
    assert found.cases == 2
    [failure] = found.failures
    assert (failure.name, failure.line) == ("four are not", 11)
    assert failure.told["en"] != failure.told["zh-CN"]
    asked_again = town.as_role("operator").get("/city/newcity/rules/many-calls/trials", params={"lang": "en"}).text
    line = asked_again[asked_again.index('<li id="tried" hx-swap-oob="true">') :]
    assert "A case is not as expected" in line, "the list beside it would still say that it was not tried"
    assert '<div id="publish" hx-swap-oob="true"></div>' in line, "it could still be published by the page"


def test_a_past_that_is_not_there_is_said(town: Town, tmp_path: Path) -> None:
    trying = other(town, tmp_path, BREAKS)
    trial = trying.begin("many-calls", draft_of(town, 8).stamp, "archive", "A-17")
    until(lambda: one(trying, trial.id).ended)
    folder = tmp_path / "newcity" / "trials" / trial.id
    with pytest.raises(SpokenError) as missing:
        tried(msgspec.json.decode((folder / TASK).read_bytes(), type=Task), folder)
    assert fault_of(missing.value) == "no_archive"


def test_a_trial_says_how_far_it_is_and_is_ended_by_hand(town: Town, tmp_path: Path) -> None:
    trying = other(town, tmp_path, SLEEPS)
    trial = trying.begin("many-calls", draft_of(town, 9).stamp, "stored", "A-17")
    until(lambda: one(trying, trial.id).done == 5)
    now = one(trying, trial.id)
    assert (now.state, now.share) == ("runs", 0.5)
    assert now.seconds_left == pytest.approx(now.seconds)
    trying.cancel(trial.id)
    until(lambda: one(trying, trial.id).ended)
    assert one(trying, trial.id).state == "canceled"
    assert trying.result(trial.id) is None


def test_few_wait_the_same_one_is_not_begun_twice_and_the_end_of_the_service_is_said(
    town: Town, tmp_path: Path
) -> None:
    trying = other(town, tmp_path, SLEEPS)
    begun = []
    for n in range(10, 11 + MOST_WAIT):
        draft = draft_of(town, n)
        begun.append(trying.begin("many-calls", draft.stamp, "stored", "A-17"))
        assert trying.begin("many-calls", draft.stamp, "stored", "A-18").id == begun[-1].id
    with pytest.raises(WorkRefused) as refused:
        trying.begin("many-calls", draft_of(town, 30).stamp, "stored", "A-17")
    assert refused.value.fault == "trials_full"
    until(lambda: one(trying, begun[0].id).state == "runs")
    assert {one(trying, trial.id).state for trial in begun[1:]} == {"waits"}
    trying.stop()
    after = other(town, tmp_path, SLEEPS)
    assert {(found.state, found.fault) for found in after.of("many-calls")} == {("failed", "ended")}


def test_what_was_ended_by_hand_is_tried_anew_at_once_and_takes_no_place_of_those_that_wait(
    town: Town, tmp_path: Path
) -> None:
    trying = other(town, tmp_path, SLEEPS)
    running = trying.begin("many-calls", draft_of(town, 31).stamp, "stored", "A-17")
    until(lambda: one(trying, running.id).state == "runs")
    for _ in range(MOST_KEPT + 2):
        town.clock.at += 1
        waits = trying.begin("many-calls", draft_of(town, 32).stamp, "stored", "A-17")
        trying.cancel(waits.id)
        assert one(trying, waits.id).state == "canceled"
    again = trying.begin("many-calls", draft_of(town, 32).stamp, "stored", "A-17")
    assert one(trying, again.id).state == "waits"
    assert one(trying, running.id).state == "runs"
    trying.stop()


def test_a_process_that_cannot_be_begun_fails_its_own_trial_and_the_next_one_has_its_turn(
    town: Town, tmp_path: Path
) -> None:
    trying = other(town, tmp_path, ("/nowhere/python",))
    for n in (33, 34):
        trial = trying.begin("many-calls", draft_of(town, n).stamp, "stored", "A-17")
        until(partial(ended, trying, trial.id))
        assert (one(trying, trial.id).state, one(trying, trial.id).fault) == ("failed", "broken")


def test_a_trial_that_finds_no_room_is_refused_and_leaves_nothing_half(town: Town, tmp_path: Path) -> None:
    trying = other(town, tmp_path, BREAKS)
    (tmp_path / "newcity").mkdir()
    (tmp_path / "newcity" / "trials").write_text("in the way")
    with pytest.raises(WorkRefused) as refused:
        trying.begin("many-calls", draft_of(town, 35).stamp, "stored", "A-17")
    assert refused.value.fault == "not_kept"


@pytest.mark.parametrize(
    ("command", "fault"),
    [
        (KILLED, "memory"),
        pytest.param(GREEDY, "memory", marks=pytest.mark.nightly),  # our own child, which takes seconds to begin
        (BREAKS, "broken"),
    ],
)
def test_a_process_that_ends_without_a_result_is_told(
    town: Town, tmp_path: Path, command: tuple[str, ...], fault: str
) -> None:
    trying = other(town, tmp_path, command)
    trial = trying.begin("many-calls", draft_of(town, 40).stamp, "stored", "A-17")
    until(lambda: one(trying, trial.id).ended)
    assert one(trying, trial.id).fault == fault


def test_only_the_last_ones_are_kept(town: Town, tmp_path: Path) -> None:
    trying = other(town, tmp_path, BREAKS)
    for n in range(MOST_KEPT + 2):
        folder = tmp_path / "newcity" / "trials" / f"{n:012d}"
        folder.mkdir(parents=True)
        task = Task("many-calls", "x", "stored", "A-17", n, "", "")
        (folder / "task.json").write_bytes(msgspec.json.encode(task))
    trial = trying.begin("many-calls", draft_of(town, 50).stamp, "stored", "A-17")
    until(lambda: one(trying, trial.id).ended)
    kept = trying.of("many-calls")
    assert len(kept) == MOST_KEPT
    assert kept[0].id == trial.id
