"""A height between what quiet histories say and what came: the model's beside the tail of past episodes.

Quiet histories are as quiet as the fitted law; a real city has one reporter's walks, batches of a desk, small storms
that nobody confirmed. What came so far at a rule and desk says how often a score is reached in truth, once there is
enough of it: with n episodes the past has n / (n + 12) of the say, in logarithms of rates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

import numpy as np

WORTH: Final = 12.0
"""Episodes that the model is worth."""
_REACH: Final = 40.0
_HALVINGS: Final = 60


def blended(
    height: float, promised: float, slope: float, past: Sequence[float], months: float, *, least: float
) -> float:
    """The height at which both together expect `promised` alerts a month, not below `least`.

    `height`: where the model expects them; `slope`: what the logarithm of its rate falls by for each unit of height;
    `past`: the scores of the episodes of `months` months that were no known incident.

    Between the scores that came their rate is read off; beyond, it goes on with the model's slope.

    >>> blended(10.0, 2.0, 1.0, [], 3.0, least=3.0)
    10.0
    >>> round(blended(10.0, 2.0, 1.0, [10.1, 10.5, 11, 12, 13, 15, 17, 20, 22, 25, 28, 30], 2.0, least=3.0), 1)
    10.9
    """
    if not past or months <= 0:
        return max(height, least)
    scores = np.sort(np.asarray(past, float))
    logs = np.log((np.arange(len(scores), 0, -1) - 0.5) / months)  # a score counts half at itself
    weight = len(scores) / (len(scores) + WORTH)

    def above(x: float) -> float:
        """By how much the logarithm of the blended rate lies above that of the promise."""
        beyond = max(x - float(scores[-1]), 0.0) - max(float(scores[0]) - x, 0.0)
        came = float(np.interp(x, scores, logs)) - slope * beyond
        return weight * (came - math.log(promised)) - (1 - weight) * slope * (x - height)

    low, high = least, max(height, float(scores[-1])) + _REACH
    if above(low) <= 0:
        return least
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if above(middle) > 0 else (low, middle)
    return float(low)
