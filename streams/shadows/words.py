"""A shadow in words: where it stands, week by week, and the promotion report."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from alerts.shadowing import DeskLoad, Promotion, Served
from rules.shadows.at_work import UNFIT
from rules.shadows.state import ShadowState, Week
from streams.messages import say
from streams.problems import Counted


def head(state: ShadowState, zone: str, language: str) -> str:
    """One line: which candidate, since when, by whom, why."""
    told = {"rule": state.rule, "version": state.version, "in_force": state.in_force or "-", "by": state.by}
    return say("shadow-runs", language, **told, reason=state.reason, at=_local(state.begun, zone, "%Y-%m-%d %H:%M"))


def word_of_stop(state: ShadowState) -> str:
    """The message that says why it judges nothing."""
    return "shadow-unfit" if state.stopped == UNFIT else "shadow-stopped"


def standing(state: ShadowState, served: tuple[Served, ...], language: str) -> Iterator[str]:
    """Whether it judges, and the shifts that each desk has had."""
    if state.stopped:
        yield say(word_of_stop(state), language, rule=state.rule, why=state.stopped)
    for one in served:
        yield say("shadow-shifts", language, desk=one.desk, shifts=one.shifts, needed=one.needed)


def lines(report: Promotion, zone: str, language: str) -> Iterator[str]:
    """The promotion report."""
    state, found = report.state, report.outcomes
    yield head(state, zone, language)
    yield from ("  " + line for line in standing(state, report.served, language))
    yield from ("  " + _week(week, zone, language) for week in state.weeks)
    kept, lost = len(found.confirmed_kept), len(found.confirmed_lost)
    yield "  " + say("shadow-confirmed", language, kept=kept, lost=lost, gained=len(found.gained))
    if found.earlier_minutes is not None:
        yield "  " + say("shadow-earlier", language, minutes=f"{found.earlier_minutes:+.1f}")
    dropped, still = len(found.false_dropped), len(found.false_kept)
    yield "  " + say("shadow-false", language, dropped=dropped, kept=still)
    yield "  " + say(
        "shadow-others", language, kept=len(found.others_kept), dropped=len(found.others_dropped), new=len(found.new)
    )
    yield from ("  " + _load(load, language) for load in report.loads)
    if state.let_go:
        yield "  " + say("shadow-let-go", language, count=Counted(state.let_go))


def _week(week: Week, zone: str, language: str) -> str:
    told = {"since": _local(week.since, zone, "%Y-%m-%d"), "until": _local(week.until, zone, "%Y-%m-%d")}
    agreed = "-" if week.agreement is None else f"{week.agreement:.0%}"
    first = "-" if week.earlier_minutes is None else f"{week.earlier_minutes:+.1f}"
    figures = {"ours": week.ours, "theirs": week.theirs, "both": week.both}
    return say("shadow-week", language, **told, **figures, agreed=agreed, minutes=first)


def _load(load: DeskLoad, language: str) -> str:
    promised = "-" if load.promised is None else f"{load.promised:g}"
    return say(
        "shadow-load", language, desk=load.desk, ours=_spread(load.ours), theirs=_spread(load.theirs),
        a_month=f"{load.ours_a_month:g}", was=f"{load.theirs_a_month:g}", promised=promised,
    )  # fmt: skip


def _spread(load: tuple[float, float, int]) -> str:
    return " / ".join(f"{figure:g}" for figure in load)


def _local(at: int, zone: str, form: str) -> str:
    return f"{datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone)):{form}}"
