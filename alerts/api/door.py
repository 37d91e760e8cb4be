"""What the programming interface and the pages ask of a city, cut to what an account may see of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import msgspec

from alerts import hold
from alerts.access.roles import Who
from alerts.acting import TRIES, Acting
from alerts.alert import Alert
from alerts.api.troubles import TroubleError
from alerts.audit import Judged
from alerts.chain import Handover, Missed, Mute, Unmute, decode
from alerts.counts import Place
from alerts.desks import Desk
from alerts.duty import NOBODY, OWED, TEXT_LONGEST, Act, MoveRefused
from alerts.handing import Handing, UnknownTurnError
from alerts.keys import KeyUsedError
from alerts.links import Link, Taken
from alerts.mutes import LOOK_BACK_MS, Preview, Standing, concerns, preview
from alerts.near import NearCell, falling_rules, near_misses
from alerts.store import ConflictError, Store
from alerts.turnover import Handovers, Sheet, Turnover
from alerts.workshop import Workshop
from rules.book import Book
from rules.shown import Count

if TYPE_CHECKING:
    from alerts.console.source import FeedState

DAY_MS: Final = 86_400_000
ID_LONGEST: Final = 128
"""Longer words in an address are nobody's id."""
LINK: Final = "link"
"""The role of whoever takes an alert by the link of a message: its desk is known, and no account."""


@dataclass(frozen=True, slots=True)
class Spent:
    """The budget of a desk in this turn: how many alerts may interrupt it, how many did since `since` (ms)."""

    desk: str
    budget: int
    used: int
    since: int


@dataclass(frozen=True, slots=True)
class Refused:
    """How many records of a feed were refused for one reason, and what the reason means, by language."""

    feed: str
    reason: str
    count: int
    meaning: Mapping[str, str]


def counted_since(now: int) -> int:
    """From when on rows of feeds and refusals are counted, ms UTC: the midnight (UTC) before the last."""
    return (now // DAY_MS - 1) * DAY_MS


@dataclass(frozen=True, slots=True)
class DutyCity:
    """One city. `now`: the desk's clock, `city_now`: the city's, ms UTC. `ring`: alerts have changed. `names_nobody`:
    may a text stay? `refused`: what was refused since then, None where that cannot be read. `workshop`: where its rules
    are worked on, None where that is not here."""

    book: Callable[[], Book]
    store: Store
    acting: Acting
    handing: Handing
    now: Callable[[], int]
    ring: Callable[[], None]
    names_nobody: Callable[[str], bool]
    feeds: Callable[[], Sequence[FeedState]]
    refused: Callable[[int], Sequence[Refused] | None]
    city_now: Callable[[], int]
    judge: Callable[[], Judged]
    workshop: Workshop | None = None

    @property
    def desks(self) -> Mapping[str, Desk]:
        return self.acting.desks

    def seen(self, who: Who, alerts: Iterable[Alert]) -> list[Alert]:
        """Those of `alerts` that were told and that `who` may see."""
        book = self.book()
        return [alert for alert in alerts if alert.moves and who.sees(alert, book)]

    def alert(self, who: Who, alert_id: str) -> Alert:
        """Raises TroubleError: what is elsewhere and what is nowhere are answered alike."""
        found = self.store.alert(alert_id) if is_id(alert_id) else None
        if found is None or not self.seen(who, [found]):
            raise TroubleError("unknown")
        return found

    def move(self, who: Who, alert_id: str, wish: Act, *, desk: str = "", seen: int | None = None) -> Alert:
        """The alert after the move that `who` wishes: verb and texts are the wish's own. Raises TroubleError."""
        alert = self.alert(who, alert_id)
        self.check_texts(wish.note, wish.why)
        act = msgspec.structs.replace(
            wish, at=self.now(), account=who.account, role=who.role, desk=self._desk(who, alert, desk), timed=True
        )
        try:
            moved = self.acting.by_hand(alert.id, act, seen=seen)
        except MoveRefused as refused:
            if refused.fault == "desk_elsewhere":
                raise TroubleError("wrong_form", ("to",)) from None
            raise TroubleError(refused.fault) from None
        except ConflictError:
            raise TroubleError("conflict") from None
        self.ring()
        return moved or alert

    def take_by_link(self, link: Link) -> Taken:
        """Take an alert for the desk that a signed link was sent to; the link is the permission."""
        for _ in range(TRIES):
            alert = self.store.alert(link.alert)
            if alert is None or link.desk not in self.desks or alert.duty.stage not in OWED:
                return "ended"
            if alert.duty.stage == "taken":
                return "already"
            act = Act("take", self.now(), desk=link.desk, role=LINK)
            try:
                self.acting.by_hand(alert.id, act, seen=alert.duty.acts)
            except MoveRefused as refused:
                if refused.fault == "changed":  # since it was read: look again
                    continue
                return "ended"
            self.ring()
            return "taken"
        raise ConflictError(f"{link.alert} was changed by others {TRIES} times over")

    def missed(self, who: Who, form: Missed, desk: str = "") -> None:
        """Keep a form "missed". Raises TroubleError."""
        book = self.book()
        self.check_texts(form.note)
        wrong = [
            name
            for name, code, tree in (("area", form.area, book.areas), ("category", form.category, book.categories))
            if code not in tree.by_code
        ]
        if wrong:
            raise TroubleError("wrong_form", wrong)
        if not who.sees_area(book.city, book.areas, form.area):
            raise TroubleError("unknown")
        if not 0 < form.time <= self.now():
            raise TroubleError("wrong_form", ("time",))
        own = self._own_desk(who, [book.first_desk(form.area, form.category)], desk)
        made = msgspec.structs.replace(form, at=self.now(), account=who.account, role=who.role, desk=own)
        try:
            self.acting.missed(made)
        except KeyUsedError:
            raise TroubleError("key_used") from None
        self.ring()

    def mute(self, who: Who, wish: Mute, desk: str = "") -> Mute:
        """Lay a mute for the desk that answers for its area. Raises TroubleError."""
        own, now = self.check_mute(who, wish, desk), self.now()
        said = f"{wish.key or now}\0{who.account}\0{wish.area}\0{wish.category}\0{wish.rule}".encode()
        made = msgspec.structs.replace(
            wish,
            at=now,
            id=hashlib.blake2b(said, digest_size=8).hexdigest(),
            account=who.account,
            role=who.role,
            desk=own,
        )
        try:
            laid = self.acting.mute(made)
        except KeyUsedError:
            raise TroubleError("key_used") from None
        self.ring()
        return laid

    def check_mute(self, who: Who, wish: Mute, desk: str = "") -> str:
        """The desk that would own it. Raises TroubleError where it could not be laid."""
        own, now = self._own_mute(who, wish, desk), self.now()
        if not now < wish.until <= now + self._longest_mute(wish, own):
            raise TroubleError("mute_long" if wish.until > now else "wrong_form", ("until",))
        if not wish.reason:
            raise TroubleError("reason_missing")
        if len(wish.reason) > TEXT_LONGEST:
            raise TroubleError("text_long")
        self.check_texts(wish.reason)
        return own

    def preview(self, who: Who, wish: Mute, desk: str = "") -> Preview:
        """What it would have hidden in the last 90 days, and how much of that was confirmed. Raises TroubleError."""
        self._own_mute(who, wish, desk)
        now = self.now()
        past = self.seen(who, self.store.between(now - LOOK_BACK_MS, now + LOOK_BACK_MS))
        return preview(wish, past, self.book())

    def mutes(self, who: Who) -> list[Standing]:
        """Every mute of areas that `who` may see, oldest first."""
        book = self.book()
        return [one for one in self.acting.mutes.values() if who.sees_area(book.city, book.areas, one.mute.area)]

    def mute_of(self, who: Who, mute_id: str) -> Standing:
        """One of them. Raises TroubleError."""
        found = next((one for one in self.mutes(who) if one.mute.id == mute_id), None)
        if found is None:
            raise TroubleError("unknown")
        return found

    def hidden_by(self, who: Who, mute_id: str) -> list[Alert]:
        """What a mute hides or hid, newest first."""
        hidden = self.seen(who, (alert for _, alert in self.store.held_by(mute_id)))
        return sorted(hidden, key=lambda alert: (-alert.signal.said_at, alert.id))

    def may_judge(self, who: Who) -> bool:
        """Whether `who` may read the chain: it is whole or nothing, so his areas must be the whole city."""
        return who.may("audit") and who.sees_whole(self.book())

    def told_missed(self, who: Who) -> list[Missed]:
        """Every form "missed" of areas that `who` may see, oldest first."""
        book = self.book()
        acts = (decode(one.body).act for one in self.store.links_of("") if one.verb == "missed")
        return [act for act in acts if isinstance(act, Missed) and who.sees_area(book.city, book.areas, act.area)]

    def held(self, who: Who, area: str = "") -> list[Alert]:
        """What budgets hold in areas that `who` may see, or in one subtree of them: highest rank first, then longest
        held; without what a running mute hides. Raises TroubleError."""
        book, hiding = self.book(), {mute.id for mute in self.acting.running_mutes(self.now())}
        if area:
            self._check_area(who, area)
        held = self.seen(who, (alert for _, alert in self.store.held() if alert.duty.mute not in hiding))
        return [alert for alert in held if not area or book.areas.holds(area, alert.signal.area)]

    def counts(
        self, who: Who, area: str, since: int, until: int, *,
        rule: str | None = None, category: str | None = None, step: int = 0,
        after: Place | None = None, most: int | None = None,
    ) -> list[Count]:  # fmt: skip
        """What was counted of an area that `who` may see, as `CountStore.counts` says. Raises TroubleError."""
        book = self.book()
        self._check_area(who, area)
        return self.store.counts(
            book.city, since, until, area=area, rule=rule, category=category, step=step, after=after, most=most
        )

    def near(self, who: Who, since: int, area: str = "", until: int | None = None) -> list[NearCell]:
        """Near misses of cells that begin in [since, until), ms; None: up to now. Of areas that `who` may see or of one
        subtree of them, the nearest first. Raises TroubleError."""
        book, now = self.book(), self.city_now()
        end = now + 1 if until is None else until
        if area:
            self._check_area(who, area)
        rows = [
            row
            for row in self.store.near_counts(book.city, since, end, falling_rules(book))
            if row.area in book.areas.by_code
            and who.sees_area(book.city, book.areas, row.area)
            and (not area or book.areas.holds(area, row.area))
        ]
        spoke = [*self.store.board(), *self.store.between(since - DAY_MS, end)] if rows else ()
        return near_misses(rows, book, spoke, now)

    def budgets(self, who: Who) -> list[Spent]:
        """Of every desk with a budget that `who` may act for and that is staffed now: how much of it is used."""
        book, now, top = self.book(), self.now(), self.acting.top
        found: list[Spent] = []
        for name, desk in self.desks.items():
            turn = hold.begun(desk, now)
            if turn is not None and who.answers_for(desk, book):
                found.append(Spent(name, turn[0], self.store.told_since(name, turn[1], top), turn[1]))
        return found

    def unmute(self, who: Who, mute_id: str) -> Standing:
        """End a mute by hand; its report. Raises TroubleError."""
        found = self.mute_of(who, mute_id)
        if found.end is None:
            own = self._own_desk(who, [found.mute.desk], "")
            self.acting.unmute(Unmute(self.now(), mute_id, account=who.account, desk=own, role=who.role))
            self.ring()
        return self.acting.mutes[mute_id]

    def own_desks(self, who: Who) -> list[str]:
        """The desks that `who` answers for; their hand-overs are his."""
        book = self.book()
        return [name for name, desk in self.desks.items() if who.answers_for(desk, book)]

    def handovers(self, who: Who, desk: str) -> Handovers:
        """The hand-overs of a desk. Raises TroubleError: whoever does not answer for it sees none."""
        if desk not in self.own_desks(who):
            raise TroubleError("unknown")
        return self.handing.of(desk)

    def sheet(self, who: Who, desk: str, turn: int | None) -> Sheet:
        """What was handed over to the turn that began at `turn` (ms UTC), None: to the last one; 0: what is to be. Of
        alerts outside of what `who` may see nothing. Raises TroubleError."""
        known = self.handovers(who, desk)
        wanted = known.coming if turn == 0 else known.last if turn is None else known.of_turn(turn)
        if wanted is None and turn is not None:
            raise TroubleError("unknown")
        return self._cut(who, self.handing.sheet(wanted or known.coming, self.now(), self._blind()))

    def _cut(self, who: Who, page: Sheet) -> Sheet:
        book = self.book()
        return replace(
            page,
            waiting=tuple(self.seen(who, page.waiting)),
            taken=tuple(one for one in page.taken if who.sees(one.alert, book)),
            held=tuple(self.seen(who, page.held)),
            muted=tuple(self.seen(who, page.muted)),
        )

    def note_handover(self, who: Who, desk: str, note: str, key: str = "") -> None:
        """Write words for the turn to come. Raises TroubleError."""
        self.handovers(who, desk)
        if not note.strip():
            raise TroubleError("wrong_form", ("note",))
        if len(note) > TEXT_LONGEST:
            raise TroubleError("text_long", ("note",))
        self.check_texts(note)
        said = Handover(self.now(), "noted", desk, note=note.strip(), account=who.account, role=who.role, key=key)
        try:
            self.handing.note(said)
        except KeyUsedError:
            raise TroubleError("key_used") from None
        self.ring()

    def read_handover(self, who: Who, desk: str, turn: int) -> Turnover:
        """Confirm that the incoming desk has read what was handed over. Raises TroubleError."""
        self.handovers(who, desk)
        try:
            read = self.handing.read(Handover(self.now(), "read", desk, turn, account=who.account, role=who.role))
        except UnknownTurnError:
            raise TroubleError("unknown") from None
        self.ring()
        return read

    def _blind(self) -> tuple[str, ...]:
        return tuple(feed.name for feed in self.feeds() if feed.silent_since)

    def _own_mute(self, who: Who, wish: Mute, desk: str) -> str:
        """The desk that owns it. Raises TroubleError."""
        book = self.book()
        rules = {"", *(rule.id for rule in book.all_rules)}
        wrong = [name for name, ok in (
            ("area", wish.area in book.areas.by_code),
            ("category", wish.category in book.categories.by_code),
            ("rule", wish.rule in rules),
        ) if not ok]  # fmt: skip
        if wrong:
            raise TroubleError("wrong_form", wrong)
        if not who.sees_area(book.city, book.areas, wish.area):
            raise TroubleError("unknown")
        return self._own_desk(who, [book.first_desk(wish.area, wish.category)], desk)

    def _longest_mute(self, wish: Mute, own: str) -> int:
        """The shortest of those of every desk whose alerts it would hide, ms: another desk makes it no longer."""
        book = self.book()
        hidden = [desk.mute for desk in self.desks.values() if concerns(wish, desk, book)]
        return min(hidden, default=self.desks[own].mute)

    def _check_area(self, who: Who, area: str) -> None:
        """Raises TroubleError: what is elsewhere and what is nowhere are answered alike."""
        book = self.book()
        if not (area in book.areas.by_code and who.sees_area(book.city, book.areas, area)):
            raise TroubleError("unknown")

    def check_texts(self, *texts: str) -> None:
        """Raises TroubleError for a text that seems to name a person."""
        if not all(self.names_nobody(text) for text in texts if text):
            raise TroubleError("identity")

    def _desk(self, who: Who, alert: Alert, wanted: str) -> str:
        duty = alert.duty if alert.duty != NOBODY else msgspec.structs.replace(NOBODY, first=alert.desk)
        return self._own_desk(who, duty.desks[::-1], wanted)

    def _own_desk(self, who: Who, told: Iterable[str], wanted: str) -> str:
        """For which desk `who` acts: the one that is named, else the last one that was told, else any of his own."""
        own = self.own_desks(who)
        first = [wanted] if wanted else [*told, *own]
        found = next((name for name in first if name in own), "")
        if not found:
            raise TroubleError("no_desk")
        return found


def is_id(text: str) -> bool:
    """Whether a text out of an address may be an id at all: a database need not be asked for what it cannot hold."""
    return len(text) <= ID_LONGEST and text.isprintable()
