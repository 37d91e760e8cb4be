"""Numbers out of texts: whole numbers, and revisions, which may be times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.contract import LARGEST_REVISION
from streams.feeds.mapped import Faults
from streams.feeds.times import FAULTS, GOOD, TimeReader
from streams.refusals import Reason


def whole_number(text: str) -> int | None:
    """The whole number in `text` ("3", "3.0", "-1"); None where it is none.

    >>> whole_number("3.0"), whole_number("3.5"), whole_number("٣")
    (3, None, None)
    """
    text = text.strip()
    whole, _, rest = text.partition(".")
    digits = whole[1:] if whole[:1] == "-" else whole
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 18) or rest.strip("0"):
        return None
    return int(whole)


def revisions_in(texts: Sequence[str], reader: TimeReader, faults: Faults) -> NDArray[np.int64]:
    """Revisions, shape (R,): a whole number, else a time in ms; 0 where nothing stands. Faults are added."""
    revisions = np.zeros(len(texts), np.int64)
    timed: list[int] = []
    for i, text in enumerate(texts):
        number = whole_number(text or "0")
        if number is None:
            timed.append(i)
        elif not 0 <= number <= LARGEST_REVISION:
            faults.setdefault(i, (Reason.BAD_VALUE, "revision"))
        else:
            revisions[i] = number
    if timed:
        read = reader.read([texts[i] for i in timed])
        for i, at, fault in zip(timed, read.at.tolist(), read.fault.tolist(), strict=True):
            if fault == GOOD:
                revisions[i] = at
            else:
                faults.setdefault(i, (FAULTS[fault] or Reason.BAD_VALUE, "revision"))
    return revisions
