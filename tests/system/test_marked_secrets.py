"""Secrets with a mark, given as files: what processes say, show and write for others never holds the mark.

What is searched: logs, outputs and ends of commands, answers and their heads, error pages, the page of figures, the
support bundle, the arguments and the environment of the process. Not the data folder: a made key lies there.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import httpx2
import pytest

from tests.streams.town import make_town
from tests.system.served import HOUSE, served

MARK: Final = "hush-Zq7"
WRONG: Final = f"{MARK}-of-who-guesses"
NAMES: Final = ("tocsin_token", "tocsin_key", "tocsin_watchdog_token", "tocsin_kafka_password", "city_hook")
WORLD: Final = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in NAMES:
        (folder / name).write_text(f"{MARK}-of-{name}-0123456789abcdef\n")
    return folder


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """A town one of whose channels has a secret, and nobody at its other end."""
    home = make_town(tmp_path / "town")
    desks = (home / "desks.yaml").read_text(encoding="utf-8")
    hook = "{kind: webhook, url: 'https://127.0.0.1:1/hook', secret: city_hook}"
    changed = desks.replace("[console, ", f"[console, {hook}, ", 1)
    assert changed != desks
    (home / "desks.yaml").write_text(changed, encoding="utf-8")
    return home


def run(folder: Path, *words: str, **settings: str) -> str:
    """A command to its end; all that it says."""
    command = [sys.executable, "-c", "from streams.entry import main; main()", *words]
    world = {**WORLD, "TOCSIN_SECRETS": str(folder), "TOCSIN_DATA": str(folder.parent / "data"), **settings}
    done = subprocess.run(command, env={**world, "PYTHONPATH": str(HOUSE)}, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def test_a_process_and_its_answers_hold_no_secret(town: Path, secrets: Path, tmp_path: Path) -> None:
    told: dict[str, bytes] = {}
    token = (secrets / "tocsin_token").read_text().strip()
    with served(town, tmp_path / "data", TOCSIN_SECRETS=str(secrets)) as process:
        address = process.ready()
        number = process.pid
        told["arguments"] = Path(f"/proc/{number}/cmdline").read_bytes()
        told["environment"] = Path(f"/proc/{number}/environ").read_bytes()
        by_token, guessed = {"Authorization": f"Bearer {token}"}, {"Authorization": f"Bearer {WRONG}"}
        asked: dict[str, tuple[str, str, dict[str, str]]] = {
            "taken": ("POST", "/v1/events", by_token),
            "guessed": ("POST", "/v1/events", guessed),
            "no body": ("POST", "/v1/events", by_token),
            "nowhere": ("GET", f"/v1/alerts/{WRONG}", {"Accept": "text/html"}),
            "query": ("GET", f"/alerts?token={WRONG}", {}),
            "log in": ("POST", "/v1/sessions", guessed),
            "figures": ("GET", "/metrics", {}),
        }
        bodies = {"taken": b"{}", "guessed": b"{}", "no body": f'{{"{MARK}": '.encode()}
        bodies["log in"] = f'{{"number": "1001", "password": "{WRONG}", "code": "123456"}}'.encode()
        for name, (method, path, more) in asked.items():
            heads = {"Content-Type": "application/json", **more}
            answer = httpx2.request(method, address + path, headers=heads, content=bodies.get(name))
            assert answer.status_code != 500, name
            told[name] = answer.content + str(answer.headers).encode()
        process.tell(signal.SIGHUP)
        told["bundle said"] = run(
            secrets, "support-bundle", str(town), "--out", str(tmp_path / "bundle.zip"), "--url", address
        ).encode()
        assert process.end() == 0
        told["log"] = process.said().encode()
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
        told |= {f"bundle: {name}": bundle.read(name) for name in bundle.namelist()}
    assert b"request" in told["log"] or b"listening" in told["log"]
    assert [name for name, text in told.items() if MARK.encode() in text] == []


@pytest.mark.nightly
def test_commands_that_fail_hold_no_secret(town: Path, secrets: Path, tmp_path: Path) -> None:
    home, database = str(town), f"postgresql://tocsin:{MARK}@127.0.0.1:1/tocsin"
    (secrets / "tocsin_database").write_text(database)
    kafka = {"TOCSIN_KAFKA": "127.0.0.1:1", "TOCSIN_KAFKA_SECURITY": "SASL_SSL", "TOCSIN_KAFKA_USER": "us"}
    told = {
        "database": run(secrets, "serve", home, "--port", "0"),
        "doctor": run(secrets, "doctor", home, "--road", "kafka", **kafka),
        "intake": run(secrets, "intake", home, **kafka),
        "channel": run(secrets, "channels", "test", home, "webhook"),
        "twice": run(secrets, "check", home, TOCSIN_KAFKA_PASSWORD=MARK, TOCSIN_PORT=MARK, **kafka),
        "slip": run(secrets, "check", home, TOCSIN_TOKN=MARK),
    }
    shutil.rmtree(secrets)
    told["no folder"] = run(secrets, "check", home, TOCSIN_TOKEN=MARK)
    assert "TOCSIN_DATABASE" in told["database"]
    assert "127.0.0.1:1" in told["intake"]
    assert "TOCSIN_PORT" in told["twice"]
    assert "TOCSIN_TOKN" in told["slip"]
    assert "no such folder" in told["no folder"]
    assert [name for name, text in told.items() if MARK in text] == []
