"""When the watchdog barks: judged by looks and the time between them, never by what a clock shows."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.watchdog.judge import MOST_WELL_LOOKS, WELL_LOOKS, News, Seen, Watch

LIMIT, PAUSE = 60.0, 5.0


def watch() -> Watch:
    return Watch("town", LIMIT, PAUSE)


def looks(of: Watch, seen: list[Seen], elapsed: float = PAUSE) -> list[News]:
    return [news for one in seen if (news := of.look(one, elapsed)) is not None]


def ticking(first: int, n: int, answered: bool | None = None) -> list[Seen]:
    return [Seen(first + 5_000 * i, answered) for i in range(n)]


def test_a_city_that_ticks_is_left_in_peace() -> None:
    assert looks(watch(), ticking(1_000, 500, answered=True)) == []


def test_a_tick_that_stays_the_same_is_said_once_and_in_time() -> None:
    dog = watch()
    assert looks(dog, ticking(1_000, 5)) == []
    for n in range(1, 200):
        news = dog.look(Seen(21_000), PAUSE)
        if news is not None:
            assert news == News("town", "still", False, 21_000, 60.0)
            assert n * PAUSE <= 90 - PAUSE - 10  # a look and a slow channel still fit into 90 s
            break
    assert dog.trouble == "still"
    assert looks(dog, [Seen(21_000)] * 2_000) == []


def test_a_city_that_was_never_seen_to_tick_is_said_too() -> None:
    (news,) = looks(watch(), [Seen()] * 30)
    assert (news.trouble, news.tick, news.over) == ("still", 0, False)


def test_it_is_over_when_time_was_seen_to_go_on_for_some_looks() -> None:
    dog = watch()
    looks(dog, [Seen(1_000)] * 30)
    assert looks(dog, ticking(2_000, WELL_LOOKS - 1)) == []
    (news,) = looks(dog, ticking(90_000, 1))
    assert (news.over, news.trouble, news.tick) == (True, "still", 1_000)
    assert news.seconds >= LIMIT


def test_looks_that_are_closer_than_ticks_see_that_time_goes_on() -> None:
    dog = Watch("town", 1.5, 0.2)
    looks(dog, [Seen(1_000)] * 30, 0.2)
    seen = [Seen(2_000 + 1_000 * (n // 5)) for n in range(16)]
    assert [news.over for news in looks(dog, seen, 0.2)] == [True]


@given(st.lists(st.integers(-(10**13), 10**13), min_size=20, max_size=20, unique=True))
def test_what_the_ticks_say_does_not_matter_only_that_they_change(ticks: list[int]) -> None:
    """A clock that was set, a log put back from a copy: the tick may say anything."""
    assert looks(watch(), [Seen(tick) for tick in ticks], 10 * PAUSE) == []


@given(st.floats(0, 1e7))
def test_a_watchdog_that_was_itself_paused_calls_nobody_still(pause: float) -> None:
    dog = watch()
    looks(dog, ticking(1_000, 5))
    assert dog.look(Seen(21_000), pause) is None
    assert dog.look(Seen(22_000), PAUSE) is None


def test_an_address_that_does_not_answer_is_said_while_ticks_go_on() -> None:
    dog = watch()
    (news,) = looks(dog, ticking(1_000, 40, answered=False))
    assert news.trouble == "unreachable"
    assert [news.over for news in looks(dog, ticking(900_000, 10, answered=True))] == [True]


def test_one_trouble_that_becomes_another_is_said_once() -> None:
    dog = watch()
    said = looks(dog, ticking(1_000, 14, answered=False)) + looks(dog, [Seen(None, False)] * 200)
    assert [news.trouble for news in said] == ["unreachable"]


def test_a_city_that_falters_again_and_again_floods_nobody() -> None:
    """Every two minutes it stands still for a minute: said at once at first, then ever more rarely."""
    dog, tick, said = watch(), 0, []
    for round_ in range(12 * 30):
        tick += 1
        said += [(round_, news.over) for news in looks(dog, [Seen(tick)] * 13)]
        for _ in range(11):
            tick += 1
            said += [(round_, news.over) for news in looks(dog, [Seen(tick)])]
    assert [over for _, over in said[:4]] == [False, True, False, True]
    assert len(said) <= 8
    calm = looks(dog, ticking(10**9, MOST_WELL_LOOKS + 1))
    assert [news.over for news in calm] == [True]


def test_after_a_calm_hour_the_next_trouble_is_over_as_soon_as_the_first() -> None:
    dog = watch()
    for start in (10**6, 10**8):
        looks(dog, [Seen(start)] * 20)
        assert [news.over for news in looks(dog, ticking(start + 1, WELL_LOOKS))] == [True]
        looks(dog, ticking(start + 10**6, 3600 // int(PAUSE) + 1))


def test_a_process_that_dies_stands_still_though_its_address_was_silent_a_look_earlier() -> None:
    dog = watch()
    looks(dog, ticking(1_000, 5, answered=True))
    seen = [Seen(26_000, False), *[Seen(None, False)] * 20]
    (news,) = looks(dog, seen)
    assert news.trouble == "still"
    assert news.seconds <= LIMIT + 2 * PAUSE
