"""What is sent to the programming interface, and what it answers: closed forms, times in RFC 3339."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from alerts.alert import Alert
from alerts.chain import Handover, Line, Link, Missed, Mute, Ordered, Purge, decode
from alerts.duty import TEXT_LONGEST, Act, Outcome
from alerts.export import line, rfc3339
from alerts.mutes import Cost, Standing
from rules.book import Book
from rules.shown import Count

HandVerb = Literal["take", "leave", "raise", "close", "reopen", "note", "release"]
Text = Annotated[str, Field(max_length=TEXT_LONGEST)]
Code = Annotated[str, Field(min_length=1, max_length=64)]


class Form(BaseModel):
    """A field that is not named here is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Login(Form):
    number: Annotated[str, Field(max_length=16, description="Duty number.")]
    password: str
    code: Annotated[str, Field(max_length=6, description="Of the second factor, six digits.")]


class MoveForm(Form):
    verb: HandVerb
    outcome: Outcome | None = Field(default=None, description="Of a closing: what it was found to be.")
    why: Text = Field(default="", description="Of an outcome, a raise, a reopening.")
    note: Text = ""
    to: Annotated[str, Field(max_length=64)] = Field(default="", description="Of a raise; else the desk above.")
    desk: Annotated[str, Field(max_length=64)] = Field(
        default="", description="For which desk; else the one told last."
    )

    def act(self, key: str) -> Act:
        return Act(self.verb, 0, to=self.to, outcome=self.outcome or "", why=self.why, note=self.note, key=key)


class MissedForm(Form):
    area: Code
    category: Code
    time: datetime = Field(description="When it happened, with an offset.")
    note: Text = ""
    desk: Annotated[str, Field(max_length=64)] = ""

    def missed(self, key: str) -> Missed:
        at = round(self.time.timestamp() * 1000) if self.time.tzinfo is not None else 0
        return Missed(0, self.area, self.category, at, self.note, key=key)


class MuteForm(Form):
    area: Code
    category: Code
    rule: Annotated[str, Field(max_length=64)] = Field(default="", description="Of this rule alone; else of any.")
    until: datetime = Field(description="Its end, with an offset; at most as far ahead as the desk's `mute` says.")
    reason: Annotated[str, Field(min_length=1, max_length=TEXT_LONGEST)]
    top: bool = Field(default=False, description="Hide the top rank too.")
    top_again: bool = Field(default=False, description="Once more: hide the top rank too.")
    desk: Annotated[str, Field(max_length=64)] = ""


def mute_of(one: Standing, hidden: Cost, now: int) -> dict[str, object]:
    """A mute: whose, why, until when, and what it has hidden by now, or had at its end."""
    mute, end = one.mute, one.end
    return {
        "id": mute.id,
        "area": mute.area,
        "category": mute.category,
        "rule": mute.rule or None,
        "reason": mute.reason,
        "top": mute.top,
        "desk": mute.desk,
        "role": mute.role,
        "since": rfc3339(mute.at),
        "until": rfc3339(mute.until),
        "runs": one.runs(now),
        "ended_at": rfc3339(end.at) if end else None,
        "hidden": end.hidden if end else hidden.hidden,
        "confirmed": end.confirmed if end else hidden.confirmed,
    }


def alert_of(alert: Alert, book: Book, language: str) -> dict[str, object]:
    """The line of `alerts.jsonl`, and what the desk has done. Desks are named, never who sat there."""
    duty = alert.duty
    return {
        **line(alert, book, language),
        "duty": {
            "stage": duty.stage,
            "acts": duty.acts,
            "desks": list(duty.desks),
            "waits_since": _time(duty.since),
            "taken_by": duty.desk if duty.stage == "taken" else None,
            "taken_at": _time(duty.taken_at),
            "closed_at": _time(duty.closed_at),
            "outcome": duty.outcome or None,
            "why": duty.why or None,
            "held_since": _time(duty.held_at),
            "explained_by": duty.by or None,
            "frozen_since": _time(duty.frozen_at),
        },
    }


def move_of(one: Link, *, whole: bool = False) -> dict[str, object]:
    """An entry of the chain. `whole`: with the duty number, as those who judge the chain see it."""
    act = decode(one.body).act
    told: dict[str, object] = {"seq": one.seq, "alert": one.alert or None, "verb": one.verb, "at": rfc3339(one.at)}
    told |= {"desk": act.desk or None, "role": act.role or None}
    if isinstance(act, Act):
        told |= {"to": act.to or None, "outcome": act.outcome or None, "why": act.why or None, "rank": act.rank}
        told |= {"note": act.note or None, "mute": act.mute or None, "by": act.by or None}
    elif isinstance(act, Missed):
        told |= {"area": act.area, "category": act.category, "time": rfc3339(act.time), "note": act.note or None}
    elif isinstance(act, Mute):
        told |= {"mute": act.id, "area": act.area, "category": act.category, "until": rfc3339(act.until)}
        told |= {"rule": act.rule or None, "reason": act.reason, "top": act.top}
    elif isinstance(act, Ordered):
        told |= {"order": act.id, "kind": act.kind, "about": act.about, "reason": act.reason}
    elif isinstance(act, Purge):
        told |= {"before": act.before, "gone": act.gone, "through": act.through or None}
    elif isinstance(act, Handover):
        told |= {"turn": _time(act.turn), "shift": act.shift or None, "note": act.note or None, "to": act.to or None}
    elif isinstance(act, Line):
        told |= {"to": act.to, "held": act.count}
    else:
        told |= {"mute": act.id, "hidden": act.hidden, "confirmed": act.confirmed}
    if whole:
        told |= {"account": act.account or None, "hash": one.hash.hex()}
    return told


def count_of(row: Count) -> dict[str, object]:
    """A cell of counts. `whole`: judged for good; else it counts on. `missing`: a feed was not heard in it."""
    return {
        "rule": row.rule,
        "rule_version": row.version,
        "area": row.area,
        "category": row.category,
        "start": rfc3339(row.start),
        "seconds": row.step // 1000,
        "count": row.count,
        "expected": row.expected,
        "usual": [row.low, row.high] if row.low is not None else None,
        "limit": row.limit,
        "missing": row.missing,
        "whole": row.settled,
    }


def _time(at: int) -> str | None:
    return rfc3339(at) if at else None
