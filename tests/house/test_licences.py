"""Licences of what the image holds: each is known, none asks for more than Apache-2.0 can give."""

from __future__ import annotations

import re
from typing import Final

from docs.reference.licences import packages

MAY: Final = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-derived (Repoze)",
    "CC0-1.0",
    "ISC",
    "MIT",
    "PSF-2.0",
    "Zlib",
}
APART: Final = {"psycopg": "LGPL-3.0-only", "psycopg-binary": "LGPL-3.0-only"}
"""Used as packages of their own, unmodified and not vendored."""


def test_every_licence_of_the_image_is_one_that_apache_can_carry() -> None:
    told = {name: licence for name, _, licence in packages()}
    assert len(told) > 60
    unlike = {
        name: licence
        for name, licence in told.items()
        if APART.get(name) != licence and not set(re.split(r" AND | OR ", licence)) <= MAY
    }
    assert unlike == {}
    assert APART.items() <= told.items()
