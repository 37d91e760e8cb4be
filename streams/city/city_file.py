"""city.yaml: what holds for the whole city."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from streams.city.durations import DAY, MINUTE, Duration
from streams.city.schema import Code, Form, Names, Text
from streams.city.yaml import Document
from streams.problems import LANGUAGES, Problems

FILE: Final = "city.yaml"


def _zone(name: str) -> str:
    if not known_zone(name):
        raise PydanticCustomError("zone-unknown", "unknown zone", {"zone": name})
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
CityName = Annotated[str, StringConstraints(strict=True, pattern=r"^[a-z][a-z0-9-]{0,39}$")]


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
    retention: Duration = Field(default=400 * DAY, description="Frames are kept this long.")


def check_city(document: Document, city: CityFile, problems: Problems) -> None:
    """What one model cannot see: languages of the house, levels and colours named twice."""

    def say(path: tuple[str | int, ...], message: str, /, **values: object) -> None:
        problems.say(document.file, document.place(path), message, **values)

    for number, language in enumerate(city.languages):
        if language not in LANGUAGES:
            say(("languages", number), "language-unknown", language=language, known=list(LANGUAGES))
    for key in ("languages", "area_levels", "colours"):
        words: list[str] = getattr(city, key)
        for number, word in enumerate(words):
            if word in words[:number]:
                say((key, number), "listed-twice", value=word)
    if city.display_level is not None and city.display_level not in city.area_levels:
        say(("display_level",), "level-unknown", level=city.display_level, known=city.area_levels)
