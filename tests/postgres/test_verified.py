"""PostgreSQL over TLS with `sslmode=verify-full`: the authority and the host name are proved, or nothing is opened."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.database import PostgresStore
from alerts.engines import DatabaseUnusableError
from streams.doctor import Finding
from streams.doctor.stores import asked
from tests.certificates import Authority
from tests.postgres.server import ACCOUNT, NoPostgresError, Server


@pytest.fixture(scope="module")
def verified() -> Iterator[tuple[Server, Authority]]:
    """A server whose certificate is for localhost, and who signed it."""
    try:
        server = Server(ssl="on")
        authority = Authority(server.folder / "certificates")
        pair = authority.signs("database", "localhost")
        if os.geteuid() == 0:
            owner = pwd.getpwnam(ACCOUNT)
            for path in (pair.certificate.parent, pair.certificate, pair.key):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        server.add(ssl_cert_file=str(pair.certificate), ssl_key_file=str(pair.key))
        server.start()
    except NoPostgresError as fault:
        pytest.skip(str(fault))
    yield server, authority
    server.stop()


def url(server: Server, authority: Path, host: str = "localhost", mode: str = "verify-full") -> str:
    return f"postgresql://tests@{host}:{server.port}/postgres?sslmode={mode}&sslrootcert={authority}"


def test_a_store_opens_where_authority_and_name_are_proved(verified: tuple[Server, Authority]) -> None:
    server, authority = verified
    store = PostgresStore(url(server, authority.certificate), "sealed")
    assert store.version() == 0
    store.close()


def test_another_host_s_name_and_another_authority_are_refused_and_the_doctor_says_so(
    verified: tuple[Server, Authority], tmp_path: Path
) -> None:
    server, authority = verified
    stranger = Authority(tmp_path, "stranger").certificate
    for address in (url(server, authority.certificate, host="127.0.0.1"), url(server, stranger)):
        with pytest.raises(DatabaseUnusableError) as refused:
            PostgresStore(address, "sealed")
        assert str(server.port) not in str(refused.value)
        said = doctor(address)
        assert any("certificate" in line for line in said), said
        assert not any("tests@" in line for line in said)
    looser = PostgresStore(url(server, authority.certificate, host="127.0.0.1", mode="verify-ca"), "sealed")
    looser.close()  # so it was the name, and nothing else


def doctor(address: str) -> list[str]:
    found = asked(address, "sealed")
    assert isinstance(found, Finding)
    return [found.line("en")]
