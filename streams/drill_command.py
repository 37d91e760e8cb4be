"""`tocsin drill`: from the door to the desk and back, with events that say that they are an exercise."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Annotated, Final

import httpx2
import msgspec
import typer

from alerts.alert import Alert
from alerts.export import rfc3339
from rules.exercises import LEAST
from rules.signals import EXERCISE_RULE
from rules.trees import Tree
from streams.arguments import CityFolder, DataFolder, settings_of
from streams.asking import asking
from streams.city import City
from streams.clock import WallClock
from streams.contract import Event
from streams.messages import SpokenError, say
from streams.opened import city_of, store_beside
from streams.settings import Settings

SOURCE: Final = "tocsin-drill"
SAID_SECONDS: Final = 60
PAUSE_SECONDS: Final = 0.5
DAY_MS: Final = 86_400_000
"""A drill may go on where another one has just begun; no exercise runs for longer."""
_LETTERS: Final = str.maketrans("0123456789", "ghijklmnop")
"""So that no id of a drill looks like a number of somebody."""


def drill_command(
    city: CityFolder,
    url: Annotated[str | None, typer.Option("--url", help="Where it is served; else as the settings say.")] = None,
    area: Annotated[str, typer.Option("--area", help="Else the first of areas.csv without one below it.")] = "",
    category: Annotated[str, typer.Option("--category", help="Else the first of categories.yaml likewise.")] = "",
    answer: Annotated[int, typer.Option("--answer", min=0, help="Wait so many seconds until somebody takes it.")] = 0,
    data: DataFolder = None,
) -> None:
    """Drill: send events marked as an exercise, and report when which desk was told, how, and who took it.

    Served over http by `tocsin serve` with the same data folder or database. It is counted nowhere.
    """
    settings = settings_of(data=data)
    read, clock = city_of(city, settings.language), WallClock()
    where = _node(read, read.book.areas, area, "area")
    what = _node(read, read.book.categories, category, "category")
    feed = _feed(read, where)
    begun = clock.now()
    url = url or _address(settings)
    _send(url, settings, read, feed, where, what, begun)
    _tell(settings, "drill-sent", count=LEAST, feed=feed, area=where, category=what)
    alert = _said(settings, read, where, what, begun)
    if alert is None:
        raise SpokenError("drill-unsaid", seconds=SAID_SECONDS, folder=city, url=url)
    told = alert.moves[0].wall_at
    _tell(settings, "drill-said", seconds=_seconds(begun, told), desk=alert.desk, url=url.rstrip("/"), alert=alert.id)
    _tell_notices(settings, read, alert)
    taken = _taken(settings, read, alert, answer)
    if taken is None:
        _tell(settings, "drill-untaken")
    else:
        _tell(settings, "drill-taken", desk=taken.duty.desk, seconds=_seconds(told, taken.duty.taken_at))


def _address(settings: Settings) -> str:
    """Where this machine serves, as the settings have it."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - not to listen there
    scheme = "http" if settings.certificate is None else "https"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _node(city: City, tree: Tree, code: str, kind: str) -> str:
    """A node of a tree that was named, or else the first that has none below it. Raises SpokenError."""
    if not code:
        return next(node.code for node in tree.nodes if not tree.children.get(node.code))
    if code not in tree.by_code:
        file = "areas.csv" if kind == "area" else "categories.yaml"
        raise SpokenError("drill-no-node", what=code, city=city.name, tree=kind, file=file)
    return code


def _feed(city: City, area: str) -> str:
    """The first feed that takes events as the contract has them, of this area. Raises SpokenError."""
    tree = city.book.areas
    for name, feed in city.feeds.items():
        reaches = not feed.areas or any(root in tree.by_code and tree.holds(root, area) for root in feed.areas)
        if feed.comes.push and feed.format == "contract" and reaches:
            return name
    raise SpokenError("drill-no-feed", city=city.name)


def _send(url: str, settings: Settings, city: City, feed: str, area: str, category: str, begun: int) -> None:
    """Raises SpokenError where not all of them are taken."""
    file = city.feeds[feed]
    at = rfc3339(begun // 1000 * 1000)
    drawn = f"{begun:x}".translate(_LETTERS)
    events = [
        Event(
            id=f"drill-{drawn}-{n}", source=file.source or SOURCE, kind=file.kind, category=category, area=area,
            occurred_at=at, exercise=True,
        )
        for n in range(LEAST)
    ]  # fmt: skip
    try:
        with asking(settings.token.get_secret_value()) as client:
            place = f"{url.rstrip('/')}/v1/events"
            found = client.post(
                place,
                params={"city": city.name, "feed": feed},
                content=b"\n".join(msgspec.json.encode(event) for event in events),
                headers={"Content-Type": "application/x-ndjson"},
                timeout=SAID_SECONDS,
            )
            taken = found.json().get("accepted", 0) if found.status_code == httpx2.codes.ACCEPTED else 0
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as fault:
        raise SpokenError("drill-unsent", url=url, why=type(fault).__name__) from None
    if taken != LEAST:
        raise SpokenError("drill-unsent", url=url, why=f"{found.status_code}, {taken} of {LEAST}")


def _said(settings: Settings, city: City, area: str, category: str, begun: int) -> Alert | None:
    """The alert of the exercise, once its desk was told of it; None where that takes too long."""

    def found() -> Alert | None:
        with store_beside(city.name, settings) as store:
            mine = [
                alert
                for alert in store.between(begun - DAY_MS, begun + DAY_MS, rule=EXERCISE_RULE)
                if (alert.signal.area, alert.signal.category) == (area, category)
                and alert.moves
                and alert.signal.last >= begun // 1000 * 1000
            ]
        return mine[-1] if mine else None

    return _awaited(found, SAID_SECONDS)


def _taken(settings: Settings, city: City, alert: Alert, seconds: int) -> Alert | None:
    """The alert once somebody has it; None where nobody takes it in time."""

    def found() -> Alert | None:
        with store_beside(city.name, settings) as store:
            now = store.alert(alert.id)
        return now if now is not None and now.duty.taken_at else None

    return _awaited(found, seconds)


def _awaited(look: Callable[[], Alert | None], seconds: int) -> Alert | None:
    """What `look` finds within `seconds`; it looks once at least."""
    for _ in range(round(seconds / PAUSE_SECONDS)):
        found = look()
        if found is not None:
            return found
        time.sleep(PAUSE_SECONDS)
    return look()


def _tell_notices(settings: Settings, city: City, alert: Alert) -> None:
    """Each notice as it stands just now."""
    with store_beside(city.name, settings) as store:
        notices = store.notices_of(alert.id)
    for notice in notices:
        _tell(settings, "drill-notice", channel=notice.channel, state=notice.state)
    if not notices:
        _tell(settings, "drill-no-notice")


def _seconds(since: int, until: int) -> int:
    return max(0, round((until - since) / 1000))


def _tell(settings: Settings, word: str, **values: object) -> None:
    typer.echo(say(word, settings.language, **values))
