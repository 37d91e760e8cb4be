"""Drafts of rules: kept beside what runs, checked by the code that reads the city, released without a folder."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from alerts.drafting import Override, Texts
from alerts.workfaults import WorkRefused
from rules.records import DropShadow, StartShadow
from streams.city.folder import RULES
from streams.handover import hand_over_order, lay_and_wait
from streams.opened import city_with
from streams.workshop.playing import COMMAND, LONGEST_SECONDS, Playing
from tests.access.guarded import NAME, Town, town_in_service

REFUSED = (  # what each of them is called in the closed list
    ("../../etc", "rule_name"),
    ("many-calls", "rule_known"),
)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with town_in_service(tmp_path_factory.mktemp("workshop")) as found:
        yield found


@pytest.fixture(autouse=True)
def no_draft(town: Town) -> Iterator[None]:
    yield
    for one in town.station.workshop.drafting.drafts():
        town.station.workshop.drafting.drop(one.rule, one.stamp)


def calls(change: str = "", by: str = "n: 5") -> str:
    text = (
        "id: many-calls\ncounts: {kind: incident, category: traffic}\nareas: district\nwindow: 1h\n"
        "detector: {kind: threshold, parameters: {n: 5}}\nowner: traffic operations\n"
        "guidance: {en: Call the traffic dispatcher., zh-CN: 联系交通调度。}\n"
    )
    return text.replace(by, change) if change else text


def fault(town: Town, rule: str = "many-calls", texts: Texts | None = None, seen: str = "") -> str:
    with pytest.raises(WorkRefused) as refused:
        town.station.workshop.drafting.keep(rule, texts or Texts(calls(), ""), seen, "A-17")
    return refused.value.fault


def test_a_draft_says_what_is_wrong_line_by_line_in_the_readers_language(town: Town) -> None:
    drafting = town.station.workshop.drafting
    wrong = Texts(calls("n: many"), "cases:\n  - name: five calls\n    lasts: 3x\n")
    draft = drafting.keep("many-calls", wrong, "", "A-17")
    english, chinese = (drafting.check(draft, language) for language in ("en", "zh-CN"))
    assert [(mark.file, mark.line) for mark in english.marks] == [(mark.file, mark.line) for mark in chinese.marks]
    [mark] = [mark for mark in english.marks if mark.file == "rule"]
    assert (mark.line, mark.column) == (5, 45)
    assert english.marks[0].text != chinese.marks[0].text
    assert "+detector: {kind: threshold, parameters: {n: many}}" in english.diff
    mended = drafting.keep("many-calls", Texts(calls("n: 19"), ""), draft.stamp, "A-17")
    assert drafting.check(mended, "en").marks == ()


def test_cases_are_checked_beside_the_rule_that_they_stand_beside(town: Town) -> None:
    drafting = town.station.workshop.drafting
    cases = "cases:\n  - name: five calls\n    lasts: 3x\n"
    draft = drafting.keep("many-calls", Texts(calls("n: 18"), cases), "", "A-17")
    assert {mark.file for mark in drafting.check(draft, "en").marks} == {"cases"}


def test_a_copy_is_told_to_be_a_twin_until_it_counts_otherwise(town: Town) -> None:
    drafting = town.station.workshop.drafting
    draft = drafting.begin("many-fires", "many-calls", "A-17")
    assert draft.texts.rule.startswith("id: many-fires\n")
    [mark] = drafting.check(draft, "en").marks
    assert "many-calls.yaml" in mark.text
    other = draft.texts.rule.replace("category: traffic", "category: incident")
    mended = drafting.keep("many-fires", Texts(other, ""), draft.stamp, "A-17")
    assert drafting.check(mended, "en").marks == ()


@pytest.mark.parametrize(("name", "said"), REFUSED)
def test_a_new_rule_needs_a_name_of_its_own(town: Town, name: str, said: str) -> None:
    with pytest.raises(WorkRefused) as refused:
        town.station.workshop.drafting.begin(name, "many-calls", "A-17")
    assert refused.value.fault == said
    assert town.station.workshop.drafting.draft(name) is None


def test_what_another_account_saved_meanwhile_is_not_written_over(town: Town) -> None:
    drafting = town.station.workshop.drafting
    first = drafting.keep("many-calls", Texts(calls("n: 16"), ""), "", "A-17")
    assert fault(town) == "draft_changed"
    second = drafting.keep("many-calls", Texts(calls("n: 17"), ""), first.stamp, "A-18")
    assert fault(town, seen=first.stamp) == "draft_changed"
    assert drafting.draft("many-calls") == second
    with pytest.raises(WorkRefused) as dropped:  # nor thrown away
        drafting.drop("many-calls", first.stamp)
    assert dropped.value.fault == "draft_changed"
    assert drafting.draft("many-calls") == second
    assert fault(town, "no-rule") == "draft_gone"
    assert fault(town, texts=Texts("x" * 20_001, ""), seen=second.stamp) == "draft_long"


def test_an_override_is_laid_changed_and_lifted_and_no_other_line_moves(town: Town) -> None:
    drafting = town.station.workshop.drafting
    before = drafting.texts("many-calls").rule
    drafting.override("many-calls", Override("east", 2.0, None, 'market "days": here', "", ""), "A-17")
    drafting.override("many-calls", Override("west", 1.0, 9, "few crews", "", ""), "A-18")
    changed = drafting.override("many-calls", Override("east", 4.0, None, "market days", "", ""), "A-19")
    assert drafting.check(changed, "en").marks == ()
    told = [(one.area, one.rarer, one.at_least, one.reason, one.by) for one in drafting.overrides("many-calls")]
    assert told == [("west", 1.0, 9, "few crews", "A-18"), ("east", 4.0, None, "market days", "A-19")]
    kept = [line for line in changed.texts.rule.splitlines() if line != "overrides:" and not line.startswith("  - ")]
    assert "\n".join(kept) + "\n" == before
    local = drafting.override("many-calls", Override("east", 4.0, None, "market days", "", ""), "local")
    assert drafting.check(local, "en").marks == ()  # while there is no account, its number is 0
    drafting.lift("many-calls", "west", "A-17")
    drafting.lift("many-calls", "east", "A-17")
    assert drafting.draft("many-calls") is None  # it is what runs again


def test_a_comment_among_overrides_leaves_none_of_them_behind(town: Town) -> None:
    drafting = town.station.workshop.drafting
    block = (
        "overrides:\n  - {area: east, rarer: 2, reason: fair, by: A-17}\n# since the bridge was closed\n"
        "  - {area: west, rarer: 3, reason: bridge, by: A-17}\n\n# who answers for it\nowner:"
    )
    drafting.keep("many-calls", Texts(calls().replace("owner:", block), ""), "", "A-17")
    drafting.lift("many-calls", "west", "A-17")
    assert [one.area for one in drafting.overrides("many-calls")] == ["east"]
    draft = drafting.draft("many-calls")
    assert draft is not None
    assert draft.texts.rule.count("area: ") == 1
    assert "\n\n# who answers for it\nowner:" in draft.texts.rule


def test_a_folder_that_takes_nothing_is_said(town: Town) -> None:
    drafting, folder = town.station.workshop.drafting, town.station.workshop.folder / "drafts"
    kept = folder.rename(folder.with_name("drafts.aside")) if folder.exists() else None
    folder.write_text("in the way")
    try:
        assert fault(town) == "not_kept"
        assert drafting.draft("many-calls") is None
    finally:
        folder.unlink()
        if kept:
            kept.rename(folder)


def test_a_draft_is_published_approved_by_another_and_gone_back_from(town: Town) -> None:
    """The folder stays as it is; counts go on, and what has come in force is no draft any more."""
    drafting, releasing = town.station.workshop.drafting, town.station.workshop.releasing
    ran = []
    for n in (6, 7):
        draft = drafting.keep("many-calls", Texts(calls(f"n: {n}"), ""), "", "A-17")
        name = releasing.publish("many-calls", draft.stamp, "A-17", f"from {n} on")
        assert releasing.releases()[0].rules == ("many-calls",)
        assert f"+detector: {{kind: threshold, parameters: {{n: {n}}}}}" in releasing.difference(name)
        with pytest.raises(WorkRefused) as own:
            releasing.approve(name, "A-17", "mine")
        assert own.value.fault == "release_own"
        releasing.approve(name, "A-18", "looked at it")
        assert n_in_force(town) == n
        assert drafting.draft("many-calls") is None
        ran.append(name)
    assert releasing.in_force() == ran[1]
    assert releasing.roll_back(ran[1], "A-17", "too quiet") == ran[0]
    with pytest.raises(WorkRefused) as second:  # who presses at the same time does not go back to what is left
        releasing.roll_back(ran[1], "A-18", "too quiet")
    assert second.value.fault == "release_changed"
    assert n_in_force(town) == 6
    [owed] = town.station.workshop.standing().unreviewed
    assert (owed.kind, owed.by) == ("use-book", "A-17")
    assert [(one.verb, one.runs, one.waits) for one in releasing.releases()][:2] == [
        ("rolled-back", True, False),
        ("approved", False, False),
    ]
    folder = town.station.city.folder / RULES / "many-calls.yaml"
    assert folder.read_text(encoding="utf-8") == calls()


def n_in_force(town: Town) -> float:
    rule = next(rule for rule in town.station.board.city().book.rules if rule.id == "many-calls")
    return rule.detector.parameters["n"]


def test_a_text_with_problems_and_one_that_was_saved_meanwhile_are_not_published(town: Town) -> None:
    drafting, releasing = town.station.workshop.drafting, town.station.workshop.releasing
    draft = drafting.keep("many-calls", Texts(calls("n: many"), ""), "", "A-17")
    for seen, said in ((draft.stamp, "draft_unfit"), ("other", "draft_changed")):
        with pytest.raises(WorkRefused) as refused:
            releasing.publish("many-calls", seen, "A-17", "why")
        assert refused.value.fault == said


CASES = """\
cases:
  - name: calls within the hour are told
    series:
      - {area: east, category: traffic, every: 1h, counts: %s, from: 6h}
    expect:
      - alerts: 1
"""


def test_a_draft_whose_cases_fail_is_not_published_whatever_was_tried_before(town: Town) -> None:
    drafting, releasing = town.station.workshop.drafting, town.station.workshop.releasing
    draft = drafting.keep("many-calls", Texts(calls("n: 8"), CASES % 7), "", "A-17")
    with pytest.raises(WorkRefused) as refused:
        releasing.publish("many-calls", draft.stamp, "A-17", "why")
    assert refused.value.fault == "cases_fail"
    assert not any(one.waits for one in releasing.releases())
    draft = drafting.keep("many-calls", Texts(calls("n: 8"), CASES % 8), draft.stamp, "A-17")
    assert releasing.publish("many-calls", draft.stamp, "A-17", "why") in {
        one.id for one in releasing.releases() if one.waits
    }


def test_cases_that_come_to_no_end_are_said_and_the_next_are_played(town: Town) -> None:
    shop = town.station.workshop
    draft = shop.drafting.keep("many-calls", Texts(calls("n: 9"), CASES % 9), "", "A-17")

    def playing(command: Sequence[str], seconds: float) -> Playing:
        return Playing(lambda: town.station.city, shop.drafting, shop.trials, command, seconds)

    for child in ("raise SystemExit(3)", "import time; time.sleep(600)"):
        with pytest.raises(WorkRefused) as refused:
            playing((sys.executable, "-c", child), 1.0).check(draft)
        assert refused.value.fault == "cases_unplayed"
    playing(COMMAND, LONGEST_SECONDS).check(draft)


def test_drafts_lie_in_the_data_folder_of_the_city_and_nowhere_else(town: Town, tmp_path: Path) -> None:
    drafting = town.station.workshop.drafting
    drafting.keep("many-calls", Texts(calls("n: 8"), ""), "", "A-17")
    assert (town.station.workshop.folder / "drafts" / "many-calls.json").is_file()
    assert town.station.workshop.folder.name == NAME
    assert list((town.station.city.folder / RULES).glob("*draft*")) == []


def test_a_rule_on_matters_is_in_force_with_its_release_and_gone_with_the_one_that_takes_it_away(town: Town) -> None:
    """Not only at the next start of the city."""
    drafting, releasing = town.station.workshop.drafting, town.station.workshop.releasing
    begun = drafting.begin("many-contacts", "many-calls", "A-17")
    draft = drafting.keep("many-contacts", Texts(CONTACTS, ""), begun.stamp, "A-17")
    assert drafting.check(draft, "en").marks == ()
    for texts, there in ((draft, ["many-contacts"]), (None, [])):
        if texts is None:
            draft = drafting.keep("many-contacts", Texts("", ""), "", "A-17")
            assert draft.retires
        releasing.approve(releasing.publish("many-contacts", draft.stamp, "A-17", "why"), "A-18", "looked at it")
        assert [rule.id for rule in town.station.board.city().book.on_matters] == there


CONTACTS = """\
id: many-contacts
counts: {kind: incident, category: traffic}
matters: {rule: repeat, contacts: 3, within: 7d}
areas: district
owner: citizen services
guidance: {en: Call the office., zh-CN: 联系承办单位。}
"""


def test_a_release_does_not_go_past_the_shifts_of_a_shadow(town: Town, tmp_path: Path) -> None:
    drafting, releasing = town.station.workshop.drafting, town.station.workshop.releasing
    text = calls("n: 21")
    (tmp_path / "many-calls.yaml").write_text(text, encoding="utf-8")
    rule = city_with(town.station.city.folder, tmp_path / "many-calls.yaml", "en").book.rule("many-calls")
    order = StartShadow(0, "many-calls", msgspec.json.encode(rule), text=text, shifts=14, by="A-17", reason="quieter")
    folder = town.station.workshop.folder
    assert lay_and_wait(folder, lambda: hand_over_order(folder, order, 1))
    draft = drafting.keep("many-calls", Texts(text, ""), "", "A-17")
    name = releasing.publish("many-calls", draft.stamp, "A-17", "quieter")
    with pytest.raises(WorkRefused) as young:
        releasing.approve(name, "A-18", "looked at it")
    assert young.value.fault == "release_young"
    assert lay_and_wait(folder, lambda: hand_over_order(folder, DropShadow(0, "many-calls"), 2))
    releasing.approve(name, "A-18", "looked at it")
    assert n_in_force(town) == 21
