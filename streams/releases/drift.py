"""How one set of rule files differs from another, file by file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff


@dataclass(frozen=True, slots=True)
class Drift:
    """Names of files that came, went and changed; `lines`: a unified diff of them all."""

    added: tuple[str, ...]
    gone: tuple[str, ...]
    changed: tuple[str, ...]
    lines: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.gone or self.changed)


def drift(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Drift:
    """From `before` to `after`."""
    added = tuple(sorted(after.keys() - before.keys()))
    gone = tuple(sorted(before.keys() - after.keys()))
    changed = tuple(name for name in sorted(before.keys() & after.keys()) if before[name] != after[name])
    lines = [line for name in sorted({*added, *gone, *changed}) for line in _lines(name, before, after)]
    return Drift(added, gone, changed, tuple(lines))


def changed_rules(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[str, ...]:
    """Rules whose file, or whose cases, came, went or changed; their lines are not looked for."""
    names = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    return tuple(sorted({name.partition(".")[0] for name in names}))


def _lines(name: str, before: Mapping[str, bytes], after: Mapping[str, bytes]) -> Iterator[str]:
    old, new = (texts.get(name, b"").decode("utf-8", "replace").splitlines() for texts in (before, after))
    was, now = (f"rules/{name}" if name in texts else "/dev/null" for texts in (before, after))
    return unified_diff(old, new, was, now, n=2, lineterm="")
