"""What was answered is in the log, as it was sent, and nowhere else."""

from __future__ import annotations

from collections import Counter
from contextlib import closing

from rules.records import Frame, Tick
from streams.audit import audit
from streams.journal import Journal
from tests.simulation.found import Found


def everything_answered_is_in_the_log(found: Found) -> str:
    lost = [sent for name, sent in found.sents.items() if name not in found.rows]
    return f"{len(lost)} answered events are not in the journal: {lost[:2]}" if lost else ""


def nothing_is_in_the_log_that_nobody_sent(found: Found) -> str:
    strange = [name for name in found.rows if name not in found.sents]
    return f"{len(strange)} rows that nobody sent" if strange else ""


def rows_say_what_was_sent(found: Found) -> str:
    for name, (frame, row) in found.rows.items():
        sent = found.sents.get(name)
        if sent is None:
            continue
        said = (
            frame.feeds[row["feed"]], frame.areas[row["area"]], frame.categories[row["category"]],
            frame.stages[row["stage"]], int(row["occurred_at"]), int(row["count"]), int(row["severity"]),
            bool(row["place"]),
        )  # fmt: skip
        wanted = (
            sent.feed, sent.area, sent.category, sent.stage, sent.occurred_at, sent.count, sent.severity,
            bool(sent.place),
        )  # fmt: skip
        if said != wanted:
            return f"{said} instead of {wanted}"
    return ""


def arrivals_are_true(found: Found) -> str:
    """On the stream clock what the sender said; on the wall clock not before it was sent, and where nobody set the
    clock wrong, not after it was answered."""
    lived = found.lived
    sent_at: dict[tuple[str, str, int], tuple[int, int]] = {}
    for body, _, at in lived.answers:
        for sent in body.sents:
            sent_at.setdefault((sent.feed, sent.id, sent.revision), (at, body.at))
    for name, (_, row) in found.rows.items():
        if name in found.sents and not lived.weather.has("clock"):
            sent = found.sents[name]
            first, said = sent_at[sent.feed, sent.id, sent.revision]
            arrived = int(row["arrived_at"])
            if lived.weather.kind == "stream" and arrived != said:
                return f"{sent} arrived at {arrived}, and the sender says {said}"
            if lived.weather.kind == "wall" and arrived < first:
                return f"{sent} arrived at {arrived}, before it was sent at {first}"
    return ""


def ticks_never_go_back_and_rows_come_after_them(found: Found) -> str:
    tick = 0
    for offset, record in found.records:
        if isinstance(record, Tick):
            if record.now <= tick:
                return f"the tick at {offset} goes back from {tick} to {record.now}"
            tick = record.now
        elif isinstance(record, Frame) and len(record.rows) and int(record.rows["arrived_at"].min()) <= tick:
            return f"a row at {offset} arrives at or before the tick {tick}"
    return ""


def ticks_never_run_ahead_of_the_time(found: Found) -> str:
    """A process that began under a right clock believes no leap of it, on the wall clock."""
    ahead = found.lived.ran_ahead
    return f"ticks ran ahead of the time by up to {max(ahead) / 1000:.0f} s" if ahead else ""


def what_the_contract_refuses_is_answered_and_kept(found: Found) -> str:
    junk = 0
    for body, answers, _ in found.lived.answers:
        junk += len(body.junk)
        said = [answer.status for answer in answers]
        if len(said) != len(body.sents) + len(body.junk):
            return f"{len(said)} answers to {len(body.sents)} events and {len(body.junk)} others"
        if "refused" in said[: len(body.sents)] or any(one != "refused" for one in said[len(body.sents) :]):
            return f"answered {answers}"
    return f"{len(found.refused)} of {junk} refused records are kept" if len(found.refused) < junk else ""


def accepted_once(found: Found) -> str:
    """An event is answered `accepted` once; where an answer was lost, or it was sent twice, at most once."""
    lived = found.lived
    times: Counter[tuple[str, str, int]] = Counter()
    held: set[tuple[str, str, int]] = set()
    for body, answers, _ in lived.answers:
        for sent, answer in zip(body.sents, answers, strict=False):
            name = (sent.feed, sent.id, sent.revision)
            times[name] += answer.status == "accepted" and answer.reason == ""
            if answer.reason == "held":
                held.add(name)
    revised = {name[:2] for name in times if name[2]}  # an older revision that comes again is superseded once more
    again = found.unheard
    often = [name for name, n in times.items() if n > 1 and name[:2] not in revised and name not in again]
    if often:
        return f"{len(often)} events were accepted more than once: {often[:2]}"
    never = [name for name, n in times.items() if n == 0 and name not in held]
    calm = not lived.kills and not lived.weather.has("clock") and not lived.weather.has("full")
    return f"{len(never)} events were never accepted: {never[:2]}" if never and calm else ""


def law_9_balances(found: Found) -> str:
    with closing(Journal.open(found.lived.journal, read_only=True)) as journal:
        told = audit(journal)
    if told.balanced:
        return ""
    return f"{told.imbalances[:3]} {[one.differs[:2] for one in told.compared if one.differs][:2]}"
