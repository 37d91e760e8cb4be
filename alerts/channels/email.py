"""E-mail to the duty mailboxes of a desk, over one SMTP server.

A mailbox of a function, never a person's. A repeat carries the same Message-ID, by which mail programs drop it.
"""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP as SMTP_LINES
from email.utils import format_datetime
from typing import ClassVar, Final, Literal

from alerts.channels.addresses import ForbiddenAddressError, Resolve, judged, lookup
from alerts.channels.port import Limits, Message, Receipt

SECONDS: Final = 30.0
"""From the look-up of the name to the server's word that it has the message."""
STEP_SECONDS: Final = 10.0
"""For each single answer of the server."""
LIMITS: Final = Limits(per_minute=30)
"""Servers begin to delay or to refuse beyond some tens a minute; so do people."""

Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """`tls`: `starttls` (the usual, port 587), `tls` from the first byte (465), or `none`, on a private network alone.

    `user` empty: no login. `password` never appears in a receipt.
    """

    host: str
    port: int
    tls: Tls = "starttls"
    user: str = ""
    password: str = ""
    private: bool = False


class EmailChannel:
    """Raises ValueError where the server cannot be used as it is said."""

    limits: ClassVar[Limits] = LIMITS

    def __init__(
        self,
        name: str,
        server: MailServer,
        sender: str,
        recipients: Sequence[str],
        *,
        language: str = "en",
        take_it: str = "",
        seconds: float = SECONDS,
        context: ssl.SSLContext | None = None,
        resolve: Resolve = lookup,
    ) -> None:
        if server.tls == "none" and not server.private:
            raise ValueError("mail without TLS goes to a private network alone: say private: true, or take starttls")
        if server.tls == "none" and server.user:
            raise ValueError("a password is never sent without TLS: take starttls or tls, or leave the user out")
        self.name = name
        self.language = language
        self._server = server
        self._sender = sender
        self._recipients = tuple(recipients)
        self._take_it = take_it
        self._seconds = seconds
        self._context = context or ssl.create_default_context()
        self._resolve = resolve

    def deliver(self, message: Message, at: int) -> Receipt:
        letter = self.letter(message, at).as_bytes(policy=SMTP_LINES)
        server = self._server
        try:
            addresses = asyncio.run(
                judged(
                    server.host, server.port, private=server.private, tls=server.tls != "none", resolve=self._resolve
                )
            )
        except ForbiddenAddressError as fault:
            return Receipt(at, "failed", str(fault), road=True)
        except OSError:
            return Receipt(at, "failed", "the name has no address", road=True)
        return _Attempt(server, addresses, self._sender, self._recipients, self._context, self._seconds).send(
            letter, at
        )

    def close(self) -> None:
        """Nothing stays open between two notices."""

    def letter(self, message: Message, at: int) -> EmailMessage:
        """The notice as mail. `EmailMessage` encodes every header, and refuses a line break in one."""
        mail = EmailMessage()
        mail["Subject"] = message.title
        mail["From"] = self._sender
        mail["To"] = ", ".join(self._recipients)
        mail["Date"] = format_datetime(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at // 1000 * 1000))
        mail["Message-ID"] = f"<{message.id}@{_domain(self._sender)}>"
        mail["Content-Language"] = message.language
        mail["Auto-Submitted"] = "auto-generated"  # no out-of-office answers
        mail["Tocsin-Notice"] = message.id
        if message.exercise:
            mail["Tocsin-Exercise"] = "yes"
        parts = [message.title, "", message.text]
        link = ["", f"{self._take_it} {message.link}"] if message.link else []
        mail.set_content("\n".join([*parts, *link]) + "\n")
        return mail


class _Attempt:
    """One connection, one message; what fails is told by whether the server can have taken the message."""

    def __init__(
        self,
        server: MailServer,
        addresses: Sequence[str],
        sender: str,
        recipients: Sequence[str],
        context: ssl.SSLContext,
        seconds: float,
    ) -> None:
        self._server = server
        self._addresses = addresses
        self._sender = sender
        self._recipients = recipients
        self._context = context
        self._seconds = seconds
        self._handed_over = False
        self._clients: list[smtplib.SMTP] = []

    def send(self, letter: bytes, at: int) -> Receipt:
        cut: list[socket.socket] = []
        watch = threading.Timer(self._seconds, _cut, (cut,))
        watch.start()
        try:
            return self._walk(letter, at, cut)
        except smtplib.SMTPResponseException as fault:
            return Receipt(at, "failed", f"smtp {fault.smtp_code}", road=True)
        except (smtplib.SMTPException, OSError) as fault:
            if self._handed_over:
                return Receipt(at, "in_doubt", type(fault).__name__)
            return Receipt(at, "failed", _named(fault), road=True)
        finally:
            watch.cancel()
            for client in self._clients:  # not its socket alone: a file on it would keep it open
                client.close()

    def _walk(self, letter: bytes, at: int, cut: list[socket.socket]) -> Receipt:
        smtp = self._connected(cut)
        smtp.ehlo_or_helo_if_needed()
        if self._server.tls == "starttls":
            smtp.starttls(context=self._context)
            if smtp.sock is not None:
                cut[:] = [smtp.sock]
        if self._server.user:
            smtp.login(self._server.user, self._server.password)
        _must(smtp.mail(self._sender), (250,))
        taken = [address for address in self._recipients if smtp.rcpt(address)[0] in (250, 251)]
        if not taken:
            return Receipt(at, "failed", "smtp: every mailbox was refused", road=True)
        self._handed_over = True
        code, _ = smtp.data(letter)
        with contextlib.suppress(smtplib.SMTPException, OSError):
            smtp.quit()
        if code == 250:
            missing = len(self._recipients) - len(taken)
            return Receipt(at, "accepted", "smtp 250" + (f", {missing} of the mailboxes refused" if missing else ""))
        return Receipt(at, "refused" if code >= 500 else "failed", f"smtp {code}")

    def _connected(self, cut: list[socket.socket]) -> smtplib.SMTP:
        """To the addresses that were judged, one after the other; the certificate is judged by the name."""
        server = self._server
        make = _PinnedTls if server.tls == "tls" else _Pinned
        for address in self._addresses:
            smtp = make(address, self._context, _domain(self._sender), min(STEP_SECONDS, self._seconds))
            smtp.opened = cut
            self._clients.append(smtp)
            try:
                _must(smtp.connect(server.host, server.port), (220,))
            except (OSError, smtplib.SMTPException):
                if address == self._addresses[-1]:
                    raise
            else:
                return smtp
        raise OSError("no address")


class _Pinned(smtplib.SMTP):
    """A client that connects to the address that was judged, whatever the name says by now."""

    def __init__(self, address: str, context: ssl.SSLContext, hello: str, seconds: float) -> None:
        self.address = address
        self.context = context
        self.opened: list[socket.socket] = []
        super().__init__(local_hostname=hello, timeout=seconds)

    def connect(self, host: str = "localhost", port: int = 0, source_address: object = None) -> tuple[int, bytes]:
        self._host = host  # by which a certificate is judged
        return super().connect(host, port)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = socket.create_connection((self.address, port), timeout)
        self.opened.append(plain)
        return plain


class _PinnedTls(_Pinned):
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        wrapped = self.context.wrap_socket(super()._get_socket(host, port, timeout), server_hostname=host)
        self.opened[:] = [wrapped]
        return wrapped


def _must(answer: tuple[int, bytes], codes: tuple[int, ...]) -> None:
    if answer[0] not in codes:
        raise smtplib.SMTPResponseException(answer[0], b"")


def _named(fault: Exception) -> str:
    """A fault by its kind: words of a server may repeat what it was sent."""
    return "no connection" if isinstance(fault, ConnectionRefusedError) else type(fault).__name__


def _cut(opened: Sequence[socket.socket]) -> None:
    """The time is up: whoever waits on the connection wakes."""
    for one in opened:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)


def _domain(address: str) -> str:
    return address.rpartition("@")[2]
