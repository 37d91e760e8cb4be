"""What stands on the card of one alert. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypedDict

from alerts.alert import Alert, Reason
from alerts.console.naming import Mark, Names
from alerts.console.rows import Row, row
from alerts.console.source import FeedState
from rules.book import MatterRule, Rule
from rules.signals import COUNTED, Cell, Evidence, FeedEvidence, Share, WindowEvidence

SHARES_SHOWN: Final = 8
"""Areas and categories named one by one; the rest is counted in one line."""

LABEL_WIDTH: Final = 0.07
"""Room that a label of one mark under the ladder needs, as a part of the ladder."""

HOUR: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class RankStep:
    """Where on the ladder ranks begin, lowest first; `at` is where their label stands, so that no two touch."""

    marks: tuple[Mark, ...]
    count: int
    at: float


@dataclass(frozen=True, slots=True)
class Ladder:
    """Counted, usual and the limits of the ranks on one scale from 0 to `full`."""

    observed: int
    usual: float
    full: float
    steps: tuple[RankStep, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A share of the count; `part` is its fraction of the whole (of a drop: of what was expected of it)."""

    name: str
    observed: int
    expected: float
    part: float


@dataclass(frozen=True, slots=True)
class Parts:
    shown: tuple[Part, ...]
    more: int
    more_observed: int


@dataclass(frozen=True, slots=True)
class FeedBehind:
    name: str
    evidence: FeedEvidence
    silent_since: int


@dataclass(frozen=True, slots=True)
class Step:
    """A move, with the word and mark of its colour and the name of its area."""

    at: int
    reason: Reason
    mark: Mark
    observed: int
    area: str


class BandFigures(TypedDict):
    """What the script paints; None: nothing is drawn there. All words are final text."""

    x: list[str]
    ticks: list[int]
    low: list[float]
    high: list[float]
    expected: list[float]
    limit: list[int | None]
    counted: list[int | None]
    blind: list[int]
    peak: int
    hue: str
    words: dict[str, str]


@dataclass(frozen=True, slots=True)
class Card:
    row: Row
    now: int
    evidence: Evidence
    rule: Rule | MatterRule | None
    rule_name: str
    guidance: str
    desk: str
    usual: tuple[int, int] | None  # lowest and highest usual count of the peak's cell
    ladder: Ladder | None
    band: BandFigures | None
    cell: int  # length of a cell of the band, ms
    band_end: int  # up to when its last cell is counted; 0: there is no band
    windows: tuple[WindowEvidence, ...]
    areas: Parts
    categories: Parts
    feeds: tuple[FeedBehind, ...]
    moves: tuple[Step, ...]


def card(alert: Alert, names: Names, feeds: Sequence[FeedState], now: int) -> Card:
    evidence = alert.signal.evidence
    silent = {feed.name: feed.silent_since for feed in feeds if feed.silent_since}
    one = row(alert, names.city, names, silent, now)
    peak, low = _peak(evidence), alert.signal.kind == "drop"
    return Card(
        row=one,
        now=now,
        evidence=evidence,
        rule=names.rule(alert.signal.rule),
        rule_name=names.rule_name(alert.signal.rule),
        guidance=names.guidance(alert.signal.rule),
        desk=names.desk(alert.desk),
        usual=_usual(evidence, peak),
        ladder=_ladder(evidence, names, low=low) if one.has_limit and alert.signal.kind in COUNTED else None,
        band=band(evidence, names, one.mark.hue) if len(evidence.cells) > 1 else None,
        cell=evidence.cells[1].start - evidence.cells[0].start if len(evidence.cells) > 1 else HOUR,
        band_end=_band_end(evidence, max(one.until, alert.signal.last)),
        windows=evidence.windows,
        areas=_parts(evidence.areas, evidence.observed, names.area, low=low),
        categories=_parts(evidence.categories, evidence.observed, names.leaf, low=low),
        feeds=tuple(FeedBehind(names.feed(one.feed), one, silent.get(one.feed, 0)) for one in evidence.feeds),
        moves=tuple(
            Step(move.at, move.reason, names.mark_of(move.colour), move.observed, names.area(move.area))
            for move in alert.moves
        ),
    )


def _peak(evidence: Evidence) -> int:
    """Place of the cell that holds the peak bucket; -1: none does."""
    places = [place for place, cell in enumerate(evidence.cells) if cell.start <= evidence.peak]
    return places[-1] if places else -1


def _band_end(evidence: Evidence, judged: int) -> int:
    """The last cell is a whole hour, day or week; it was counted up to where the alert was `judged` last."""
    cells = evidence.cells
    if len(cells) < 2:
        return 0
    last, length = cells[-1].start, cells[1].start - cells[0].start
    return min(last + length, judged) if judged > last else last + length


def _usual(evidence: Evidence, peak: int) -> tuple[int, int] | None:
    """Only where the peak's cell is as long as the peak's window: else it speaks of other lengths."""
    cells = evidence.cells
    if peak < 0 or len(cells) < 2 or cells[1].start - cells[0].start != evidence.window:
        return None
    return round(cells[peak].low), round(cells[peak].high)


def _ladder(evidence: Evidence, names: Names, *, low: bool) -> Ladder:
    """`low`: of a drop, whose ranks lie to the left of what is expected."""
    limits: dict[int, list[str]] = {}
    for colour, count in sorted(evidence.rank_limits, key=lambda limit: (limit[1], -names.mark_of(limit[0]).digit)):
        if count > 0 or (low and count == 0):
            limits.setdefault(count, []).append(colour)
    highest = max([evidence.observed, *limits, *([evidence.expected] if low else [])])
    full = highest * 1.05
    steps: list[RankStep] = []
    for count, colours in limits.items():
        marks = tuple(map(names.mark_of, colours))
        wide = (len(marks) + len(steps[-1].marks)) / 2 if steps else 0.0
        after = steps[-1].at + full * LABEL_WIDTH * wide if steps else 0.0
        steps.append(RankStep(marks, count, max(float(count), after)))
    return Ladder(evidence.observed, min(evidence.expected, highest), full, tuple(steps))


def _parts(shares: Sequence[Share], whole: int, name: Callable[[str], str], *, low: bool) -> Parts:
    """Most counted first, as parts of the whole; of a drop what lacks most, as a part of what was expected of it."""
    if low:
        ranked = sorted(shares, key=lambda share: (share.observed - share.expected, share.code))
    else:
        ranked = sorted(shares, key=lambda share: (-share.observed, share.code))
    shown, rest = ranked[:SHARES_SHOWN], ranked[SHARES_SHOWN:]
    return Parts(
        tuple(
            Part(
                name(share.code),
                share.observed,
                share.expected,
                min(share.observed / max(share.expected if low else whole, 1), 1.0),
            )
            for share in shown
        ),
        len(rest),
        sum(share.observed for share in rest),
    )


def band(evidence: Evidence, names: Names, hue: str) -> BandFigures:
    """The cells of the evidence as rows of figures, oldest first."""
    cells, speech = evidence.cells, names.speech
    hours = cells[1].start - cells[0].start < 20 * HOUR
    last = len(cells) - 1

    def label(cell: Cell) -> str:
        local = speech.local(cell.start)
        return f"{local:%H:%M}" if hours else f"{local:%m-%d}"

    return {
        "x": [label(cell) for cell in cells],
        "ticks": list(range(last % 4, len(cells), 4)),
        "low": [round(cell.low, 4) for cell in cells],
        "high": [round(cell.high, 4) for cell in cells],
        "expected": [round(cell.expected, 4) for cell in cells],
        "limit": [cell.limit if cell.limit >= 0 else None for cell in cells],
        "counted": [None if cell.missing and not cell.observed else cell.observed for cell in cells],
        "blind": [place for place, cell in enumerate(cells) if cell.missing],
        "peak": _peak(evidence),
        "hue": hue,
        "words": {
            "usual": speech.gettext("Usual range"),
            "expected": speech.gettext("Expected"),
            "limit": speech.gettext("Limit"),
            "counted": speech.gettext("Counted"),
            "blind": speech.gettext("Not heard"),
        },
    }
