"""Times as people and machines write them, read a column at a time into ms UTC.

A format is strptime's notation, or one of four words: `rfc3339`, `epoch_s`, `epoch_ms`, `iso_local` (RFC 3339
without an offset). Columns of equal width go through numpy; what does not fit there is read one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from rules.records import NO_TIME
from streams.feeds.formats import is_day, layouts, pattern_of
from streams.feeds.zones import FIRST_YEAR, LAST_YEAR, zone_of
from streams.refusals import Reason

IntArray = NDArray[np.int64]
Twice = Literal["earlier", "later", "refuse"]
Never = Literal["forward", "refuse"]

_EARLIEST: Final = 0
_LATEST: Final = round(np.datetime64(f"{LAST_YEAR + 1}-01-01", "ms").astype(np.int64))
_LONGEST: Final = 40

FAULTS: Final = (
    None,
    None,  # empty: the caller knows whether that is allowed
    Reason.BAD_TIME,
    Reason.LEAP_SECOND,
    Reason.TIME_OUT_OF_RANGE,
    Reason.AMBIGUOUS_TIME,
    Reason.NONEXISTENT_TIME,
    Reason.TIME_WITHOUT_OFFSET,
)
GOOD, EMPTY, BAD, LEAP, RANGE, TWICE, NEVER, NAKED = range(8)

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of times: `at` in ms UTC (NO_TIME where there is none), `fault` an index into FAULTS."""

    at: IntArray
    fault: NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class TimeReader:
    """Reads text into instants; the first format that fits decides.

    `zone` is for formats without an offset. `twice` and `never` say what to make of local times that daylight
    saving repeats or skips. `day_at` (ms after local midnight) is the time of day of a format that has none.
    """

    formats: tuple[str, ...]
    zone: str
    twice: Twice = "earlier"
    never: Never = "forward"
    day_at: int = 0

    def read(self, values: Sequence[str]) -> Column:
        """The instants in `values`, same order and length."""
        n = len(values)
        at = np.full(n, NO_TIME, np.int64)
        fault = np.full(n, BAD, np.uint8)
        if not n:
            return Column(at, fault)
        widths = np.fromiter(map(len, values), np.int64, n)
        fault[widths == 0] = EMPTY
        for form in self.formats:
            left = np.flatnonzero((fault != GOOD) & (fault != EMPTY))
            if not len(left):
                break
            if len(left) == n:
                here, verdict = self._read_as(form, values, widths)
            else:
                here, verdict = self._read_as(form, [values[i] for i in left.tolist()], widths[left])
            better = (verdict == GOOD) | (fault[left] == BAD)
            at[left[better]] = here[better]
            fault[left[better]] = verdict[better]
        at[fault != GOOD] = NO_TIME
        return Column(at, fault)

    def _read_as(self, form: str, values: Sequence[str], widths: IntArray) -> tuple[IntArray, NDArray[np.uint8]]:
        if form in ("epoch_s", "epoch_ms"):
            return _epochs(values, 1000 if form == "epoch_s" else 1)
        local, fault, zoned = _fixed(form, values, widths)
        if np.any(fault == BAD):
            _one_by_one(form, values, local, fault, zoned)
        if is_day(form):
            local = local + self.day_at
        floating = (fault == GOOD) & ~zoned
        if floating.any():
            read = zone_of(self.zone).read(local[floating])
            chosen = read.later if self.twice == "later" else read.earlier
            verdict = np.zeros(len(chosen), np.uint8)
            if self.twice == "refuse":
                verdict[read.twice] = TWICE
            if self.never == "refuse":
                verdict[read.never] = NEVER
            local[floating], fault[floating] = chosen, verdict
        out = (fault == GOOD) & ((local < _EARLIEST) | (local >= _LATEST))
        fault[out] = RANGE
        return local, fault


RFC3339: Final = TimeReader(("rfc3339",), "UTC")
"""The reader of the contract's own times."""


def _epochs(values: Sequence[str], scale: int) -> tuple[IntArray, NDArray[np.uint8]]:
    at = np.zeros(len(values), np.int64)
    fault = np.zeros(len(values), np.uint8)
    for i, text in enumerate(values):
        whole, _, rest = text.strip().partition(".")
        digits = whole[1:] if whole[:1] == "-" else whole
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 17) or (
            rest and not (rest.isascii() and rest.isdigit())
        ):
            fault[i] = BAD
            continue
        number = int(whole) * scale
        if scale == 1000 and rest and number >= 0:
            number += int((rest + "000")[:3])
        at[i] = number
        if not _EARLIEST <= number < _LATEST:
            fault[i] = RANGE
    return at, fault


def _fixed(form: str, values: Sequence[str], widths: IntArray) -> tuple[IntArray, NDArray[np.uint8], NDArray[np.bool_]]:
    """Those values that have the format's own width, all at once; the rest stay BAD."""
    n = len(values)
    local = np.zeros(n, np.int64)
    fault = np.full(n, BAD, np.uint8)
    zoned = np.zeros(n, np.bool_)
    for layout in layouts(form):
        fits = np.flatnonzero((widths == layout.width) & (fault == BAD))
        if not len(fits):
            continue
        chosen = values if len(fits) == n else [values[i] for i in fits.tolist()]
        shape = (len(fits), layout.width)
        codes = np.array(chosen, dtype=f"U{layout.width}").view(np.uint32).reshape(shape).astype(np.int64)
        good = np.ones(len(fits), np.bool_)
        for position, code in layout.literals:
            good &= codes[:, position] == code
        parts: dict[str, IntArray] = {}
        for name, start, end in layout.fields:
            if name == "p":
                first = codes[:, start] | 32
                good &= ((first == ord("a")) | (first == ord("p"))) & (codes[:, start + 1] | 32 == ord("m"))
                parts["p"] = (first == ord("p")).astype(np.int64)
                continue
            digits = codes[:, start:end] - 48
            good &= ((digits >= 0) & (digits <= 9)).all(axis=1)
            key = name if name not in parts else "z" + name
            parts[key] = digits @ (10 ** np.arange(end - start - 1, -1, -1, dtype=np.int64))
        instant, verdict = _assembled(parts)
        if layout.offset_sign:
            instant = instant - layout.offset_sign * (parts["zH"] * 3_600_000 + parts["zM"] * 60_000)
            good &= (parts["zH"] < 24) & (parts["zM"] < 60)
        local[fits] = np.where(good, instant, 0)
        fault[fits] = np.where(good, verdict, BAD)
        zoned[fits] = form == "rfc3339"
    return local, fault, zoned


def _assembled(parts: dict[str, IntArray]) -> tuple[IntArray, NDArray[np.uint8]]:
    """Parts of a date to ms on its own clock, and whether there is such a date."""
    year = parts["Y"] if "Y" in parts else np.where(parts["y"] < 69, 2000, 1900) + parts["y"]
    month, day = parts["m"], parts["d"]
    zero = np.zeros_like(year)
    hour, minute, second = parts.get("H", zero), parts.get("M", zero), parts.get("S", zero)
    wrong = (month < 1) | (month > 12) | (day < 1) | (day > 31)
    if "I" in parts:
        wrong |= (parts["I"] < 1) | (parts["I"] > 12)
        hour = parts["I"] % 12 + 12 * parts.get("p", zero)
    wrong |= (hour > 23) | (minute > 59) | (second > 60)
    out = (year < FIRST_YEAR) | (year > LAST_YEAR)
    safe = np.where(wrong | out, FIRST_YEAR, year)
    months = (safe - 1970) * 12 + np.clip(month, 1, 12) - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]")
    days = first + (np.clip(day, 1, 31) - 1)
    wrong |= days.astype("datetime64[M]").astype(np.int64) != months
    at = days.astype(np.int64) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000
    fault = np.zeros(len(year), np.uint8)
    fault[out] = RANGE
    fault[second == 60] = LEAP
    fault[wrong] = BAD
    return at, fault


def _one_by_one(
    form: str, values: Sequence[str], local: IntArray, fault: NDArray[np.uint8], zoned: NDArray[np.bool_]
) -> None:
    """Fill in what did not have the format's own width: one-digit days, fractions, names of months, offsets."""
    match: Callable[[str], re.Match[str] | None] = pattern_of(form).fullmatch
    for i in np.flatnonzero(fault == BAD).tolist():
        text = values[i].strip()
        found = match(text) if len(text) <= _LONGEST else None
        if found is None:
            continue
        got = found.groupdict()
        parts = {name: np.array([int(got[name])], np.int64) for name in "YymdHIMS" if got.get(name)}
        month = got.get("b") or got.get("B")
        if month:
            if month[:3].lower() not in _MONTHS:
                continue
            parts["m"] = np.array([_MONTHS.index(month[:3].lower()) + 1], np.int64)
        if got.get("p"):
            parts["p"] = np.array([got["p"][0] in "pP"], np.int64)
        at, verdict = _assembled(parts)
        millis = int((got["f"] + "000")[:3]) if got.get("f") else 0
        zone = got.get("z")
        if form == "rfc3339" and not zone:
            fault[i] = NAKED
            continue
        shift = 0
        if zone and zone not in "Zz":
            hours, minutes = int(zone[1:3]), int(zone[-2:])
            if hours > 23 or minutes > 59:
                continue
            shift = (hours * 60 + minutes) * 60_000 * (-1 if zone[0] == "-" else 1)
        local[i] = at[0] + millis - shift
        fault[i] = verdict[0]
        zoned[i] = bool(zone)
