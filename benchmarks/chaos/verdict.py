"""What is left after the kills, held against a run that nothing disturbed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from alerts.alert import Alert
from alerts.database import SqliteStore
from alerts.store import MemoryStore
from benchmarks.chaos.stretch import Body, Identity
from rules import canonical
from rules.records import Frame, Tick
from rules.signals import Cause
from streams import replay
from streams.audit import audit
from streams.city import City
from streams.clock import WallClock
from streams.engines import RuleEngines
from streams.intake import Intake
from streams.journal import Journal

Boxes = dict[str, dict[str, dict[str, int]]]


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """`tocsin replay` of the same events: its canonical dump, when it spoke (ms), and how many events stand,
    by feed and day."""

    canonical: bytes
    spoke: list[int]
    accepted: dict[tuple[str, str], int]


def undisturbed(city: City, intake: Intake, since: int, until: int) -> Undisturbed:
    told = replay.run(
        city.book, replay.read_past(city, intake, replay.files_of(city, [], []), since, until), WallClock()
    )
    return Undisturbed(
        canonical.lines(told.signals), [signal.said_at for signal in told.signals], _accepted(told.engine.boxes())
    )


def verdicts(city: City, data: Path, before: Undisturbed, acknowledged: Iterable[Body]) -> dict[str, str]:
    """Question -> "" where the answer is as it should be, else what is wrong."""
    folder = data / city.name
    journal = folder / "journal.sqlite"
    stored = replay.run(city.book, replay.stored_past(city, Journal.open(journal, read_only=True)), WallClock())
    again = stored.engine.boxes()
    with closing(SqliteStore(folder / "alerts.sqlite")) as desk:
        alerts = {alert.id: alert for alert in desk.final()}
        notices = {name: [n.reason for n in desk.notices_of(name) if n.channel == _road(city)] for name in alerts}
    heard = canonical.lines(alert.signal for alert in alerts.values())
    questions: dict[str, Callable[[], str]] = {
        "the journal replays to the undisturbed canonical dump": lambda: _same(
            canonical.lines(stored.signals), before.canonical
        ),
        "the desk holds the undisturbed canonical dump": lambda: _same(heard, before.canonical),
        "no rule was stopped": lambda: ", ".join(sorted(stored.engine.stopped)),
        "boxes of law 9: the running engine's are those of the replayed journal": lambda: _differ(
            _boxes_of_the_last_snapshot(journal), again
        ),
        "boxes of law 9: as many events stand as undisturbed, by feed and day": lambda: _differ(
            _accepted(again), before.accepted
        ),
        "tocsin audit balances": lambda: _audited(journal),
        "no acknowledged event is missing from the journal": lambda: _missing(journal, acknowledged),
        "ticks never go back": lambda: _ticks(journal),
        "no alert lost or doubled at the desk": lambda: _alerts(alerts, stored.store),
        "every move has its one notice": lambda: _notices(alerts, notices),
        "the journal passes its integrity check": lambda: _integrity(journal),
    }
    return {question: ask() for question, ask in questions.items()}


def _road(city: City) -> str:
    return city.desks[0].channels[0].name


def _same(found: bytes, wanted: bytes) -> str:
    if found == wanted:
        return ""
    ours, theirs = Counter(found.splitlines()), Counter(wanted.splitlines())
    more, fewer = ours - theirs, theirs - ours
    first = b"; ".join([*list(more)[:1], *list(fewer)[:1]]).decode()
    return f"{more.total()} lines that the undisturbed run has not, {fewer.total()} that only it has: {first[:1000]}"


def _differ(found: object, wanted: object) -> str:
    """Where two things differ, if they do; of nested ones the innermost places."""
    if found == wanted:
        return ""
    if isinstance(found, dict) and isinstance(wanted, dict):
        keys = sorted({*found, *wanted}, key=str)
        places = [f"{key}: {_differ(found.get(key), wanted.get(key))}" for key in keys]
        return "; ".join(place for place in places if not place.endswith(": "))[:500]
    return f"{found} instead of {wanted}"[:500]


def _accepted(boxes: Boxes) -> dict[tuple[str, str], int]:
    """Superseded ones left out: the engine remembers the revision that stands, so an older one that is sent again is
    superseded once more."""
    return {
        (feed, day): row["accepted"] - row["superseded"]
        for feed, days in boxes.items()
        for day, row in days.items()
        if row["accepted"]
    }


def _boxes_of_the_last_snapshot(path: Path) -> Boxes:
    """The boxes as the process had them when it ended in order: that is when it wrote this snapshot."""
    with closing(Journal.open(path, read_only=True)) as journal:
        newest = next(iter(journal.snapshots()))
        if newest is None or newest.head != journal.last_offset:
            return {}
        engine = RuleEngines().restore(newest.rows, journal.books())
    boxes: Boxes = engine.boxes()  # type: ignore[attr-defined]  # the shipped engine has them, the port does not ask
    return boxes


def _audited(path: Path) -> str:
    with closing(Journal.open(path, read_only=True)) as journal:
        found = audit(journal)
    return (
        "" if found.balanced else f"{found.imbalances[:3]} {[one for one in found.compared if one.differs][:1]}"[:500]
    )


def _missing(path: Path, acknowledged: Iterable[Body]) -> str:
    known: set[Identity] = set()
    with closing(Journal.open(path, read_only=True)) as journal:
        for _, record in journal.read():
            if isinstance(record, Frame):
                rows = record.rows
                known.update(zip(rows["id0"].tolist(), rows["id1"].tolist(), rows["revision"].tolist(), strict=True))
    lost = [identity for body in acknowledged for identity in body.identities if identity not in known]
    return f"{len(lost)} acknowledged events are not in the journal" if lost else ""


def _ticks(path: Path) -> str:
    with closing(Journal.open(path, read_only=True)) as journal:
        ticks = [record.now for _, record in journal.read() if isinstance(record, Tick)]
    return "" if ticks == sorted(set(ticks)) else "a tick repeats or goes back"


def _alerts(found: dict[str, Alert], wanted: MemoryStore) -> str:
    said = {alert.id: alert for alert in wanted.final()}
    lost, more = sorted(set(said) - set(found)), sorted(set(found) - set(said))
    changed = [name for name in set(said) & set(found) if _state(said[name]) != _state(found[name])]
    if not lost and not more and not changed:
        return ""
    return f"{len(lost)} lost, {len(more)} too many, {len(changed)} differ: {(lost + more + changed)[:3]}"


def _state(alert: Alert) -> object:
    """An alert without the desk's wall clock, and without offsets: a replay numbers a log without its torn records."""
    signal = structs.replace(alert.signal, id="", cause=Cause(0, 0, 0))
    moves = [(move.at, move.reason, move.colour, move.observed, move.area) for move in alert.moves]
    return alert.state, alert.desk, alert.rank, signal, moves


def _notices(alerts: dict[str, Alert], notices: Mapping[str, Sequence[str]]) -> str:
    wrong = [name for name, alert in alerts.items() if list(notices[name]) != [move.reason for move in alert.moves]]
    return f"{len(wrong)} alerts whose notices are not their moves: {wrong[:3]}" if wrong else ""


def _integrity(path: Path) -> str:
    with closing(Journal.open(path, read_only=True)) as journal:
        found = journal.integrity()
    return "" if found == "ok" else found
