"""The gaps of the example cities' feeds are said within the time that the feed states, and a tick. Nightly."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from benchmarks import labels
from rules.silences import FEED_SILENCE
from streams import replay
from streams.clock import WallClock

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(3600)]


@pytest.mark.parametrize(("name", "gaps"), [("boston", 1), ("montgomery", 3)])
def test_every_labelled_gap_is_said_in_time_and_no_silence_late(name: str, gaps: int) -> None:
    """Boston's lost day, 22 July 2015, is one of them."""
    city = labels.city_of(name)
    without_rules = msgspec.structs.replace(city.book, rules=())
    told = replay.run(without_rules, labels.past_of(city), WallClock())
    said = labels.silences_of(told.signals)
    assert not [one for one in said if one.late]
    labelled = [label for label in labels.read_labels(city) if label.expect == "feed_gap"]
    assert len(labelled) == gaps
    for label in labelled:
        begun = [one for one in said if timedelta(0) <= label.start - one.since < timedelta(hours=3)]
        assert len(begun) == 1, label
        assert begun[0].said < label.end
        over = [s for s in told.signals if s.rule == FEED_SILENCE and s.state == "over"]
        assert any(labels.utc(s.evidence.peak) == begun[0].since and labels.utc(s.over_at) >= label.end for s in over)
