"""A real SMTP server on the loopback address, that misbehaves as its script says."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.alerts.receiver import CERTIFICATES, NAME


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class MailServer:
    """Keeps what it takes. `script`: an answer to each message in place of "250 OK"; "reset": it keeps the message and
    hangs up, "hang": it keeps it and never answers."""

    def __init__(
        self,
        script: Iterable[str] = (),
        *,
        tls: str = "none",
        login: tuple[str, str] | None = None,
        refuses: Iterable[str] = (),
        port: int = 0,
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self.script = iter(script)
        self.refuses = set(refuses)
        self.port = port or free_port()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / f"{NAME}.pem", CERTIFICATES / f"{NAME}.key")
        ways: dict[str, Any] = {}
        if tls == "tls":
            ways["ssl_context"] = context
        elif tls == "starttls":
            ways |= {"tls_context": context, "require_starttls": True}
        if login is not None:
            # its own word for TLS is STARTTLS alone
            ways |= {"authenticator": _Login(login), "auth_required": tls != "tls", "auth_require_tls": tls != "tls"}
        self._ways = ways

    def __enter__(self) -> Self:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **self._ways)
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        settle = asyncio.run_coroutine_threadsafe(asyncio.sleep(0.05), self._controller.loop)
        settle.result()  # connections that were broken off are let go before the loop ends
        self._controller.stop()

    @property
    def ids(self) -> list[str]:
        return [str(mail["Tocsin-Notice"]) for mail in self.mails]

    async def handle_RCPT(  # noqa: N802 - the name is the library's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return "550 no such mailbox, 13800138000"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        step = next(self.script, "250 OK")
        if step[:1] in ("4", "5"):
            return step
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        self.recipients.append(list(envelope.rcpt_tos))
        if step == "reset" and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        if step == "hang":
            await asyncio.sleep(30)
        return step if step.startswith("250") else "250 OK"


class _Login:
    def __init__(self, login: tuple[str, str]) -> None:
        self._login = login

    def __call__(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, auth_data: object
    ) -> AuthResult:
        assert isinstance(auth_data, LoginPassword)
        given = auth_data.login.decode(), auth_data.password.decode()
        return AuthResult(success=given == self._login, handled=False)
