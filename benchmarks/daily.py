"""The default detector on the published daily design, beside improved Farrington run by R.

    python -m benchmarks.daily --csv quiet.csv [--replicates 5] [--seed 501]    writes the series for R
    Rscript benchmarks/daily_farrington.R quiet.csv laws.csv
    python -m benchmarks.daily --laws laws.csv [--replicates 5] [--seed 501]    judges, and prints both

`surprise` learns day by day, as a rule with a step of a day and windows of 1, 3 and 7 days does through the same door;
every series is a city of its own, the calendar knows the holidays. Both are held to one threshold over all signals at
which 1 % of the quiet days alarm.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.daily_design import DAYS, JUDGED, SIZES, Drawn, draw, signals
from benchmarks.weekly import NONE, Counts, alone
from rules.book import DetectorSpec
from rules.detectors import tail
from rules.detectors.port import BoolArray, FloatArray, IntArray, Past, Points
from rules.detectors.register import make

WINDOWS: Final = (1, 3, 7)
HEIGHTS: Final = np.round(np.arange(-2.0, 12.0, 0.1), 2)
FALSE: Final = 0.01
REPLICATES: Final = 5
SEED: Final = 501
CHUNK: Final = 28
"""Days learnt at once before the judged ones."""


@dataclass(frozen=True, slots=True)
class Days:
    """A clock of days: day 1 is a Monday; holidays are Sundays."""

    holiday: BoolArray

    def slot(self, buckets: IntArray) -> IntArray:
        at = np.clip(buckets - 1, 0, len(self.holiday) - 1)
        return np.where(self.holiday[at], 6, (buckets - 1) % 7)

    cell_slot = slot

    def cell(self, buckets: IntArray) -> IntArray:
        return buckets

    def fraction_through_cell(self, buckets: IntArray) -> FloatArray:
        return np.ones(len(buckets))


def past(counts: IntArray, first: int, clock: Days) -> Past:
    """Days first, first + 1, ... as a refit is given them; counts of shape (S, days)."""
    days = np.arange(first, first + counts.shape[1])
    nothing = np.zeros(0, np.int64)
    return Past(
        days, clock.slot(days), days, np.zeros(len(days), bool), counts, np.zeros(counts.shape, bool),
        (nothing, nothing, nothing), alone(len(counts)), 1, WINDOWS, 7,
    )  # fmt: skip


def watch(counts: IntArray, holiday: BoolArray) -> BoolArray:
    """Alarms of the judged days at each height, windows beginning anew after each, shape (HEIGHTS, S, JUDGED)."""
    detector, clock, kin = make(DetectorSpec("surprise")), Days(holiday), alone(len(counts))
    memory, heard = None, Counts.of(counts)
    for start in range(0, DAYS - JUDGED, CHUNK):
        memory = detector.fit(memory, past(counts[:, start : min(start + CHUNK, DAYS - JUDGED)], start + 1, clock))
    series = np.arange(len(counts))
    alarms = np.zeros((len(HEIGHTS), len(counts), JUDGED), bool)
    last = np.full((len(HEIGHTS), len(counts)), NONE)
    for place in range(JUDGED):
        day = DAYS - JUDGED + place + 1
        after = np.where(last > day - WINDOWS[-1], last, NONE)
        each = np.broadcast_to(series, last.shape)
        asked, which = np.unique(np.stack([after.ravel(), each.ravel()]), axis=1, return_inverse=True)
        first = np.maximum(day - np.array(WINDOWS)[:, None] + 1, asked[0] + 1)
        who = np.broadcast_to(asked[1], first.shape).ravel()
        points = Points(who, first.ravel(), np.full(first.size, day))
        law = detector.law(memory, heard, clock, points, kin, WINDOWS)
        scores = detector.score(law, heard.total(points.series, points.first, points.last))
        best = scores.reshape(first.shape).max(axis=0)[which.reshape(last.shape)]
        alarms[:, :, place] = best >= HEIGHTS[:, None]
        last[alarms[:, :, place]] = day
        memory = detector.fit(memory, past(counts[:, day - 1 : day], day, clock))
    return alarms


def farrington(laws: Path, counts: IntArray) -> FloatArray:
    """-log of the tail of each judged day by the laws that R wrote, shape of `counts` (R, G, ..., JUDGED)."""
    with laws.open(encoding="utf-8", newline="") as file:
        rows = [[float(value) if value != "NA" else np.nan for value in row[1:]] for row in csv.reader(file)]
    both = np.array(rows).reshape(len(rows), 2, JUDGED)
    shape = (len(rows) // counts.shape[1], counts.shape[1], *(1,) * (counts.ndim - 3), JUDGED)
    mean, phi = (
        np.broadcast_to(both[: shape[0] * shape[1], n].reshape(shape), (shape[0], *counts.shape[1:])) for n in (0, 1)
    )
    known = np.isfinite(mean) & (counts[: shape[0]] > 0)
    score = np.full(mean.shape, -np.inf)
    score[known] = tail.surprise(mean[known], np.maximum(phi[known] - 1, 0.0), counts[: shape[0]][known])
    return score


@dataclass(frozen=True, slots=True)
class Found:
    """What one detector showed at its threshold."""

    heard: FloatArray  # (sizes,) share of the outbreaks heard
    delay: FloatArray  # (sizes,) days to the first alarm; an outbreak unheard counts its whole length
    delay_heard: FloatArray  # (sizes,) of those heard
    false: float


def found(quiet: BoolArray, struck: BoolArray, outbreak: BoolArray) -> Found:
    """Shapes (R, G, JUDGED), (R, G, sizes, JUDGED), (R, G, sizes, JUDGED)."""
    inside: BoolArray = struck & outbreak
    heard = np.asarray(inside.any(axis=-1))
    begin = outbreak.argmax(axis=-1)
    end = JUDGED - outbreak[..., ::-1].argmax(axis=-1)
    took = np.where(heard, inside.argmax(axis=-1) - begin, end - begin)
    return Found(
        heard.mean(axis=(0, 1)), took.mean(axis=(0, 1)),
        np.array([took[:, :, s][heard[:, :, s]].mean() for s in range(len(SIZES))]), float(quiet.mean()),
    )  # fmt: skip


def compare(drawn: Drawn, laws: Path) -> tuple[Found, Found, int]:
    """`surprise` and improved Farrington, each at 1 % false alarms, and how many replicates R had finished."""
    quiet = drawn.quiet.swapaxes(0, 1)
    outbreaks = drawn.outbreaks.swapaxes(0, 1)
    judged = quiet[:, :, None, -JUDGED:] + outbreaks
    ff_quiet, ff_struck = farrington(laws, quiet[:, :, -JUDGED:]), farrington(laws, judged)
    done = len(ff_quiet)
    cut = float(np.quantile(ff_quiet, 1 - FALSE))
    outbreak = outbreaks[:done] > 0
    theirs = found(ff_quiet > cut, ff_struck > cut, outbreak)
    groups = quiet.shape[1]
    struck = np.repeat(quiet[:done, :, None, :], len(SIZES), axis=2)
    struck[..., -JUDGED:] = judged[:done]
    every = np.concatenate((quiet[:done, :, None, :], struck), axis=2).reshape(-1, DAYS)
    alarms = watch(every, drawn.holiday).reshape(len(HEIGHTS), done, groups, 1 + len(SIZES), JUDGED)
    rates = alarms[:, :, :, 0].mean(axis=(1, 2, 3))
    at = int(np.argmax(rates <= FALSE))
    return found(alarms[at, :, :, 0], alarms[at, :, :, 1:], outbreak), theirs, done


def table(ours: Found, theirs: Found, replicates: int) -> str:
    """Both as Markdown."""
    lines = [
        (
            f"{len(signals())} signals x {replicates} replicates, one threshold for all signals at which 1 % of the"
            f" quiet days alarm (surprise {100 * ours.false:.2f} %, improved Farrington {100 * theirs.false:.2f} %,"
            " each day of the week a series of its own). In brackets: improved Farrington."
        ),
    ]
    lines += [
        "",
        "| a week's outbreak, times the s.d. of a day | heard, % | days to the alarm; unheard: all | of those heard |",
        "|---|---|---|---|",
    ]
    for place, size in enumerate(SIZES):
        pairs = (
            f"{100 * ours.heard[place]:.1f} ({100 * theirs.heard[place]:.1f})",
            f"{ours.delay[place]:.1f} ({theirs.delay[place]:.1f})",
            f"{ours.delay_heard[place]:.1f} ({theirs.delay_heard[place]:.1f})",
        )
        lines.append(f"| {size} | " + " | ".join(pairs) + " |")
    heard = f"{100 * ours.heard.mean():.1f} ({100 * theirs.heard.mean():.1f})"
    lines.append(f"| all | {heard} | {ours.delay.mean():.1f} ({theirs.delay.mean():.1f}) | |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.daily", description=__doc__.split("\n")[0])
    parser.add_argument("--replicates", type=int, default=REPLICATES)
    parser.add_argument("--seed", type=int, default=SEED)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--csv", type=Path, help="write the quiet series here, for R")
    what.add_argument("--laws", type=Path, help="what R wrote")
    given = parser.parse_args(arguments)
    drawn = draw(given.replicates, given.seed)
    if given.csv:
        rows = drawn.quiet.swapaxes(0, 1).reshape(-1, DAYS)  # replicate by replicate: part of R's work stays of use
        np.savetxt(given.csv, rows, fmt="%d", delimiter=",")
        return 0
    print(table(*compare(drawn, given.laws)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
