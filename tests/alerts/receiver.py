"""A real receiver of webhooks on the loopback address, that misbehaves as its script says."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple, Self

CERTIFICATES: Final = Path(__file__).parent / "certificates"
NAME: Final = "desk.example"


class Push(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Answers each push with the next step of its script, then 204.

    A step is a status, a status with headers, or one of "hang" (until the receiver closes), "reset" (after the
    push was read), "drip" (a byte of the answer at a time, for ever), "flood" (a body without end).
    """

    def __init__(self, script: Iterable[object] = (), *, tls: bool = False, port: int = 0) -> None:
        self.pushes: list[Push] = []
        self.script = iter(script)
        self.closing = threading.Event()
        self._server = _Server(self, port)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATES / f"{NAME}.pem", CERTIFICATES / f"{NAME}.key")
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    def __init__(self, receiver: Receiver, port: int) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that hangs up is what many of these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["Content-Length"]))
        receiver.pushes.append(Push(self.path, dict(self.headers.items()), body))
        step = next(receiver.script, 204)
        if step == "hang":
            receiver.closing.wait(30)
        elif step == "reset":
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()
        elif step == "drip":
            while not receiver.closing.wait(0.01):
                self.wfile.write(b"H")
        elif step == "flood":
            self._answer(200, {})
            while not receiver.closing.is_set():
                self.wfile.write(b"x" * 65_536)
        else:
            status, headers = step if isinstance(step, tuple) else (step, {})
            self._answer(status, headers)

    def _answer(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Quiet."""
