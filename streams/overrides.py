"""An override of a rule's parameters, in words."""

from __future__ import annotations

from rules.book import Override
from streams.messages import say
from streams.problems import Counted


def told(one: Override, language: str) -> dict[str, object]:
    """What it changes, why, and who wrote it last."""
    parts = []
    if one.rarer != 1.0:
        parts.append(say("override-rarer", language, times=f"{one.rarer:g}"))
    if one.at_least is not None:
        parts.append(say("override-at-least", language, count=Counted(one.at_least)))
    what = ("；" if language == "zh-CN" else "; ").join(parts)
    return {"what": what, "reason": one.reason, "by": one.by, "on": f", {one.on}" if one.on else ""}
