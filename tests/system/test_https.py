"""`tocsin serve` under a certificate of its own: https alone, and another certificate taken without an end."""

from __future__ import annotations

import shutil
import signal
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from streams.serve import config_of
from streams.settings import Settings
from tests.certificates import Authority, Pair
from tests.kafka.road import EXAMPLES
from tests.system.served import Served


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.certificate))


def shown(port: int, authority: Authority) -> bytes:
    """The certificate that a new connection is shown."""
    with (
        socket.create_connection(("127.0.0.1", port)) as link,
        trusting(authority).wrap_socket(link, server_hostname="127.0.0.1") as tls,
    ):
        found = tls.getpeercert(binary_form=True)
        assert found is not None
        assert tls.version() in ("TLSv1.2", "TLSv1.3")
        return found


def laid(pair: Pair, folder: Path) -> Pair:
    """A pair where the process looks for it."""
    mine = Pair(folder / "serve.pem", folder / "serve.key")
    shutil.copy(pair.certificate, mine.certificate)
    shutil.copy(pair.key, mine.key)
    return mine


def test_it_answers_over_https_and_takes_another_certificate_without_an_end(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "authority")
    first, second = (authority.signs(name, "127.0.0.1") for name in ("first", "second"))
    mine = laid(first, tmp_path)
    served = Served(
        EXAMPLES / "montgomery",
        tmp_path / "data",
        trusts=trusting(authority),
        TOCSIN_CERTIFICATE=str(mine.certificate),
        TOCSIN_CERTIFICATE_KEY=str(mine.key),
    )
    try:
        address = served.ready()
        assert address.startswith("https://127.0.0.1:")
        port = int(address.rpartition(":")[2])
        health = httpx2.get(f"{address}/healthz", verify=trusting(authority))
        assert health.headers["strict-transport-security"].startswith("max-age=")
        with pytest.raises(httpx2.TransportError):
            httpx2.get(f"http://127.0.0.1:{port}/healthz")
        before = shown(port, authority)
        shutil.copy(second.certificate, mine.certificate)  # the key is still the first's
        served.tell(signal.SIGHUP)
        said_within(served, "certificate_not_read_again")
        assert "TOCSIN_CERTIFICATE_KEY" in served.said()
        assert shown(port, authority) == before
        laid(second, tmp_path)
        served.tell(signal.SIGHUP)
        said_within(served, "certificate_read_again")
        assert shown(port, authority) != before
        assert httpx2.get(f"{address}/readyz", verify=trusting(authority)).status_code == 200
    finally:
        assert served.end() == 0


def test_no_tls_below_1_2_is_spoken(tmp_path: Path) -> None:
    pair = Authority(tmp_path / "authority").signs("one", "127.0.0.1")

    async def nobody(_scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("nobody gets this far")

    spoken = config_of(nobody, Settings(certificate=pair.certificate, certificate_key=pair.key)).ssl
    assert spoken is not None
    assert spoken.minimum_version == ssl.TLSVersion.TLSv1_2
    assert spoken.maximum_version == ssl.TLSVersion.MAXIMUM_SUPPORTED


def said_within(served: Served, word: str, seconds: float = 30.0) -> None:
    limit = time.monotonic() + seconds
    while f'"{word}"' not in served.said():
        assert time.monotonic() < limit, served.said()
        time.sleep(0.05)
