"""Settings of the wires: what does not go together is said at once, each by its variable, no secret among it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streams.settings import SettingsError, SettingsWrongError, read_settings
from streams.support import told_settings
from tests.certificates import Authority, Pair


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("TOCSIN_")]:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    return authority.signs("keeper")


def mistakes(monkeypatch: pytest.MonkeyPatch, **values: object) -> list[str]:
    """The messages of the mistakes in these settings, by name and variable."""
    for name, value in values.items():
        monkeypatch.setenv(f"TOCSIN_{name}", str(value))
    with pytest.raises(SettingsWrongError) as wrong:
        read_settings()
    return sorted(f"{one.name} {one.values['name']}" for one in wrong.value.wrong)


def test_a_whole_wire_is_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: Authority, pair: Pair
) -> None:
    (tmp_path / "tocsin_kafka_password").write_text("hush-Kp7\n")
    for name, value in {
        "SECRETS": tmp_path,
        "KAFKA_SECURITY": "SASL_SSL",
        "KAFKA_CA": authority.certificate,
        "KAFKA_CERTIFICATE": pair.certificate,
        "KAFKA_CERTIFICATE_KEY": pair.key,
        "KAFKA_USER": "intake",
    }.items():
        monkeypatch.setenv(f"TOCSIN_{name}", str(value))
    settings = read_settings()
    assert (settings.brokers.password, settings.brokers.user, settings.brokers.ca) == (
        "hush-Kp7",
        "intake",
        authority.certificate,
    )
    shown = f"{settings!r} {settings.brokers!r} {told_settings(settings)}"
    assert "hush" not in shown
    assert str(pair.key) not in f"{told_settings(settings)}"


def test_an_empty_file_s_name_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_KAFKA_CA", "")
    assert read_settings().kafka_ca is None


def test_a_user_s_wire_without_user_and_password_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mistakes(monkeypatch, KAFKA_SECURITY="SASL_SSL") == [
        "wire-needed TOCSIN_KAFKA_PASSWORD",
        "wire-needed TOCSIN_KAFKA_USER",
    ]


def test_what_would_be_passed_over_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, authority: Authority, pair: Pair
) -> None:
    found = mistakes(
        monkeypatch,
        KAFKA_CA=authority.certificate,
        KAFKA_CERTIFICATE=pair.certificate,
        KAFKA_CERTIFICATE_KEY=pair.key,
        KAFKA_USER="intake",
    )
    assert found == [
        "wire-unused TOCSIN_KAFKA_CA",
        "wire-unused TOCSIN_KAFKA_CERTIFICATE",
        "wire-unused TOCSIN_KAFKA_CERTIFICATE_KEY",
        "wire-unused TOCSIN_KAFKA_USER",
    ]


def test_a_password_in_a_folder_that_processes_share_hinders_none_that_needs_no_broker(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tocsin_kafka_password").write_text("hush-Kp7\n")
    monkeypatch.setenv("TOCSIN_SECRETS", str(tmp_path))
    assert not read_settings().brokers.secured


def test_a_password_in_the_environment_is_refused_and_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_KAFKA_PASSWORD", "hush-Kp7")
    monkeypatch.setenv("TOCSIN_KAFKA_SECURITY", "SASL_SSL")
    monkeypatch.setenv("TOCSIN_KAFKA_USER", "intake")
    with pytest.raises(SettingsError, match=r"^TOCSIN_KAFKA_PASSWORD: a secret, taken from files alone") as wrong:
        read_settings()
    assert "hush" not in str(wrong.value) + wrong.value.render("zh-CN")


def test_files_that_do_not_fit_are_told_together(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: Authority, pair: Pair
) -> None:
    (tmp_path / "words").write_text("no certificate")
    found = mistakes(
        monkeypatch,
        KAFKA_SECURITY="SSL",
        KAFKA_CA=tmp_path / "words",
        KAFKA_CERTIFICATE=pair.certificate,
        KAFKA_CERTIFICATE_KEY=authority.signs("other").key,
        PORT="nine",
    )
    assert found == [
        "setting-whole TOCSIN_PORT",
        "wire-certificate TOCSIN_KAFKA_CA",
        "wire-key TOCSIN_KAFKA_CERTIFICATE_KEY",
    ]
    assert mistakes(monkeypatch, KAFKA_CA=tmp_path / "none", KAFKA_CERTIFICATE_KEY="", PORT="9") == [
        "setting-file TOCSIN_KAFKA_CA",
        "wire-half TOCSIN_KAFKA_CERTIFICATE",
    ]


def test_an_unknown_security_is_told_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mistakes(monkeypatch, KAFKA_SECURITY="tls", KAFKA_USER="intake") == ["setting-choice TOCSIN_KAFKA_SECURITY"]


def test_a_password_file_that_cannot_be_read_is_one_mistake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = mistakes(monkeypatch, KAFKA_SECURITY="SASL_SSL", KAFKA_USER="intake", KAFKA_PASSWORD_FILE=tmp_path / "none")
    assert found == ["setting-file TOCSIN_KAFKA_PASSWORD_FILE"]
