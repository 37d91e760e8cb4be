"""What cookies are called, and how one is laid and taken back.

Over https each bears the prefix `__Host-`: a browser then takes it from this host alone, over https alone, so that
neither a neighbour under the same domain nor whoever sits on a plain line can lay one in its place (RFC 6265bis).
"""

from __future__ import annotations

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

PREFIX: Final = "__Host-"
HTTPS: Final = "https"


def cookie_name(name: str, scheme: str) -> str:
    """
    >>> cookie_name("tocsin-session", "https"), cookie_name("tocsin-session", "http")
    ('__Host-tocsin-session', 'tocsin-session')
    """
    return PREFIX + name if scheme == HTTPS else name


def lay(
    answer: Response,
    request: Request,
    name: str,
    value: str,
    *,
    seconds: int | None = None,
    scripts: bool = False,
    site: Literal["lax", "strict"] = "strict",
) -> None:
    """Lay a cookie of this host. `seconds`: how long; None: as long as the browser runs. `scripts` may read it."""
    scheme = request.url.scheme
    answer.set_cookie(
        cookie_name(name, scheme),
        value,
        max_age=seconds,
        path="/",
        secure=scheme == HTTPS,
        httponly=not scripts,
        samesite=site,
    )


def take_back(answer: Response, request: Request, name: str) -> None:
    """A browser takes a prefixed cookie back only as it was laid."""
    lay(answer, request, name, "", seconds=0)
