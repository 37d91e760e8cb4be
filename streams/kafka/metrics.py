"""Metrics of an intake or a worker. Faust's sensors feed those of a worker (streams/kafka/sensor.py)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prometheus_client import start_http_server

from streams.messages import SpokenError
from streams.metrics import Catalogue


class RoadMetrics(Catalogue):
    """One object a process; an intake fills the first part, a worker the second."""

    def __init__(self) -> None:
        super().__init__()
        city = ("city",)
        self._take_bodies()
        self.posts_waiting = self._gauge("tocsin_posts_waiting_events", "Pushed events that wait for the brokers.", ())
        self.posts_bound = self._gauge("tocsin_posts_bound_events", "Most that may wait; beyond it, 429.", ())
        self.raw_read = self._counter("tocsin_intake_read_records", "Raw records and ticks that were read.", ())
        self.refused = self._counter("tocsin_intake_refused_records", "Raw records set aside, by reason.", ("reason",))
        self.log_written = self._counter("tocsin_intake_written_records", "Frames, ticks and orders of the log.", city)
        self.ticked_at = self._gauge("tocsin_intake_ticked_timestamp_seconds", "The last tick, city time.", city)
        self.commit_seconds = self._histogram("tocsin_intake_commit_seconds", "One transaction of an intake.")
        self.lanes = self._gauge("tocsin_intake_held_partitions", "Partitions whose cities are taken in here.", ())
        self.frames_read = self._counter("tocsin_worker_read_records", "Records of logs that were read.", ())
        self.unread = self._gauge("tocsin_worker_unread_records", "Records of held partitions not yet judged.", ())
        self.judge_seconds = self._histogram("tocsin_worker_judge_seconds", "The engine over one record of a log.")
        self.said = self._counter("tocsin_worker_said_signals", "Signals, those that are said again too.", city)
        self.counted = self._counter("tocsin_worker_said_counts", "Rows of the counts that pages see.", city)
        self.held = self._gauge("tocsin_worker_held_partitions", "Partitions whose cities are judged here.", ())
        self.book_missing = self._gauge(
            "tocsin_worker_book_missing_flag", "1 while a city's log waits for a book that is not there.", city
        )
        self.dealt = self._counter("tocsin_worker_rebalanced", "How often cities were dealt out anew.", ())
        self.dealt_seconds = self._histogram("tocsin_worker_rebalance_seconds", "Cities dealt out; nothing is judged.")
        self.memory_seconds = self._histogram("tocsin_memory_write_seconds", "Signals and memory of one partition.")
        self.memory_bytes = self._counter("tocsin_memory_written_bytes", "Rows and heads of the engines.", city)


def serve(metrics: Catalogue, at: str, certificate: Path | None = None, key: Path | None = None) -> None:
    """Answer `GET /metrics` at host:port, in a thread, over https where there is a certificate. Raises SpokenError."""
    host, _, port = at.rpartition(":")
    try:
        start_http_server(int(port), host or "127.0.0.1", metrics.registry, _text(certificate), _text(key))
    except (OSError, ValueError, OverflowError):
        raise SpokenError("metrics-unserved", at=at[:60]) from None


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


def sensor(metrics: RoadMetrics) -> Any:
    """A sensor of Faust's that counts into `metrics`."""
    from streams.kafka.sensor import Sensor  # noqa: PLC0415 - an intake needs no Faust

    return Sensor(metrics)
