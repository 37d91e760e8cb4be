"""Pages and their live parts: templates filled with what a source says just now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from alerts.alert import Alert
from alerts.console.board import board
from alerts.console.card import card
from alerts.console.desk import DeskFigures
from alerts.console.duty import DutyFigures
from alerts.console.handover import HandoverFigures
from alerts.console.naming import Names
from alerts.console.source import BoardSource
from alerts.console.speech import LANGUAGE_LABELS, LANGUAGES, Speech, catalogue, number_in
from alerts.console.where import map_figures
from alerts.notice import compose
from alerts.words import notice_title

ROOM: Final = Path(__file__).parent
TEMPLATES: Final = ROOM / "templates"
STATIC: Final = ROOM / "static"
THEMES: Final = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: a language and a theme. `account`: whether there is a session that can be left; `desk`: whether the
    desk's page is open to him; `held`: how many alerts are kept back there, `explained` of them because another alert
    explains them; `rooms`: the pages of a city that are open to him beside its board."""

    language: str
    theme: str = "auto"
    account: bool = False
    desk: bool = False
    held: int = 0
    rooms: frozenset[str] = frozenset()
    explained: int = 0


@cache
def asset(name: str) -> str:
    """The address of a static file, with its content in it: browsers may keep it for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = catalogue(language)
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # the i18n extension adds it
        words.gettext, words.ngettext, newstyle=True
    )
    plural = cast("Callable[..., str]", environment.globals["ngettext"])

    @pass_context
    def counted(context: Context, one: str, many: str, n: int, /, **given: object) -> str:
        """As jinja2 has it, the number in it written like every other number of the page."""
        return plural(context, one, many, n, num=number_in(language, n), **given)

    environment.globals["ngettext"] = counted
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "separators": (",", ":")}
    environment.globals["asset"] = asset
    return environment


def _render(template: str, language: str, values: Mapping[str, Any]) -> str:
    return _environment(language).get_template(template).render(values)


def offered(source: BoardSource) -> tuple[str, ...]:
    """The languages that both the city and the console speak."""
    ours = tuple(tag for tag in source.city().languages if tag in LANGUAGES)
    return ours or LANGUAGES[:1]


def _frame(source: BoardSource, reader: Reader, cities: Mapping[str, BoardSource]) -> dict[str, Any]:
    city, now = source.city(), source.now()
    speech = Speech(reader.language, ZoneInfo(city.zone))
    names = Names(city, speech)
    return {
        "city": city,
        "say": speech,
        "names": names,
        "now": now,
        "area_count": sum(1 for kids in city.book.areas.children.values() if not kids),
        "reader": reader,
        "who": reader.account,
        "floor": reader.desk,
        "themes": THEMES,
        "languages": [(tag, LANGUAGE_LABELS[tag]) for tag in offered(source)],
        "cities": [(name, Names(other.city(), speech).here()) for name, other in cities.items()],
        "version": source.version(),
    }


def _board_values(source: BoardSource, frame: dict[str, Any]) -> dict[str, Any]:
    names, now = frame["names"], frame["now"]
    figures = board(frame["city"], names, source.alerts(now), source.feeds(), now)
    has_map = source.shapes() is not None
    return {**frame, "board": figures, "map": map_figures(figures, names) if has_map else None}


def board_page(source: BoardSource, reader: Reader, cities: Mapping[str, BoardSource]) -> str:
    return _render("board.html", reader.language, _board_values(source, _frame(source, reader, cities)))


def board_part(source: BoardSource, reader: Reader) -> str:
    """What the board's stream sends: its title, its clock, and everything below the header."""
    return _render("board_part.html", reader.language, _board_values(source, _frame(source, reader, {})))


Desk = tuple[Callable[[Names], DutyFigures], int]
"""The duty of an alert in the reader's names, and the desk's clock (ms UTC), which is not the city's in a replay."""


def outcomes_in(speech: Speech) -> dict[str, str]:
    """What an officer may find an alert to be, in words."""
    return {
        "confirmed": speech.gettext("Confirmed"),
        "expected": speech.gettext("Expected: known beforehand"),
        "not_real": speech.gettext("Not real"),
        "data_fault": speech.gettext("Fault of the data"),
        "cannot_tell": speech.gettext("Cannot tell"),
    }


def _alert_values(source: BoardSource, alert: Alert, frame: dict[str, Any], desk: Desk | None) -> dict[str, Any]:
    names = frame["names"]
    return {
        **frame,
        "card": card(alert, names, source.feeds(), frame["now"]),
        "desk": desk[0](names) if desk else None,
        "desk_now": desk[1] if desk else 0,
        "outcomes": outcomes_in(frame["say"]),
    }


def alert_page(
    source: BoardSource,
    alert: Alert,
    reader: Reader,
    cities: Mapping[str, BoardSource],
    desk: Desk | None = None,
    said: str = "",
    typed: Mapping[str, str] | None = None,
) -> str:
    """`said`: what became of a move, where it was not made; `typed`: what stood in its form."""
    values = _alert_values(source, alert, _frame(source, reader, cities), desk)
    return _render("alert.html", reader.language, {**values, "said": said, "typed": typed or {}})


def alert_part(source: BoardSource, alert: Alert, reader: Reader, desk: Desk | None = None) -> str:
    return _render("alert_part.html", reader.language, _alert_values(source, alert, _frame(source, reader, {}), desk))


Floor = tuple[Callable[[Names, BoardSource], DeskFigures], int, bool]
"""What the desk's page shows in the reader's names, the desk's clock (ms UTC), and whether its reader may move."""


def _desk_values(
    source: BoardSource, reader: Reader, cities: Mapping[str, BoardSource], floor: Floor
) -> dict[str, Any]:
    frame = _frame(source, reader, cities)
    return {**frame, "desk": floor[0](frame["names"], source), "desk_now": floor[1], "moves": floor[2]}


def desk_page(
    source: BoardSource,
    reader: Reader,
    cities: Mapping[str, BoardSource],
    floor: Floor,
    areas: Sequence[str],
    said: str = "",
    typed: Mapping[str, str] | None = None,
) -> str:
    """`areas`: codes that the reader may name in a form; `said`: what became of one; `typed`: what stood in it."""
    values = _desk_values(source, reader, cities, floor)
    return _render("desk.html", reader.language, {**values, "areas": areas, "said": said, "typed": typed or {}})


def desk_part(source: BoardSource, reader: Reader, floor: Floor) -> str:
    return _render("desk_part.html", reader.language, _desk_values(source, reader, {}, floor))


Sheet = Callable[[Names], Mapping[str, Any]]
"""What a page beside board, card and desk shows, in the reader's names (`alerts.console.sheets`)."""


def sheet_page(
    source: BoardSource, reader: Reader, cities: Mapping[str, BoardSource], sheet: Sheet, said: str = ""
) -> str:
    """`said`: what became of a form that was sent from it."""
    frame = _frame(source, reader, cities)
    return _render("sheet.html", reader.language, {**frame, **sheet(frame["names"]), "said": said})


def sheet_part(source: BoardSource, reader: Reader, sheet: Sheet) -> str:
    frame = _frame(source, reader, {})
    return _render("sheet_part.html", reader.language, {**frame, **sheet(frame["names"])})


def piece(template: str, source: BoardSource, reader: Reader, sheet: Sheet) -> str:
    """A part of a page that is asked for by itself."""
    frame = _frame(source, reader, {})
    return _render(template, reader.language, {**frame, **sheet(frame["names"])})


Turned = Callable[[Names], tuple[HandoverFigures | None, int]]
"""A hand-over in the reader's names, None: his is no desk; and the desk's clock, ms UTC."""


def _handover_values(
    source: BoardSource, reader: Reader, cities: Mapping[str, BoardSource], turned: Turned
) -> dict[str, Any]:
    frame = _frame(source, reader, cities)
    figures, desk_now = turned(frame["names"])
    return {**frame, "turned": figures, "desk_now": desk_now, "outcomes": outcomes_in(frame["say"])}


def handover_page(
    source: BoardSource,
    reader: Reader,
    cities: Mapping[str, BoardSource],
    turned: Turned,
    said: str = "",
    note: str = "",
) -> str:
    """`said`: why a form was not kept; `note`: what stood in it."""
    values = _handover_values(source, reader, cities, turned)
    return _render("handover.html", reader.language, {**values, "said": said, "note": note})


def handover_part(source: BoardSource, reader: Reader, turned: Turned) -> str:
    return _render("handover_part.html", reader.language, _handover_values(source, reader, {}, turned))


def login_page(reader: Reader, said: str = "") -> str:
    """`said`: why the last try was refused."""
    return _render("login.html", reader.language, {"reader": reader, "themes": THEMES, "said": said})


def password_page(reader: Reader, said: str = "") -> str:
    """`said`: why the last try was refused."""
    return _render("password.html", reader.language, {"reader": reader, "themes": THEMES, "said": said})


def trouble_page(status: int, reader: Reader, said: str = "") -> str:
    """A page for what is not there or could not be read, or is refused, with the words for it; it needs no source."""
    values = {"status": status, "said": said, "reader": reader, "themes": THEMES}
    return _render("trouble.html", reader.language, values)


def take_page(state: str, reader: Reader, source: BoardSource | None, alert: Alert | None) -> str:
    """What a signed link leads to: a question, or what came of it. Without `alert`, nothing of any alert is shown."""
    heading = ""
    if source is not None and alert is not None:
        reason = alert.moves[-1].reason if alert.moves else "first"
        heading = notice_title(compose(alert, reason, alert.desk, "", 0), source.city().book, reader.language)
    values = {"state": state, "heading": heading, "alert_id": alert.id if alert is not None else "", "reader": reader}
    return _render("take.html", reader.language, {**values, "themes": THEMES})


def shapes_file(source: BoardSource, language: str) -> bytes | None:
    """The city's shapes with code and name in `language`; every other property is dropped.

    Raises ValueError where the source's shapes are no GeoJSON.
    """
    shapes = source.shapes()
    if shapes is None:
        return None
    city = source.city()
    names = Names(city, Speech(language, ZoneInfo(city.zone)))
    features = [
        {
            "type": "Feature",
            "properties": {"code": str(code), "name": names.area(str(code))},
            "geometry": feature["geometry"],
        }
        for feature in json.loads(shapes)["features"]
        if (code := feature["properties"].get("code")) is not None
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
