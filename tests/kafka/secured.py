"""A broker that lets in only who may come: listeners with TLS, with a client's certificate, with a user, each its own.

The listener in the open is for the test itself, which is the administrator there; rights of all others are ACLs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from streams.brokers import Brokers
from streams.kafka.rights import DOES
from tests.certificates import Authority, Pair
from tests.kafka.broker import Broker, free_ports

USERS: Final = {name: f"hush-{name}-Zr8" for name in ("keeper", *DOES)}
"""Users of the tests and their passwords, marked so that a search finds them anywhere."""
KINDS: Final = ("TLS", "OURS", "USERS")
"""Listeners: any client, one with a certificate, one with a user."""


class SecuredBroker(Broker):
    """One broker and controller with every kind of listener."""

    def __init__(self, folder: Path) -> None:
        self._certificates = folder.with_name(f"{folder.name}-certificates")
        self.authority = Authority(self._certificates)
        self._server = self.authority.signs("broker", "localhost")
        self.ours: Pair = self.authority.signs("keeper")
        plain, controller, *rest = free_ports(2 + len(KINDS))
        self.ports = dict(zip(KINDS, rest, strict=True))
        super().__init__(folder, 1, (plain, controller), f"1@127.0.0.1:{controller}")

    def at(self, kind: str, *, host: str = "localhost") -> str:
        """Where a listener is."""
        return f"{host}:{self.ports[kind]}"

    def tls(self) -> Brokers:
        return Brokers(self.at("TLS"), "SSL", self.authority.certificate)

    def by_certificate(self) -> Brokers:
        return Brokers(self.at("OURS"), "SSL", self.authority.certificate, self.ours.certificate, self.ours.key)

    def by_user(self, user: str) -> Brokers:
        return Brokers(self.at("USERS"), "SASL_SSL", self.authority.certificate, user=user, password=USERS[user])

    def _users(self) -> Sequence[str]:
        told: list[str] = []
        for user, password in USERS.items():
            told += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]"]
        return told

    def _more(self) -> Mapping[str, object]:
        mine = {kind: f"localhost:{port}" for kind, port in self.ports.items()}
        base = f"PLAINTEXT://{self.address}"
        listeners = ",".join([base, *(f"{kind}://{place}" for kind, place in mine.items())])
        module = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        return {
            "listeners": f"{listeners},CONTROLLER://127.0.0.1:{self._controller}",
            "advertised.listeners": listeners,
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,"
            "TLS:SSL,OURS:SSL,USERS:SASL_SSL",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._server.together(),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.authority.certificate,
            "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
            "listener.name.ours.ssl.client.auth": "required",
            "listener.name.users.sasl.enabled.mechanisms": "SCRAM-SHA-512",
            "listener.name.users.scram-sha-512.sasl.jaas.config": module,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS;User:keeper",
            "allow.everyone.if.no.acl.found": "false",
        }
