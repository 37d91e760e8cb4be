"""Real weeks of both examples: walked with all at hand, and record by record, they say and remember the same."""

from __future__ import annotations

import pytest

from benchmarks import labels
from rules.engine import Engine
from rules.records import Record
from streams import replay
from tests.engine.remembered import remembered


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("example", "first", "weeks"), [("montgomery", 6, 4), ("boston", 28, 4)])
def test_a_real_month_that_is_walked_says_and_remembers_what_record_by_record_does(
    example: str, first: int, weeks: int
) -> None:
    """Montgomery's rules begin to speak; Boston's feed is lost for a day and heard again."""
    city = labels.city_of(example)
    past = labels.past_of(city)
    walked, offset, said = Engine(city.book, clock="stream"), 0, 0
    for week, stretch in enumerate(replay.stretches(walked, past)):
        records: list[tuple[int, Record]] = list(enumerate((record for _, record in stretch), offset + 1))
        offset += len(records)
        if week < first:
            for _ in walked.apply_all(records):
                pass
            continue
        if week == first + weeks:
            break
        alone = Engine.restore(walked.snapshot(), {city.book.digest: city.book})
        one_by_one = [signal for at, record in records for signal in alone.apply(record, at)]
        assert list(walked.apply_all(records)) == one_by_one
        assert remembered(walked) == remembered(alone)
        said += len(one_by_one)
    assert said > 100
