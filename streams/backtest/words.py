"""The report in a few lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from streams.backtest.report import Difference, Report
from streams.messages import say
from streams.problems import visible

KINDS: tuple[Difference, ...] = ("lost", "gained", "earlier", "later", "dropped", "added")


def lines(report: Report, language: str) -> Iterator[str]:
    """What there is to say, line by line."""

    def told(name: str, **values: object) -> str:
        return say(f"backtest-{name}", language, **values)

    changed = report.new_alerts is not None
    span = {"since": report.since[:10], "until": report.until[:10], "days": report.days, "events": f"{report.events:,}"}
    yield told("span", **span)
    if report.learned_at > report.since:
        yield told("learned", day=report.learned_at[:10])
    if changed:
        yield told("changed", rules=", ".join(report.changed) or "–")
    for rule, why in sorted(report.stopped.items()):
        yield told("stopped", rule=rule, why=why)
    if changed:
        yield "  ".join(told(kind, count=report.count(kind)) for kind in KINDS)
    yield told("labels") + ":"
    for one in report.labels:
        was = told("missed") if one.old is None else told("after", minutes=one.old_minutes)
        now = told("missed") if one.new is None else told("after", minutes=one.new_minutes)
        yield f"  {one.start[:10]} {visible(one.why)}: {f'{was} → {now}' if changed else was}"
    if not report.labels:
        yield f"  {told('no-labels')}"
    yield told("months") + ":"
    for month in report.months:
        yield f"  {month.desk} {month.month}: {month.old}" + (f" → {month.new}" if changed else "")
    yield told("loads") + ":"
    for load in report.loads:
        sides = [side for side in (load.old, load.new) if side is not None]
        yield f"  {load.desk}: " + " → ".join(told("load", middle=m, high=h, most=n) for m, h, n in sides)
    yield told("promises") + ":"
    for promise in report.promises:
        figures = [promise.old, promise.new] if changed else [promise.old]
        achieved = " → ".join("–" if n is None else f"{n:g}" for n in figures)
        promised = "–" if promise.promised is None else f"{promise.promised:g}"
        yield f"  {promise.rule} / {promise.desk}: {promised}; {achieved}"
