"""The command line: every command helps, every problem is one line, and both roads of the past end in a summary."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import sys
import time
import zoneinfo
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import typer

from alerts.access.accounts import FILE, Account, Accounts
from alerts.api.forms import move_of
from streams import bar, cli, handover, order_commands, rule_commands, shadow_commands
from streams.feed_commands import feeds
from streams.journal import Cursor, Journal
from streams.opened import city_of, intake_of
from streams.refusals import Place, Reason, Refusal
from streams.watch import Source
from tests.streams.town import NAME, event, in_service, make_town

HAND = ("--by", "A-17", "--reason", "counts every call twice")
RELEASES = ("publish", "approve", "rollback", "export", "releases", "judge")
SHADOW = ("start", "list", "report", "promote", "drop")
HELPED = [
    [],
    *(
        [name]
        for name in (
            "serve",
            "load",
            "replay",
            "audit",
            "explain",
            "watchdog",
            "demo",
            "check",
            "init",
            "contract",
            "drill",
            "privacy-report",
        )
    ),
    *([name] for name in ("doctor", "backup", "restore", "support-bundle")),
    *(
        [name]
        for name in (
            "version",
            "test",
            "backtest",
            "verify",
            "simulate",
            "refused",
            "feeds",
            "rules",
            "orders",
            "purge",
            "exclude",
            "users",
            "kafka",
            "intake",
            "worker",
            "desk",
            "calibrate",
        )
    ),
    *(["rules", name] for name in ("list", "schema", "stop", "start", "shadow", *RELEASES)),
    *(["rules", "shadow", name] for name in SHADOW),
    *(["orders", name] for name in ("list", "review")),
    *(["kafka", name] for name in ("setup", "check", "acls")),
    *(["users", name] for name in ("add", "list", "end", "token")),
    ["channels"],
    ["channels", "list"],
    ["channels", "test"],
    ["refused", "list"],
    ["refused", "retry"],
    ["feeds", "look"],
    ["feeds", "retract"],
    ["feeds", "try"],
    ["feeds", "mute"],
    ["feeds", "hear"],
]


class Said:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


Tocsin = Callable[..., Said]


@pytest.fixture
def tocsin(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Tocsin:
    """Runs the command line in this process, with its data in a folder of the test."""
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path / "var"))
    monkeypatch.setenv("TOCSIN_RESERVE_BYTES", "0")
    monkeypatch.setattr(zoneinfo, "reset_tzpath", lambda _: None)

    def run(*words: object) -> Said:
        monkeypatch.setattr(sys, "argv", ["tocsin", *map(str, words)])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0
        found = capsys.readouterr()
        return Said(code, found.out, found.err)

    return run


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return make_town(tmp_path / "town")


@pytest.mark.parametrize("words", HELPED, ids=" ".join)
def test_every_command_helps(tocsin: Tocsin, words: list[str]) -> None:
    said = tocsin(*words, "--help")
    assert said.code == 0
    assert "Usage:" in said.out


def test_every_command_is_among_those_that_help() -> None:
    def names(group: typer.Typer) -> set[str]:
        own = {command.name or command.callback.__name__ for command in group.registered_commands if command.callback}
        return {name.replace("_", "-") for name in own} | {c.name for c in group.registered_groups if c.name}

    assert names(cli.app) == {words[0] for words in HELPED if words}
    assert names(cli.refused) == {"list", "retry"}
    assert names(rule_commands.rules) == {"list", "schema", "stop", "start", "shadow", *RELEASES}
    assert names(shadow_commands.shadow) == set(SHADOW)
    assert names(order_commands.orders) == {"list", "review"}
    assert names(feeds) == {words[1] for words in HELPED if words[:1] == ["feeds"] and len(words) > 1}


def test_a_new_city_passes_its_check(tocsin: Tocsin, tmp_path: Path) -> None:
    assert tocsin("init", tmp_path / "new").code == 0
    said = tocsin("check", tmp_path / "new")
    assert (said.code, said.err) == (0, "")
    assert tocsin("init", tmp_path / "new").code == 1


def test_a_mistake_in_a_city_is_one_line_and_exit_code_1(tocsin: Tocsin, town: Path) -> None:
    (town / "city.yaml").write_text("name: [")
    said = tocsin("check", town)
    assert said.code == 1
    assert said.out.startswith("city.yaml:1:")
    assert tocsin("serve", town).code == 1


def test_a_problem_is_told_in_the_language_that_is_set(
    tocsin: Tocsin, town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "no journal here" in tocsin("refused", "list", town).err
    monkeypatch.setenv("TOCSIN_LANGUAGE", "zh-CN")
    said = tocsin("refused", "list", town)
    assert (said.code, "此处没有日志" in said.err) == (1, True)
    assert "Traceback" not in said.err


def test_words_that_are_not_understood_end_with_2(tocsin: Tocsin, town: Path) -> None:
    assert tocsin("serve", town, "--clock", "sand").code == 2
    assert tocsin("fly").code == 2
    assert tocsin("demo", "--port", 99_999).code == 2


def test_the_contract_is_a_schema(tocsin: Tocsin) -> None:
    assert json.loads(tocsin("contract").out)["title"] == "Tocsin event"


def test_the_past_is_replayed_into_files_and_loaded_into_the_log(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    past = tmp_path / "past.jsonl"
    past.write_text("".join(json.dumps(event(n)) + "\n" for n in range(5)) + "not json\n")
    said = tocsin("replay", town, "--feed", "calls", "--out", tmp_path / "out", past)
    assert said.out.startswith(f"{NAME}: 5 events in ")
    assert said.err.startswith("learning until 2026-12-08")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "signals.jsonl",
        "alerts.jsonl",
        "canonical.jsonl",
        "feeds.json",
        "summary.json",
    }
    assert tocsin("load", town, "--feed", "calls", past).out.startswith(f"{NAME}: 5 events loaded, 0 were")
    assert tocsin("load", town, "--feed", "calls", past).out.startswith(f"{NAME}: 0 events loaded, 5 were")
    stored = tocsin("replay", town, "--stored", "--out", tmp_path / "again")
    assert stored.out.startswith(f"{NAME}: 5 events in ")


def test_a_time_that_is_none_is_told(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    said = tocsin("replay", town, "--feed", "calls", "--out", tmp_path, "--from", "yesterday", town / "city.yaml")
    assert (said.code, said.err.startswith("yesterday: no time")) == (1, True)


def test_refused_records_are_listed_and_those_of_files_retried(tocsin: Tocsin, tmp_path: Path) -> None:
    feed = "kind: incident\ncomes: {folder: incoming}\nformat: contract\n"
    town = make_town(tmp_path / "town", files=feed)
    (town / "incoming").mkdir()
    with in_service(town, tmp_path / "var"):
        pass
    path = town / "incoming" / "calls.jsonl"
    path.write_text(json.dumps(event(1, area="harbour")) + "\n" + json.dumps(event(2)) + "\n")
    assert f"{NAME}: 0 records read again" in tocsin("refused", "retry", town).out
    assert tocsin("refused", "list", town).out == "Nothing was refused.\n"
    refuse(tmp_path / "var", town, path)
    listed = tocsin("refused", "list", town).out
    assert "unknown_area area file-files-" in listed
    areas = town / "areas.csv"
    areas.write_text(areas.read_text() + "harbour,newcity,district,Harbour,港区,,,,,\n")
    assert tocsin("refused", "retry", town).out == (
        f"{NAME}: 1 records read again, 1 accepted now, 0 refused again, 0 not found\n"
    )
    assert tocsin("refused", "list", town).out == "Nothing was refused.\n"


def test_a_retry_leaves_a_loaded_log_as_it_was(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    past, journal = tmp_path / "past.jsonl", tmp_path / "var" / NAME / "journal.sqlite"
    past.write_text("".join(json.dumps(event(n)) + "\n" for n in range(5)) + "not json\n")
    assert "no journal here" in tocsin("refused", "retry", town).err
    assert not journal.exists()
    tocsin("load", town, "--feed", "calls", past)
    before = everything_in(journal)
    areas = town / "areas.csv"
    areas.write_text(areas.read_text() + "harbour,newcity,district,Harbour,港区,,,,,\n")
    said = tocsin("refused", "retry", town).out
    assert "0 records read again" in said
    assert "1 records came by load" in said
    assert everything_in(journal) == before
    assert "1970" not in tocsin("refused", "list", town).out
    assert tocsin("load", town, "--feed", "calls", past).out.startswith(f"{NAME}: 0 events loaded, 5 were")


def everything_in(journal: Path) -> list[str]:
    with closing(sqlite3.connect(journal)) as link:
        return list(link.iterdump())


def refuse(data: Path, town: Path, path: Path) -> None:
    """As the watcher leaves it: the first line refused, the cursor at the file's end."""
    intake = intake_of(city_of(town), (data / NAME / "key").read_text().strip().encode())
    *_, last = Source(intake.feeds["files"], path).pieces(intake.keys, dict[str, Cursor]().get)
    refusal = Refusal("files", Reason.UNKNOWN_AREA, "area", Place(last.cursor.partition, 1), 5, 2, "00", b"{}")
    with closing(Journal.open(data / NAME / "journal.sqlite")) as journal:
        journal.append([], refused=[refusal], cursors=[last.cursor])


def test_where_no_terminal_is_progress_is_a_line_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bar, "LINE_SECONDS", 0.0)
    with bar.Bar("en") as progress:
        progress(10, 300, 1_453_438_800_000)
    monkeypatch.setattr(bar, "LINE_SECONDS", 1_000.0)
    with bar.Bar("en") as progress:
        progress(20, 300, 1_453_438_800_000)
    assert capsys.readouterr().err == "at 2016-01-22: 10 of 300 events\n"


def test_an_audit_of_a_city_in_service_is_balanced_in_words_and_in_figures(tocsin: Tocsin, town: Path) -> None:
    with in_service(town, Path(os.environ["TOCSIN_DATA"])) as scene:
        scene.post([event(1), event(1), event(2), {"broken": True}])
        said = tocsin("audit", town)
        assert said.code == 0
        assert "received 4 = refused 1 + duplicate 1 + redelivered 0 + accepted 2" in said.out
        found = json.loads(tocsin("audit", town, "--json", "--whole").out)
        (day,) = found["feeds"]["calls"].values()
        assert (day["received"], day["refused"], day["duplicate"], day["accepted"]) == (4, 1, 1, 2)


def test_an_audit_that_finds_a_loss_says_where_and_ends_with_one(tocsin: Tocsin, town: Path) -> None:
    data = Path(os.environ["TOCSIN_DATA"])
    with in_service(town, data) as scene:
        scene.post([event(1), {"broken": True}])
    with closing(sqlite3.connect(data / NAME / "journal.sqlite")) as link:
        link.execute("delete from refused")
        link.commit()
    said = tocsin("audit", town)
    assert said.code == 1
    assert "refused: the log holds 0, the engine says 1" in said.out
    assert "NOT balanced" in said.out


def test_a_rule_is_stopped_and_started_while_its_city_is_served(tocsin: Tocsin, town: Path) -> None:
    (rule,) = [rule.id for rule in city_of(town).book.rules][:1]
    with in_service(town, Path(os.environ["TOCSIN_DATA"])) as scene:
        scene.post(event(1))
        assert "is stopped" in tocsin("rules", "stop", town, rule, *HAND).out
        wait_for(lambda: scene.client.get("/readyz").json().get("rules_stopped") == {NAME: [rule]})
        flag = f'tocsin_rules_stopped_flag{{city="{NAME}",rule="{rule}"}} 1.0'
        wait_for(lambda: flag in scene.client.get("/metrics").text)
        assert f"{rule}: STOPPED by hand at record" in tocsin("rules", "list", town).out
        assert "judges again" in tocsin("rules", "start", town, rule, *HAND).out
        wait_for(lambda: "rules_stopped" not in scene.client.get("/readyz").json())
        assert f"{rule}: judges" in tocsin("rules", "list", town).out


def test_orders_of_one_operator_are_in_the_chain_and_a_second_reviews_them(tocsin: Tocsin, town: Path) -> None:
    with in_service(town, Path(os.environ["TOCSIN_DATA"])) as scene:
        scene.post(event(1))
        muted = tocsin("feeds", "mute", town, "calls", *HAND).out
        order = re.search(r"review \S+ ([0-9a-f]{10})", muted)
        assert order
        assert "is muted" in muted
        span = ("--area", "east", "--category", "traffic", "--from", "2026-01-01", "--to", "2026-01-02")
        assert "teaches no baseline" in tocsin("exclude", town, *span, *HAND).out
        scene.post(event(2))
        listed = tocsin("orders", "list", town).out
        assert "calls: muted since" in listed
        assert f"{order[1]}: feed calls muted, by A-17" in listed
        assert "A-17 gave this order" in tocsin("orders", "review", town, order[1], *HAND).err
        second = ("--by", "A-18", "--reason", "looked at it")
        assert "written down" in tocsin("orders", "review", town, order[1], *second).out
        assert order[1] not in tocsin("orders", "list", town).out
        assert "with this id waits" in tocsin("orders", "review", town, order[1], *second).err
        assert "is listened to again" in tocsin("feeds", "hear", town, "calls", *HAND).out
        scene.post(event(3))
        links = [move_of(link, whole=True) for link in scene.station.store.links_of("")]
        assert [(one["kind"], one["about"], one["account"]) for one in links] == [
            ("mute-feed", "calls", "A-17"), ("exclude", "east, traffic", "A-17"), ("review", order[1], "A-18"),
            ("hear-feed", "calls", "A-17"),
        ]  # fmt: skip
    assert tocsin("audit", town).code == 0
    assert tocsin("verify", town).code == 0


@pytest.mark.parametrize(
    ("by", "reason", "said"),
    [
        ("Jane", "too loud", "no duty number"),
        ("A-17", "", "give a --reason of one line"),
        ("A-17", "call 13812345678", "looks like a person"),
    ],
)
def test_an_order_names_a_duty_number_and_a_reason_that_tells_of_nobody(
    tocsin: Tocsin, town: Path, by: str, reason: str, said: str
) -> None:
    told = tocsin("feeds", "mute", town, "calls", "--by", by, "--reason", reason)
    assert (told.code, said in told.err) == (1, True)
    assert "Jane" not in told.err
    assert "1381" not in told.err


def test_where_there_are_accounts_only_an_operator_of_the_city_may_order(tocsin: Tocsin, town: Path) -> None:
    accounts = Accounts(Path(os.environ["TOCSIN_DATA"]) / FILE)
    for number, role in (("A-1", "officer"), ("A-2", "operator")):
        accounts.put(Account(number, (role,), {NAME: ("city",)}, b"", b""), 0)  # type: ignore[arg-type]  # one of ROLES
    for number in ("A-1", "A-3"):
        told = tocsin("feeds", "mute", town, "calls", "--by", number, "--reason", "doubled")
        assert (told.code, f"{number} may not do this in {NAME}" in told.err) == (1, True)


def test_an_order_for_a_city_that_is_not_served_waits_until_it_is(
    tocsin: Tocsin, town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "ORDER_SECONDS", 0.1)
    (rule,) = [rule.id for rule in city_of(town).book.rules][:1]
    assert "the order waits" in tocsin("rules", "stop", town, rule, *HAND).out
    unknown = tocsin("rules", "stop", town, "nothing", *HAND)
    assert (unknown.code, "has no such rule: take one of" in unknown.err) == (1, True)
    with in_service(town, Path(os.environ["TOCSIN_DATA"])) as scene:
        scene.post(event(1))
        scene.post(event(2))
        wait_for(lambda: "rules_stopped" in scene.client.get("/readyz").json())


def wait_for(so: Callable[[], bool]) -> None:
    limit = time.monotonic() + 30
    while not so():
        assert time.monotonic() < limit
        time.sleep(0.02)
