"""What the page sees: what the writer laid there, and nothing of the engine itself."""

from __future__ import annotations

from alerts.store import MemoryStore
from streams.board import CityBoard
from tests.streams.counting import CountingEngine, book


def board() -> CityBoard:
    return CityBoard(book(), ("en", "zh-CN"), b"{}", MemoryStore())


def test_before_the_first_tick_every_feed_is_there_and_unheard() -> None:
    made = board()
    assert made.now() == 0
    assert [(feed.name, feed.heard_at) for feed in made.feeds()] == [("calls", 0)]


def test_a_tick_moves_the_city_s_clock_and_a_change_rings() -> None:
    made, engine = board(), CountingEngine(book(), 0)
    engine.tick = 50
    before = made.version()
    made.look(engine)
    assert made.now() == 50
    assert made.version() > before


def test_a_mere_look_does_not_ring() -> None:
    made, engine = board(), CountingEngine(book(), 0)
    made.look(engine)
    before = made.version()
    made.look(engine)
    assert made.version() == before


def test_a_feed_s_stated_wait_reaches_the_page() -> None:
    made, engine = board(), CountingEngine(book(), 0)
    made.look(engine)
    assert [feed.silent_after for feed in made.feeds()] == [feed.silent_after for feed in engine.feeds()] == [90_000]


def test_a_city_that_catches_up_says_so_and_rings_when_it_is_there() -> None:
    made, engine = board(), CountingEngine(book(), 0)
    made.look(engine, catching_up=True)
    assert made.city().catching_up
    before = made.version()
    made.look(engine)
    assert not made.city().catching_up
    assert made.version() > before


def test_a_new_book_is_shown_once_it_is_in_force() -> None:
    made, changed = board(), book(version="two")
    made.look(CountingEngine(changed, 0))
    assert made.city().book == changed


def test_an_alert_that_is_not_kept_is_none() -> None:
    assert board().alert("nobody") is None
    assert list(board().alerts(0)) == []
    assert board().shapes() == b"{}"
