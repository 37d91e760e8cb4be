"""The page of one rule: its text with what is wrong with it in place, its change, its overrides, its releases. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from typing import Final, Literal

from alerts.alert import Alert
from alerts.console.naming import Names
from alerts.console.ruling import DAY_MS, NearRow, Noisy, RuleRow, near_row, noisiest, rule_row
from alerts.drafting import Checked, Draft, Mark, Override, Texts
from alerts.near import NearCell
from alerts.releasing import Release
from alerts.report_card import FALSE, cards
from alerts.workshop import Standing
from rules.signals import COUNTED

NEAR_SHOWN: Final = 20
WEEKS_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a text. `before`, `marked`, `after`: cut where the first mistake stands; nothing marked: all before."""

    number: int
    before: str
    marked: str
    after: str
    added: bool
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class DiffLine:
    kind: Literal["file", "place", "same", "gone", "came"]
    text: str


@dataclass(frozen=True, slots=True)
class OverrideRow:
    override: Override
    where: str
    inside: tuple[Noisy, ...]  # what the rule's alerts there, and below, were found to be


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days of a rule's alerts, by what officers found them to be. `since`: ms UTC."""

    since: int
    told: int
    confirmed: int
    false: int

    @property
    def others(self) -> int:
        """Expected, nobody can tell, or no outcome yet."""
        return self.told - self.confirmed - self.false


@dataclass(frozen=True, slots=True)
class TuneFigures:
    """`row`: None where the rule is not in force; `elsewhere`: mistakes of other files; `stamp` of the draft, "" none.

    `gone`: lines that run and are no more in the draft.
    """

    id: str
    row: RuleRow | None
    texts: Texts
    draft: Draft | None
    rule_lines: tuple[Line, ...]
    cases_lines: tuple[Line, ...]
    marks: int
    elsewhere: tuple[Mark, ...]
    diff: tuple[DiffLine, ...]
    overrides: tuple[OverrideRow, ...]
    noisy: tuple[Noisy, ...]
    weeks: tuple[Week, ...]
    near: tuple[NearRow, ...]
    releases: tuple[Release, ...]
    waiting: tuple[Release, ...]

    @property
    def stamp(self) -> str:
        return self.draft.stamp if self.draft else ""

    @property
    def changed_lines(self) -> int:
        return sum(line.kind in ("gone", "came") for line in self.diff)


def tune_figures(
    rule: str,
    told: Sequence[Alert],
    standing: Standing,
    near: Sequence[NearCell],
    runs: Texts,
    draft: Draft | None,
    checked: Checked,
    overrides: Sequence[Override],
    releases: Sequence[Release],
    names: Names,
    days: int,
    now: int,
    today: date,
) -> TuneFigures:
    """`told`: the rule's alerts of the last `days`, up to `now` of the city, ms; `runs`: its texts in force."""
    card = next((one for one in cards(told, names.city.book, days * DAY_MS) if one.rule == rule), None)
    noisy = [one for one in noisiest(told, names) if one.rule == rule]
    texts = draft.texts if draft else runs
    of_it = tuple(one for one in releases if rule in one.rules)
    ids = {one.id for one in of_it}
    tree = names.city.book.areas
    return TuneFigures(
        rule,
        rule_row(card, standing, near, names, today) if card else None,
        texts,
        draft,
        tuple(lines(texts.rule, runs.rule, [mark for mark in checked.marks if mark.file == "rule"])),
        tuple(lines(texts.cases, runs.cases, [mark for mark in checked.marks if mark.file == "cases"])),
        len(checked.marks),
        tuple(mark for mark in checked.marks if not mark.file),
        tuple(map(diff_line, checked.diff)),
        tuple(
            OverrideRow(
                one,
                names.area(one.area),
                tuple(
                    each
                    for each in noisy
                    if one.area in tree.by_code and each.area in tree.by_code and tree.holds(one.area, each.area)
                ),
            )
            for one in overrides
        ),
        tuple(noisy),
        tuple(weeks_of(told, now)),
        tuple(near_row(one, names) for one in [one for one in near if one.row.rule == rule][:NEAR_SHOWN]),
        tuple(one for one in releases if one.id in ids),
        tuple(one for one in of_it if one.waits),
    )


def weeks_of(told: Sequence[Alert], now: int) -> list[Week]:
    """The last weeks up to `now`, the latest first: what a release has changed stands in the first whole one after."""
    found = []
    for back in range(1, WEEKS_SHOWN + 1):
        since = now - back * 7 * DAY_MS
        mine = [
            one.duty.outcome
            for one in told
            if one.announced_at and one.signal.kind in COUNTED and since <= one.signal.said_at < since + 7 * DAY_MS
        ]
        found.append(Week(since, len(mine), mine.count("confirmed"), sum(outcome in FALSE for outcome in mine)))
    return found


def lines(text: str, runs: str, marks: Sequence[Mark]) -> list[Line]:
    """The lines of a text, those that do not run yet known as added, with the mistakes that stand in each."""
    now, before = text.splitlines(), runs.splitlines()
    same: set[int] = set()
    for block in SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks():
        same |= set(range(block.b, block.b + block.size))
    found = []
    for number, line in enumerate(now, 1):
        own = tuple(mark for mark in marks if min(mark.line, len(now)) == number)
        cut = min(own[0].column - 1, len(line)) if own else len(line)
        word = len(line[cut:].split(maxsplit=1)[0]) if line[cut:].split() else 0
        begin = cut + (len(line[cut:]) - len(line[cut:].lstrip()))
        end = begin + word
        found.append(Line(number, line[:begin], line[begin:end], line[end:], number - 1 not in same, own))
    return found


def diff_line(line: str) -> DiffLine:
    if line.startswith(("---", "+++")):
        return DiffLine("file", line)
    if line.startswith("@@"):
        return DiffLine("place", line)
    return DiffLine("came" if line.startswith("+") else "gone" if line.startswith("-") else "same", line)
