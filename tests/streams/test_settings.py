"""Settings: from the environment or from mounted files, never shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streams.keyring import read_key
from streams.settings import Settings, SettingsError, read_secret, read_settings


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TOCSIN_")]:
        monkeypatch.delenv(name, raising=False)


def test_a_fresh_start_listens_on_this_machine_alone() -> None:
    assert (read_settings().host, read_settings().token.get_secret_value()) == ("127.0.0.1", "")


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "9000")
    assert read_settings().port == 9000


def test_a_mounted_file_holds_a_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tocsin_token").write_text("open sesame")
    (tmp_path / "hook").write_text("hush\n")
    monkeypatch.setenv("TOCSIN_SECRETS", str(tmp_path))
    assert read_settings().token.get_secret_value() == "open sesame"
    assert read_secret("hook") == b"hush"


def test_a_secret_may_lie_in_the_environment_and_must_lie_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SECRET_CITY_HOOK", "hush")
    assert read_secret("city-hook") == b"hush"
    with pytest.raises(KeyError):
        read_secret("other")


def test_a_secret_s_name_leads_to_no_other_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "outside").write_text("not yours")
    monkeypatch.setenv("TOCSIN_SECRETS", str(tmp_path / "secrets"))
    with pytest.raises(KeyError):
        read_secret("../outside")


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_TOKEN", "open sesame")
    assert "sesame" not in f"{read_settings()!r} {read_settings()}"


def test_a_missing_secrets_folder_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_SECRETS", "/nowhere")
    with pytest.raises(SettingsError, match="no such folder: /nowhere"):
        read_settings()


def test_a_wrong_setting_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_PORT", "13912345678")
    with pytest.raises(SettingsError, match=r"^TOCSIN_PORT: ") as said:
        read_settings()
    assert "13912345678" not in str(said.value)


def test_a_file_that_is_named_holds_the_value(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "door").write_text("open sesame\n")
    monkeypatch.setenv("TOCSIN_TOKEN_FILE", str(tmp_path / "door"))
    monkeypatch.setenv("TOCSIN_SECRET_HOOK_FILE", str(tmp_path / "door"))
    assert read_settings().token.get_secret_value() == "open sesame"
    assert read_secret("hook") == b"open sesame"


def test_the_environment_wins_over_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tocsin_port").write_text("9000")
    monkeypatch.setenv("TOCSIN_SECRETS", str(tmp_path))
    assert read_settings().port == 9000
    monkeypatch.setenv("TOCSIN_PORT", "9001")
    assert read_settings().port == 9001


WRONG = {
    "TOCSIN_SECRETS": ("/nowhere", "no such folder: /nowhere"),
    "TOCSIN_PORT": ("70000", "too large: 65535 is the most"),
    "TOCSIN_BODY_EVENTS": ("0", "too small: 1 is the least"),
    "TOCSIN_BODY_BYTES": ("8 MB", "not a whole number"),
    "TOCSIN_BODY_SECONDS": ("soon", "not a number"),
    "TOCSIN_ANSWER_SECONDS": ("0", "must be more than 0"),
    "TOCSIN_LANGUAGE": ("de", "write 'en' or 'zh-CN'"),
    "TOCSIN_ADDRESS": ("console.example.org", "not of the form"),
    "TOCSIN_KEY_FILE": ("/nowhere/key", "/nowhere/key cannot be read (No such file or directory)"),
    "TOCSIN_TOKN": ("open sesame", "there is no such setting: write TOCSIN_TOKEN"),
}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_mistake_is_told_at_once_without_its_value(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    for name, (value, _) in WRONG.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as said:
        read_settings()
    lines = said.value.render(language).splitlines()
    assert {line.split("：")[0].split(": ")[0] for line in lines} == set(WRONG)
    assert len(lines) == len(WRONG)
    assert "sesame" not in said.value.render(language)
    if language == "en":
        assert [why for _, why in WRONG.values() if why not in str(said.value)] == []


def test_a_value_given_twice_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "door").write_text("open sesame")
    monkeypatch.setenv("TOCSIN_TOKEN", "other words")
    monkeypatch.setenv("TOCSIN_TOKEN_FILE", str(tmp_path / "door"))
    with pytest.raises(SettingsError, match=r"^TOCSIN_TOKEN: given twice, also as TOCSIN_TOKEN_FILE"):
        read_settings()


def test_a_file_that_holds_more_than_a_value_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "disk").write_bytes(b"x" * 70_000)
    (tmp_path / "image").write_bytes(bytes(range(256)))
    monkeypatch.setenv("TOCSIN_TOKEN_FILE", str(tmp_path / "disk"))
    monkeypatch.setenv("TOCSIN_KEY_FILE", str(tmp_path / "image"))
    with pytest.raises(SettingsError) as said:
        read_settings()
    assert [line.split(":")[0] for line in str(said.value).splitlines()] == ["TOCSIN_TOKEN_FILE", "TOCSIN_KEY_FILE"]


def test_what_is_no_setting_of_ours_is_nobody_s_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_HOUSTON", "rows")
    monkeypatch.setenv("TOCSIN_SECRET_TOKEN", "a channel's")
    assert read_settings().port == 8000


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    first = read_key(settings, tmp_path / "town")
    assert read_key(settings, tmp_path / "town") == first
    assert len(first) == 64
    assert (tmp_path / "town" / "key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_too_short_or_cut_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="5 bytes are too few"):
        read_key(Settings(data=tmp_path, key="short"), tmp_path)  # type: ignore[arg-type]  # pydantic wraps it
    (tmp_path / "key").write_text("abc")
    with pytest.raises(SettingsError, match="cut short"):
        read_key(Settings(data=tmp_path), tmp_path)
