"""The addresses of the hand-over: its page, its stream, a note for the next turn, the confirmation."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from alerts.access.roles import Who
from alerts.alert import Alert
from alerts.api.door import DutyCity
from alerts.api.troubles import WORDS, TroubleError
from alerts.chain import Link
from alerts.console.answers import page, status_of
from alerts.console.handover import HandoverFigures, handover_figures
from alerts.console.naming import Names
from alerts.console.pages import Reader, handover_page, handover_part
from alerts.console.posted import UNSHOWN, Text, way_to
from alerts.console.source import BoardSource
from alerts.turnover import Sheet

if TYPE_CHECKING:
    from alerts.console.app import Console


class HandoverPages:
    """What the addresses of the hand-over answer; what may not be seen raises HTTPException 404."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def page(self, request: Request, name: str) -> Response:
        """`desk`: whose, else the first of those that owe a reading; `turn`: when the turn began (ms), 0: the one to
        come; else the last."""
        return self._drawn(request, name, request.query_params.get("desk", ""), _turn(request))

    def note(self, request: Request, name: str, desk: Text = "", note: Text = "") -> Response:
        """Where the note is not kept, the page says why, and still holds it, unless it seems to name a person."""
        city, who = self._console.town(request, name)
        try:
            city.note_handover(who, desk, note)
        except TroubleError as trouble:
            return self._drawn(request, name, desk, 0, trouble, note if trouble.trouble not in UNSHOWN else "")
        return self._back(name, desk, "0")

    def read(self, request: Request, name: str, desk: Text = "", turn: Text = "") -> Response:
        city, who = self._console.town(request, name)
        try:
            city.read_handover(who, desk, int(turn) if _is_number(turn) else -1)
        except TroubleError as trouble:
            return self._drawn(request, name, desk, None, trouble)
        return self._back(name, desk, turn)

    def draw(self, request: Request, name: str, reader: Reader, source: BoardSource) -> str:
        """The live part."""
        city, who = self._console.town(request, name)
        desk = self._desk(city, who, request.query_params.get("handover", ""))
        return handover_part(
            source, reader, lambda names: self._figures(city, who, desk, _turn(request), names, source)
        )

    def _back(self, name: str, desk: str, turn: str) -> Response:
        asked = urlencode({"desk": desk, "turn": turn})
        return way_to(f"/city/{name}/handover?{asked}")

    def _drawn(
        self,
        request: Request,
        name: str,
        wanted: str,
        turn: int | None,
        trouble: TroubleError | None = None,
        note: str = "",
    ) -> Response:
        city, who = self._console.town(request, name)
        source = self._console.find_city(request, name)
        reader = self._console.reader(request, source)
        desk = self._desk(city, who, wanted)
        said = WORDS[trouble.trouble][reader.language] if trouble is not None else ""
        html = handover_page(
            source,
            reader,
            self._console.seen(request),
            lambda names: self._figures(city, who, desk, turn, names, source),
            said,
            note,
        )
        return page(request, html, reader, status_of(trouble))

    def _desk(self, city: DutyCity, who: Who, wanted: str) -> str:
        """The desk that is asked for, else the first of his own that owes a reading, else the first of his own."""
        own = city.own_desks(who)
        if wanted:
            if wanted not in own:
                raise HTTPException(404)
            return wanted
        owing = [name for name in own if (last := city.handing.of(name).last) is not None and last.owed]
        return next(iter((*owing, *own)), "")

    def _figures(
        self, city: DutyCity, who: Who, desk: str, turn: int | None, names: Names, source: BoardSource
    ) -> tuple[HandoverFigures | None, int]:
        """None: he answers for no desk."""
        if not desk:
            return None, city.now()
        try:
            page = city.sheet(who, desk, turn)
        except TroubleError:
            raise HTTPException(404) from None
        present = {alert.id: alert for alert in city.seen(who, city.store.alerts(_ids(page)).values())}
        figures = handover_figures(
            page,
            city.handing.known(),
            city.own_desks(who),
            present,
            city.desks,
            names,
            source.feeds(),
            source.now(),
            can=who.may("move"),
        )
        return figures, city.now()


def add_handovers(app: FastAPI, pages: HandoverPages) -> None:
    """Add the addresses to the console."""
    app.get("/city/{name}/handover", response_model=None)(pages.page)
    app.post("/city/{name}/handover/notes", response_model=None)(pages.note)
    app.post("/city/{name}/handover/read", response_model=None)(pages.read)


def _ids(page: Sheet) -> set[str]:
    shown: list[Alert] = [*page.waiting, *(one.alert for one in page.taken)]
    moved: list[Link] = list(page.moves)
    return {alert.id for alert in shown} | {one.alert for one in moved if one.alert}


def _turn(request: Request) -> int | None:
    turn = request.query_params.get("turn", "")
    return int(turn) if _is_number(turn) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
