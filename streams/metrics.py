"""All metrics of the process, in one place, on a registry of their own. Those of the Kafka road lie beside it.

Names are `tocsin_<noun>_<verb>_<unit>`; labels come from closed sets (city, feed, reason, rule, desk), never ids,
never areas. `labels()` is dear (it costs more than counting), so whoever counts often keeps the child.
"""

from __future__ import annotations

from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics import MetricWrapperBase

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_M = TypeVar("_M", bound=MetricWrapperBase)
_HUMAN = (30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800)
_FAST = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


class Catalogue:
    """Metrics on a registry of their own, in the order in which they were named."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._all: list[MetricWrapperBase] = []

    def _counter(self, name: str, text: str, labels: tuple[str, ...]) -> Counter:
        return self._keep(Counter(name, text, labels, registry=self.registry))

    def _gauge(self, name: str, text: str, labels: tuple[str, ...]) -> Gauge:
        return self._keep(Gauge(name, text, labels, registry=self.registry))

    def _histogram(
        self, name: str, text: str, labels: tuple[str, ...] = (), buckets: tuple[float, ...] = _FAST
    ) -> Histogram:
        return self._keep(Histogram(name, text, labels, buckets=buckets, registry=self.registry))

    def _take_bodies(self) -> None:
        """Figures of a process that answers POST /v1/events."""
        feed = ("city", "feed")
        self.events_received = self._counter("tocsin_events_received", "Raw records taken in, refused ones too.", feed)
        self.events_refused = self._counter(
            "tocsin_events_refused", "Raw records set aside, by reason.", (*feed, "reason")
        )
        self.events_left_out = self._counter(
            "tocsin_events_left_out", "Raw records that the feed's file says to leave out.", feed
        )
        self.requests_answered = self._counter(
            "tocsin_requests_answered", "Answers to POST /v1/events, by status code.", ("status",)
        )
        self.request_seconds = self._histogram(
            "tocsin_request_answer_seconds", "From a request's last byte to its answer, the durable write included."
        )

    def _keep(self, metric: _M) -> _M:
        self._all.append(metric)
        return metric

    def page(self) -> bytes:
        """What a scrape reads."""
        return generate_latest(self.registry)

    def catalogue(self) -> list[tuple[str, str, str]]:
        """Name as it is scraped, kind and meaning of every metric: what docs/metrics.md must hold."""
        found = []
        for metric in self._all:
            family = next(iter(metric.describe()))
            name = f"{family.name}_total" if family.type == "counter" else family.name
            found.append((name, family.type, family.documentation))
        return found


class Metrics(Catalogue):
    """One object a process. Bounds stand beside what they bound, so that a panel can show both."""

    def __init__(self) -> None:
        super().__init__()
        city, feed = ("city",), ("city", "feed")
        # what comes in
        self._take_bodies()
        self.rows_answered = self._counter(
            "tocsin_rows_answered", "Rows by what the engine said of them.", ("city", "feed", "answer")
        )
        self.queue_events = self._gauge("tocsin_queue_waiting_events", "Events that wait for the journal.", city)
        self.queue_bound = self._gauge("tocsin_queue_bound_events", "Most events that may wait; beyond it, 429.", city)
        self.files_behind = self._gauge("tocsin_files_unread_bytes", "Bytes of watched files not yet read.", feed)
        self.files_failed = self._counter(
            "tocsin_files_failed", "Looks at a watched file, or at a polled address, that failed.", feed
        )
        # the log
        self.records_written = self._counter(
            "tocsin_records_written", "Records written to the city's log, by kind.", ("city", "kind")
        )
        self.commit_seconds = self._histogram(
            "tocsin_journal_commit_seconds", "One group commit, fsync included.", city
        )
        self.journal_offset = self._gauge("tocsin_journal_last_offset", "Last offset of the city's log.", city)
        self.journal_full = self._gauge(
            "tocsin_journal_full_flag", "1 while the disk is full and events get 503.", city
        )
        self.journal_held = self._gauge(
            "tocsin_journal_held_bytes",
            "Bytes of the write-ahead log that a long reader keeps from being emptied.",
            city,
        )
        self.journal_cut = self._counter("tocsin_journal_cut_records", "Torn records cut from the log's end.", city)
        self.tick_at = self._gauge("tocsin_tick_written_timestamp_seconds", "The last tick, city time.", city)
        self.stamps_lifted = self._counter(
            "tocsin_stamps_lifted", "Rows whose arrival was lifted above the last tick; 0 without clock faults.", city
        )
        self.clock_apart = self._gauge(
            "tocsin_clock_stepped_seconds", "How far the machine's clock has stepped and is not believed.", ()
        )
        self.snapshot_seconds = self._histogram("tocsin_snapshot_write_seconds", "Writing one snapshot.", city)
        self.snapshot_bytes = self._gauge(
            "tocsin_snapshot_written_bytes", "Written by the last snapshot: what changed.", city
        )
        self.snapshot_at = self._gauge(
            "tocsin_snapshot_written_timestamp_seconds",
            "When the last snapshot was written; the start, until there is one.",
            city,
        )
        self.snapshot_rows_healed = self._counter(
            "tocsin_snapshot_rows_healed", "Damaged rows of a snapshot that were read from their other slot.", city
        )
        self.snapshots_refused = self._counter(
            "tocsin_snapshots_refused", "Snapshots that did not match their checksum at the start.", city
        )
        self.recovery_seconds = self._gauge(
            "tocsin_recovery_took_seconds", "The last start, from snapshot to caught up.", city
        )
        self.counts_written = self._counter(
            "tocsin_counts_written_rows", "Rows of the counts that pages and boards see.", city
        )
        self.counts_seconds = self._histogram("tocsin_counts_write_seconds", "Writing such rows once.", city)
        # what goes out
        self.signals_raised = self._counter(
            "tocsin_signals_raised", "Signals by rule and state.", ("city", "rule", "state")
        )
        self.rules_stopped = self._gauge(
            "tocsin_rules_stopped_flag", "1 while a rule is stopped, by hand or because it raised.", ("city", "rule")
        )
        self.alerts_open = self._gauge("tocsin_alerts_open_alerts", "Alerts that run, by desk.", ("city", "desk"))
        self.take_seconds = self._histogram(
            "tocsin_alerts_take_seconds",
            "From the first telling of an alert to the first desk that took it, by its first desk.",
            ("city", "desk"),
            _HUMAN,
        )
        self.desk_heard = self._counter(
            "tocsin_desk_heard_signals", "Kafka road: signals that a desk has heard, those said again too.", city
        )
        self.desk_unread = self._gauge(
            "tocsin_desk_unread_records", "Kafka road: signals and counts that a desk has not heard yet.", city
        )
        self.desk_set_aside = self._counter(
            "tocsin_desk_set_aside_records",
            "Kafka road: records of signals and counts that no desk can read; each is in the log with its place.",
            ("city", "topic"),
        )
        self.desk_book_missing = self._gauge(
            "tocsin_desk_book_missing_flag", "Kafka road: 1 while signals wait for a book that is not there.", city
        )
        self.desk_said = self._counter(
            "tocsin_desk_said_alerts", "Kafka road: records of alerts that a desk has said, those said again too.", city
        )
        self.desk_unsaid = self._gauge(
            "tocsin_desk_unsaid_moves", "Kafka road: moves that the brokers have not taken yet.", city
        )
        self.apply_seconds = self._histogram("tocsin_frame_apply_seconds", "The engine over one group of frames.", city)
        channel = ("city", "channel")
        self.notices_tried = self._counter(
            "tocsin_notices_tried",
            "Tries of notices by what came of them; of a digest each notice that it holds.",
            ("city", "channel", "outcome"),
        )
        self.channel_pending = self._gauge("tocsin_channel_pending_notices", "Notices that a channel owes.", channel)
        self.channel_dead = self._gauge(
            "tocsin_channel_dead_notices", "Dead letters of a channel: refused, or given up after a day.", channel
        )
        self.channel_oldest = self._gauge(
            "tocsin_channel_oldest_timestamp_seconds",
            "When the oldest notice that a channel owes was written; 0: it owes none.",
            channel,
        )
        self.head_sent = self._gauge(
            "tocsin_head_sent_timestamp_seconds", "When the head of the chain of moves was last sent outside.", city
        )
        self.rows_purged = self._counter(
            "tocsin_rows_purged",
            "Rows of the alert store that were deleted because their time was over.",
            ("city", "table"),
        )
        self.notices_pending = self._gauge("tocsin_notices_pending_notices", "Notices not yet delivered.", city)
        self.feed_heard = self._gauge("tocsin_feed_heard_timestamp_seconds", "When the feed was last heard.", feed)
        self.feed_silent = self._gauge(
            "tocsin_feed_silent_flag", "1 while the engine holds the feed to be silent.", feed
        )
        self.feed_silent_after = self._gauge(
            "tocsin_feed_silent_after_seconds",
            "How long after its last event the feed is called silent, at this hour; 0: not known yet, or never.",
            feed,
        )
