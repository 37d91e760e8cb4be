"""The bundle for whoever helps: what is needed is in it, and nothing that was planted anywhere."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Final

import pytest

from streams import support
from streams.clock import HandClock
from streams.doctor import examine
from streams.opened import city_of
from streams.settings import read_settings
from tests.streams.town import NAME, event, in_service, make_town

NOW: Final = 1_795_000_000_000
PLANTED: Final = "sesame-13912345678"


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a town with a secret in every setting that takes one, an event and a refused one, and names of its own."""
    town = make_town(tmp_path / "town")
    desks = (town / "desks.yaml").read_text("utf-8").replace("City desk", "Desk sesame")
    (town / "desks.yaml").write_text(desks, "utf-8")
    with in_service(town, tmp_path / "var", clock=HandClock(NOW)) as scene:
        scene.post([event(1, source="sesame"), event(2, category=PLANTED), event(3, area="sesame")])
    for name in ("token", "key", "watchdog_token"):
        monkeypatch.setenv(f"TOCSIN_{name.upper()}", f"{PLANTED}-of-{name}")
    monkeypatch.setenv("TOCSIN_DATABASE", f"postgresql://sesame:{PLANTED}@127.0.0.1:1/sesame")
    monkeypatch.setenv("TOCSIN_ADDRESS", "https://sesame.example.org")
    monkeypatch.setenv("TOCSIN_DATA", str(tmp_path / "var"))
    settings = read_settings()
    found = list(examine([town], HandClock(NOW), url=None, kafka=False, given={}))
    out = tmp_path / "bundle.zip"
    support.write(out, support.pages([city_of(town)], settings, found, url="http://127.0.0.1:1", now=NOW))
    return out


def test_nothing_that_was_planted_is_in_the_bundle(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as pages:
        told = {name: pages.read(name).decode() for name in pages.namelist()}
    assert set(told) == {"made.json", "settings.json", "doctor.json", "cities.json", "metrics.txt"}
    for name, text in told.items():
        for word in ("sesame", "139123", NAME, str(bundle.parent), "127.0.0.1"):
            assert word not in text, f"{name}: {word}"


@pytest.mark.parametrize("url", ["http://127.0.0.1:99999", "http://127.0.0.1:x", "http://["])
def test_an_address_that_is_none_is_told_on_the_page_of_figures(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOCSIN_DATA", raising=False)
    told = dict(support.pages([], read_settings(), [], url=url, now=NOW))
    assert told["metrics.txt"].startswith(b"# no answer: ")


def test_what_helps_is_in_the_bundle(bundle: Path) -> None:
    with zipfile.ZipFile(bundle) as pages:
        settings, city = json.loads(pages.read("settings.json")), json.loads(pages.read("cities.json"))[0]
        found, made = json.loads(pages.read("doctor.json")), json.loads(pages.read("made.json"))
    assert (settings["token"], settings["port"]) == ("set", 8000)
    assert city["records"] > 0
    assert city["channels"] == {"console": 1, "jsonlines": 1}
    assert {one["part"] for one in found} >= {"disk", "sqlite", "channels"}
    assert any(package.startswith("msgspec ") for package in made["packages"])
    assert bundle.stat().st_mode & 0o777 == 0o600
