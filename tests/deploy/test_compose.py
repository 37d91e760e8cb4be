"""docker-compose.yml: taken by the Compose specification, and safe by itself. test_roads.py starts it as written."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import jsonschema  # type: ignore[import-untyped]  # ships no types
import pytest

from tests.deploy.compose import FILE, HOUSE, dotenv, secrets, whole

SCHEMA: Final = json.loads((HOUSE / "tests/deploy/compose_spec/compose-spec.json").read_text("utf-8"))
PROFILES: Final = (("small",), ("small", "postgres"), ("full",))
EVERY: Final = whole()["services"]
DURATION: Final = re.compile(r"(\d+(ms|s|m|h))+")


def test_the_file_is_one_of_the_compose_specification() -> None:
    assert [*jsonschema.Draft7Validator(SCHEMA).iter_errors(whole())] == []


def test_compose_itself_takes_the_file_where_it_is_there() -> None:
    compose = ["docker", "compose"]
    if (
        shutil.which("docker")
        and subprocess.run([*compose, "version"], capture_output=True, check=False).returncode == 0
    ):
        asked = [*compose, "-f", str(FILE), "--profile", "*", "config", "--quiet"]
        assert subprocess.run(asked, capture_output=True, check=False).returncode == 0


def test_the_schema_would_find_a_slip() -> None:
    slip = whole()
    slip["services"]["serve"]["depend_on"] = {}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(SCHEMA).validate(slip)


@pytest.mark.parametrize("name", EVERY)
def test_a_service_leads_only_to_what_is_declared(name: str) -> None:
    one, every = EVERY[name], whole()
    for need, how in one.get("depends_on", {}).items():
        together = [set(profiles) for profiles in PROFILES if set(one["profiles"]) & set(profiles)]
        absent = [profiles for profiles in together if not set(EVERY[need]["profiles"]) & profiles]
        assert not absent or how.get("required") is False
    assert set(one.get("secrets", ())) <= set(every["secrets"])
    assert set(one["networks"]) <= set(every["networks"])
    for volume in one.get("volumes", ()):
        source = volume.split(":")[0]
        assert source in every["volumes"] or source == "./city" or (HOUSE / source).is_dir()
    spans = [
        str(value)
        for key, value in one.get("healthcheck", {}).items()
        if key in {"interval", "timeout", "start_period"}
    ]
    assert [span for span in spans if not DURATION.fullmatch(span)] == []


@pytest.mark.parametrize("name", EVERY)
def test_a_service_is_safe_by_itself(name: str) -> None:
    one = EVERY[name]
    assert re.search(r":v?\d+\.\d+", one["image"]), "a tag that moves"
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert one.get("read_only") is True or name == "kafka"
    assert set(one["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert one["logging"]["options"]["max-size"]
    assert "healthcheck" in one or one["restart"] == "no"
    if one["image"].startswith("tocsin"):
        assert one["user"] == "10001:10001"
    else:
        assert one["image"].partition("/")[0] in {"apache", "prom", "grafana", "postgres:17.6-bookworm"}
    for port in one.get("ports", ()):
        assert port.startswith("127.0.0.1:")


def test_no_secret_stands_in_an_environment_or_a_command() -> None:
    for name, one in EVERY.items():
        for key, value in one.get("environment", {}).items():
            assert not re.search(r"PASSWORD$|TOKEN$|SECRET$|_KEY$|DATABASE$", key), f"{name}: {key}"
            assert "://" not in str(value) or "PLAINTEXT" in str(value), f"{name}: {key}"
        assert not re.search(
            "password|token|secret", " ".join(map(str, one.get("command", ()))).replace("password_encryption", "")
        )


def test_whoever_gets_secrets_of_ours_is_told_where_they_lie_and_nobody_else() -> None:
    ours = {name: one for name, one in EVERY.items() if one["image"].startswith("tocsin")}
    assert {name for name, one in ours.items() if "TOCSIN_SECRETS" in one["environment"]} == {
        name for name, one in ours.items() if one.get("secrets")
    }


def test_the_broker_and_the_database_have_no_way_out() -> None:
    assert whole()["networks"]["inside"]["internal"] is True
    assert [name for name in ("kafka", "postgres", "topics") if EVERY[name]["networks"] != ["inside"]] == []


def test_the_example_of_settings_names_every_variable_with_the_default_of_the_file() -> None:
    told = dotenv(HOUSE / ".env.example")
    asked = dict(re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", FILE.read_text("utf-8")))
    assert set(asked) - set(told) == {"TOCSIN_IMAGE"}
    assert {name: told[name] for name in asked if name in told} == {n: v for n, v in asked.items() if n in told}


def test_the_image_is_built_from_what_is_there_and_runs_without_root() -> None:
    lines = (HOUSE / "deploy/Dockerfile").read_text("utf-8").splitlines()
    copied = [
        word for line in lines if line.startswith("COPY ") and "--from" not in line for word in line.split()[1:-1]
    ]
    assert [word for word in copied if not (HOUSE / word).exists()] == []
    let_in = (HOUSE / ".dockerignore").read_text("utf-8").splitlines()
    assert {f"!{word}" for word in copied} <= set(let_in)
    last = lines[max(n for n, line in enumerate(lines) if line.startswith("FROM ")) :]
    assert "USER 10001:10001" in last
    assert any(line.startswith("HEALTHCHECK") for line in last)
    assert re.search(r"ARG PYTHON=python:3\.11\.\d+-slim-bookworm", "\n".join(lines))


def test_secrets_are_made_once_and_read_by_containers_alone(tmp_path: Path) -> None:
    folder = secrets(tmp_path, "small")
    before = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(before) == {Path(one["file"]).name for one in whole()["secrets"].values()}
    assert before["tocsin_database"] == before["scrape_token"] == "\n"
    assert len({text for text in before.values() if text.strip()}) == 5
    assert all(len(text) > 40 for text in before.values() if text.strip())
    assert folder.stat().st_mode & 0o777 == 0o700
    secrets(tmp_path, "full")
    assert {path.name: path.read_text() for path in folder.iterdir()} == before
