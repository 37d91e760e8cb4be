"""The blocks of a feed's file: texts, times, look-ups, tests. What `spec.py` puts together."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    model_validator,
)

from streams.feeds.durations import Duration, duration
from streams.feeds.formats import problem_with
from streams.feeds.patterns import tries_for_ever
from streams.feeds.times import Never, Twice

DAY_MS: Final = 86_400_000


class Part(BaseModel):
    """What every block of a feed file shares: unknown keys are mistakes, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as fault:
        raise ValueError(f"the pattern cannot be read: {fault}") from None
    if tries_for_ever(pattern):
        raise ValueError("a repeat within a repeat may look at one text for ever: give nothing back inside, as [a-z]++")
    return pattern


def _inside(path: str) -> str:
    if path.startswith(("/", "~")) or "\\" in path or ".." in path.split("/") or not path.strip():
        raise ValueError("the path must lie inside the city's folder")
    return path


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("no time zone of this name; write one such as America/New_York or Asia/Shanghai") from None
    return name


def _known_format(form: str) -> str:
    problem = problem_with(form)
    if problem:
        raise ValueError(f"the time format cannot be used: {problem}")
    return form


def _below_a_day(at: int) -> int:
    if at >= DAY_MS:
        raise ValueError("a time of day lies below 24h")
    return at


def _as_column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


def as_list(value: object) -> object:
    return value if isinstance(value, list | tuple) else [value]


TimeOfDay = Annotated[Duration, AfterValidator(_below_a_day)]
Pattern = Annotated[str, AfterValidator(_compiles)]
PathInside = Annotated[str, AfterValidator(_inside)]
ZoneName = Annotated[str, AfterValidator(_known_zone)]
TimeFormat = Annotated[str, AfterValidator(_known_format)]


class Take(Part):
    """A text out of a record: a column, or several joined, or what a pattern finds in it."""

    column: str | None = Field(None, description="The column, or for JSON the path with dots: `caller.area`.")
    columns: list[str] | None = Field(None, description="Several columns, joined by `join`, in place of `column`.")
    join: str = Field(" ", description="What stands between joined columns.")
    pattern: Pattern | None = Field(
        None, description="Regular expression; its first group (or all of it) is the text. No match: empty."
    )
    case: Literal["upper", "lower"] | None = Field(None, description="Change the text to this case.")

    @model_validator(mode="after")
    def _one_source(self) -> Take:
        if (self.column is None) == (self.columns is None):
            raise ValueError("give either `column` or `columns`")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are read."""
        return (self.column,) if self.column is not None else tuple(self.columns or ())


Text = Annotated[Take, BeforeValidator(_as_column)]


class TimeTake(Take):
    """A time out of a record; formats and zone as in `times`, where not given here."""

    formats: Annotated[list[TimeFormat], BeforeValidator(as_list)] | None = Field(
        None, description="Formats tried in turn; in place of `times.formats`."
    )
    zone: ZoneName | None = Field(None, description="Time zone of local times; in place of `times.zone`.")
    day_at: TimeOfDay | None = Field(None, description="Time of day of a date alone; in place of `times.day_at`.")


Time = Annotated[list[Annotated[TimeTake, BeforeValidator(_as_column)]], BeforeValidator(as_list), Field(min_length=1)]
"""One time, or several tried in turn: the first that can be read."""


class Times(Part):
    """How this feed writes times."""

    formats: Annotated[list[TimeFormat], BeforeValidator(as_list)] = Field(
        ["rfc3339"], description="strptime formats, or rfc3339, iso_local, epoch_s, epoch_ms; tried in turn."
    )
    zone: ZoneName | None = Field(None, description="Zone of times without an offset; else the city's zone.")
    twice: Twice = Field("earlier", description="A local time that occurs twice when clocks go back.")
    never: Never = Field("forward", description="A local time skipped when clocks go forward: moved on, or refused.")
    day_at: TimeOfDay = Field(
        0, description="Time of day, from midnight, of a format without one. `12h` puts dates at noon."
    )


def _is_address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@?#][^\s@#]*", text):
        raise ValueError("it is no address: write one such as https://works.example.org/open.json, without an account")
    return text


def _is_secret_name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", text):
        raise ValueError("it is no name of a secret: small letters, digits and _; the secret itself never stands here")
    return text


class Comes(Part):
    """How the feed comes. Exactly one of the five."""

    push: StrictBool = Field(False, description="By HTTP: POST /v1/events.")
    file: PathInside | None = Field(None, description="A file that grows.")
    folder: PathInside | None = Field(None, description="A folder into which files are put.")
    topic: str | None = Field(None, description="A Kafka topic of raw records.")
    url: Annotated[str, AfterValidator(_is_address)] | None = Field(
        None, description="An address that is polled; https, or http if `private`."
    )
    every: Annotated[Duration, Field(ge=1000)] = Field(duration("5m"), description="How often `url` is polled.")
    secret: Annotated[str, AfterValidator(_is_secret_name)] | None = Field(
        None, description="Name of the secret that is the bearer token for `url`."
    )
    private: StrictBool = Field(False, description="Whether `url` may lie at loopback and private addresses.")

    @model_validator(mode="after")
    def _one_way(self) -> Comes:
        ways = [self.push, self.file, self.folder, self.topic, self.url]
        if sum(bool(way) for way in ways) != 1:
            raise ValueError("name exactly one of push, file, folder, topic and url")
        if self.url is None and (self.secret or self.private):
            raise ValueError("`secret` and `private` belong to `url`")
        if self.url is not None and self.url.startswith("http:") and not self.private:
            raise ValueError("the address is not https: use https, or say `private: true` for a private network")
        return self


class Csv(Part):
    """How the CSV is written."""

    delimiter: str = Field(",", min_length=1, max_length=1, description="What stands between cells.")
    header: list[str] | None = Field(None, description="The columns' names, where the file's first line has none.")
    encoding: Literal["utf-8", "gb18030", "latin-1"] = Field("utf-8", description="How the file is encoded.")


class Json(Part):
    """Where the records lie in a JSON document."""

    records: str = Field(
        "", description="Path with dots to the records, through lists where there are any; empty: the document itself."
    )
    above: dict[str, str] = Field(
        default_factory=dict,
        description="What stands above the records, in their envelope: the name of a column, and the path to it.",
    )

    @model_validator(mode="after")
    def _beside_the_records(self) -> Json:
        if self.above and not self.records:
            raise ValueError("nothing stands above records that are the document itself: say where the `records` lie")
        way = f"{self.records}."
        if any(way.startswith(f"{path}.") or path.startswith(way) for path in self.above.values()):
            raise ValueError("a path in `above` leads to the records themselves, not to what stands beside the way")
        return self


class Match(Part):
    """A pattern and the code it leads to."""

    pattern: Pattern = Field(description="Regular expression that is searched in the text.")
    code: str = Field(description="The code of the tree.")


class Step(Part):
    """One way from a record to a code of the tree. Exactly one way a step; the first step that fits decides."""

    column: str | None = Field(None, description="The column, or path, whose text is looked up.")
    columns: list[str] | None = Field(None, description="Several columns, joined by `join`, in place of `column`.")
    join: str = Field(" > ", description="What stands between joined columns.")
    extract: Pattern | None = Field(
        None, description="Regular expression; its first group (or all of it) is looked up. No match: no fit."
    )
    table: PathInside | None = Field(None, description="CSV of value,code. Case and spaces at the ends do not matter.")
    cut: StrictInt | None = Field(
        None, ge=1, description="The feed cuts texts at this many characters: the table's values are cut alike."
    )
    code: Literal[True] | None = Field(None, description="The text is a code of the tree.")
    name: Literal[True] | None = Field(None, description="The text is a name out of the tree, in any language.")
    patterns: list[Match] | None = Field(None, min_length=1, description="Patterns tried in turn.")
    point: Literal[True] | None = Field(None, description="The polygon around `location` (areas only).")
    otherwise: str | None = Field(None, description="This code, for whatever comes so far.")

    @model_validator(mode="after")
    def _one_way(self) -> Step:
        ways = [self.table, self.code, self.name, self.patterns, self.point, self.otherwise]
        if sum(way is not None for way in ways) != 1:
            raise ValueError("name exactly one of table, code, name, patterns, point and otherwise")
        reads = (self.column is not None) + (self.columns is not None)
        needs = self.point is None and self.otherwise is None
        if reads != needs:
            raise ValueError("a look-up reads one `column` or several `columns`; point and otherwise read none")
        if self.cut is not None and self.table is None:
            raise ValueError("`cut` belongs to a table")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns that are read."""
        return (self.column,) if self.column is not None else tuple(self.columns or ())


class Where(Part):
    """Rows told by what stands in a column."""

    column: str = Field(description="The column, or path.")
    values: list[str] | None = Field(None, min_length=1, description="Texts that fit, whole.")
    pattern: Pattern | None = Field(None, description="Regular expression that is searched in the text.")
    empty: Literal[True] | None = Field(None, description="Fits where nothing stands in the column.")

    @model_validator(mode="after")
    def _one_test(self) -> Where:
        if sum(way is not None for way in (self.values, self.pattern, self.empty)) != 1:
            raise ValueError("name exactly one of values, pattern and empty")
        return self

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The pattern, ready to search."""
        return re.compile(self.pattern or "")


class Point(Part):
    """The columns of a point, WGS 84 degrees."""

    lat: str = Field(description="Column of the latitude.")
    lon: str = Field(description="Column of the longitude.")


class Severity(Part):
    """How grave, 1 to 4."""

    column: str = Field(description="The column, or path.")
    values: dict[str, Annotated[StrictInt, Field(ge=1, le=4)]] | None = Field(
        None, description="Text to severity. Without it the column holds 1 to 4. What is not named has none."
    )


class Stage(Part):
    """Which stage a record tells, where a column says so."""

    column: str = Field(description="The column, or path.")
    values: dict[str, str] | None = Field(None, description="Text to stage. Without it the column holds the stage.")


class Office(Part):
    """The office that owes the answer. A closed list: what it does not name is refused."""

    column: str = Field(description="The column, or path.")
    table: PathInside | None = Field(None, description="CSV of value,code: what the feed writes, what we call it.")
    values: list[str] | None = Field(None, min_length=1, description="The offices' codes, where there is no table.")

    @model_validator(mode="after")
    def _one_list(self) -> Office:
        if (self.table is None) == (self.values is None):
            raise ValueError("give either `table` or `values`")
        return self
