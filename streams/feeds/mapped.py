"""Events in columns: what the mapping makes, the gate judges and rows are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from streams.refusals import Reason

IntArray = NDArray[np.int64]
Faults = dict[int, tuple[Reason, str]]
"""Index of a record -> why it is refused and in which field; the first fault found."""

LONGEST_TEXT: Final = {"id": 200, "matter": 200, "place": 500}


@dataclass(slots=True)
class Mapped:
    """Events in columns. Sequences of texts and the first arrays have one entry a record, shape (R,);
    `record` to `arrived_at` one an event, shape (E,), ordered by record, then n."""

    source: Sequence[str]
    id: Sequence[str]
    category: Sequence[str]
    area: Sequence[str]
    office: Sequence[str]
    matter: Sequence[str]
    place: Sequence[str]
    revision: IntArray
    due_at: IntArray  # ms, NO_TIME
    count: IntArray
    severity: IntArray  # 0 is none
    flags: IntArray
    left_out: NDArray[np.bool_]
    stages: Sequence[str]
    record: IntArray
    n: IntArray
    stage: IntArray  # index into stages
    occurred_at: IntArray  # ms
    arrived_at: IntArray  # ms
    id_parts: Sequence[Sequence[str]] = ()  # what the gate looks at: the columns that make the id
    faults: Faults = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.id)

    @property
    def refused(self) -> NDArray[np.bool_]:
        """Records of which no event may pass: faulty, or left out. Shape (R,)."""
        refused = self.left_out.copy()
        refused[list(self.faults)] = True
        return refused

    def fault(self, records: NDArray[np.intp], reason: Reason, name: str) -> None:
        """Refuse these records, where nothing was wrong with them before."""
        for i in records.tolist():
            self.faults.setdefault(i, (reason, name))
