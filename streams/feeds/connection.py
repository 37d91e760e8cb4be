"""A feed connected: its file, with tables read, patterns compiled and codes known."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rules.trees import Tree
from streams.contract import STAGES
from streams.feeds.blocks import Take, Time, TimeTake
from streams.feeds.lookups import Lookup, PlaceOf, compile_lookup
from streams.feeds.spec import OCCURRED_AT, Columns, FeedFile
from streams.feeds.tables import Fault, normal, read_table
from streams.feeds.takes import Taker, compile_take
from streams.feeds.times import TimeReader


class FeedFault(ValueError):
    """A feed file that cannot be connected. `faults` holds every mistake found."""

    def __init__(self, name: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(f"feed {name} cannot be connected: {len(faults)} mistakes, first {faults[0]}")
        self.faults = faults


@dataclass(frozen=True, slots=True)
class TimeWay:
    """A time out of a record: the text, and how it is read."""

    take: Taker
    reader: TimeReader


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns of a feed, compiled. Names of fields as in the contract."""

    ids: tuple[Taker | None, ...]  # None stands for the event's own first time
    stages: tuple[tuple[str, tuple[TimeWay, ...]], ...]
    arrived_at: tuple[TimeWay, ...]
    revision: Taker | None  # None: see `revised_by_arrival`
    revision_times: TimeReader
    revised_by_arrival: bool
    due_at: tuple[TimeWay, ...]
    category: Lookup
    area: Lookup
    place: Taker | None
    matter: Taker | None
    offices: Mapping[str, str]
    columns: Columns
    reads: frozenset[str]  # every column that is read
    leads: Mapping[str, str]  # column -> field of the contract that it leads to


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as intake uses it. `allowed_areas`: None where it may report on all."""

    name: str
    file: FeedFile
    source: str
    zone: str
    stages: frozenset[str]
    offices: frozenset[str]
    allowed_areas: frozenset[str] | None
    plan: Plan | None
    drop: frozenset[str] = frozenset()
    headers: dict[tuple[str, ...], str] = field(default_factory=dict, compare=False)  # seen before: see records.py


def connect(name: str, file: FeedFile, folder: Path, zone: str, areas: Tree, categories: Tree) -> Feed:
    """The feed `name`. `zone`: the city's, for local times of feeds that name none. Raises FeedFault."""
    faults: list[Fault] = []
    feed = _connected(name, file, folder, zone, areas, categories, faults)
    if faults:
        raise FeedFault(name, tuple(faults))
    return feed


def faults_of(name: str, file: FeedFile, folder: Path, zone: str, areas: Tree, categories: Tree) -> list[Fault]:
    """Every mistake in what the feed file points to: tables, codes, areas. Empty where it can be connected."""
    faults: list[Fault] = []
    _connected(name, file, folder, zone, areas, categories, faults)
    return faults


def _connected(
    name: str, file: FeedFile, folder: Path, zone: str, areas: Tree, categories: Tree, faults: list[Fault]
) -> Feed:
    path = f"feeds/{name}.yaml"
    faults.extend(Fault(path, 0, 0, "unknown_area", area) for area in file.areas if area not in areas.by_code)
    allowed = frozenset(node.code for node in areas.nodes if set(areas.paths[node.code]) & set(file.areas))
    stages = frozenset((*STAGES, *file.stages))
    plan = _plan(path, file, folder, zone, areas, categories, faults) if file.columns else None
    if plan is not None:
        unread = [name for name in file.json_.above if name not in file.drop and not _below(name, plan.reads)]
        faults.extend(Fault(path, 0, 0, "above_unread", name) for name in unread)
    if file.columns and file.columns.stage and file.columns.stage.values:
        stages |= frozenset(file.columns.stage.values.values())
    stages |= frozenset(file.columns.stages or ()) if file.columns else frozenset()
    offices = frozenset(plan.offices.values()) if plan else frozenset(file.offices)
    return Feed(
        name,
        file,
        file.source or name,
        zone,
        stages,
        offices,
        allowed if file.areas else None,
        plan,
        frozenset(file.drop),
    )


def _below(name: str, columns: frozenset[str]) -> bool:
    """Whether a column of this name, or a branch of it, is read."""
    return name in columns or any(column.startswith(f"{name}.") for column in columns)


def _plan(
    path: str, file: FeedFile, folder: Path, zone: str, areas: Tree, categories: Tree, faults: list[Fault]
) -> Plan:
    columns = file.columns
    assert columns is not None  # asked by the caller
    timed = _time_reader(file, zone)
    first = columns.stages or {"filed": columns.occurred_at or []}
    return Plan(
        ids=tuple(None if take.column == OCCURRED_AT else compile_take(take) for take in columns.id),
        stages=tuple((stage, _time_ways(ways, timed)) for stage, ways in first.items()),
        arrived_at=_time_ways(columns.arrived_at or [], timed),
        revision=compile_take(columns.revision) if isinstance(columns.revision, Take) else None,
        revision_times=timed(None),
        revised_by_arrival=columns.revision in (None, "arrival"),
        due_at=_time_ways(columns.due_at or [], timed),
        category=compile_lookup(path, "unknown_category", columns.category, folder, categories, faults),
        area=compile_lookup(path, "unknown_area", columns.area, folder, areas, faults),
        place=compile_take(columns.place) if columns.place else None,
        matter=compile_take(columns.matter) if columns.matter else None,
        offices=_offices(columns, folder, faults),
        columns=columns,
        reads=frozenset(_leads(file)),
        leads=_leads(file),
    )


def _offices(columns: Columns, folder: Path, faults: list[Fault]) -> Mapping[str, str]:
    if columns.office is None:
        return {}
    if columns.office.table is not None:
        return read_table(folder, columns.office.table, None, faults).codes
    return {normal(code): code for code in columns.office.values or ()}


def _time_reader(file: FeedFile, zone: str) -> Callable[[TimeTake | None], TimeReader]:
    def reader(take: TimeTake | None) -> TimeReader:
        times = file.times
        return TimeReader(
            formats=tuple((take.formats if take else None) or times.formats),
            zone=(take.zone if take else None) or times.zone or zone,
            twice=times.twice,
            never=times.never,
            day_at=times.day_at if take is None or take.day_at is None else take.day_at,
        )

    return reader


def _time_ways(takes: Time, timed: Callable[[TimeTake | None], TimeReader]) -> tuple[TimeWay, ...]:
    return tuple(TimeWay(compile_take(take), timed(take)) for take in takes)


def _leads(file: FeedFile) -> dict[str, str]:
    """Every column that is read, and the field of the contract it leads to (first come, first named)."""
    leads: dict[str, str] = {}
    for field_name, names in _reads(file):
        for column in names:
            if column != OCCURRED_AT:
                leads.setdefault(column, field_name)
    return leads


def _reads(file: FeedFile) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Fields of the contract with the columns they are read from, those first whose text may be kept."""
    columns = file.columns
    assert columns is not None  # asked by the caller
    for stage, ways in (columns.stages or {"filed": columns.occurred_at or []}).items():
        yield from (("occurred_at" if stage == "filed" else stage, way.names) for way in ways)
    yield from (("arrived_at", way.names) for way in columns.arrived_at or [])
    yield from (("due_at", way.names) for way in columns.due_at or [])
    yield from (("category", step.names) for step in columns.category)
    yield from (("area", step.names) for step in columns.area)
    yield from (("marks", (test.column,)) for test in (*file.leave_out, *file.self_initiated, *file.exercise))
    one_column = {"severity": columns.severity, "stage": columns.stage, "office": columns.office}
    yield from ((name, (part.column,)) for name, part in one_column.items() if part is not None)
    if columns.count is not None:
        yield "count", (columns.count,)
    if columns.location is not None:
        yield "location", (columns.location.lat, columns.location.lon)
    revision = columns.revision if isinstance(columns.revision, Take) else None
    takes = {"revision": revision, "matter": columns.matter, "place": columns.place}
    yield from (("id", take.names) for take in columns.id)
    yield from ((name, take.names) for name, take in takes.items() if take is not None)


__all__ = ["Fault", "Feed", "FeedFault", "PlaceOf", "connect", "faults_of"]
