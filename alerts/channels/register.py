"""From what a desk says of its channels to the channels themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alerts.channels.console import ConsoleChannel
from alerts.channels.jsonlines import JsonLinesChannel
from alerts.channels.port import Channel
from alerts.channels.webhook import WebhookChannel

Options = Mapping[str, str | bool]
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
    wanted = road.text("secret")
    try:
        secret = road.secrets(wanted)
    except KeyError as fault:
        raise ValueError(f"there is no secret called {wanted}") from fault
    private = road.options.get("private") is True
    return WebhookChannel(road.name, road.text("url"), secret, language=road.language, private=private)


KINDS: Final[Mapping[str, Callable[[Road], Channel]]] = {
    "console": _console,
    "jsonlines": _jsonlines,
    "webhook": _webhook,
}
