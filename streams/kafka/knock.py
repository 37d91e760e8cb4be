"""What keeps us out of the brokers, found by one connection made step by step: TCP, TLS, who may come, who we are.

Clients say that no broker answers, whatever the cause, and go on trying; a person needs to know which setting to mend.
No library is asked for TLS: the standard one's errors tell the cases apart.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
from typing import Final

from streams.brokers import MECHANISM, Address, Brokers, brokers_at
from streams.messages import SpokenError

CONNECT_SECONDS: Final = 3.0
_LARGEST: Final = 1 << 20
_HANDSHAKE, _VERSIONS, _AUTHENTICATE = 17, 18, 36
"""Keys of Kafka's requests: SaslHandshake, ApiVersions, SaslAuthenticate. Source: kafka.apache.org/protocol."""
_NO_SUCH_MECHANISM: Final = 33
_EXPIRED, _OTHER_NAME, _OTHER_ADDRESS = 10, 62, 64
"""Codes of a certificate that was not believed. Source: OpenSSL, x509_vfy.h, X509_V_ERR_*."""


class _HungUpError(Exception):
    """The broker closed the connection, or answered what is no answer."""


def kept_out(address: Address) -> SpokenError | None:
    """What keeps us out of the first broker that takes a connection; None where it lets us in."""
    brokers = brokers_at(address)
    why = "ConnectionError"
    try:
        hosts = brokers.hosts()
    except ValueError:
        return _unreachable(brokers, "host:port")
    for host, port in hosts:
        try:
            with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as link:
                return _spoken_to(brokers, link, host)
        except (TimeoutError, OSError, OverflowError) as fault:
            why = type(fault).__name__
    return _unreachable(brokers, why)


def check(address: Address) -> None:
    """Before a client is made of a wire that may be wrong. Raises SpokenError."""
    fault = kept_out(address)
    if fault is not None:
        raise fault from None


def _unreachable(brokers: Brokers, why: str) -> SpokenError:
    return SpokenError("kafka-unreachable", address=brokers, why=why)


def _spoken_to(brokers: Brokers, link: socket.socket, host: str) -> SpokenError | None:
    if not brokers.secured:
        return _greeted(brokers, link)
    try:
        with brokers.context().wrap_socket(link, server_hostname=host) as tls:
            return _greeted(brokers, tls)
    except ssl.SSLCertVerificationError as fault:
        name = {_EXPIRED: "expired", _OTHER_NAME: "name", _OTHER_ADDRESS: "name"}.get(fault.verify_code, "unknown")
        return SpokenError(f"kafka-certificate-{name}", address=brokers, host=host)
    except ssl.SSLError as fault:
        if "ALERT" in (fault.reason or ""):
            return _certificate(brokers)
        return SpokenError("kafka-plain", address=brokers)
    except ConnectionError:
        return SpokenError("kafka-plain", address=brokers)


def _certificate(brokers: Brokers) -> SpokenError:
    return SpokenError(f"kafka-certificate-{'refused' if brokers.certificate else 'wanted'}", address=brokers)


def _greeted(brokers: Brokers, link: socket.socket) -> SpokenError | None:
    """Under TLS 1.3 a broker says only after our first words that it wanted another certificate."""
    try:
        _asked(link, _VERSIONS, 0)
    except (_HungUpError, ConnectionError):
        return _certificate(brokers) if brokers.secured else SpokenError("kafka-tls-wanted", address=brokers)
    try:
        answer = _asked(link, _HANDSHAKE, 1, _text(MECHANISM))
        (error,) = struct.unpack_from(">h", answer)
    except (_HungUpError, ConnectionError, ssl.SSLError, struct.error):
        error = -1
    asks = error in (0, _NO_SUCH_MECHANISM)
    if asks != brokers.named:
        return SpokenError("kafka-user-wanted" if asks else "kafka-user-unwanted", address=brokers)
    if error == _NO_SUCH_MECHANISM:
        return SpokenError("kafka-mechanism", address=brokers, mechanism=MECHANISM)
    if brokers.named and not _believed(brokers, link):
        return SpokenError("kafka-password", address=brokers, user=brokers.user)
    return None


def _believed(brokers: Brokers, link: socket.socket) -> bool:
    from kafka.net.sasl.scram import ScramClient  # noqa: PLC0415 - only where users are asked for

    us = ScramClient(brokers.user, brokers.password, MECHANISM)
    try:
        us.process_server_first_message(_challenge(link, us.first_message()))
        us.process_server_final_message(_challenge(link, us.final_message()))
    except (_HungUpError, ConnectionError, ValueError, KeyError):
        return False
    return True


def _challenge(link: socket.socket, token: bytes) -> bytes:
    answer = _asked(link, _AUTHENTICATE, 0, struct.pack(">i", len(token)) + token)
    try:
        error, told = struct.unpack_from(">hh", answer)
        at = 4 + max(0, told)
        (size,) = struct.unpack_from(">i", answer, at)
    except struct.error:
        raise _HungUpError from None
    if error or size < 0:
        raise _HungUpError
    return answer[at + 4 : at + 4 + size]


def _asked(link: socket.socket, request: int, version: int, body: bytes = b"") -> bytes:
    """One request, one answer without its head. Raises _HungUpError."""
    head = struct.pack(">hhi", request, version, 1) + _text("tocsin")
    link.sendall(struct.pack(">i", len(head) + len(body)) + head + body)
    (size,) = struct.unpack(">i", _read(link, 4))
    if not 4 <= size <= _LARGEST:
        raise _HungUpError
    return _read(link, size)[4:]


def _read(link: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        with contextlib.suppress(TimeoutError):
            more = link.recv(size - len(found))
            if more:
                found += more
                continue
        raise _HungUpError
    return found


def _text(text: str) -> bytes:
    told = text.encode()
    return struct.pack(">h", len(told)) + told
