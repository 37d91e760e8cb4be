"""What a case expects against what was said: every expectation that failed, with what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rules.book import Book
from rules.signals import Signal
from streams.city.case_file import Alerted, Case, Expected, Quiet, moment_written
from streams.city.yaml import Path
from streams.problems import Counted

SHOWN: Final = 5
"""Of more alerts the number is told."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that failed: where it stands in the document, a key of MESSAGES, and what differs line by line
    (`-` wanted, `+` found), in the words of the file."""

    path: Path
    message: str
    values: Mapping[str, object] = field(default_factory=dict)
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """What a rule said in a case. `begins` in ms; signals in the order in which they were said."""

    book: Book
    begins: int
    signals: Sequence[Signal]

    @property
    def last(self) -> list[Signal]:
        """The last signal of each alert of which a desk was told after the case began, first said first."""
        return sorted(_states(self._told()).values(), key=lambda s: (s.said_at, s.alert))

    @property
    def standing(self) -> list[Signal]:
        """Those neither withdrawn nor merged."""
        return [signal for signal in self.last if signal.state in ("running", "over")]

    @property
    def since_it_began(self) -> list[Signal]:
        return [signal for signal in self.signals if signal.at >= self.begins]

    def running(self, at: int) -> list[Signal]:
        """The alerts that run at a time since the case began, ms."""
        told = [signal for signal in self.signals if signal.at <= self.begins + at]
        return [signal for signal in _states(told).values() if signal.state == "running"]

    def facts(self, signal: Signal) -> dict[str, object]:
        """What an expectation may ask of an alert, in the words of the file; the times are told as they are."""
        return {
            "area": signal.area,
            "category": signal.category,
            "desk": self.book.first_desk(signal.area, signal.category),
            "colour": signal.evidence.colour,
            "state": signal.state,
            "first": moment_written(signal.first - self.begins),
            "said_by": moment_written(signal.said_at - self.begins),
            "over_by": moment_written(signal.over_at - self.begins) if signal.over_at else "never",
            "observed": signal.evidence.observed,
            "limit": signal.evidence.limit,
            **_owed(signal),
            "late": str(signal.late).lower(),
        }

    def _told(self) -> list[Signal]:
        """Signals of alerts that a desk was told of: what was taken back before it stood is none."""
        stood = {s.alert for s in self.signals if s.state in ("running", "over") and s.said_at >= self.begins}
        return [signal for signal in self.signals if signal.alert in stood]


def failures(case: Case, path: Path, heard: Heard) -> Iterator[Failure]:
    """What does not hold of a case, in the order of the file."""
    for number, expected in enumerate(case.expect):
        yield from _failures(case, expected, (*path, "expect", number), heard)


def _failures(case: Case, expected: Expected, path: Path, heard: Heard) -> Iterator[Failure]:
    told: dict[str, object] = {"case": case.name}
    if expected.spoke is not None:
        yield from _spoke(told, expected.spoke, (*path, "spoke"), heard)
    elif expected.quiet is not None:
        yield from _quiet(told, expected.quiet, (*path, "quiet"), heard)
    elif expected.running is not None and expected.at is not None:
        yield from _running(told, expected.at, expected.running, (*path, "running"), heard)
    elif expected.alerts is not None and len(heard.standing) != expected.alerts:
        counts = {"found": Counted(len(heard.standing)), "wanted": expected.alerts}
        yield Failure((*path, "alerts"), "case-alerts", {**told, **counts}, _shown(heard, heard.standing))
    elif expected.signals is not None and len(heard.since_it_began) != expected.signals:
        counts = {"found": len(heard.since_it_began), "wanted": expected.signals}
        yield Failure((*path, "signals"), "case-signals", {**told, **counts}, _shown(heard, heard.standing))


def _spoke(told: Mapping[str, object], wanted: Alerted, path: Path, heard: Heard) -> Iterator[Failure]:
    standing = heard.standing
    if not standing:
        yield Failure(path, "case-no-alert", told)
    elif not any(_agree(wanted, signal, heard) for signal in standing):
        near = _nearest(wanted, standing, heard)
        yield Failure(
            path, "case-other-alert", {**told, "count": Counted(len(standing))}, _difference(wanted, near, heard)
        )


def _quiet(told: Mapping[str, object], quiet: Quiet, path: Path, heard: Heard) -> Iterator[Failure]:
    areas, categories = heard.book.areas, heard.book.categories
    loud = [
        signal
        for signal in heard.last
        if quiet.since <= signal.said_at - heard.begins < (quiet.to if quiet.to is not None else 1 << 62)
        and (quiet.area is None or areas.holds(quiet.area, signal.area))
        and (quiet.category is None or categories.holds(quiet.category, signal.category))
    ]
    if loud:
        yield Failure(path, "case-spoke", {**told, "count": len(loud)}, _shown(heard, loud))


def _running(
    told: Mapping[str, object], at: int, wanted: Sequence[Alerted], path: Path, heard: Heard
) -> Iterator[Failure]:
    found = heard.running(at)
    pairs = _matched(wanted, found, heard)
    if len(pairs) == len(wanted) == len(found):
        return
    left = [signal for n, signal in enumerate(found) if n not in pairs.values()]
    lines: list[str] = []
    for n, one in enumerate(wanted):
        if n in pairs:
            continue
        if left:
            near = _nearest(one, left, heard)
            left.remove(near)
            lines += _difference(one, near, heard)
        else:
            lines.append(f"- {_flow(_asked(one))}")
    lines += [f"+ {_flow(heard.facts(signal))}" for signal in left]
    yield Failure(path, "case-running", {**told, "at": moment_written(at)}, tuple(lines))


def _matched(wanted: Sequence[Alerted], found: Sequence[Signal], heard: Heard) -> dict[int, int]:
    """Wanted -> found, as many as can be paired one to one."""
    owner: dict[int, int] = {}  # found -> wanted

    def place(n: int, tried: set[int]) -> bool:
        for m, signal in enumerate(found):
            if m in tried or not _agree(wanted[n], signal, heard):
                continue
            tried.add(m)
            if m not in owner or place(owner[m], tried):
                owner[m] = n
                return True
        return False

    for n in range(len(wanted)):
        place(n, set())
    return {n: m for m, n in owner.items()}


def _asked(wanted: Alerted) -> dict[str, object]:
    """What is asked, in the words of the file."""
    times = ("first", "said_by", "over_by")
    asked = wanted.model_dump(exclude_none=True)
    return {
        key: moment_written(value) if key in times else str(value).lower() if isinstance(value, bool) else value
        for key, value in asked.items()
    }


def _astray(wanted: Alerted, signal: Signal, heard: Heard) -> list[str]:
    """The keys in which an alert is not as it is wanted."""
    facts = heard.facts(signal)
    late = {
        "said_by": signal.said_at - heard.begins > (wanted.said_by or 0),
        "over_by": not signal.over_at or signal.over_at - heard.begins > (wanted.over_by or 0),
    }
    asked = _asked(wanted)
    return [key for key, value in asked.items() if (late[key] if key in late else facts.get(key) != value)]


def _agree(wanted: Alerted, signal: Signal, heard: Heard) -> bool:
    return not _astray(wanted, signal, heard)


def _nearest(wanted: Alerted, signals: Sequence[Signal], heard: Heard) -> Signal:
    return min(signals, key=lambda signal: len(_astray(wanted, signal, heard)))


def _difference(wanted: Alerted, signal: Signal, heard: Heard) -> tuple[str, ...]:
    """Key by key: what agrees, what was wanted, what was found."""
    astray, facts = _astray(wanted, signal, heard), heard.facts(signal)
    lines: list[str] = []
    for key, value in _asked(wanted).items():
        lines += [f"- {key}: {value}", f"+ {key}: {facts.get(key, '-')}"] if key in astray else [f"  {key}: {value}"]
    return tuple(lines)


def _shown(heard: Heard, signals: Sequence[Signal]) -> tuple[str, ...]:
    lines = [f"+ {_flow(heard.facts(signal))}" for signal in signals[:SHOWN]]
    return (*lines, *([f"+ … {len(signals) - SHOWN}"] if len(signals) > SHOWN else []))


def _owed(signal: Signal) -> dict[str, object]:
    owed = signal.evidence.owed
    return {"office": owed.office, "due_soon": owed.soon, "overdue": owed.late} if owed else {}


def _flow(facts: Mapping[str, object]) -> str:
    return "{" + ", ".join(f"{key}: {value}" for key, value in facts.items()) + "}"


def _states(signals: Sequence[Signal]) -> dict[str, Signal]:
    """Alert -> its last signal."""
    return {signal.alert: signal for signal in signals}
