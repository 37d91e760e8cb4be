"""The desk's chain: every move of every alert, each entry holding the hash of the one before.

Whoever changes, deletes, reorders or inserts an entry breaks a hash, and can mend all hashes behind it; then the last
head that was sent out tells. A chain alone sees neither a cut tail nor a rewriting of the whole.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, get_args

import msgspec

from alerts.duty import NOBODY, Act, Duty, MoveRefused, Verb, fold

START: Final = bytes(32)
"""The hash before the first entry."""
KEPT_LEAST_MS: Final = 180 * 86_400_000
"""However short the city keeps its moves: the law of some places asks for six months."""
CUT: Final = 20
"""Faults named; a chain that was written anew has one at every place."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One link. `alert` is empty where no alert was moved: a form "missed", a mute and its end, a hand-over.

    Its bytes are those of `encode`: fields sorted, no blanks.
    """

    city: str
    seq: int  # 1 is the first; no gap
    prev: str  # hash of the entry before, hexadecimal
    act: Kept
    alert: str = ""


class Missed(msgspec.Struct, frozen=True, omit_defaults=True, tag="missed", tag_field="form"):
    """What happened and no alert told of. `time` and `at`: ms UTC, when it happened and when it was written down."""

    at: int
    area: str
    category: str
    time: int
    note: str = ""
    account: str = ""
    desk: str = ""
    role: str = ""
    key: str = ""  # as of an act


class Mute(msgspec.Struct, frozen=True, omit_defaults=True, tag="mute", tag_field="form"):
    """What begins in `area` and `category`, of `rule` or of any, is not told from `at` until `until` (ms UTC).

    `top`: the top rank neither. `account`, `desk` and `role` own it.
    """

    at: int
    id: str
    area: str
    category: str
    until: int
    reason: str
    rule: str = ""
    top: bool = False
    account: str = ""
    desk: str = ""
    role: str = ""
    key: str = ""


class Unmute(msgspec.Struct, frozen=True, omit_defaults=True, tag="unmute", tag_field="form"):
    """The end of a mute, by its time or by hand, and its report: what it hid, and how much of that was confirmed."""

    at: int
    id: str
    hidden: int = 0
    confirmed: int = 0
    account: str = ""
    desk: str = ""
    role: str = ""
    key: str = ""


class Ordered(msgspec.Struct, frozen=True, omit_defaults=True, tag="ordered", tag_field="form"):
    """What an operator ordered at once, or a second account reviewed: `kind` is the tag of the Order in the city's log.

    `id` is that Order's; `about`: a rule, a feed, an area and category, or the order that was reviewed.
    """

    at: int
    id: str
    kind: str
    about: str
    reason: str
    account: str = ""
    desk: str = ""
    role: str = ""
    key: str = ""


class Purge(msgspec.Struct, frozen=True, omit_defaults=True, tag="purge", tag_field="form"):
    """What was deleted because its time was over, and the proof of it: rows of each table before, and how many went.

    `alerts` are gone for good. `through`, `hash`: the last entry of the chain that went, and its hash; a head that was
    sent outside vouches for it.
    """

    at: int
    before: Mapping[str, int]  # table -> rows
    gone: Mapping[str, int]
    alerts: tuple[str, ...] = ()
    through: int = 0
    hash: str = ""
    account: str = ""
    desk: str = ""
    role: str = ""
    key: str = ""


Step = Literal["handed", "noted", "read", "unread"]


class Handover(msgspec.Struct, frozen=True, omit_defaults=True, tag="handover", tag_field="form"):
    """A step of a hand-over of `desk`, to the turn of duty `shift` that began at `turn` (ms UTC).

    handed: a clock has made it; `blind` are the feeds that were silent then. noted: words for whoever comes next,
    `turn` 0. read: the incoming desk has confirmed it. unread: nobody had in time, and the desk `to` was told.
    """

    at: int
    step: Step
    desk: str
    turn: int = 0
    shift: str = ""
    blind: tuple[str, ...] = ()
    note: str = ""
    to: str = ""
    account: str = ""
    role: str = ""
    key: str = ""


class Line(msgspec.Struct, frozen=True, omit_defaults=True, tag="line", tag_field="form"):
    """The desk `to` was told that `count` alerts have been held at `desk` for a while."""

    at: int
    desk: str
    to: str
    count: int
    account: str = ""
    role: str = ""
    key: str = ""


class Link(msgspec.Struct, frozen=True):
    """An entry as it lies in the store: its place, its bytes and their hash, and what it is found by."""

    seq: int
    body: bytes
    hash: bytes
    alert: str  # these three are copies, to find it by
    verb: str
    at: int


Kept = Act | Missed | Mute | Unmute | Ordered | Purge | Handover | Line
"""What an entry may hold."""


_VERBS: Final[Mapping[type, str]] = {
    Missed: "missed", Mute: "mute", Unmute: "unmute", Ordered: "ordered", Purge: "purge", Line: "line"
}  # fmt: skip


VERBS: Final[tuple[str, ...]] = (*get_args(Verb), *_VERBS.values(), *get_args(Step))
"""Every verb that an entry may have."""


def verb_of(act: Kept) -> str:
    if isinstance(act, Handover):
        return act.step
    return act.verb if isinstance(act, Act) else _VERBS[type(act)]


class Head(msgspec.Struct, frozen=True, omit_defaults=True):
    """How far the chain had come at `at` (ms UTC): what is sent outside, signed with the city's key."""

    city: str
    seq: int
    hash: str
    at: int
    signature: str = ""


FaultKind = Literal["changed", "missing", "order", "unreadable", "cut", "rewritten", "impossible", "state", "signature"]


class ChainFault(msgspec.Struct, frozen=True):
    """What is wrong with a chain, and at which entry. `alert`: whose duty is not what its acts say."""

    kind: FaultKind
    seq: int
    alert: str = ""


_ENCODER: Final = msgspec.json.Encoder(order="sorted")
_DECODER: Final = msgspec.json.Decoder(Entry)


def encode(entry: Entry) -> bytes:
    return _ENCODER.encode(entry)


def decode(body: bytes) -> Entry:
    """Raises msgspec.MsgspecError where `body` is no entry."""
    return _DECODER.decode(body)


def hash_of(body: bytes) -> bytes:
    """SHA-256 of an entry's bytes, which hold the hash of the entry before."""
    return hashlib.sha256(body).digest()


def link(city: str, last: Link | None, entries: Iterable[tuple[str, Kept]]) -> Iterator[Link]:
    """Links for (alert, act) pairs, to follow `last`."""
    seq, prev = (last.seq, last.hash) if last else (0, START)
    for alert, act in entries:
        seq += 1
        body = encode(Entry(city, seq, prev.hex(), act, alert))
        prev = hash_of(body)
        yield Link(seq, body, prev, alert, verb_of(act), act.at)


def sign(head: Head, key: bytes) -> Head:
    """The head with an HMAC-SHA256 over everything it says."""
    return msgspec.structs.replace(head, signature=_signature(head, key))


def is_signed(head: Head, key: bytes) -> bool:
    return hmac.compare_digest(head.signature, _signature(head, key))


def _signature(head: Head, key: bytes) -> str:
    said = _ENCODER.encode(msgspec.structs.replace(head, signature=""))
    own = hashlib.blake2b(b"chain-head", key=hashlib.sha256(key).digest(), digest_size=32).digest()
    return hmac.new(own, said, hashlib.sha256).hexdigest()


class Proof(msgspec.Struct, frozen=True):
    """What was looked at and what is wrong. `proven`: entries up to the last head that agrees."""

    entries: int
    proven: int
    head: Head | None
    faults: tuple[ChainFault, ...]


def verify(links: Iterable[Link], heads: Sequence[Head], duties: Mapping[str, Duty] | None, key: bytes) -> Proof:
    """Hold a chain against the heads that were sent out, and the duties in the store against their acts.

    `duties`: every alert's, or None not to look at them. Faults are told up to `CUT` of them, in order of their place.
    """
    faults: list[ChainFault] = []
    signed = [head for head in heads if is_signed(head, key)]
    faults += [ChainFault("signature", head.seq) for head in heads if head not in signed]
    wanted: dict[int, set[str]] = {}
    for head in signed:
        wanted.setdefault(head.seq, set()).add(head.hash)
    told = _Told()
    begin: tuple[int, bytes] | None = None
    seq, prev, proven = 0, START, 0
    for one in links:
        entry = _read(one.body)
        if begin is None:
            begin = _behind(one, entry)
            seq, prev = begin
        faults += _broken(one, seq, prev)
        if one.seq in wanted:
            if wanted[one.seq] != {hash_of(one.body).hex()}:
                faults.append(ChainFault("rewritten", one.seq))
            proven = proven if faults else one.seq
        if entry is not None:
            told.take(entry, one.seq)
        seq, prev = one.seq, one.hash
    if begin is not None and not _may_begin(*begin, told.purges, signed):
        faults.append(ChainFault("missing", begin[0] + 1))
        proven = 0
    faults += [ChainFault("cut", place) for place in sorted(wanted) if place > seq]
    faults += told.faults(duties, seq)
    last = max(signed, key=lambda head: (head.seq, head.at), default=None)
    return Proof(seq, proven, last, tuple(faults[:CUT]))


class _Told:
    """What the entries of a chain say, taken in one after another: the duty of each alert, and what was purged."""

    def __init__(self) -> None:
        self.purges: list[Purge] = []
        self._folded: dict[str, Duty] = {}
        self._impossible: list[ChainFault] = []

    def take(self, entry: Entry, seq: int) -> None:
        if isinstance(entry.act, Purge):
            self.purges.append(entry.act)
        if isinstance(entry.act, Act):
            try:
                self._folded[entry.alert] = fold(self._folded.get(entry.alert, NOBODY), entry.act)
            except MoveRefused:
                self._impossible.append(ChainFault("impossible", seq, entry.alert))

    def faults(self, duties: Mapping[str, Duty] | None, seq: int) -> list[ChainFault]:
        """Moves that cannot be, and where the store has other duties than they give. Of an alert that was purged the
        first moves may have gone with the oldest part of the chain; in the store it must be no more."""
        gone = {alert for purge in self.purges for alert in purge.alerts}
        found = [fault for fault in self._impossible if fault.alert not in gone]
        if duties is not None:
            other = {alert for alert, duty in duties.items() if duty != self._folded.get(alert, NOBODY)}
            lost = self._folded.keys() - gone - duties.keys()
            found += [ChainFault("state", seq, alert) for alert in sorted(other | lost | (gone & duties.keys()))]
        return found


def _behind(one: Link, entry: Entry | None) -> tuple[int, bytes]:
    """(place, hash) of the entry that the first one says it follows; of one that cannot be read: the very beginning."""
    try:
        prev = bytes.fromhex(entry.prev) if entry is not None else START
    except ValueError:
        return 0, START
    return (one.seq - 1, prev) if entry is not None else (0, START)


def _may_begin(seq: int, prev: bytes, purges: Sequence[Purge], heads: Sequence[Head]) -> bool:
    """Whether a chain may begin behind the entry `seq`, whose hash its first entry gives: at the very beginning, or
    where a purge says so and, as soon as there are heads outside, one of them vouches for that entry and was sent at
    least `KEPT_LEAST_MS` before the purge."""
    if seq == 0:
        return prev == START
    said = [purge for purge in purges if (purge.through, purge.hash) == (seq, prev.hex())]
    vouching = [head for head in heads if (head.seq, head.hash) == (seq, prev.hex())]
    if not heads:
        return bool(said)
    return any(purge.at - head.at >= KEPT_LEAST_MS for purge in said for head in vouching)


def _broken(one: Link, seq: int, prev: bytes) -> list[ChainFault]:
    """What is wrong with a link by itself and behind the one before."""
    if hash_of(one.body) != one.hash:
        return [ChainFault("changed", one.seq)]
    entry = _read(one.body)
    if entry is None or encode(entry) != one.body:
        return [ChainFault("unreadable", one.seq)]
    if (one.alert, one.verb, one.at) != (entry.alert, verb_of(entry.act), entry.act.at):
        return [ChainFault("changed", one.seq)]
    if one.seq != seq + 1:
        return [ChainFault("missing" if one.seq > seq + 1 else "order", one.seq)]
    if entry.seq != one.seq or entry.prev != prev.hex():
        return [ChainFault("order", one.seq)]
    return []


def _read(body: bytes) -> Entry | None:
    try:
        return decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
