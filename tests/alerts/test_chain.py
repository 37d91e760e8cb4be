"""The chain of moves: whatever one who owns the database does to it, the last head that was sent out tells."""

from __future__ import annotations

from random import Random
from typing import Any, Final

import msgspec
import pytest

from alerts.chain import Head, Kept, Link, Missed, decode, encode, hash_of, is_signed, link, sign, verify
from alerts.duty import NOBODY, Act, Duty, fold
from tests.alerts.signals import CITY, NOON

KEY: Final = b"the city's own key, 32 bytes long"
EDITS: Final = 1_000


def acts(n: int) -> list[tuple[str, Act | Missed]]:
    """A night of `n` alerts: each is first said, taken, noted and closed, and one thing was missed."""
    night: list[tuple[str, Act | Missed]] = []
    for i in range(n):
        who: dict[str, Any] = {"account": f"10{i:02}", "desk": "county", "role": "officer"}
        at = NOON + i * 60_000
        night += [
            (f"a{i}", Act("first", at, desk="county", role="engine", rank=1)),
            (f"a{i}", Act("take", at + 1, **who)),
            (f"a{i}", Act("note", at + 2, note="crews asked", **who)),
            (f"a{i}", Act("close", at + 3, outcome="confirmed", **who)),
        ]
    return [*night, ("", Missed(NOON, "abington", "crash", NOON - 9, "two cars", "1001", "county", "officer"))]


NIGHT: Final = tuple(link(CITY, None, acts(10)))
DUTIES: Final[dict[str, Duty]] = {}
for _alert, _act in acts(10):
    if isinstance(_act, Act):
        DUTIES[_alert] = fold(DUTIES.get(_alert, NOBODY), _act)


def head_of(chain: tuple[Link, ...] | list[Link], at: int = NOON) -> Head:
    return sign(Head(CITY, chain[-1].seq, chain[-1].hash.hex(), at), KEY)


def faults(chain: list[Link] | tuple[Link, ...], *heads: Head, duties: dict[str, Duty] | None = None) -> list[str]:
    return [fault.kind for fault in verify(chain, heads, duties, KEY).faults]


def mended(chain: list[Link], since: int) -> list[Link]:
    """All hashes and numbers from place `since` on made right again, as one who knows the code would."""
    return [*chain[:since], *link(CITY, chain[since - 1] if since else None, [acted(one) for one in chain[since:]])]


def acted(one: Link) -> tuple[str, Kept]:
    entry = decode(one.body)
    return entry.alert, entry.act


def other(one: Link, dice: Random) -> Link:
    """The same entry with another duty number in it, or another reason, time or desk; hashed anew."""
    entry = decode(one.body)
    change = dice.choice(({"account": "9999"}, {"desk": "city"}, {"at": one.at + 1}, {"role": "supervisor"}))
    act = msgspec.structs.replace(entry.act, **change)
    body = encode(msgspec.structs.replace(entry, act=act))
    at = act.at
    return Link(one.seq, body, hash_of(body), one.alert, one.verb, at)


def edited(chain: tuple[Link, ...], dice: Random) -> list[Link]:
    """One edit of a chain, anywhere, of any kind, with or without mending what follows."""
    night, place = list(chain), dice.randrange(len(chain))
    kind = dice.choice(("change", "bytes", "column", "delete", "reorder", "insert", "cut", "rewrite"))
    if kind == "change":
        night[place] = other(night[place], dice)
    elif kind == "bytes":
        body = bytearray(night[place].body)
        body[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
        night[place] = msgspec.structs.replace(night[place], body=bytes(body))
        return night
    elif kind == "column":
        night[place] = msgspec.structs.replace(night[place], alert="a-elsewhere")
        return night
    elif kind == "delete":
        del night[place]
        place = min(place, len(night) - 1)
    elif kind == "reorder":
        there = dice.choice([at for at in range(len(night)) if at != place])
        night[place], night[there] = night[there], night[place]
        place = min(place, there)
    elif kind == "insert":
        night.insert(place, other(night[dice.randrange(len(night))], dice))
    elif kind == "cut":
        return night[:place]
    else:
        night[place] = other(night[place], dice)
        return mended(night, 0)
    return mended(night, place) if dice.random() < 0.5 else night


def test_a_chain_that_nobody_touched_is_proven_up_to_its_head() -> None:
    found = verify(NIGHT, [head_of(NIGHT[:20]), head_of(NIGHT)], DUTIES, KEY)
    assert (found.entries, found.proven, found.faults) == (41, 41, ())


def test_moves_after_the_last_head_are_not_proven_yet() -> None:
    assert verify(NIGHT, [head_of(NIGHT[:20])], None, KEY).proven == 20


def test_a_thousand_edits_are_all_found_against_the_last_head_sent_out() -> None:
    head = head_of(NIGHT)
    assert [seed for seed in range(EDITS) if not faults(edited(NIGHT, Random(seed)), head)] == []


def test_a_thousand_edits_of_what_is_older_than_a_head_are_found_though_moves_followed_it() -> None:
    head, unseen = head_of(NIGHT[:30]), []
    for seed in range(EDITS):
        early = edited(NIGHT[:30], Random(seed))
        if not faults([*early, *link(CITY, early[-1] if early else None, map(acted, NIGHT[30:]))], head):
            unseen.append(seed)
    assert unseen == []


def test_without_a_head_a_cut_tail_and_a_rewriting_are_not_seen() -> None:
    """The reason why heads are sent outside."""
    assert faults(NIGHT[:20]) == []
    assert faults(mended([other(NIGHT[0], Random(1)), *NIGHT[1:]], 0)) == []


def test_a_chain_written_anew_fails_against_an_older_head_though_a_newer_one_agrees() -> None:
    anew = mended([other(NIGHT[0], Random(1)), *NIGHT[1:]], 0)
    assert faults(anew, head_of(NIGHT[:20]), head_of(anew)) == ["rewritten"]
    assert "rewritten" in faults(anew, head_of(NIGHT), head_of(anew))


def test_an_emptied_chain_is_a_cut_one() -> None:
    assert faults([], head_of(NIGHT)) == ["cut"]


def test_a_head_that_is_not_signed_with_our_key_proves_nothing() -> None:
    forged = sign(Head(CITY, 20, NIGHT[19].hash.hex(), NOON), b"another key of the same length!!")
    found = verify(NIGHT, [forged], None, KEY)
    assert ([fault.kind for fault in found.faults], found.proven, found.head) == (["signature"], 0, None)
    later = msgspec.structs.replace(head_of(NIGHT), at=NOON + 1)
    assert not is_signed(later, KEY)


def test_an_alert_that_is_not_where_its_moves_took_it_is_told() -> None:
    closed = dict(DUTIES)
    closed["a3"] = msgspec.structs.replace(closed["a3"], outcome="not_real", why="calm")
    found = verify(NIGHT, [head_of(NIGHT)], closed, KEY).faults
    assert [(fault.kind, fault.alert) for fault in found] == [("state", "a3")]
    del closed["a3"]
    assert faults(NIGHT, duties=closed) == ["state"]
    assert faults(NIGHT, duties={**DUTIES, "new": NOBODY}) == []
    assert faults(NIGHT, duties={**DUTIES, "new": DUTIES["a3"]}) == ["state"]


def test_a_move_that_cannot_have_been_made_is_told() -> None:
    late = [*NIGHT, *link(CITY, NIGHT[-1], [("a1", Act("lapse", NOON, role="clock"))])]
    assert faults(late) == ["impossible"]


@pytest.mark.parametrize("act", [acts(1)[1][1], acts(1)[-1][1]], ids=["move", "missed"])
def test_an_entry_has_one_form_in_bytes(act: Act | Missed) -> None:
    [one] = link(CITY, None, [("a1", act)])
    assert encode(decode(one.body)) == one.body
    assert one.body.startswith(b'{"act":{"')
