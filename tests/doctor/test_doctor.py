"""Set-ups that are broken, one fault each: the doctor names the fault and what mends it, in both languages."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import sys
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
import pytest

from alerts.access.accounts import FILE, Account, Accounts
from streams import cli
from streams.clock import HandClock
from streams.doctor import examine, lines, machine
from streams.doctor.finding import Finding
from streams.doctor.service import Figures, of_figures
from streams.settings import Settings
from tests.kafka.broker import free_ports
from tests.streams.town import NAME, event, in_service, make_town

NOW: Final = 1_795_000_000_000
CHANNEL: Final = "{kind: webhook, url: 'https://desk.example.org/hook', secret: hook}"
FOLDER_FEED: Final = "kind: incident\ncomes: {folder: inbox}\nformat: contract\n"


@dataclass
class Setup:
    """A town that has been in service, and how the doctor is asked."""

    folder: Path
    data: Path
    monkeypatch: pytest.MonkeyPatch
    url: str | None = None
    kafka: bool = False
    given: dict[str, object] = field(default_factory=dict)

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self.monkeypatch.setenv(f"TOCSIN_{name.upper()}", value)

    def found(self, at: int = NOW) -> list[Finding]:
        return list(examine([self.folder], HandClock(at), url=self.url, kafka=self.kafka, given=self.given))

    def journal(self) -> Path:
        return self.data / NAME / "journal.sqlite"

    def alerts(self) -> Path:
        return self.data / NAME / "alerts.sqlite"

    def edit(self, name: str, old: str, new: str) -> None:
        path = self.folder / name
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new, 1), "utf-8")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town and its data, as a service left them."""
    home = tmp_path_factory.mktemp("served")
    clock = HandClock(NOW)
    with in_service(make_town(home / "town"), home / "var", clock=clock) as scene:
        assert scene.post(event("first")).status_code == 202
    return home


@pytest.fixture
def setup(served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Setup:
    for name in [name for name in os.environ if name.startswith("TOCSIN_")]:
        monkeypatch.delenv(name)
    shutil.copytree(served, tmp_path / "home")
    found = Setup(tmp_path / "home/town", tmp_path / "home/var", monkeypatch)
    found.set(data=str(found.data), reserve_bytes="0")
    monkeypatch.setattr(machine, "clock_is_kept", lambda: True)
    return found


def garble(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(0)
        file.write(b"not a database at all" * 10)


def pragma(path: Path, words: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(words)
    db.close()


def free_port() -> int:
    return free_ports(1)[0]


def short_secret(setup: Setup) -> None:
    setup.edit("desks.yaml", "[console,", f"[console, {CHANNEL},")
    setup.set(secret_hook="hush")


def no_broker(setup: Setup) -> None:
    setup.kafka = True
    setup.set(kafka=f"127.0.0.1:{free_port()}")


BROKEN: Final[dict[str, tuple[Callable[[Setup], object], str, str]]] = {
    # what is broken -> (how, the part's name in English, what mends it)
    "a misspelt setting": (lambda s: s.set(databse="postgresql://x"), "settings", "write TOCSIN_DATABASE"),
    "a port that is none": (lambda s: s.set(port="70000"), "settings", "65535 is the most"),
    "no folder of secrets": (lambda s: s.set(secrets="/nowhere"), "settings", "mount it"),
    "a key that is too short": (lambda s: s.set(key="short"), "settings", "give 16 or more"),
    "an intake open to all": (lambda s: s.set(host="0.0.0.0"), "settings", "set TOCSIN_TOKEN"),
    "no account on an open address": (lambda s: s.set(host="0.0.0.0", token="x" * 40), "settings", "tocsin users add"),
    "a crash point in service": (lambda s: s.set(crash_at="before:1"), "settings", "unset it"),
    "a city with a mistake": (lambda s: s.edit("city.yaml", "zone:", "zome:"), "city", "tocsin check"),
    "a city that is not there": (lambda s: setattr(s, "folder", Path("/nowhere")), "city", "tocsin check /nowhere"),
    "a data folder that is a file": (lambda s: s.set(data=str(s.folder / "city.yaml")), "disk", "name another --data"),
    "no room for the reserve": (lambda s: s.set(reserve_bytes=str(1 << 60)), "disk", "make room"),
    "a journal that is none": (lambda s: garble(s.journal()), "files", "look at the disk"),
    "a journal of a newer version": (
        lambda s: pragma(s.journal(), "pragma user_version=99"),
        "files",
        "the release that wrote",
    ),
    "an alert store that is none": (lambda s: garble(s.alerts()), "files", "move it away"),
    "no alert store": (lambda s: s.alerts().unlink(), "files", "serve or load the city first"),
    "a database address that is none": (lambda s: s.set(database="mysql://x@y/z"), "database", "write postgresql://"),
    "a database where nobody answers": (
        lambda s: s.set(database=f"postgresql://t@127.0.0.1:{free_port()}/t"),
        "database",
        "look whether it runs",
    ),
    "a database on no known machine": (
        lambda s: s.set(database="postgresql://t@db.invalid:5432/t"),
        "database",
        "the name service",
    ),
    "a channel without its secret": (
        lambda s: s.edit("desks.yaml", "[console,", f"[console, {CHANNEL},"),
        "channels",
        "no secret called hook: mend desks.yaml, or lay the secret",
    ),
    "a channel with a secret too short": (
        short_secret,
        "channels",
        "mend desks.yaml",
    ),
    "a feed whose folder is not there": (
        lambda s: (s.folder / "feeds/more.yaml").write_text(FOLDER_FEED),
        "feeds",
        "make it, or mend `comes` in feeds/more.yaml",
    ),
    "a service that does not answer": (
        lambda s: setattr(s, "url", f"http://127.0.0.1:{free_port()}"),
        "service",
        "look whether it runs",
    ),
    "no broker": (
        no_broker,
        "brokers",
        "start it, or set TOCSIN_KAFKA",
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_the_doctor_names_the_fault_and_its_mend(what: str, setup: Setup) -> None:
    how, part, mend = BROKEN[what]
    how(setup)
    found = [one for one in setup.found() if one.level == "bad"]
    told = [one.line("en") for one in found]
    assert [line for line in told if line.startswith(f"BAD  {part}: ") and mend in line] != [], told
    assert len(told) <= 2, told
    chinese = [one.line("zh-CN") for one in found]
    assert all(line.startswith("故障 ") for line in chinese)
    assert not any("mend" in line for line in chinese)


def test_what_is_well_is_said_to_be_well(setup: Setup) -> None:
    found = setup.found()
    assert [one.line("en") for one in found if one.level == "bad"] == []
    assert {one.part for one in found} == {"settings", "city", "clock", "disk", "sqlite", "feeds", "channels"}
    (noted,) = [one.line("en") for one in found if one.level == "note"]
    assert noted.startswith("note channels: nobody is called outside: ")


def test_what_is_broken_hides_nothing_else_and_comes_last(setup: Setup) -> None:
    setup.set(host="0.0.0.0", token="x" * 40)
    garble(setup.alerts())
    told = list(lines(setup.found(), "en"))
    assert [line[:4] for line in told[-2:]] == ["BAD ", "BAD "]
    assert len([line for line in told if line.startswith("ok")]) >= 5


def test_a_clock_behind_the_journal_is_told(setup: Setup) -> None:
    (told,) = [one.line("en") for one in setup.found(NOW - 3_600_000) if one.level == "bad"]
    assert re.fullmatch(r"BAD  clock: 3\d{3} s behind the last tick of the journal: .* set it right, then wait", told)


def test_a_clock_that_nobody_keeps_is_a_note(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "clock_is_kept", lambda: False)
    assert [one.line("en")[:20] for one in setup.found() if one.part == "clock"] == ["note clock: nothing "]


def test_a_disk_across_a_network_is_told(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nnas:/x {tmp_path} nfs4 rw 0 0\n")
    told = [one.line("en") for one in machine.of_the_disk(tmp_path / "var", 0, mounts)]
    assert [line for line in told if line.startswith("BAD  disk: ") and "nfs4" in line and "SQLite" in line] != []
    assert [one for one in machine.of_the_disk(tmp_path.parent, 0, mounts) if one.level == "bad"] == []


def test_accounts_that_are_there_let_an_open_address_be(setup: Setup) -> None:
    setup.set(host="0.0.0.0", token="x" * 40)
    Accounts(setup.data / FILE).put(Account("9100", ("system",), {NAME: (NAME,)}, b"x", b"y"), NOW)
    assert [one for one in setup.found() if one.level == "bad"] == []


FIGURES: Final[dict[str, tuple[Figures, str, str]]] = {
    "time that stands still": (
        [("tocsin_tick_written_timestamp_seconds", {"city": NAME}, NOW / 1000 - 99)],
        "service",
        "99 s",
    ),
    "a silent feed": ([("tocsin_feed_silent_flag", {"city": NAME, "feed": "calls"}, 1.0)], "feeds", "ask its sender"),
    "a stopped rule": (
        [("tocsin_rules_stopped_flag", {"city": NAME, "rule": "r"}, 1.0)],
        "service",
        "tocsin rules start",
    ),
    "a book that is missing": (
        [("tocsin_desk_book_missing_flag", {"city": NAME}, 1.0)],
        "service",
        "tocsin kafka book",
    ),
    "a full disk": ([("tocsin_journal_full_flag", {"city": NAME}, 1.0)], "disk", "make room"),
    "a clock that stepped": ([("tocsin_clock_stepped_seconds", {}, -3600.0)], "clock", "restart"),
    "a dead letter": (
        [("tocsin_channel_dead_notices", {"city": NAME, "channel": "c/1"}, 2.0)],
        "channels",
        "channels test",
    ),
    "a notice that is owed": (
        [("tocsin_channel_oldest_timestamp_seconds", {"city": NAME, "channel": "c/1"}, NOW / 1000 - 400)],
        "channels",
        "tocsin channels test newcity c/1",
    ),
}


@pytest.mark.parametrize("what", FIGURES)
def test_what_the_figures_of_a_process_say_is_told_with_its_mend(what: str) -> None:
    figures, part, mend = FIGURES[what]
    (told,) = [one.line("en") for one in of_figures(figures, NAME, NOW)]
    assert told.startswith(f"BAD  {part}: ")
    assert mend in told
    assert (
        list(of_figures([(name, {**labels, "city": "elsewhere"}, 0.0) for name, labels, _ in figures], NAME, NOW)) == []
    )


@pytest.fixture
def database(setup: Setup, postgres: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgres, autocommit=True) as db:
        db.execute(f"drop schema if exists tocsin_{NAME} cascade")
        yield db


def test_a_database_that_is_well_is_well(setup: Setup, postgres: str, database: psycopg.Connection) -> None:
    setup.set(database=postgres)
    (now,) = database.execute("select (extract(epoch from now()) * 1000)::bigint").fetchone() or (0,)
    found = [one.line("en") for one in setup.found(now) if one.part in {"postgresql", "clock"}]
    assert [line for line in found if line.startswith("ok   database: PostgreSQL")] != []
    assert [line for line in found if line.startswith("BAD")] == []


def test_a_database_with_another_clock_is_told(setup: Setup, postgres: str, database: psycopg.Connection) -> None:
    setup.set(database=postgres)
    (now,) = database.execute("select (extract(epoch from now()) * 1000)::bigint").fetchone() or (0,)
    told = [one.line("en") for one in setup.found(now + 60_000) if one.level == "bad"]
    assert re.fullmatch(r"BAD  clock: (59|60) s apart from the database's: let one time server .*", told[0])


def test_a_role_a_database_and_rights_that_are_missing_are_told(
    setup: Setup,
    postgres: str,
    database: psycopg.Connection,
) -> None:
    (now,) = database.execute("select (extract(epoch from now()) * 1000)::bigint").fetchone() or (0,)

    def told(url: str) -> str:
        setup.set(database=url)
        return " ".join(one.line("en") for one in setup.found(now) if one.level == "bad")

    assert "CREATE ROLE" in told(postgres.replace("tests@", "nobody@"))
    assert "CREATE DATABASE" in told(postgres.removesuffix("postgres") + "nothing")
    assert "sslmode" in told(f"{postgres}?sslmode=require")
    database.execute("drop role if exists guest")
    database.execute("create role guest login")
    try:
        assert f"may not make the schema tocsin_{NAME}: GRANT CREATE" in told(postgres.replace("tests@", "guest@"))
        database.execute("alter role guest set default_transaction_read_only = on")
        assert "takes no changes" in told(postgres.replace("tests@", "guest@"))
    finally:
        database.execute("drop role guest")


@pytest.mark.parametrize(("language", "first"), [("en", "BAD "), ("zh-CN", "故障")])
def test_the_command_ends_with_1_and_says_all_in_the_reader_s_language(
    setup: Setup, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str, first: str
) -> None:
    setup.set(language=language)
    setup.edit("city.yaml", "zone:", "zome:")
    monkeypatch.setattr(zoneinfo, "reset_tzpath", lambda _: None)
    monkeypatch.setattr(sys, "argv", ["tocsin", "doctor", str(setup.folder)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    told = capsys.readouterr().out.splitlines()
    assert end.value.code == 1
    assert told[-1].startswith(first)
    assert str(setup.folder) in told[-1]


def test_no_secret_is_said(setup: Setup) -> None:
    setup.set(database="postgresql://tocsin:open-sesame@127.0.0.1:1/x", token="open-sesame" * 4, key="open-sesame" * 4)
    assert "sesame" not in "\n".join(lines(setup.found(), "en"))
    assert "sesame" not in repr(Settings())
