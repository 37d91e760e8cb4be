"""Desks: who hears an alert first, when they are there, and by which channels. Values only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal

ChannelKind = Literal["console", "jsonlines", "webhook", "email", "dingtalk", "wecom", "feishu", "alertmanager"]

Option = str | bool | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to a desk. Options by kind; a secret is always the NAME of a secret, never its value:

    console: none. jsonlines: `path` (a file name inside the runtime's data folder).
    webhook: `url`; `secret` ("" unsigned). alertmanager: `url`; `secret` (of the bearer token, "" none).
    email: `host`, `port`, `tls`, `sender`, `to`, `user`, `secret` (of the password).
    dingtalk, wecom, feishu: `hook` (of the robot's whole address); `secret` (of its signature, "" unsigned).
    All that connect: `private` (whether loopback and private addresses may be called).
    """

    name: str  # unique in the city: the desk's id and the kind
    kind: ChannelKind
    language: str  # of the texts it carries
    options: Mapping[str, Option] = field(default_factory=dict)
    standby: int = 0  # ms after which it stands in for the channel before it; 0: it is always told
    untaken: Mapping[str, int] = field(default_factory=dict)  # colour -> ms: told only what nobody has taken by then


@dataclass(frozen=True, slots=True)
class Shift:
    """A turn of duty in the desk's own zone: [start, end), over midnight where end <= start.

    `days`: the days on which it begins, 0 is Monday ... 6 is Sunday.
    """

    name: str
    start: str  # HH:MM
    end: str  # HH:MM
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Desk:
    """`clocks`: colour -> ms in which an alert must be taken; `budget`: alerts a shift, None: unbounded.

    `lapse`: ms after which what was taken and not closed is open again; 0: never.
    """

    id: str
    names: Mapping[str, str]  # language tag -> name
    zone: str
    areas: tuple[str, ...]  # roots of area subtrees
    categories: tuple[str, ...]  # roots of category subtrees
    channels: tuple[Channel, ...]  # first first
    parent: str = ""  # the desk that hears what this one leaves; "" none
    shifts: tuple[Shift, ...] = ()  # none: always there
    clocks: Mapping[str, int] = field(default_factory=dict)
    budget: int | None = None
    lapse: int = 0
    inhibit: bool = False  # whether what another alert explains is held
    mute: int = 86_400_000  # ms, the longest mute of its alerts


def roads(desk: Desk, called: Collection[str] = ()) -> tuple[list[str], Mapping[str, int]]:
    """Its channels that hear of an alert for which those of `called` were called, in order, and which of them stand in
    after how many ms. A channel that waits until nobody has taken the alert hears of it once it was called; what stands
    in for it, with it."""
    standby = {one.name: one.standby for one in desk.channels if one.standby}
    waiting = frozenset(one.name for one in desk.channels if one.untaken)
    return told([one.name for one in desk.channels], standby, waiting - frozenset(called)), standby


def told(channels: Iterable[str], standby: Collection[str], waiting: Collection[str]) -> list[str]:
    """Those of `channels` that hear: not those that are still `waiting`, nor what stands in for one of them."""
    heard: list[str] = []
    hears = False
    for name in channels:
        hears = hears if name in standby else name not in waiting
        heard += [name] if hears else []
    return heard


def road(desk: Desk, name: str) -> tuple[list[str], Mapping[str, int]]:
    """One of its channels, and what stands in for it."""
    every = [one.name for one in desk.channels]
    if name not in every:
        return [], {}
    behind = takewhile(lambda one: one.standby, desk.channels[every.index(name) + 1 :])
    return [name, *(one.name for one in behind)], {one.name: one.standby for one in desk.channels if one.standby}


@dataclass(frozen=True, slots=True)
class HeadWay:
    """Where the head of the desk's chain is sent. file: `path`, absolute. webhook: as of a channel."""

    kind: Literal["file", "webhook"]
    options: Mapping[str, str | bool]
