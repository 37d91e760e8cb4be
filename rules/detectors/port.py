"""The door that every detector comes through. Ships with its fake, `Fixed`.

Vocabulary of shapes: S series, C cells, P points. A *cell* is the grain of the past: an hour for steps
below a day, else the step itself. A *slot* is a cell's place in the week (0-167; 0-6 for days; 0 for weeks).
A *point* is one window of one series: buckets first..last, both included.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

NEVER: Final = np.iinfo(np.int64).max
"""The limit of a window that cannot speak: not enough history."""

Side = Literal["high", "low"]

Memory = Mapping[str, NDArray[np.float64]]
"""What a detector keeps between refits: arrays by name, first axis series where they are per series."""


@dataclass(frozen=True, slots=True)
class Kin:
    """How the series of a rule hang together. All arrays have shape (S,) and hold series indices or -1.

    Series only ever join at the end, and every ancestor of a series stands before it.
    """

    area_parent: IntArray  # same category, parent area
    category_parent: IntArray  # same area, parent category
    top_area: IntArray  # same category, topmost area of the rule (itself for the top)
    area_depth: IntArray  # 0 at the topmost area
    category_depth: IntArray  # 0 at the selector's own category

    def __len__(self) -> int:
        return len(self.area_parent)


@dataclass(frozen=True, slots=True)
class Past:
    """What has settled since the last refit, given to `fit` once, oldest cell first."""

    cells: IntArray  # (C,) consecutive cell numbers
    slots: IntArray  # (C,) place in the week, holidays as Sundays
    days: IntArray  # (C,) local day number (date.toordinal)
    missing: BoolArray  # (C,) a contributing feed was blind: teaches nothing
    counts: IntArray  # (S, C)
    frozen: BoolArray  # (S, C) an episode of this series stood: must not teach the level
    late: tuple[IntArray, IntArray, IntArray]  # (series, slot, delta): changes in cells taken in before
    kin: Kin
    bucket_per_cell: int  # buckets in a cell
    window_buckets: tuple[int, ...]  # the rule's windows, in buckets, ascending
    slots_per_week: int  # 168, 7 or 1
    began: IntArray | None = None  # (S,) first cell of each series' past; None: all from the first cell ever given


class Recent(Protocol):
    """Open and recent counts, for detectors that look at the buckets just before."""

    def total(self, series: IntArray, first: IntArray, last: IntArray) -> IntArray:
        """Counts in buckets first..last (both included), shape (P,). Before the past begins: 0."""
        ...

    def began(self, series: IntArray) -> IntArray:
        """The first bucket of each series' past, shape (P,)."""
        ...


class Clock(Protocol):
    """Buckets to places in the week. Vectorised."""

    def slot(self, buckets: IntArray) -> IntArray:
        """Slot of the cell that holds each bucket."""
        ...

    def fraction_through_cell(self, buckets: IntArray) -> FloatArray:
        """How far into its cell a bucket's end lies: (0, 1]."""
        ...

    def cell(self, buckets: IntArray) -> IntArray: ...

    def cell_slot(self, cells: IntArray) -> IntArray: ...


@dataclass(frozen=True, slots=True)
class Points:
    """Windows to judge. All arrays have shape (P,)."""

    series: IntArray
    first: IntArray
    last: IntArray

    def __len__(self) -> int:
        return len(self.series)

    @property
    def length(self) -> IntArray:
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Law:
    """What the baseline expects of each point. All arrays have shape (P,).

    `mean` in events; `over` is variance / mean - 1 (0: Poisson); where not `enough`, the window cannot speak.
    """

    mean: FloatArray
    over: FloatArray
    enough: BoolArray
    extra: Mapping[str, FloatArray] = field(default_factory=dict)

    def at(self, places: IntArray) -> Law:
        """Of some points alone."""
        extra = {name: values[places] for name, values in self.extra.items()}
        return Law(self.mean[places], self.over[places], self.enough[places], extra)


@dataclass(frozen=True, slots=True)
class Promise:
    """What `height` is solved for: `false_alarms` a month (30 days) at one first desk."""

    false_alarms: float
    series: int  # possible series of the rule at that desk
    window_buckets: tuple[int, ...]
    buckets_per_month: float


class Detector(Protocol):
    """From history to limits. Stateless: parameters are its fields, memory travels through its hands."""

    kind: ClassVar[str]
    refits: ClassVar[Literal["day", "step"]]
    """`day`: `fit` is called once a day, `law` reads memory alone. `step`: `law` reads recent counts, `fit` is idle."""
    hears: ClassVar[Side]
    """`high`: a count speaks that reaches its limit. `low`: one that does not rise above it."""
    judges: ClassVar[Literal["open", "settled"]]
    """`open`: at every frame. `settled`: a bucket once, when it has settled; what comes later changes nothing."""

    @property
    def reach(self) -> int:
        """How many windows back `law` looks at counts, the judged one included."""
        ...

    def fit(self, memory: Memory | None, past: Past) -> Memory:
        """Memory after taking in `past` (None: the first time). Grows with the series; pure."""
        ...

    def law(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        """What is expected of each point. Must cope with series younger than the memory (no row yet)."""
        ...

    def score(self, law: Law, counts: IntArray) -> FloatArray:
        """How surprising each count is, shape (P,); rises with the count (`low`: falls); -inf where not enough."""
        ...

    def limits(self, law: Law, heights: FloatArray) -> IntArray:
        """The smallest count (`low`: the largest) whose score reaches each height, shape (P,).

        NEVER where not enough, or where no count reaches it.
        """
        ...

    def height(self, promise: Promise) -> float:
        """The score at which the rule speaks, until a calibration says better."""
        ...

    def rarer(self, height: float, times: float) -> float:
        """The height of a rank that is `times` rarer than the promise."""
        ...


@runtime_checkable
class Foreseeing(Detector, Protocol):
    """A detector whose laws counts do not move, so that its limits can be bounded beforehand."""

    def least(
        self, memory: Memory | None, recent: Recent, clock: Clock, series: IntArray, first: IntArray, last: IntArray,
        starts: IntArray, kin: Kin, windows: tuple[int, ...],
    ) -> Law:  # fmt: skip
        """Of windows first..last, shape (W,), cut before each of `starts`, shape (B,), into blocks of one length each:
        the law of each series' window with the smallest limit in each block, shape (B * S,), block after block."""
        ...


@runtime_checkable
class Sparing(Detector, Protocol):
    """A detector whose memory holds parts that only `fit` reads, and others that follow from the rest of it."""

    def judged_by(self, memory: Memory) -> Memory:
        """What `law` and `least` read, of a memory that another has followed."""
        ...

    def taught_by(self, memory: Memory) -> Memory:
        """What the whole memory follows from, of one that nothing is judged by any more."""
        ...

    def whole(self, taught: Memory, kin: Callable[[int], Kin]) -> Memory:
        """The memory again, to the last bit. `kin`: of so many first series."""
        ...


@runtime_checkable
class Parting(Detector, Protocol):
    """A detector that can go on with what it has learned of some series: another tree has no place for the rest."""

    def only(self, memory: Memory, rows: IntArray) -> Memory:
        """What is known of the series at `rows`, in that order; those that `memory` has no row for are left out. Of a
        series that is kept the topmost area is kept, too."""
        ...


@runtime_checkable
class Arranging(Foreseeing, Protocol):
    """A detector whose laws may look at how the counts of a window lie, and can be bounded whatever way they do."""

    def reads_counts(self, memory: Memory | None) -> bool:
        """Whether laws of this memory do: then nothing of them is kept from one count to the next."""
        ...

    def bound(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        """The law of each point by which no arrangement of a count scores less than by `law`."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """The fake: expects `mean` per bucket everywhere, speaks at `n`. For tests of the engine."""

    n: int = 5
    mean: float = 0.1
    kind: ClassVar[str] = "fixed"
    refits: ClassVar[Literal["day", "step"]] = "step"
    hears: ClassVar[Side] = "high"
    judges: ClassVar[Literal["open", "settled"]] = "open"

    @property
    def reach(self) -> int:
        return 1

    def fit(self, memory: Memory | None, past: Past) -> Memory:
        return memory or {}

    def law(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        mean = self.mean * points.length.astype(np.float64)
        return Law(mean, np.zeros_like(mean), np.ones(len(mean), bool))

    def least(
        self, memory: Memory | None, recent: Recent, clock: Clock, series: IntArray, first: IntArray, last: IntArray,
        starts: IntArray, kin: Kin, windows: tuple[int, ...],
    ) -> Law:  # fmt: skip
        mean = np.repeat(self.mean * (last - first + 1)[starts].astype(np.float64), len(series))
        return Law(mean, np.zeros_like(mean), np.ones(len(mean), bool))

    def score(self, law: Law, counts: IntArray) -> FloatArray:
        return counts / float(self.n)

    def limits(self, law: Law, heights: FloatArray) -> IntArray:
        return np.ceil(heights * self.n - 1e-9).astype(np.int64)

    def height(self, promise: Promise) -> float:
        return 1.0

    def rarer(self, height: float, times: float) -> float:
        return height * times
