"""city.yaml: what holds for the whole city."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import PydanticCustomError

from alerts.chain import KEPT_LEAST_MS
from alerts.mutes import LOOK_BACK_MS
from rules.shown import MOST_SHOWN, finest_shown, shown
from rules.trees import Tree
from streams.city.durations import DAY, MINUTE, Duration, written
from streams.city.folder import Folder
from streams.city.names import check_written_names
from streams.city.schema import Code, Form, Names, Text, checked, matching
from streams.city.yaml import Document, Path, read_document
from streams.problems import LANGUAGES, START, Problems

FILE: Final = "city.yaml"


def _zone(name: str) -> str:
    if not known_zone(name):
        meant = get_close_matches(name, available_timezones(), n=1, cutoff=0.8) or ["Asia/Shanghai"]
        raise PydanticCustomError("zone-unknown", "unknown zone", {"zone": name, "guess": meant[0]})
    return name


@cache
def known_zone(name: str) -> bool:
    """Whether `name` is a time zone of the tz database. No path ever is."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return "/" in name or name == "UTC"


Zone = Annotated[Text, AfterValidator(_zone)]
CityName = Annotated[Text, AfterValidator(matching(r"[a-z][a-z0-9-]{0,39}", "city-name"))]


class CountsForm(Form):
    level: Code | None = Field(
        default=None, description="Finest level of areas whose counts are kept; default: the display level."
    )
    kept: Duration = Field(
        default=35 * DAY, description="Counts by the hour are kept this long (of days and weeks three years); 0s: none."
    )


class CityFile(Form):
    name: CityName = Field(description="The city's key in logs, topics and addresses; never changes.")
    names: Names = Field(description="Its name by language.")
    zone: Zone = Field(description="Time zone of calendar, shifts and screens, such as Asia/Shanghai.")
    languages: list[Text] = Field(
        default=["en", "zh-CN"], min_length=1, description="Languages in which every name and guidance is given."
    )
    area_levels: list[Code] = Field(min_length=1, description="Levels of the area tree, the root's first.")
    display_level: Code | None = Field(
        default=None, description="Finest level of areas in metrics and on the map; default: the finest there is."
    )
    counts: CountsForm = Field(
        default=CountsForm(), description="What pages and boards see of counts: by rule, area and hour."
    )
    colours: list[Code] = Field(
        default=["blue", "yellow", "orange", "red"], min_length=1, description="The ladder, lowest rank first."
    )
    lateness: Duration = Field(
        default=10 * MINUTE, description="An event that arrives later than this is too late; feeds may say their own."
    )
    skew: Duration = Field(default=5 * MINUTE, description="An event further ahead of its arrival than this is held.")
    horizon: Duration = Field(
        default=7 * DAY, description="Identities are remembered this long (duplicates, revisions)."
    )
    shadow_shifts: int = Field(
        default=14,
        ge=0,
        le=1_000,
        description="A candidate of a rule is promoted after so many whole shifts in shadow, or with a reason.",
    )
    retention: Duration = Field(default=400 * DAY, description="Frames are kept this long.")
    alerts_kept: Duration = Field(
        default=400 * DAY,
        description="An alert that is over and owed by nobody is kept this long; then it goes, with its notices.",
    )
    moves_kept: Duration = Field(
        default=400 * DAY, description="The chain of moves is kept this long; never less than 180d."
    )


LEAST: Final = (
    ("retention", DAY, "≥ 1d"),
    ("alerts_kept", LOOK_BACK_MS, "≥ 90d"),  # so far back it is told what a mute would hide
    ("moves_kept", KEPT_LEAST_MS, "≥ 180d"),
)
_STAND_IN: Final[dict[str, Any]] = {"name": "city", "names": {"en": "City"}, "zone": "UTC", "area_levels": ["city"]}
_UNKNOWN: Final[dict[str, Any]] = {"names": {}, "languages": [], "area_levels": [], "colours": []}
NOTHING_KNOWN: Final = CityFile.model_validate(_STAND_IN).model_copy(update=_UNKNOWN)
"""Stands for a city whose file cannot be read: other files are still checked, but not against it."""


def read_city_file(folder: Folder) -> tuple[CityFile, bool]:
    """The file, and whether it is whole. Where it is not, what is wrong was said, and the readable parts remain."""
    document = read_document(folder, FILE)
    if document is None:
        return NOTHING_KNOWN, False
    before = len(folder.problems)
    city = checked(document, CityFile, folder.problems)
    if city is None:
        return _readable_parts(document), False
    _check(document, city, folder.problems)
    if not set(city.languages) <= set(LANGUAGES):
        city = city.model_copy(update={"languages": []})  # or every name would be missing in it
    return city, len(folder.problems) == before


def _readable_parts(document: Document) -> CityFile:
    """Each key by itself: one that is wrong or missing leaves the others known."""
    written = document.value if isinstance(document.value, dict) else {}
    try:
        CityFile.model_validate(written)
    except ValidationError as fault:
        wrong = {str(error["loc"][0]) for error in fault.errors() if error["loc"]} | (_STAND_IN.keys() - written.keys())
    else:
        wrong = set()
    known = {key: value for key, value in written.items() if key not in wrong}
    city = CityFile.model_validate({**_STAND_IN, **known})
    return city.model_copy(update={key: getattr(NOTHING_KNOWN, key) for key in wrong & _UNKNOWN.keys()})


def _check(document: Document, city: CityFile, problems: Problems) -> None:
    """What one model cannot see: languages of the house, levels and colours named twice, times that contradict."""

    def say(path: Path, message: str, **values: object) -> None:
        problems.say(FILE, document.place(path), message, **values)

    for number, language in enumerate(city.languages):
        if language not in LANGUAGES:
            say(("languages", number), "language-unknown", language=language, known=list(LANGUAGES))
    for key in ("languages", "area_levels", "colours"):
        words: list[str] = getattr(city, key)
        for number in (n for n, word in enumerate(words) if word in words[:n]):
            say((key, number), "listed-twice", value=words[number])
    levels: list[tuple[Path, str | None]] = [
        (("display_level",), city.display_level),
        (("counts", "level"), city.counts.level),
    ]
    for path, level in levels:
        if level is not None and level not in city.area_levels:
            say(path, "level-unknown", level=level, known=city.area_levels)
    if city.horizon < city.lateness:
        say(("horizon",), "horizon-short", horizon=written(city.horizon), lateness=written(city.lateness))
    for key, least, bound in LEAST:
        if (given := getattr(city, key)) < least:
            say((key,), "out-of-bounds", value=written(given), bound=bound)
    if set(city.languages) <= set(LANGUAGES):
        check_written_names(document, ("names",), city.name, city.names, city.languages, problems)


def display_level(city: CityFile, areas: Tree) -> str:
    """The finest level whose areas, with all above, stay within MOST_SHOWN; or the one that the city names."""
    if city.display_level is not None:
        return city.display_level
    return finest_shown(areas)


def counts_level(city: CityFile, areas: Tree) -> str:
    """The finest level whose counts are kept; "" where none are."""
    return (city.counts.level or display_level(city, areas)) if city.counts.kept else ""


def check_display(folder: Folder, city: CityFile, areas: Tree) -> None:
    """Every shown area is a value of a metric's label, and a row an hour and rule: there must not be too many."""
    levels: dict[Path, str | None] = {
        ("display_level",): city.display_level,
        ("counts", "level"): city.counts.level,
    }
    for path, level in levels.items():
        if level in areas.levels and (count := shown(areas, str(level))) > MOST_SHOWN:
            document = read_document(folder, FILE)
            place = document.place(path) if document else START
            folder.problems.say(FILE, place, "display-too-fine", level=level, count=count, most=MOST_SHOWN)
