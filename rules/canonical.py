"""The canonical dump: what roads, orders of reading and restarts are compared by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from rules.signals import Signal


def final_states(signals: Iterable[Signal]) -> dict[str, Signal]:
    """Alert id -> its last signal."""
    last: dict[str, Signal] = {}
    for signal in signals:
        last[signal.alert] = signal
    return last


def canonical(signals: Iterable[Signal]) -> list[dict[str, object]]:
    """Alerts neither withdrawn nor merged, sorted by key, without id, said_at, over_at, late and moves.

    Evidence is that of the final judgement: the peak bucket with its windows.
    """
    alive = [s for s in final_states(signals).values() if s.state in ("running", "over")]
    return [_canonical(signal) for signal in sorted(alive, key=lambda s: (s.key, s.alert))]


def _canonical(signal: Signal) -> dict[str, object]:
    found = signal.evidence
    return {
        "key": signal.key,
        "rule": signal.rule,
        "rule_version": signal.rule_version,
        "kind": signal.kind,
        "area": signal.area,
        "category": signal.category,
        "feed": signal.feed,
        "state": signal.state,
        "first": signal.first,
        "last": signal.last,
        "colour": found.colour,
        "peak": found.peak,
        "observed": found.observed,
        "expected": found.expected,
        "limit": found.limit,
        "later": found.later,
        "taken_back": found.taken_back,
        "would_speak": found.would_speak,
        "windows": [_window(window) for window in found.windows],
        **({"owed": msgspec.to_builtins(found.owed)} if found.owed else {}),
    }


def _window(window: object) -> Mapping[str, object]:
    plain: Mapping[str, object] = msgspec.to_builtins(window)
    return plain


def lines(signals: Iterable[Signal]) -> bytes:
    """canonical.jsonl: one alert a line, keys in order."""
    return b"".join(msgspec.json.encode(alert, order="sorted") + b"\n" for alert in canonical(signals))
