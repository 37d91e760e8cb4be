"""How the page speaks: words out of the catalogue, numbers and dates by CLDR, times local to the city.

Catalogues are the `.po` files that translators edit, read once at start: nothing is compiled and nothing can be stale.
English is the language of the keys; `locale/en` holds the same keys, so that a test can hold both equal.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from datetime import date as Day  # noqa: N812  a method is called date
from functools import cache, lru_cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES: Final = ("en", "zh-CN")
LANGUAGE_LABELS: Final = {"en": "EN", "zh-CN": "中文"}
LOCALE: Final = Path(__file__).parent / "locale"
DOMAIN: Final = "console"

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR

SMALLEST: Final = 0.01
"""A number below this one is said as less than it: none would read as nothing expected."""


def catalogue_path(language: str) -> Path:
    return LOCALE / language.replace("-", "_") / "LC_MESSAGES" / f"{DOMAIN}.po"


@cache
def catalogue(language: str) -> gettext.GNUTranslations:
    """The words of one of `LANGUAGES`."""
    with catalogue_path(language).open("rb") as file:
        words = read_po(file, locale=language.replace("-", "_"))
    compiled = io.BytesIO()
    write_mo(compiled, words)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose(asked: str, kept: str, accepted: str, offered: Sequence[str]) -> str:
    """The language to speak: asked for, else kept in the cookie, else the browser's, else the city's first.

    >>> choose("", "", "zh-Hans-CN,zh;q=0.9,en;q=0.8", ("en", "zh-CN"))
    'zh-CN'
    >>> choose("zh-CN", "en", "en", ("en", "zh-CN"))
    'zh-CN'
    >>> choose("xx", "", "fr", ("zh-CN", "en"))
    'zh-CN'
    """
    ours = [tag for tag in offered if tag in LANGUAGES] or [LANGUAGES[0]]
    for tag in (asked, kept):
        if tag in ours:
            return tag
    for item in accepted.split(","):
        family = item.split(";")[0].strip().lower().split("-")[0]
        for tag in ours:
            if family == tag.lower().split("-")[0]:
                return tag
    return ours[0]


@dataclass(frozen=True, slots=True)
class Speech:
    """One language in one time zone. Instants and lengths are ms; instants UTC."""

    language: str
    zone: ZoneInfo

    @property
    def locale(self) -> Locale:
        return _locale(self.language)

    def gettext(self, message: str) -> str:
        return catalogue(self.language).gettext(message)

    def ngettext(self, one: str, many: str, n: int) -> str:
        return catalogue(self.language).ngettext(one, many, n)

    def count(self, n: int) -> str:
        return number_in(self.language, n)

    def decimal(self, x: float) -> str:
        """As many places as a reader can use: <0.01, 0.15, 0.6, 14.3, 120."""
        if 0 < x < SMALLEST:
            return f"<{_number(SMALLEST, None, self.language)}"
        places = "#,##0.##" if x < 1 else "#,##0.#" if x < 100 else "#,##0"
        return _number(round(x, 2), places, self.language)

    def local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1000, tz=UTC).astimezone(self.zone)

    def iso(self, at: int) -> str:
        return self.local(at).isoformat(timespec="seconds")

    def clock(self, at: int) -> str:
        """Hours and minutes."""
        return f"{self.local(at):%H:%M}"

    def day(self, at: int) -> str:
        """Sun, Nov 15; 11月15日周日."""
        return format_skeleton("MMMEd", self.local(at), tzinfo=self.zone, locale=self.locale)

    def short_day(self, day: date) -> str:
        """Nov 15; 11月15日."""
        return format_skeleton("MMMd", datetime.combine(day, time.min), locale=self.locale)

    def date(self, at: int) -> str:
        return format_date(self.local(at).date(), format="medium", locale=self.locale)

    def day_of(self, day: Day) -> str:
        """A day that is no instant: Nov 15, 2026; 2026年11月15日."""
        return format_date(day, format="medium", locale=self.locale)

    def zone_name(self, at: int) -> str:
        return self.local(at).tzname() or str(self.zone)

    def moment(self, at: int, now: int) -> str:
        """The clock alone on the local day of `now`, with the date on any other."""
        there, here = self.local(at), self.local(now)
        if there.date() == here.date():
            return self.clock(at)
        if abs(at - now) < 300 * DAY:
            day = format_skeleton("MMMd", there, tzinfo=self.zone, locale=self.locale)
        else:
            day = self.date(at)
        return self.gettext("%(day)s %(clock)s") % {"day": day, "clock": self.clock(at)}

    def second(self, at: int, now: int) -> str:
        """A moment, to the second where it is of the same day."""
        there = self.local(at)
        return f"{there:%H:%M:%S}" if there.date() == self.local(now).date() else self.moment(at, now)

    def span(self, length: int) -> str:
        """A length of time in at most two units: 22 s, 41 min, 2 h 42 min, 3 d 4 h."""
        length = max(length, 0)
        if length < MINUTE:
            return self.gettext("%(n)s s") % {"n": length // SECOND}
        if length < HOUR:
            return self.gettext("%(n)s min") % {"n": length // MINUTE}
        if length < 2 * DAY:
            hours, minutes = length // HOUR, length % HOUR // MINUTE
            if minutes:
                return self.gettext("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
            return self.gettext("%(n)s h") % {"n": hours}
        days, hours = length // DAY, length % DAY // HOUR
        if hours:
            return self.gettext("%(days)s d %(hours)s h") % {"days": days, "hours": hours}
        return self.gettext("%(n)s d") % {"n": days}

    def minutes(self, n: float) -> str:
        """A length given in minutes, as evidence of silences has it."""
        return self.span(round(n * MINUTE))

    def window(self, length: int) -> str:
        """A rule's window, in the unit it was written in: 10 min, 3 h, 1 d."""
        if length and length % DAY == 0:
            return self.gettext("%(n)s d") % {"n": length // DAY}
        return self.span(length)


def number_in(language: str, n: int) -> str:
    """4,985, as everywhere on a page."""
    return _number(n, None, language)


@lru_cache(maxsize=4_096)
def _number(value: float, places: str | None, language: str) -> str:
    """Written by Babel, which takes a third of a board's time: few numbers differ from row to row and draw to draw."""
    return str(format_decimal(value, format=places, locale=_locale(language)))


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")
