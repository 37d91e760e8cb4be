"""The page of the chain: looked through by what one knows, exported as it was hashed, held against its heads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import structlog.testing

from alerts.audit import LOOKED_AT, Wanted, lines, newest, oldest
from alerts.chain import Head, Mute, hash_of, sign
from alerts.desks import HeadWay
from alerts.duty import Act
from alerts.store import Change, MemoryStore
from streams.proving import Prover
from tests.access.crowds import HOUR, closed, held
from tests.access.guarded import NAME, PASSWORD, Town

PAGE = f"/city/{NAME}/audit"


def entries(page: str) -> list[int]:
    return [int(seq) for seq in re.findall(r'class="num"><b>(\d+)</b>', page)]


def filled(town: Town) -> None:
    closed(town, "one", "confirmed")
    held(town, "two", area="west")
    now = town.clock.now()
    town.station.acting.mute(Mute(now, "m1", "east", "traffic", now + HOUR, "a fair", account="1002", desk="city"))


def test_the_chain_is_looked_through_by_alert_move_desk_number_and_time(fresh: Town) -> None:
    filled(fresh)
    judge = fresh.as_role("audit")
    every = entries(judge.get(PAGE).text)
    assert every == sorted(every, reverse=True)
    assert len(every) == len(list(fresh.station.store.links()))
    of_one = [link.seq for link in fresh.station.store.links_of("one")]
    assert entries(judge.get(f"{PAGE}?alert=one").text) == of_one[::-1]
    assert len(entries(judge.get(f"{PAGE}?verb=hold").text)) == 1
    assert len(entries(judge.get(f"{PAGE}?account=1002").text)) == 1
    assert len(entries(judge.get(f"{PAGE}?desk=city&verb=mute").text)) == 1
    assert entries(judge.get(f"{PAGE}?since=2199-01-01T00:00").text) == []
    assert "No entry is like that." in judge.get(f"{PAGE}?alert=nobody").text


def test_no_field_of_the_form_breaks_the_page(fresh: Town) -> None:
    judge = fresh.as_role("audit")
    for words in ("before=x", f"before={2**70}", "since=never", "since=0001-01-01T00:00", "verb=%27;drop", "alert=%00"):
        assert judge.get(f"{PAGE}?{words}").status_code == 200, words
    answer = judge.get(f"{PAGE}?account=<script>alert(1)</script>")
    assert "<script>alert" not in answer.text


def test_an_export_holds_the_bytes_over_which_each_hash_was_made_and_is_logged(fresh: Town) -> None:
    filled(fresh)
    judge = fresh.as_role("audit")
    with structlog.testing.capture_logs() as said:
        answer = judge.get(f"{fresh.base}/chain/export")
    assert answer.headers["content-disposition"] == f'attachment; filename="{NAME}-chain.jsonl"'
    told = answer.text.splitlines()
    assert len(told) == len(list(fresh.station.store.links()))
    prev = "0" * 64
    for line in told:
        found = json.loads(line)
        body = re.fullmatch(r'\{"seq":\d+,"hash":"[0-9a-f]+","entry":(.*)\}', line)
        assert body is not None
        assert (hash_of(body[1].encode()).hex(), found["entry"]["prev"]) == (found["hash"], prev)
        prev = found["hash"]
    assert [(entry["event"], entry["by"]) for entry in said if entry["event"] == "chain_exported"] == [
        ("chain_exported", "1001")
    ]
    assert len(judge.get(f"{fresh.base}/chain/export?alert=one").text.splitlines()) == 2
    assert judge.get(f"{fresh.base}/chain/export?since=2026-01-01T00:00:00").status_code == 422


def test_a_judge_who_logs_in_is_led_to_the_chain(fresh: Town) -> None:
    fresh.account("3001", "audit")
    judge = fresh.client()
    answer = judge.post("/login", data={"number": "3001", "password": PASSWORD, "code": fresh.code()})
    assert answer.headers["location"] == PAGE


def test_pages_through_the_whole_chain_show_each_entry_once(fresh: Town) -> None:
    for n in range(60):
        held(fresh, f"a{n}")
    judge = fresh.as_role("audit")
    seen: list[int] = []
    path: str | None = PAGE
    while path:
        page = judge.get(path).text
        seen += entries(page)
        found = re.search(rf'href="({PAGE}\?before=\d+)"', page)
        path = found[1] if found else None
    written = [link.seq for link in fresh.station.store.links() if link.seq <= seen[0]]  # a clock may write meanwhile
    assert len(seen) > 60
    assert seen == written[::-1]


def test_a_search_looks_through_so_many_entries_and_then_says_where_it_stopped() -> None:
    store = MemoryStore()
    acts = tuple(("", Mute(n, f"m{n}", "a", "c", n + 1, "x", account="1" if n else "2")) for n in range(LOOKED_AT + 5))
    store.commit(Change("town", None, (), acts))
    assert newest(store, Wanted(account="2"), 0, 50) == ([], 6)
    found, following = newest(store, Wanted(account="2"), 6, 50)
    assert ([one.seq for one in found], following) == ([1], 0)
    assert oldest(store, Wanted(account="1"), 0, 2)[1] == 3
    assert len(list(lines(store, Wanted(account="1", until=10)))) == 9


@pytest.mark.parametrize("heads", ["good", "cut", "none"])
def test_the_page_proves_the_chain_against_the_heads_that_lie_outside(fresh: Town, tmp_path: Path, heads: str) -> None:
    filled(fresh)
    station, file = fresh.station, tmp_path / "heads"
    last = station.store.last_link()
    assert last is not None
    head = Head(NAME, last.seq + (heads == "cut"), last.hash.hex(), fresh.clock.now())
    file.write_bytes(b"" if heads == "none" else json.dumps(_plain(sign(head, station.key))).encode())
    judged = Prover(NAME, station.store, station.key, [HeadWay("file", {"path": str(file)})], fresh.clock.now)()
    assert judged.whole == (heads == "good")
    assert judged.unread == (heads == "none")


def _plain(head: Head) -> dict[str, object]:
    return {"city": head.city, "seq": head.seq, "hash": head.hash, "at": head.at, "signature": head.signature}


def test_what_is_wrong_stands_on_the_page_in_words(fresh: Town) -> None:
    held(fresh, "kept")
    wrong = Act("take", fresh.clock.now(), desk="east", role="officer")
    fresh.station.store.commit(Change(NAME, None, (), (("kept", wrong),)))  # an act that never reached its alert
    judge = fresh.as_role("audit")
    assert "Verify now" in judge.get(PAGE).text
    page = judge.get(f"{PAGE}?verify=1").text
    assert "It does not hold." in page
    assert "the alert kept is not what its moves say" in page
    assert not judge.get(f"{fresh.base}/chain/proof").json()["whole"]
