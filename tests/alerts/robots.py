"""Stand-ins for the robots of DingTalk, WeCom and Feishu on the loopback address, as strict as their documents.

All answer 200 whatever they think of a message, with what they think inside. Nothing here is taken from the sender's
code: limits and signatures are written down a second time.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, bytes]
"""Status and body."""


def wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Robot(ABC):
    """One robot in one group. `heard`: (id of the notice, text) of what it showed; `clock`: ms, its own.

    `script`: answers to give in place of its own; "reset" hangs up after it has shown the message, "silent" shows and
    never answers.
    """

    TOKEN: ClassVar[str] = "7f3e0c5a9b"
    PATH: ClassVar[str]

    def __init__(
        self, secret: bytes = b"", *, clock: Callable[[], int] = wall_ms, script: Iterable[Answer | str] = ()
    ) -> None:
        self.secret = secret
        self.clock = clock
        self.script = iter(script)
        self.heard: list[tuple[str, str]] = []
        self.came: list[int] = []
        self.most = 0
        self.refused: list[int] = []
        self.banned_until = 0
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    @property
    def hook(self) -> str:
        """The whole address, as the group's settings show it."""
        return f"http://127.0.0.1:{self._server.server_port}{self.PATH}"

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

    def take(self, path: str, notice: str, body: bytes) -> Answer:
        with self.lock:
            code = self._judged(path, body)
            if code:
                self.refused.append(code)
            else:
                self.heard.append((notice, self.text(json.loads(body))))
        return 200, json.dumps(self.answer(code)).encode()

    def _judged(self, path: str, body: bytes) -> int:
        now = self.clock()
        if now < self.banned_until:
            return self.too_many()
        self.came = [at for at in self.came if at > now - 60_000]
        if len(self.came) >= self.per_minute():
            self.banned_until = now + self.ban_ms()
            return self.too_many()
        self.came.append(now)
        self.most = max(self.most, len(self.came))
        return self.judged(path, body, now)

    # each robot's own

    @abstractmethod
    def judged(self, path: str, body: bytes, now: int) -> int:
        """Its code for a message; 0: shown."""

    @abstractmethod
    def text(self, body: dict[str, Any]) -> str:
        """What it shows of a message."""

    def answer(self, code: int) -> dict[str, Any]:
        return {"errcode": code, "errmsg": "ok" if code == 0 else "it repeats what was sent: 13800138000"}

    @abstractmethod
    def too_many(self) -> int:
        """Its code for one message too many."""

    def per_minute(self) -> int:
        return 20

    def ban_ms(self) -> int:
        return 0


class DingTalkRobot(Robot):
    PATH = f"/robot/send?access_token={Robot.TOKEN}"

    def judged(self, path: str, body: bytes, now: int) -> int:
        asked = parse_qs(urlsplit(path).query)
        if asked.get("access_token") != [self.TOKEN]:
            return 300005
        if len(body) > 20_000:
            return 40035
        if self.secret:
            stamp = asked.get("timestamp", [""])[0]
            key = f"{stamp}\n{self.secret.decode()}".encode()
            right = base64.b64encode(hmac.new(self.secret, key, hashlib.sha256).digest()).decode()
            if asked.get("sign") != [right] or abs(now - int(stamp)) > 3_600_000:
                return 310000
        said = json.loads(body)
        return 0 if said.get("msgtype") == "text" and said["text"]["content"] else 400105

    def text(self, body: dict[str, Any]) -> str:
        return str(body["text"]["content"])

    def too_many(self) -> int:
        return 130101

    def ban_ms(self) -> int:
        return 600_000


class WeComRobot(Robot):
    PATH = f"/cgi-bin/webhook/send?key={Robot.TOKEN}"

    def judged(self, path: str, body: bytes, now: int) -> int:
        if parse_qs(urlsplit(path).query).get("key") != [self.TOKEN]:
            return 93000
        said = json.loads(body)
        if said.get("msgtype") not in ("text", "markdown"):
            return 40008
        bound = 2_048 if said["msgtype"] == "text" else 4_096
        return 40058 if len(self.text(said).encode()) > bound else 0

    def text(self, body: dict[str, Any]) -> str:
        return str(body[body["msgtype"]]["content"])

    def too_many(self) -> int:
        return 45009


class FeishuRobot(Robot):
    PATH = f"/open-apis/bot/v2/hook/{Robot.TOKEN}"

    def judged(self, path: str, body: bytes, now: int) -> int:
        if not path.endswith(self.TOKEN):
            return 19001
        if len(body) > 20 * 1024:
            return 9499
        said = json.loads(body)
        if self.secret:
            stamp = said.get("timestamp", "0")
            key = f"{stamp}\n{self.secret.decode()}".encode()
            right = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
            if said.get("sign") != right or abs(now // 1000 - int(stamp)) > 3_600:
                return 19021
        return 0 if said.get("msg_type") == "text" else 9499

    def text(self, body: dict[str, Any]) -> str:
        return str(body["content"]["text"])

    def answer(self, code: int) -> dict[str, Any]:
        return {"code": code, "msg": "success" if code == 0 else "it repeats what was sent", "data": {}}

    def too_many(self) -> int:
        return 11232

    def per_minute(self) -> int:
        return 100


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, robot: Robot) -> None:
        self.robot = robot
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A sender that is killed hangs up."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        robot = self.server.robot
        body = self.rfile.read(int(self.headers["Content-Length"]))
        step = next(robot.script, None)
        if isinstance(step, tuple):
            status, said = step
        else:
            status, said = robot.take(self.path, self.headers.get("Tocsin-Notice", ""), body)
            if step == "reset":
                self.connection.close()
                return
            if step == "silent":
                robot.closing.wait(30)
                return
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Quiet."""
