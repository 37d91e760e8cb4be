"""Addresses of the chain of moves, for those who judge it: looked through, exported, proven against its heads."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
import structlog
from fastapi import Depends, FastAPI, Query
from fastapi.responses import Response, StreamingResponse

from alerts.access.roles import Who
from alerts.api.door import DutyCity
from alerts.api.forms import move_of
from alerts.api.service import Asks, Limit, Service, city_of, in_json
from alerts.api.troubles import TroubleError
from alerts.audit import Wanted, lines, newest, oldest
from alerts.export import rfc3339

HEADS_SHOWN = 200
Word = Annotated[str, Query(max_length=128)]
Place = Annotated[int, Query(ge=0, le=2**63 - 1)]

log = structlog.get_logger(__name__)


def wanted(
    alert: Word = "",
    verb: Word = "",
    desk: Word = "",
    account: Word = "",
    since: Annotated[datetime | None, Query(description="With an offset.")] = None,
    until: Annotated[datetime | None, Query(description="With an offset; what is of this moment is left out.")] = None,
) -> Wanted:
    """Which entries are asked for. Raises TroubleError where a time has no offset."""
    if any(time is not None and time.tzinfo is None for time in (since, until)):
        raise TroubleError("wrong_form", ("since", "until"))
    return Wanted(alert, verb, desk, account, *(round(t.timestamp() * 1000) if t else 0 for t in (since, until)))


Asked = Annotated[Wanted, Depends(wanted)]


def add_chain(app: FastAPI, service: Service) -> None:
    @app.get("/cities/{city}/chain")
    def chain(
        city: str, who: Asks, asked: Asked, after: Place = 0, before: Place = 0, newest_first: bool = False,
        limit: Limit = 50,
    ) -> Response:  # fmt: skip
        """The whole chain with duty numbers and hashes, for those who judge it and may see the whole city: as it was
        written behind `after`, or newest first from `before`."""
        town = _judged(service, who, city)
        look, place = (newest, before) if newest_first else (oldest, after)
        found, following = look(town.store, asked, place, limit)
        return in_json({"moves": [move_of(one, whole=True) for one in found], "next": following or None})

    @app.get("/cities/{city}/chain/export")
    def export(city: str, who: Asks, asked: Asked) -> Response:
        """The same as JSON lines, each with the bytes over which its hash was made. That it was taken out is logged."""
        town = _judged(service, who, city)
        log.warning("chain_exported", city=city, by=who.account)
        headers = {"Content-Disposition": f'attachment; filename="{city}-chain.jsonl"', "Cache-Control": "no-store"}
        return StreamingResponse(lines(town.store, asked), media_type="application/jsonl", headers=headers)

    @app.get("/cities/{city}/chain/heads")
    def heads(city: str, who: Asks) -> Response:
        """Heads that were sent outside, the latest first."""
        sent = _judged(service, who, city).store.heads(HEADS_SHOWN)
        return in_json({"heads": [{**msgspec.to_builtins(head), "at": rfc3339(head.at)} for head in sent]})

    @app.get("/cities/{city}/chain/proof")
    def proof(city: str, who: Asks) -> Response:
        """What `tocsin verify` says just now: the chain against itself, against every head in the files that the city
        names, and every alert against its moves."""
        judged = _judged(service, who, city).judge()
        found = judged.proof
        return in_json(
            {
                "whole": judged.whole,
                "at": rfc3339(judged.at),
                "entries": found.entries,
                "proven": found.proven,
                "head": found.head.seq if found.head else None,
                "files": judged.named,
                "files_unread": judged.unread,
                "faults": [{"kind": one.kind, "seq": one.seq, "alert": one.alert or None} for one in found.faults],
            }
        )


def _judged(service: Service, who: Who, city: str) -> DutyCity:
    town = city_of(service, who, city)
    if not town.may_judge(who):
        raise TroubleError("not_allowed")
    return town
