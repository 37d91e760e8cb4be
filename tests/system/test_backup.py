"""Backup and restore: under load, in one command each, proved; what is not what was copied takes no one's place."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import msgspec
import pytest

from streams.backup import Manifest, back_up, restore
from streams.city import City
from streams.clock import HandClock
from streams.messages import SpokenError
from streams.opened import city_of
from streams.releases import shelf_of
from streams.settings import Settings
from tests.streams.town import NAME, event, in_service, make_town
from tests.system.drill import drill

NOW = 1_795_000_000_000
PROOF = '{"offset": 0, "tick": 0, "balanced": true, "alerts": 0, "entries": 0, "chain_faults": 0}'
OUTSIDE = f'{{"format": 1, "at": 1, "files": {{}}, "cities": {{"../x": {PROOF}}}}}'
"""A list that names a city outside of the data folder."""


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a town, its data, and a backup of them."""
    home = tmp_path_factory.mktemp("home")
    with in_service(make_town(home / "town"), home / "var", clock=HandClock(NOW)) as scene:
        assert scene.post([event(number) for number in range(20)]).status_code == 202
        back_up([city_of(home / "town")], Settings(data=home / "var"), home / "copy", NOW)
    return home


@pytest.fixture
def copy(taken: Path, tmp_path: Path) -> Path:
    shutil.copytree(taken / "copy", tmp_path / "copy")
    return tmp_path / "copy"


@pytest.mark.nightly
@pytest.mark.timeout(600)  # six processes one after another, also beside much other work
def test_a_city_backed_up_under_load_killed_and_destroyed_is_restored_and_goes_on(tmp_path: Path) -> None:
    told = drill(tmp_path, 0.5)
    assert 0 < told.before <= told.held  # nothing that was answered before the backup began is missing
    assert told.alerts >= 1


def test_a_backup_is_its_owner_s_alone_and_says_what_it_holds(taken: Path) -> None:
    told = msgspec.json.decode((taken / "copy/backup.json").read_bytes(), type=Manifest)
    assert set(told.files) == {f"{NAME}/{name}" for name in ("alerts.sqlite", "journal.sqlite", "key")}
    assert told.cities[NAME].is_well
    assert told.cities[NAME].offset > 0
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (taken / "copy" / NAME).iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE((taken / "copy").stat().st_mode) == 0o700


def test_what_is_restored_is_what_was_copied(copy: Path, tmp_path: Path) -> None:
    told = restore(copy, Settings(data=tmp_path / "var"))
    again = back_up([_town(tmp_path)], Settings(data=tmp_path / "var"), tmp_path / "again", NOW)
    assert again.cities == told.cities


def _town(folder: Path) -> City:
    return city_of(make_town(folder / "town"))


@pytest.mark.parametrize("name", ["journal.sqlite", "alerts.sqlite", "key"])
def test_a_file_that_was_changed_takes_nobody_s_place(copy: Path, tmp_path: Path, name: str) -> None:
    path = copy / NAME / name
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(bytes(whole))
    with pytest.raises(SpokenError, match="is not what the backup's list says of it"):
        restore(copy, Settings(data=tmp_path / "var"))
    assert not (tmp_path / "var").exists()


def test_a_list_that_was_mended_after_the_change_is_found_out_too(copy: Path, tmp_path: Path) -> None:
    told = msgspec.json.decode((copy / "backup.json").read_bytes())
    told["cities"][NAME]["offset"] += 1
    (copy / "backup.json").write_bytes(msgspec.json.encode(told))
    with pytest.raises(SpokenError, match="does not prove itself"):
        restore(copy, Settings(data=tmp_path / "var"))
    assert list((tmp_path / "var").iterdir()) == []


def test_data_that_are_there_are_not_overwritten(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "var" / NAME).mkdir(parents=True)
    with pytest.raises(SpokenError, match="is there already"):
        restore(copy, Settings(data=tmp_path / "var"))
    with pytest.raises(SpokenError, match="is there already"):
        back_up([_town(tmp_path)], Settings(data=tmp_path / "var"), copy, NOW)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "cannot be read as a backup's list"),
        ('{"format": 2, "at": 1, "files": {}, "cities": {}}', "a backup of format 2"),
        (OUTSIDE, "cannot be read as a backup's list"),
    ],
)
def test_a_list_that_cannot_be_read_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "backup.json").write_text(text)
    with pytest.raises(SpokenError, match=said):
        restore(tmp_path, Settings(data=tmp_path / "var"))


def test_the_release_in_force_and_who_brought_it_go_along(taken: Path, tmp_path: Path) -> None:
    data = shutil.copytree(taken / "var", tmp_path / "was")
    shelf = shelf_of(data, NAME)
    first = shelf.publish({"a.yaml": b"id: a\n"}, "A-17", "a first one", NOW)
    shelf.approve(first.id, "A-18", "looked at", NOW)
    shelf.publish({"a.yaml": b"id: b\n"}, "A-17", "waits", NOW)
    back_up([_town(tmp_path)], Settings(data=data), tmp_path / "copy", NOW)
    restore(tmp_path / "copy", Settings(data=tmp_path / "var"))
    again = shelf_of(tmp_path / "var", NAME)
    assert again.in_force() == first.id
    assert again.history() == shelf.history()
    assert [again.texts(one.release) for one in again.history()] == [shelf.texts(e.release) for e in shelf.history()]


def test_a_file_of_a_list_that_leads_out_of_its_city_is_not_laid(copy: Path, tmp_path: Path) -> None:
    told = msgspec.json.decode((copy / "backup.json").read_bytes())
    told["files"][f"{NAME}/../{NAME}/key"] = told["files"][f"{NAME}/key"]
    (copy / "backup.json").write_bytes(msgspec.json.encode(told))
    with pytest.raises(SpokenError, match="is not what the backup's list says of it"):
        restore(copy, Settings(data=tmp_path / "var"))


def test_a_folder_without_a_backup_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpokenError, match="no backup here"):
        restore(tmp_path, Settings(data=tmp_path / "var"))


def test_accounts_go_along_and_those_that_are_there_stay(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var/access.sqlite").write_text("of this machine")
    (copy / "access.sqlite").write_text("of the backup")
    restore(copy, Settings(data=tmp_path / "var"))
    assert (tmp_path / "var/access.sqlite").read_text() == "of this machine"
