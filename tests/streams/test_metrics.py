"""Metrics: one register of our own, names by one pattern, labels out of closed sets."""

from __future__ import annotations

import re

from streams.kafka.metrics import RoadMetrics
from streams.metrics import Metrics

CLOSED = {
    *("city", "feed", "reason", "table", "answer", "status", "kind", "rule", "state", "desk", "channel", "outcome"),
    "topic",
}


def test_every_metric_is_named_by_the_house_s_pattern_and_explained() -> None:
    for name, kind, text in (*Metrics().catalogue(), *RoadMetrics().catalogue()):
        assert re.fullmatch(r"tocsin(_[a-z]+){2,}", name)
        assert name.endswith("_total") == (kind == "counter")
        assert text.endswith(".")


def test_labels_come_from_closed_sets() -> None:
    found = {label for metric in (*Metrics()._all, *RoadMetrics()._all) for label in metric._labelnames}
    assert found <= CLOSED


def test_two_processes_in_one_test_do_not_share_figures() -> None:
    one, other = Metrics(), Metrics()
    one.events_received.labels("town", "calls").inc()
    assert b'tocsin_events_received_total{city="town",feed="calls"} 1.0' in one.page()
    assert b'feed="calls"' not in other.page()
