"""What a judge of matters makes of one: the port of all four kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from rules.matters.entries import Entry
from rules.matters.reckoning import NEVER

QUIET: Final = 0
SOON: Final = 1
LATE: Final = 2


class Look(NamedTuple):
    """A matter at a moment. Times in ms.

    standing: QUIET, SOON (due soon) or LATE (overdue; of other kinds: it speaks). `since`: when it is due or was, or
    when it began to speak. `until`: when time alone may change it; NEVER. `first`: whether it is about accepting, not
    replying. `open`: whether a clock of it runs or stands still.
    """

    standing: int
    area: str
    category: str
    office: str
    since: int
    until: int
    first: bool = False
    open: bool = True


NOTHING: Final = Look(QUIET, "", "", "", 0, NEVER, open=False)


class Judge(Protocol):
    """Pure: the same entries at the same moment look the same. What occurred over `reach` ms ago counts no more."""

    reach: int

    def look(self, entries: Sequence[Entry], at: int) -> Look:
        """`entries`: what is known of the matter at `at`, in order of time."""
        ...
