"""From what a desk says of its channels to the channels themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alerts.channels.alertmanager import AlertmanagerChannel
from alerts.channels.console import ConsoleChannel
from alerts.channels.dingtalk import DingTalk
from alerts.channels.email import EmailChannel, MailServer, Tls
from alerts.channels.feishu import Feishu
from alerts.channels.jsonlines import JsonLinesChannel
from alerts.channels.port import Channel
from alerts.channels.post import Post
from alerts.channels.robot import Kind, RobotChannel
from alerts.channels.webhook import WebhookChannel
from alerts.channels.wecom import WeCom
from alerts.desks import Option
from alerts.words import take_it

Options = Mapping[str, Option]
Secrets = Callable[[str], bytes]
"""The secret under a name. Raises KeyError where there is none."""


@dataclass(frozen=True, slots=True)
class Road:
    """All that a channel is made of. `folder` holds the files of channels; `language` is a tag such as zh-CN."""

    name: str
    options: Options
    language: str
    folder: Path
    secrets: Secrets

    def text(self, key: str) -> str:
        value = self.options.get(key)
        if not isinstance(value, str) or not value:
            raise ValueError(f"it needs {key}")
        return value

    @property
    def private(self) -> bool:
        return self.options.get("private") is True

    def secret(self, key: str) -> bytes:
        """What lies under the secret that the option names; b"" where it names none."""
        wanted = self.options.get(key)
        if not isinstance(wanted, str) or not wanted:
            return b""
        try:
            return self.secrets(wanted)
        except KeyError:
            raise ValueError(f"there is no secret called {wanted}") from None


def open_channel(name: str, kind: str, options: Options, *, language: str, folder: Path, secrets: Secrets) -> Channel:
    """The channel called `name`; `language` is used where its options name none.

    Raises ValueError, one sentence for people, where it cannot be opened.
    """
    make = KINDS.get(kind)
    if make is None:
        raise ValueError(f"{name}: {kind} is no channel; take one of {', '.join(sorted(KINDS))}")
    road = Road(name, options, str(options.get("language") or language), folder, secrets)
    try:
        return make(road)
    except ValueError as fault:
        raise ValueError(f"{name}: {fault}") from fault


def _console(road: Road) -> Channel:
    return ConsoleChannel(road.name, road.language)


def _jsonlines(road: Road) -> Channel:
    path = (road.folder / road.text("path")).resolve()
    if not path.is_relative_to(road.folder.resolve()):
        raise ValueError("its file must lie inside the data folder; give a path without ..")
    return JsonLinesChannel(road.name, path, road.language)


def _webhook(road: Road) -> Channel:
    road.text("secret")
    secret = road.secret("secret")
    return WebhookChannel(road.name, road.text("url"), secret, language=road.language, private=road.private)


def _alertmanager(road: Road) -> Channel:
    token = road.secret("secret")
    return AlertmanagerChannel(road.name, road.text("url"), token, language=road.language, private=road.private)


def _email(road: Road) -> Channel:
    port, to, user = road.options.get("port", 587), road.options.get("to"), road.options.get("user", "")
    if not isinstance(port, int) or not isinstance(to, tuple) or not to or not isinstance(user, str):
        raise ValueError("it needs a port and mailboxes to write to")
    if user:
        road.text("secret")
    tls: Tls = next((kind for kind in TLS if kind == road.options.get("tls")), "starttls")
    password = road.secret("secret").decode("utf-8", errors="replace")
    server = MailServer(road.text("host"), port, tls, user, password, road.private)
    return EmailChannel(
        road.name, server, road.text("sender"), to, language=road.language, take_it=take_it(road.language)
    )


def _robot(make: Callable[[bytes], Kind]) -> Callable[[Road], Channel]:
    def opened(road: Road) -> Channel:
        wanted = road.text("hook")
        try:
            post = Post(road.secret("hook").decode("ascii"), private=road.private)
        except (ValueError, UnicodeDecodeError) as fault:
            if str(fault).startswith("there is no secret"):
                raise
            what = "must hold the robot's whole address, beginning with https://"  # never what it holds
            raise ValueError(f"the secret {wanted} {what}") from None
        kind = make(road.secret("secret"))
        return RobotChannel(road.name, kind, post, language=road.language, take_it=take_it(road.language))

    return opened


TLS: Final[tuple[Tls, ...]] = ("starttls", "tls", "none")

KINDS: Final[Mapping[str, Callable[[Road], Channel]]] = {
    "alertmanager": _alertmanager,
    "console": _console,
    "dingtalk": _robot(DingTalk),
    "email": _email,
    "feishu": _robot(Feishu),
    "jsonlines": _jsonlines,
    "webhook": _webhook,
    "wecom": _robot(lambda _: WeCom()),
}
