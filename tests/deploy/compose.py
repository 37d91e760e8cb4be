"""docker-compose.yml as Compose would take it: values filled in, services of the profiles alone."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

HOUSE: Final = Path(__file__).parents[2]
FILE: Final = HOUSE / "docker-compose.yml"
FILLED: Final = re.compile(r"\$\{([A-Z_]+)(?::-([^}]*))?\}")


def whole(given: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The file, its variables filled from `given`, else from their defaults. Raises KeyError where there is neither."""
    found: dict[str, Any] = filled(YAML(typ="safe").load(FILE.read_text("utf-8")), given or {})
    return found


def filled(value: Any, given: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: filled(one, given) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, given) for one in value]
    if isinstance(value, str):
        return FILLED.sub(lambda found: given.get(found[1]) or _default(found), value)
    return value


def _default(found: re.Match[str]) -> str:
    if found[2] is None:
        raise KeyError(found[1])
    return found[2]


def services(profiles: Collection[str], given: Mapping[str, str] | None = None) -> dict[str, dict[str, Any]]:
    """What `docker compose --profile ...` would start."""
    every = whole(given)["services"]
    return {name: one for name, one in every.items() if not one.get("profiles") or set(one["profiles"]) & set(profiles)}


def dotenv(path: Path) -> dict[str, str]:
    lines = (line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return dict(line.split("=", 1) for line in lines)


def secrets(folder: Path, profiles: str) -> Path:
    """`make secrets`; the folder."""
    made = folder / "secrets"
    given = {"PATH": "/usr/bin:/bin", "COMPOSE_PROFILES": profiles}
    run = subprocess.run([HOUSE / "deploy/secrets", made], env=given, check=False)
    assert run.returncode == 0
    return made
