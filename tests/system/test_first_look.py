"""`tocsin feeds look` and `tocsin feeds try`: what a newcomer sees of a strange file, and what never is shown."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from tests.feeds.register import CITY, register
from tests.streams.town import event
from tests.system.test_cli import Tocsin, tocsin, town

__all__ = ["tocsin", "town"]  # fixtures

SECRETS = ("13812345678", "11010519491231002X", "lamp.watch@mail.example", "Quay Lane")


def test_a_look_tells_columns_and_forms_and_never_a_value(tocsin: Tocsin, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv.xz"
    row = ",".join(SECRETS)
    path.write_bytes(lzma.compress(f"phone,no,mail,where\n{row}\n,,,\n".encode()))
    said = tocsin("feeds", "look", path)
    assert said.out.splitlines()[1:] == [
        "phone: 1/2  ########### (1)",
        "no: 1/2  #################a (1)",
        "mail: 1/2  a.a@a.a (1)",
        "where: 1/2  a (1)",
    ]
    assert not any(secret in said.out + said.err for secret in SECRETS)


def test_a_column_whose_name_names_somebody_is_told_by_its_number(tocsin: Tocsin, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_text(json.dumps({"when": "2026", "13812345678": 3}) + "\nnot json\n")
    assert tocsin("feeds", "look", path).out.splitlines() == [
        "2 records, 1 of them broken, 2 columns; filled, and forms of what stands there:",
        "when: 1/1  #### (1)",
        "#2: 1/1  # (1)",
    ]


def test_a_look_at_a_delimiter_and_a_format_that_are_named(tocsin: Tocsin, tmp_path: Path) -> None:
    path = tmp_path / "calls.txt"
    path.write_text("a;b\n1;x y\n")
    assert tocsin("feeds", "look", path).err.startswith(f"{path}: its name does not tell how it is written")
    said = tocsin("feeds", "look", path, "--format", "csv", "--delimiter", ";")
    assert said.out.splitlines()[1:] == ["a: 1/1  # (1)", "b: 1/1  a (1)"]
    assert tocsin("feeds", "look", path, "--format", "xml").code == 2


@pytest.mark.parametrize("text", ["{", ""])
def test_a_file_that_cannot_be_read_is_told_in_one_line(tocsin: Tocsin, tmp_path: Path, text: str) -> None:
    path = tmp_path / "export.json"
    path.write_text(text)
    said = tocsin("feeds", "look", path)
    assert (said.code, said.err.count("\n"), "cannot be read" in said.err) == (1, 1, True)
    gone = tocsin("feeds", "look", tmp_path / "gone.json")
    assert (gone.code, "No such file" in gone.err) == (1, True)


def test_a_trial_accounts_for_every_record_and_writes_nothing(tocsin: Tocsin, tmp_path: Path) -> None:
    made = register(1, entries=400)
    path = tmp_path / "export.json"
    path.write_bytes(made.document)
    said = tocsin("feeds", "try", CITY, "register", path, "--limit", 100_000)
    lines = said.out.splitlines()
    events = [line for line in lines if " filed " in line or " closed " in line]
    assert len(events) == len(made.events)
    refused = [line.split()[:4] for line in lines if " refused " in line and line[0] != " "]
    assert [(int(place), reason, name.rstrip(":")) for place, _, reason, name in refused] == [
        (place, reason, name or "-") for place, reason, name in made.refused
    ]
    accepted = made.entries - len(made.refused) - made.left_out
    assert (
        f"register: {made.entries} records, {accepted} accepted with {len(made.events)} events, "
        f"{len(made.refused)} refused, {made.left_out} left out"
    ) in lines
    assert not any(secret in said.out for secret in SECRETS)
    assert not (tmp_path / "var").exists()


def test_a_trial_shows_as_much_as_was_asked_for(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    rows = [event(n, severity=2) for n in range(5)] + [event(9, area="moon")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    few = tocsin("feeds", "try", town, "calls", path, "--limit", "2").out.splitlines()
    assert few[:3] == [
        "1 filed 2026-11-24T12:00:00+08:00 east traffic severity=2",
        "2 filed 2026-11-24T12:00:00+08:00 east traffic severity=2",
        "calls: 6 records, 5 accepted with 5 events, 1 refused, 0 left out",
    ]
    bad = tocsin("feeds", "try", town, "calls", path, "--refused").out.splitlines()
    assert bad[0].startswith("6 refused unknown_area area: no area of the city fits ")
    assert bad[1].startswith("calls: 6 records")


def test_a_trial_of_several_files_names_them(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(event(name)) + "\n")
    said = tocsin("feeds", "try", town, "calls", tmp_path / "a.jsonl", tmp_path / "b.jsonl").out
    assert [line.split()[0] for line in said.splitlines()[:2]] == ["a.jsonl:1", "b.jsonl:1"]


def test_a_trial_needs_a_feed_of_the_city_and_a_file(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    assert tocsin("feeds", "try", town, "clals").err.startswith("clals: no such feed")
    assert "names no archive" in tocsin("feeds", "try", town, "calls").err
    assert "no such file" in tocsin("feeds", "try", town, "calls", tmp_path / "gone").err


def test_it_speaks_the_language_that_is_set(
    tocsin: Tocsin, town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_LANGUAGE", "zh-CN")
    path = tmp_path / "calls.jsonl"
    path.write_text(json.dumps(event(9, area="moon")) + "\n")
    assert "找不到对应的区域" in tocsin("feeds", "try", town, "calls", path).out
    assert tocsin("feeds", "look", path).out.startswith("1 条记录")
