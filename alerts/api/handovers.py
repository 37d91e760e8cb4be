"""Hand-overs over the programming interface: listed, read, noted, confirmed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import Response
from pydantic import Field

from alerts.access.roles import Who
from alerts.alert import Alert
from alerts.api.door import DutyCity
from alerts.api.forms import Form, Text, move_of
from alerts.api.service import Asks, Key, Service, city_of, in_json, key_of
from alerts.export import rfc3339
from alerts.turnover import Turnover


class NoteForm(Form):
    note: Annotated[Text, Field(min_length=1, description="What was promised, what to look at first. No people.")]


class ReadForm(Form):
    turn: datetime = Field(description="When the turn began, as the hand-over says.")


def add_handovers(app: FastAPI, service: Service) -> None:
    """Add the addresses to the interface."""

    @app.get("/cities/{city}/handovers/{desk}")
    def handovers(city: str, desk: str, who: Asks) -> Response:
        """The hand-overs of a desk, the latest first, and the notes for the one to come."""
        return in_json(_listed(city_of(service, who, city), who, desk))

    @app.get("/cities/{city}/handovers/{desk}/sheet")
    def sheet(
        city: str,
        desk: str,
        who: Asks,
        turn: Annotated[datetime | None, Query(description="When the turn began; else the last.")] = None,
    ) -> Response:
        """What was handed over: open, taken, held, muted, overdue, blind feeds, moves of the turn, notes."""
        return in_json(_sheet(city_of(service, who, city), who, desk, _ms(turn) if turn is not None else None))

    @app.post("/cities/{city}/handovers/{desk}/notes", status_code=201)
    def note(city: str, desk: str, form: NoteForm, who: Asks, key: Key = "") -> Response:
        """Write words for the turn to come."""
        city_of(service, who, city).note_handover(who, desk, form.note, key_of(who, key))
        return in_json({}, 201)

    @app.post("/cities/{city}/handovers/{desk}/read")
    def read(city: str, desk: str, form: ReadForm, who: Asks) -> Response:
        """Confirm that the incoming desk has read it. The first who does counts."""
        town = city_of(service, who, city)
        town.read_handover(who, desk, _ms(form.turn))
        return in_json(_listed(town, who, desk))


def _ms(turn: datetime) -> int:
    """-1, no turn's: a time without an offset."""
    return round(turn.timestamp() * 1000) if turn.tzinfo is not None else -1


def _listed(town: DutyCity, who: Who, desk: str) -> dict[str, object]:
    """The hand-overs of a desk, the latest first, and the notes for the one to come."""
    known = town.handovers(who, desk)
    return {"handovers": [_head(one) for one in known.past[::-1]], "notes": _notes(known.coming)}


def _sheet(town: DutyCity, who: Who, desk: str, turn: int | None) -> dict[str, object]:
    """What a hand-over holds, each alert with the stage that it had then and the one that it has now."""
    page = town.sheet(who, desk, turn)
    every = [*page.waiting, *(one.alert for one in page.taken), *page.held, *page.muted]
    now = town.store.alerts(alert.id for alert in every)
    return {
        **_head(page.turnover),
        "as_of": rfc3339(page.at),
        "open": [{**_line(one, now), "overdue": one.id in page.overdue} for one in page.waiting],
        "taken": [
            {**_line(one.alert, now), "by": one.alert.duty.desk, "lapses": rfc3339(one.at) if one.at else None}
            for one in page.taken
        ],
        "held": [_line(one, now) for one in page.held],
        "muted": [{**_line(one, now), "mute": one.duty.mute} for one in page.muted],
        "mutes": [
            {"id": mute.id, "area": mute.area, "category": mute.category, "until": rfc3339(mute.until)}
            for mute in page.mutes
        ],
        "blind": list(page.blind),
        "moves": [move_of(one) for one in page.moves],
        "moved": page.moved,
        "closed": page.closed,
        "confirmed": page.confirmed,
        "notes": _notes(page.turnover),
    }


def _head(one: Turnover) -> dict[str, object]:
    made, read = one.made, one.read
    return {
        "desk": made.desk,
        "turn": rfc3339(made.turn) if one.seq else None,
        "shift": made.shift or None,
        "made_at": rfc3339(made.at) if one.seq else None,
        "owed": one.owed,
        "due": rfc3339(one.due) if one.owed else None,
        "read_at": rfc3339(read.at) if read is not None else None,
        "told": [{"desk": told.to, "at": rfc3339(told.at)} for told in one.unread],
    }


def _notes(one: Turnover) -> list[dict[str, object]]:
    return [{"at": rfc3339(note.at), "role": note.role, "note": note.note} for note in one.notes]


def _line(alert: Alert, now: Mapping[str, Alert]) -> dict[str, object]:
    signal = alert.signal
    return {
        "id": alert.id,
        "rule": signal.rule,
        "area": signal.area,
        "category": signal.category,
        "colour": alert.colour,
        "rank": alert.rank,
        "stage": alert.duty.stage,
        "stage_now": now[alert.id].duty.stage if alert.id in now else None,
        "state_now": now[alert.id].state if alert.id in now else None,
    }
