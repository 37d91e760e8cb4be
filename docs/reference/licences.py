"""Licences of every package in the image, out of what the packages themselves declare."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import metadata
from pathlib import Path
from typing import Final

from packaging.markers import Marker

from docs.reference.markdown import cell, code, table

LOCK: Final = Path(__file__).parents[2] / "requirements" / "image.txt"
PIN: Final = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)(?: ; (.+?))? \\$", re.MULTILINE)
SPDX: Final = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Python Software Foundation License": "PSF-2.0",
    "Repoze Public License": "BSD-derived (Repoze)",
}
"""Names of the package index's own list -> those of SPDX."""


def packages() -> Iterator[tuple[str, str, str]]:
    """Name, version and licence of what the image holds on Linux; "" where a package declares none."""
    for name, version, marker in PIN.findall(LOCK.read_text("utf-8")):
        if not marker or Marker(marker).evaluate({"sys_platform": "linux", "platform_system": "Linux"}):
            yield name, version, licence(name)


def licence(name: str) -> str:
    told = metadata(name)
    if "License-Expression" in told:
        return str(told["License-Expression"])
    classes = [one.rpartition("::")[2].strip() for one in told.get_all("Classifier") or () if one.startswith("License")]
    named = " OR ".join(dict.fromkeys(SPDX.get(one, one) for one in classes))
    return named or (str(told["License"]).partition("\n")[0][:60] if "License" in told else "")


def licences() -> str:
    """The table of docs/dependencies.md."""
    rows = ((code(name), version, cell(told)) for name, version, told in packages())
    return table(("package", "version", "licence"), rows)
