"""The brokers of the Kafka road, and the wire to them: where they are, who we are there, whom we believe.

One value, handed to whoever makes a client; each library's own words for it stand here (Faust's beside its transport).
It holds the names of files; what lies in them is read by the libraries. The password alone is held, and never shown.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

Security = Literal["PLAINTEXT", "SSL", "SASL_SSL"]
"""Kafka's names. SASL without TLS is left out: whoever answers there may be anybody, and reads along."""
MECHANISM: Final = "SCRAM-SHA-512"


@dataclass(frozen=True, slots=True)
class Brokers:
    """`address`: host:port, several with commas; that alone is what `str` shows.

    `ca`: authorities that may have signed the brokers' certificates, None: the system's. `certificate`, `key`: ours.
    """

    address: str
    security: Security = "PLAINTEXT"
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    user: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return self.address

    @property
    def secured(self) -> bool:
        return self.security != "PLAINTEXT"

    @property
    def named(self) -> bool:
        """Whether we say by user and password who we are."""
        return self.security == "SASL_SSL"

    def hosts(self) -> list[tuple[str, int]]:
        """Each broker named. Raises ValueError where a port is no number."""
        found = []
        for place in self.address.split(","):
            host, _, port = place.strip().rpartition(":")
            found.append((host.strip("[]"), int(port)))
        return found

    def context(self) -> ssl.SSLContext:
        """TLS 1.2 or later, certificate and host name of the broker proved. Raises OSError, ssl.SSLError."""
        context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key, _no_password)
        return context

    def librdkafka(self) -> dict[str, str | int | bool]:
        """As confluent_kafka takes it."""
        told: dict[str, str | int | bool] = {"bootstrap.servers": self.address}
        if not self.secured:
            return told
        told |= {"security.protocol": self.security, "ssl.endpoint.identification.algorithm": "https"}
        files = {"ssl.ca.location": self.ca, "ssl.certificate.location": self.certificate, "ssl.key.location": self.key}
        told |= {name: str(path) for name, path in files.items() if path is not None}
        if self.named:
            told |= {"sasl.mechanism": MECHANISM, "sasl.username": self.user, "sasl.password": self.password}
        return told

    def kafka_python(self) -> dict[str, Any]:
        """As kafka-python takes it. Raises OSError, ssl.SSLError."""
        told: dict[str, Any] = {"bootstrap_servers": self.address.split(",")}
        if self.secured:
            told |= {"security_protocol": self.security, "ssl_context": self.context()}
        if self.named:
            told |= {
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return told


Address = Brokers | str
"""What a client is made from. A text is the address of brokers that are reached in the open."""


def brokers_at(address: Address) -> Brokers:
    return address if isinstance(address, Brokers) else Brokers(address)


def _no_password() -> str:
    """A key that asks for one: OpenSSL would ask at the terminal, and a service hang there."""
    return ""
