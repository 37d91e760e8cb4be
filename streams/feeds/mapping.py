"""From raw records to events in columns: what a feed's file says, done a column at a time.

A record gives no event (left out, or faulty), one, or one a stage. Numbers and codes are ready afterwards;
texts (id, matter, place, office) still wait for the privacy gate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rules.records import EXERCISE, NO_TIME, SELF_INITIATED
from streams.contract import LARGEST_COUNT, Event
from streams.feeds.blocks import Where
from streams.feeds.connection import Feed, Plan, TimeWay
from streams.feeds.lookups import PlaceOf
from streams.feeds.mapped import LONGEST_TEXT, Faults, Mapped
from streams.feeds.numbers import revisions_in, whole_number
from streams.feeds.records import Cells, Points, unknown_fields
from streams.feeds.sheets import Sheet
from streams.feeds.times import BAD, EMPTY, FAULTS, GOOD, RFC3339
from streams.refusals import Reason

IntArray = NDArray[np.int64]


def map_records(
    feed: Feed, records: Sequence[Mapping[str, object]] | Sheet, stamps: IntArray | None, place_of: PlaceOf | None
) -> Mapped:
    """The events of raw records by the feed's columns.

    `stamps`: when each record arrived, ms, shape (R,). None where the past is read: then arrival is the feed's
    own column, and without one each stage's own time, so that nothing comes from the future.
    """
    plan = feed.plan
    if plan is None:
        raise ValueError(f"feed {feed.name} speaks the contract: it has no columns")
    size = len(records)
    cells = Cells(records)
    faults: Faults = {i: (Reason.UNKNOWN_FIELD, stranger) for i, stranger in unknown_fields(feed, records)}
    left_out = _marked(cells, feed.file.leave_out, size)
    stages, times = _stage_times(plan, cells, size, left_out, faults)
    columns = plan.columns
    points = Points(cells, columns.location)
    arrivals = _read(plan.arrived_at, cells, size)[0] if plan.arrived_at else None
    id_parts = [take(cells) for take in plan.ids if take is not None]
    mapped = Mapped(
        source=[feed.source] * size,
        id=_identities(id_parts, times[0][1], plan, size),
        category=plan.category.codes(cells, size, points, None),
        area=plan.area.codes(cells, size, points, place_of),
        office=[""] * size,
        matter=plan.matter(cells) if plan.matter else [""] * size,
        place=plan.place(cells) if plan.place else [""] * size,
        revision=np.zeros(size, np.int64),
        due_at=_optional(plan.due_at, cells, size, "due_at", left_out, faults),
        count=np.ones(size, np.int64),
        severity=np.zeros(size, np.int64),
        flags=_marked(cells, feed.file.self_initiated, size) * SELF_INITIATED
        + _marked(cells, feed.file.exercise, size) * EXERCISE,
        left_out=left_out,
        stages=stages,
        record=np.zeros(0, np.int64),
        n=np.zeros(0, np.int64),
        stage=np.zeros(0, np.int64),
        occurred_at=np.zeros(0, np.int64),
        arrived_at=np.zeros(0, np.int64),
        id_parts=id_parts,
        faults=faults,
    )
    _lay_out_events(mapped, times, stamps, arrivals)
    _fill_numbers(plan, cells, mapped)
    _fill_revision(plan, cells, mapped, stamps, arrivals)
    _check_texts(mapped)
    return mapped


def map_events(feed: Feed, events: Sequence[Event], stamps: IntArray | None, areas: Sequence[str]) -> Mapped:
    """Events that speak the contract, in the same columns. `areas`: the code of each, found by point where need be.

    `stamps`: as for `map_records`; None: each event arrived when it occurred.
    """
    size = len(events)
    kind, source = feed.file.kind, feed.file.source
    occurred = RFC3339.read([event.occurred_at for event in events])
    due = RFC3339.read([event.due_at or "" for event in events])
    names = sorted({event.stage for event in events})
    places = {name: i for i, name in enumerate(names)}
    every = np.arange(size, dtype=np.int64)
    mapped = Mapped(
        source=[event.source for event in events],
        id=[event.id for event in events],
        category=[event.category for event in events],
        area=areas,
        office=[event.office or "" for event in events],
        matter=[event.matter or "" for event in events],
        place=[event.place or "" for event in events],
        revision=np.array([event.revision for event in events], np.int64),
        due_at=due.at,
        count=np.array([event.count for event in events], np.int64),
        severity=np.array([event.severity or 0 for event in events], np.int64),
        flags=np.array([event.exercise for event in events], np.int64) * EXERCISE,
        left_out=np.zeros(size, np.bool_),
        stages=names,
        record=every,
        n=np.zeros(size, np.int64),
        stage=np.array([places[event.stage] for event in events], np.int64),
        occurred_at=occurred.at,
        arrived_at=occurred.at if stamps is None else stamps,
    )
    for column, name in ((occurred, "occurred_at"), (due, "due_at")):
        for code in np.unique(column.fault).tolist():
            reason = FAULTS[code]
            if reason is not None:
                mapped.fault(np.flatnonzero(column.fault == code), reason, name)
    mapped.fault(np.flatnonzero(occurred.fault == EMPTY), Reason.BAD_TIME, "occurred_at")
    mapped.id_parts = (mapped.id,)
    for i, event in enumerate(events):
        if event.kind != kind:
            mapped.faults.setdefault(i, (Reason.WRONG_KIND, "kind"))
        if source is not None and event.source != source:
            mapped.faults.setdefault(i, (Reason.WRONG_SOURCE, "source"))
        if (event.area is None) == (event.location is None):
            fault = (Reason.BAD_VALUE, "location") if event.area is not None else (Reason.MISSING_FIELD, "area")
            mapped.faults.setdefault(i, fault)
    return mapped


def _read(ways: Sequence[TimeWay], cells: Cells, size: int) -> tuple[IntArray, NDArray[np.uint8]]:
    """The first way that can be read decides; a fault is told only where every way has one."""
    at = np.full(size, NO_TIME, np.int64)
    fault = np.full(size, EMPTY, np.uint8)
    for way in ways:
        left = np.flatnonzero(fault != GOOD)
        if not len(left):
            break
        texts = way.take(cells)
        read = way.reader.read(texts if len(left) == size else [texts[i] for i in left.tolist()])
        better = (read.fault == GOOD) | (fault[left] == EMPTY)
        at[left[better]] = read.at[better]
        fault[left[better]] = read.fault[better]
    return at, fault


def _stage_times(
    plan: Plan, cells: Cells, size: int, left_out: NDArray[np.bool_], faults: Faults
) -> tuple[list[str], list[tuple[IntArray, IntArray]]]:
    """Names of stages, and for each its (stage index a record, time a record; NO_TIME: no such event)."""
    names: list[str] = []
    times: list[tuple[IntArray, IntArray]] = []
    for number, (stage, ways) in enumerate(plan.stages):
        at, fault = _read(ways, cells, size)
        field_name = "occurred_at" if number == 0 else stage
        for code in np.unique(fault[~left_out]).tolist():
            reason = FAULTS[code] if code != EMPTY else (Reason.MISSING_FIELD if number == 0 else None)
            if reason is not None:
                for i in np.flatnonzero((fault == code) & ~left_out).tolist():
                    faults.setdefault(i, (reason, field_name))
        names.append(stage)
        times.append((np.full(size, number, np.int64), at))
    told = plan.columns.stage
    if told is not None:
        texts = cells(told.column)
        stages = [told.values.get(text.strip(), "") if told.values else text.strip() for text in texts]
        names = sorted(set(stages))
        places = {name: i for i, name in enumerate(names)}
        times = [(np.fromiter((places[stage] for stage in stages), np.int64, size), times[0][1])]
        for i, stage in enumerate(stages):
            if not stage:
                faults.setdefault(i, (Reason.UNKNOWN_STAGE, "stage"))
    return names, times


def _lay_out_events(
    mapped: Mapped, times: list[tuple[IntArray, IntArray]], stamps: IntArray | None, arrivals: IntArray | None
) -> None:
    """One event a record and stage that has a time, ordered by record, then stage."""
    bad = np.zeros(len(mapped), np.bool_)
    bad[list(mapped.faults)] = True
    bad |= mapped.left_out
    record, n, stage, occurred = [], [], [], []
    for number, (stage_of, at) in enumerate(times):
        chosen = np.flatnonzero((at != NO_TIME) & ~bad)
        record.append(chosen)
        n.append(np.full(len(chosen), number, np.int64))
        stage.append(stage_of[chosen])
        occurred.append(at[chosen])
    order = np.lexsort((np.concatenate(n), np.concatenate(record)))
    mapped.record, mapped.n = np.concatenate(record)[order], np.concatenate(n)[order]
    mapped.stage, mapped.occurred_at = np.concatenate(stage)[order], np.concatenate(occurred)[order]
    if stamps is not None:
        mapped.arrived_at = stamps[mapped.record]
    elif arrivals is None:
        mapped.arrived_at = mapped.occurred_at
    else:
        column = arrivals[mapped.record]
        later_stage = (mapped.n > 0) | (column == NO_TIME)
        mapped.arrived_at = np.where(later_stage, np.maximum(column, mapped.occurred_at), column)


def _identities(parts: Sequence[Sequence[str]], first_times: IntArray, plan: Plan, size: int) -> list[str]:
    """The id a record: its only part, or all of them joined. Empty where one of them is: fewer parts would make one
    event of several."""
    if len(plan.ids) == 1 and parts:
        return [text.strip() for text in parts[0]]
    told = iter(parts)
    times = [str(at) for at in first_times.tolist()]
    columns = [times if take is None else next(told) for take in plan.ids]
    rows = zip(*columns, strict=True) if size else []
    return ["\x1f".join(row) if all(text.strip() for text in row) else "" for row in rows]


def _optional(
    ways: Sequence[TimeWay], cells: Cells, size: int, name: str, left_out: NDArray[np.bool_], faults: Faults
) -> IntArray:
    if not ways:
        return np.full(size, NO_TIME, np.int64)
    at, fault = _read(ways, cells, size)
    for i in np.flatnonzero((fault >= BAD) & ~left_out).tolist():
        faults.setdefault(i, (FAULTS[int(fault[i])] or Reason.BAD_TIME, name))
    return at


def _marked(cells: Cells, tests: Sequence[Where], size: int) -> NDArray[np.bool_]:
    """Records that fit one of the tests."""
    marked = np.zeros(size, np.bool_)
    for test in tests:
        texts = cells(test.column)
        verdicts: dict[str, bool] = {}
        fits = _fits(test)
        for text in set(texts):
            verdicts[text] = fits(text)
        if any(verdicts.values()):
            marked |= np.fromiter((verdicts[text] for text in texts), np.bool_, size)
    return marked


def _fits(test: Where) -> Callable[[str], bool]:
    if test.values is not None:
        wanted = frozenset(test.values)
        return lambda text: text.strip() in wanted
    if test.pattern is not None:
        search = test.compiled.search
        return lambda text: search(text) is not None
    return lambda text: not text.strip()


def _fill_numbers(plan: Plan, cells: Cells, mapped: Mapped) -> None:
    columns = plan.columns
    if columns.count is not None:
        for i, text in enumerate(cells(columns.count)):
            number = whole_number(text)
            if number is None or not 0 <= number <= LARGEST_COUNT:
                mapped.faults.setdefault(i, (Reason.BAD_VALUE, "count"))
            else:
                mapped.count[i] = number
    if columns.severity is not None:
        values = columns.severity.values
        for i, text in enumerate(cells(columns.severity.column)):
            number = values.get(text.strip(), 0) if values is not None else whole_number(text or "0")
            if number is None or not 0 <= number <= 4:
                mapped.faults.setdefault(i, (Reason.BAD_VALUE, "severity"))
            else:
                mapped.severity[i] = number
    if columns.office is not None:
        offices = plan.offices
        texts = cells(columns.office.column)
        known = {text: offices.get(" ".join(text.split()).casefold(), "") for text in set(texts)}
        mapped.office = [known[text] for text in texts]
        if not all(known.values()):
            for i, text in enumerate(texts):
                if text.strip() and not known[text]:
                    mapped.faults.setdefault(i, (Reason.UNKNOWN_OFFICE, "office"))


def _fill_revision(
    plan: Plan, cells: Cells, mapped: Mapped, stamps: IntArray | None, arrivals: IntArray | None
) -> None:
    if plan.revision is not None:
        mapped.revision = revisions_in(plan.revision(cells), plan.revision_times, mapped.faults)
    elif plan.revised_by_arrival:
        if arrivals is not None:
            mapped.revision = np.where(arrivals == NO_TIME, 0, arrivals)
        elif stamps is not None:
            mapped.revision = stamps.copy()


def _check_texts(mapped: Mapped) -> None:
    texts = {"id": mapped.id, "matter": mapped.matter, "place": mapped.place}
    for i, text in enumerate(mapped.id):
        if not text and not mapped.left_out[i]:
            mapped.faults.setdefault(i, (Reason.MISSING_FIELD, "id"))
    for name, values in texts.items():
        longest = LONGEST_TEXT[name]
        if max(map(len, values), default=0) > longest:
            for i, text in enumerate(values):
                if len(text) > longest:
                    mapped.faults.setdefault(i, (Reason.TOO_LARGE, name))
