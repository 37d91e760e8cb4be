"""Whether a pattern may look at one text for ever: a repeat within a repeat, as in `(a+)+`, tries every way to part it.

Patterns stand in feed files, and what they look at comes from outside: a sender could hold the intake up with one
text. An inner repeat that gives nothing back (`[a-z]++`, `(?>...)`) tries one way alone, and may be repeated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

MANY: Final = 16
"""A repeat of more than so many is one of many."""
_REPEATS: Final = frozenset({"MAX_REPEAT", "MIN_REPEAT"})
_KEEP: Final = frozenset({"POSSESSIVE_REPEAT", "ATOMIC_GROUP"})


def tries_for_ever(pattern: str) -> bool:
    """
    >>> [tries_for_ever(one) for one in (r"(a+)+$", r"([a-z]+ ?)*!", r"[a-z]+ [0-9]{1,20}", r"([a-z]++ ?)*!")]
    [True, True, False, False]
    """
    return any(_is_nested(item, within=False) for item in re._parser.parse(pattern))  # type: ignore[attr-defined,unused-ignore]  # the one reader of patterns


def _is_nested(item: tuple[Any, Any], *, within: bool) -> bool:
    """Whether a repeat of open length lies within one; `within`: this item lies in one already."""
    operator, argument = str(item[0]), item[1]
    if operator in _KEEP:
        within = False  # from outside it is one way; what is in it may still be nested in itself
    if operator in _REPEATS:
        least, most, _ = argument
        if within and most != least and most > MANY:
            return True
        within = within or most > MANY
    return any(_is_nested(inner, within=within) for inner in _inner(argument))


def _inner(argument: Any) -> Iterator[tuple[Any, Any]]:
    """The items of an item, however deep they lie in its argument."""
    if isinstance(argument, re._parser.SubPattern):  # type: ignore[attr-defined,unused-ignore]  # as above
        yield from argument
    elif isinstance(argument, tuple | list):
        for one in argument:
            yield from _inner(one)
