"""Detectors of other packages: installed beside ours they are kinds of rules; one that is broken costs its own kind."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import ClassVar

import pytest

from rules.book import DetectorSpec
from rules.detectors import own, register
from rules.detectors.port import Fixed
from rules.detectors.register import SHIPPED, fingerprint, make
from rules.engine import Engine
from rules.snapshots import Unreadable
from streams.city import read_city, rule_checks
from tests.city.scenes import new_city
from tests.engine.worlds import Event, book, log_of, rule, run

HOUSE = Path(__file__).parents[2]
PACKAGE = HOUSE / "benchmarks" / "peers" / "moving"


class Bare:
    """No dataclass."""


@dataclass(frozen=True, slots=True)
class Mute(Fixed):
    """Called otherwise than it is offered as."""

    kind: ClassVar[str] = "mute"


@dataclass(frozen=True, slots=True)
class Odd(Fixed):
    """A side that there is not."""

    kind: ClassVar[str] = "odd"
    hears: ClassVar[str] = "left"  # type: ignore[assignment]  # that is what is wrong with it


@dataclass(frozen=True, slots=True)
class Vague(Fixed):
    """Its memory means nothing that can be numbered."""

    kind: ClassVar[str] = "vague"
    meaning: ClassVar[object] = "second"


@dataclass(frozen=True, slots=True)
class Wordy(Fixed):
    """A parameter that is no number."""

    kind: ClassVar[str] = "wordy"
    word: str = "ten"


@dataclass(frozen=True)
class Needy:
    """A parameter without a default, and nothing that a detector does."""

    n: float
    kind: ClassVar[str] = "needy"
    refits: ClassVar[str] = "step"
    hears: ClassVar[str] = "high"
    judges: ClassVar[str] = "open"


@dataclass(frozen=True, slots=True)
class Anew(Fixed):
    """The fake, whose memory means another thing now."""

    meaning: ClassVar[int] = 2


def offer(kind: str, of: str) -> EntryPoint:
    return EntryPoint(kind, of if ":" in of else f"{__name__}:{of}", own.GROUP)


@pytest.mark.parametrize(
    ("kind", "of", "why"),
    [
        ("bare", "Bare", "is no dataclass"),
        ("nowhere", "not_a_module_of_ours:Thing", "ModuleNotFoundError"),
        ("nothing", "Nothing", "AttributeError"),
        ("quiet", "Mute", "has kind 'mute': make it 'quiet'"),
        ("odd", "Odd", "has hears 'left': make it one of high, low"),
        ("vague", "Vague", "has meaning 'second'"),
        ("wordy", "Wordy", "could not convert string to float"),
        ("needy", "Needy", "lacks fit, law, score, limits, height, rarer, reach"),
        ("threshold", "Mute", "is called threshold, as one of ours is"),
        ("Mute!", "Mute", "small letters"),
    ],
)
def test_what_is_no_detector_is_left_out_and_told(kind: str, of: str, why: str) -> None:
    found = own.found(SHIPPED, [offer(kind, of), offer("fixed", "rules.detectors.port:Fixed")])
    assert list(found.broken) == [kind]
    assert why in found.broken[kind]
    assert found.kinds == {"fixed": Fixed}


def test_of_a_kind_that_two_packages_offer_neither_is_used() -> None:
    found = own.found(SHIPPED, [offer("fixed", "rules.detectors.port:Fixed"), offer("fixed", "Anew")])
    assert found.kinds == {}
    assert "has it twice" in found.broken["fixed"]


def test_a_rule_that_asks_for_a_broken_kind_is_told_what_is_wrong_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "other:Detector lacks law"
    monkeypatch.setattr(rule_checks, "BROKEN", {"theirs": why})
    monkeypatch.setattr(register, "BROKEN", {"theirs": why})
    city = new_city(tmp_path)
    path = city / "rules" / "traffic-surge.yaml"
    path.write_text(path.read_text("utf-8").replace("kind: surprise", "kind: theirs"), encoding="utf-8")
    told = read_city(city)
    assert f"the detector theirs of another package cannot be used: {why}" in told.render("en")
    assert "其他软件包提供的检测器 theirs 无法使用" in told.render("zh-CN")
    with pytest.raises(ValueError, match="'theirs', which cannot be used: other:Detector lacks law"):
        make(DetectorSpec("theirs"))


def test_memory_of_a_detector_that_means_another_thing_now_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "DETECTORS", {**SHIPPED, "fixed": Fixed})
    theirs = book((rule("own", detector=DetectorSpec("fixed")), rule("many")))
    engine, _ = run(log_of([Event(n, n, n) for n in range(6)], [10, 30]), theirs)
    kept, before = engine.snapshot(), fingerprint(DetectorSpec("fixed"))
    assert Engine.restore(kept, {theirs.digest: theirs}).snapshot() == kept
    monkeypatch.setattr(register, "DETECTORS", {**SHIPPED, "fixed": Anew})
    assert fingerprint(DetectorSpec("fixed")) != before
    with pytest.raises(Unreadable, match="another thing"):
        Engine.restore(kept, {theirs.digest: theirs})


@pytest.fixture(scope="module")
def beside(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the package of the benchmark is installed as a user would install it."""
    target = tmp_path_factory.mktemp("beside")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", str(target), str(PACKAGE)], check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": str(target)}


def test_a_package_that_is_installed_beside_us_gives_rules_a_kind(beside: dict[str, str], tmp_path: Path) -> None:
    city = new_city(tmp_path)
    path = city / "rules" / "traffic-surge.yaml"
    path.write_text(path.read_text("utf-8").replace("kind: surprise", "kind: moving"), encoding="utf-8")
    command = [sys.executable, "-c", "from streams.entry import main; main()"]
    alone = subprocess.run([*command, "check", str(city)], capture_output=True, text=True, check=False)
    assert alone.returncode == 1
    assert "there is no detector moving" in alone.stdout + alone.stderr
    told = subprocess.run([*command, "check", str(city)], env=beside, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.nightly
@pytest.mark.timeout(1_200)
def test_the_package_keeps_the_promises_of_the_battery(beside: dict[str, str]) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:randomly",
        "tests/detectors/test_battery.py",
        "-k",
        "moving",
    ]
    told = subprocess.run(command, cwd=HOUSE, env=beside, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-3_000:]
