"""What is wrong with the settings of the wires, taken together: files that must fit each other, and what needs what.

Every mistake is found; none holds a value beside paths, which are the house's own.
"""

from __future__ import annotations

import ssl
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from pydantic import SecretStr

from streams.messages import SpokenError
from streams.setting_sources import variable

FILES_ALONE: Final = frozenset({"kafka_password"})
"""Secrets that the environment may not hold: whoever may look at the process reads it there."""


class Wired(Protocol):
    """The settings that this looks at."""

    @property
    def certificate(self) -> Path | None: ...
    @property
    def certificate_key(self) -> Path | None: ...
    @property
    def kafka_security(self) -> str: ...
    @property
    def kafka_ca(self) -> Path | None: ...
    @property
    def kafka_certificate(self) -> Path | None: ...
    @property
    def kafka_certificate_key(self) -> Path | None: ...
    @property
    def kafka_user(self) -> str: ...
    @property
    def kafka_password(self) -> SecretStr: ...


def bare_secrets(environ: Mapping[str, str]) -> Iterator[SpokenError]:
    """Secrets that stand in the environment and must lie in a file."""
    for name in map(variable, sorted(FILES_ALONE)):
        if environ.get(name):
            yield SpokenError("secret-bare", name=name)


def faults(settings: Wired, known: Collection[str] = ()) -> Iterator[SpokenError]:
    """What does not fit. `known`: variables of which something was told: that one is missing is then no news."""
    security = settings.kafka_security
    for field in ("kafka_user", "kafka_password"):
        value = getattr(settings, field)
        given = bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
        if security == "SASL_SSL" and not given and variable(field) not in known:
            yield SpokenError("wire-needed", name=variable(field), security=security)
        if security != "SASL_SSL" and given and field != "kafka_password":  # of a folder that processes share
            yield SpokenError("wire-unused", name=variable(field), security=security, cure="SASL_SSL")
    for field in ("kafka_ca", "kafka_certificate", "kafka_certificate_key"):
        if security == "PLAINTEXT" and getattr(settings, field) is not None:
            yield SpokenError("wire-unused", name=variable(field), security=security, cure="SSL / SASL_SSL")
    yield from pair(settings.certificate, settings.certificate_key, "certificate")
    if settings.kafka_ca is not None:
        yield from authorities(settings.kafka_ca, "kafka_ca")
    yield from pair(settings.kafka_certificate, settings.kafka_certificate_key, "kafka_certificate")


def authorities(path: Path, field: str) -> Iterator[SpokenError]:
    """Certificates of authorities in a file."""
    try:
        ssl.create_default_context(cafile=str(path))
    except ssl.SSLError:
        yield SpokenError("wire-certificate", name=variable(field), path=path)
    except OSError as fault:
        yield SpokenError("setting-file", name=variable(field), path=path, why=fault.strerror)


def pair(certificate: Path | None, key: Path | None, field: str) -> Iterator[SpokenError]:
    """A certificate and its key: both or none, readable, one of the other."""
    fields = {field: certificate, f"{field}_key": key}
    if certificate is None and key is None:
        return
    readable = True
    for one, path in fields.items():
        if path is None:
            other = next(name for name in fields if name != one)
            yield SpokenError("wire-half", name=variable(other), missing=variable(one))
            readable = False
            continue
        try:
            path.open("rb").close()
        except OSError as fault:
            yield SpokenError("setting-file", name=variable(one), path=path, why=fault.strerror)
            readable = False
    if certificate is None or key is None or not readable:
        return
    try:
        ssl.create_default_context().load_verify_locations(cafile=str(certificate))
    except ssl.SSLError:
        yield SpokenError("wire-certificate", name=variable(field), path=certificate)
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, lambda: "")
    except (ssl.SSLError, OSError, ValueError):
        yield SpokenError("wire-key", name=variable(f"{field}_key"), path=key, certificate=variable(field))
