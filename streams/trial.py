"""A trial of a feed's file on a sample: what each record gives, or why it is refused. Nothing is written or counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from rules.records import EXERCISE, SELF_INITIATED, Frame
from streams.feeds.readers import records_in
from streams.intake import Answer, Intake
from streams.messages import say
from streams.refusals import MEANINGS, Refusal

AT_ONCE: Final = 2_048
PLACES_TOLD: Final = 5
"""Of each reason, the places of so many records are told."""
MARKS: Final = ((SELF_INITIATED, "self-initiated"), (EXERCISE, "exercise"))


@dataclass(slots=True)
class Tally:
    """Records and events of a trial. `refused`: (reason, field) -> places of records."""

    records: int = 0
    events: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    refused: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    areas: Counter[str] = field(default_factory=Counter)
    categories: Counter[str] = field(default_factory=Counter)

    def lines(self, feed: str, language: str) -> Iterator[str]:
        """What came of all records together."""
        yield say(
            "tried", language, feed=feed, records=self.records, accepted=self.statuses["accepted"], events=self.events,
            refused=self.statuses["refused"], left_out=self.statuses["left_out"],
        )  # fmt: skip
        for (reason, name), places in sorted(self.refused.items(), key=lambda item: (-len(item[1]), item[0])):
            shown = ", ".join(places[:PLACES_TOLD]) + (" …" if len(places) > PLACES_TOLD else "")
            yield say("tried-refused", language, count=len(places), reason=reason, field=name or "-", places=shown)
        for message, counts in (("tried-areas", self.areas), ("tried-categories", self.categories)):
            if counts:
                yield say(message, language, counts=", ".join(f"{code} {n}" for code, n in counts.most_common(20)))


def trial(
    intake: Intake, feed: str, files: Sequence[Path], zone: str, language: str, tally: Tally
) -> Iterator[tuple[str, bool]]:
    """A line for each event and each record that gives none, and whether it tells a refusal; `tally` counts along.

    Times stand on the clock of `zone`. Raises Refused where a file cannot be read as a whole, OSError.
    """
    for path in files:
        records = records_in(path, intake.feeds[feed].file)
        while batch := list(islice(records, AT_ONCE)):
            taken = intake.read(feed, batch, path.name)
            events = _events(taken.frame, zone, tally) if taken.frame is not None else iter(())
            refusals = iter(taken.refusals)
            tally.records += len(batch)
            for record, answer in zip(batch, taken.answers, strict=True):
                tally.statuses[answer.status] += 1
                place = str(record.offset) if len(files) == 1 else f"{path.name}:{record.offset}"
                lines = _told(place, answer, events, refusals, language, tally)
                yield from ((line, answer.status == "refused") for line in lines)


def _told(
    place: str, answer: Answer, events: Iterator[str], refusals: Iterator[Refusal], language: str, tally: Tally
) -> Iterator[str]:
    if answer.reason is not None:
        refusal = next(refusals)
        tally.refused.setdefault((answer.reason.value, answer.field), []).append(place)
        kept = refusal.kept.decode("utf-8", "replace")
        why = MEANINGS[answer.reason][language]
        yield f"{place} refused {answer.reason} {answer.field or '-'}: {why} {kept}".rstrip()
    elif answer.status == "left_out":
        yield f"{place} left_out"
    else:
        for event in islice(events, answer.events):
            tally.events += 1
            yield f"{place} {event}"


def _events(frame: Frame, zone: str, tally: Tally) -> Iterator[str]:
    """Each row in words: stage, time, area, category, and what else it holds."""
    clock = ZoneInfo(zone)
    for row in frame.rows:
        moment = datetime.fromtimestamp(int(row["occurred_at"]) / 1000, UTC).astimezone(clock)
        area, category = frame.areas[row["area"]], frame.categories[row["category"]]
        tally.areas[area] += 1
        tally.categories[category] += 1
        words = [frame.stages[row["stage"]], moment.isoformat(timespec="seconds"), area, category]
        plain = {"count": 1, "severity": 0, "revision": 0}
        words += [f"{name}={row[name]}" for name, usual in plain.items() if int(row[name]) != usual]
        office = frame.offices[row["office"]]
        words += [f"office={office}"] if office else []
        words += [word for mark, word in MARKS if int(row["flags"]) & mark]
        yield " ".join(words)
