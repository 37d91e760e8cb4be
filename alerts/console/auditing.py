"""The page of the chain of moves, for those who judge it: looked through, newest first; its heads; whether it holds.

It is no live page: what stands there was read once, at the time that it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from alerts.audit import Judged, Wanted, newest
from alerts.chain import VERBS, Handover, Head, Line, Link, Missed, Mute, Ordered, Unmute, decode
from alerts.console.naming import Names
from alerts.duty import Act
from alerts.export import rfc3339
from alerts.store import Store

ROWS_SHOWN: Final = 100
HEADS_SHOWN: Final = 8
LONGEST: Final = 128
LATEST: Final = 7_258_118_400_000
"""The year 2200, ms: nothing is written later."""
FIELDS: Final = ("alert", "verb", "desk", "account", "since", "until")


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry. `desk`: who acted; `what`: what a form without alert is about, else ""."""

    seq: int
    at: int
    verb: str
    alert: str
    desk: str
    to: str
    role: str
    account: str
    outcome: str
    what: str
    words: str
    hash: str


@dataclass(frozen=True, slots=True)
class AuditFigures:
    """`form`: what was asked for, as it stands in the fields; `older`, `export`: addresses behind the `?`, "" none."""

    rows: tuple[EntryRow, ...]
    form: Mapping[str, str]
    verbs: tuple[str, ...]
    desks: tuple[tuple[str, str], ...]
    older: str
    export: str
    heads: tuple[Head, ...]
    judged: Judged | None


def asked_for(words: Mapping[str, str], zone: ZoneInfo) -> Wanted:
    """What the fields of the form ask for; times are the city's own. One that is none asks for nothing."""
    found = {name: words.get(name, "").strip()[:LONGEST] for name in FIELDS}
    since, until = (_moment(found[name], zone) for name in ("since", "until"))
    return Wanted(found["alert"], found["verb"], found["desk"], found["account"], since, until)


def _moment(text: str, zone: ZoneInfo) -> int:
    try:
        at = round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0
    return min(max(at, 0), LATEST)


def audit_figures(
    store: Store, words: Mapping[str, str], desks: Sequence[str], names: Names, judged: Judged | None
) -> AuditFigures:
    wanted = asked_for(words, names.speech.zone)
    before = words.get("before", "")
    place = int(before) if before.isascii() and before.isdigit() and len(before) < len(str(2**63)) else 0
    rows, following = newest(store, wanted, place, ROWS_SHOWN)
    form = {name: words.get(name, "")[:LONGEST] for name in FIELDS}
    kept = {name: value for name, value in form.items() if value}
    times = {"since": wanted.since, "until": wanted.until}
    api = {name: rfc3339(times[name]) if name in times else value for name, value in kept.items() if times.get(name, 1)}
    return AuditFigures(
        tuple(_row(one, names) for one in rows),
        form,
        VERBS,
        tuple((name, names.desk(name)) for name in desks),
        urlencode({**kept, "before": following}) if following else "",
        urlencode(api),
        tuple(store.heads(HEADS_SHOWN)),
        judged,
    )


def _row(one: Link, names: Names) -> EntryRow:
    act = decode(one.body).act
    what = words = to = outcome = ""
    if isinstance(act, Act):
        to, outcome = names.desk(act.to) if act.to else "", act.outcome
        words = " – ".join(text for text in (act.why, act.note) if text)
    elif isinstance(act, (Missed, Mute)):
        what = f"{names.area(act.area)}, {names.category(act.category)}"
        words = act.note if isinstance(act, Missed) else act.reason
    elif isinstance(act, Unmute):
        what = act.id
    elif isinstance(act, Ordered):
        what, words = f"{act.kind}: {act.about}", act.reason
    elif isinstance(act, Handover):
        what, words, to = act.shift, act.note, names.desk(act.to) if act.to else ""
    elif isinstance(act, Line):
        what, to = str(act.count), names.desk(act.to)
    else:
        words = ", ".join(f"{name} {act.before[name]} - {n}" for name, n in sorted(act.gone.items()))
    desk = names.desk(act.desk) if act.desk else ""
    return EntryRow(
        one.seq, one.at, one.verb, one.alert, desk, to, act.role, act.account, outcome, what, words, one.hash.hex()
    )
