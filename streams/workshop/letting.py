"""Releases of a served city's rules (`alerts.releasing.Releasing`): what `tocsin rules publish`, `approve` and
`rollback` do, from a draft in the place of the folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from alerts.drafting import Draft
from alerts.releasing import Release
from alerts.workfaults import WorkFault, WorkRefused
from rules.book import Book, MatterRule, Rule
from rules.records import UseBook
from streams.by_hand import signed
from streams.city import City
from streams.clock import Clock
from streams.messages import SpokenError
from streams.releases import Entry, ReleaseError, Shelf, Swap, changed_rules, drift
from streams.releases.swap import fitting
from streams.shadows import Trial, check_ripe
from streams.workshop import in_force
from streams.workshop.hands import Hands
from streams.workshop.writing import Writing

FAULTS: Final[Mapping[str, WorkFault]] = {
    "release-same": "release_same",
    "release-own": "release_own",
    "release-overtaken": "release_overtaken",
    "release-unknown": "release_gone",
    "release-never-ran": "release_gone",
    "release-first": "release_first",
    "release-unfit": "release_unfit",
    "release-folder-differs": "release_differs",
    "release-damaged": "release_broken",
    "release-history": "release_broken",
    "shadow-young": "release_young",
}
SHOWN: Final = 50
"""Lines of the history, the newest."""


class Letting:
    """Any thread. `runs`: the book in force; `see`: waits a moment until pages show what was done;
    `trials`: the shadows at work; `check_cases`: raises WorkRefused where a case of a draft is not as it expects;
    `hands`: where a release goes."""

    def __init__(
        self,
        city: Callable[[], City],
        writing: Writing,
        shelf: Shelf,
        clock: Clock,
        runs: Callable[[], Book | None],
        see: Callable[[Callable[[], bool]], object],
        trials: Callable[[], Sequence[Trial]],
        check_cases: Callable[[Draft], object],
        hands: Hands,
    ) -> None:
        self._trials, self._check_cases = trials, check_cases
        self._city, self._hands, self._clock = city, hands, clock
        self._writing, self._shelf = writing, shelf
        self._runs, self._see = runs, see
        self._changed: dict[tuple[str, str], tuple[str, ...]] = {}

    def publish(self, rule: str, seen: str, by: str, reason: str) -> str:
        draft, _ = self._writing.ready(rule, seen)
        self._check_cases(draft)
        files = in_force.with_draft(self._writing.files(), draft)
        with _told():
            return self._shelf.publish(files, by, reason, self._clock.now()).id

    def releases(self) -> Sequence[Release]:
        with _told():
            history, now = self._shelf.history(), self._shelf.in_force()
            waiting = {one.id for one in self._shelf.waiting()}
        last = {(entry.release, entry.verb): number for number, entry in enumerate(history)}
        runs = max(
            (n for n, entry in enumerate(history) if entry.release == now and entry.verb != "published"), default=-1
        )
        shown = list(enumerate(history))[-SHOWN:]
        return [
            self._line(entry, waits=entry.release in waiting and last[entry.release, "published"] == n, runs=n == runs)
            for n, entry in reversed(shown)
        ]

    def _line(self, entry: Entry, *, waits: bool, runs: bool) -> Release:
        waits = waits and entry.verb == "published"
        rules = self._rules(entry) if entry.verb == "published" else ()
        return Release(entry.release, entry.verb, entry.by, entry.reason, entry.at, entry.base, waits, runs, rules)

    def _rules(self, entry: Entry) -> tuple[str, ...]:
        """Rules whose file, or whose cases, differ from what ran when it was published. Releases never change, so that
        it is looked for once; a folder may."""
        pair = entry.base, entry.release
        found = self._changed.get(pair)
        if found is None:
            found = changed_rules(self._before(entry.base), self._shelf.texts(entry.release))
            if entry.base:
                self._changed[pair] = found
        return found

    def _before(self, base: str) -> Mapping[str, bytes]:
        return self._shelf.texts(base) if base else in_force.texts_of_folder(self._city().folder)

    def difference(self, release: str) -> Sequence[str]:
        with _told():
            found = self._shelf.release(release)
            return drift(self._before(found.base), self._shelf.texts(release)).lines

    def approve(self, release: str, by: str, reason: str) -> None:
        at = self._clock.now()
        with _told():
            self._shelf.release(release)
            city = fitting(self._city(), self._shelf, release, "en", self._runs())
            check_ripe(self._trials(), city.book, city.desks)
            self._shelf.approve(release, by, reason, at)
        order = UseBook(0, "", by=by, reason=f"{release}: {reason}")
        self._give(Swap.to(city, f"{release}-{at:x}", release, order), at)

    def in_force(self) -> str:
        with _told():
            return self._shelf.in_force()

    def promote(
        self, files: Mapping[str, bytes], candidate: Rule | MatterRule, author: str, why: str, by: str, reason: str
    ) -> str:
        """Put a shadow in force: a release of `author`, who began it, approved by `by`; the release. Raises
        WorkRefused."""
        at = self._clock.now()
        with _told():
            release = self._shelf.publish(files, author, why, at).id
            city = fitting(self._city(), self._shelf, release, "en", self._runs())
            if city.book.rule(candidate.id) != candidate:
                raise WorkRefused("shadow_differs")
            self._shelf.approve(release, by, reason, at)
        order = UseBook(0, "", by=by, reason=f"{release}: {reason}")
        self._give(Swap.to(city, f"{release}-{at:x}", release, order), at)
        return release

    def roll_back(self, seen: str, by: str, reason: str) -> str:
        at = self._clock.now()
        if self.in_force() != seen:
            raise WorkRefused("release_changed")
        with _told():
            target = self._shelf.before()
            if not target:
                raise ReleaseError("release-first")
            city = fitting(self._city(), self._shelf, target, "en", self._runs())
            self._shelf.roll_back(target, by, reason, at)
        order = signed(UseBook(0, ""), by, f"{target}: {reason}", at)
        self._give(Swap.to(city, order.id, target, order), at)
        return target

    def _give(self, swap: Swap, at: int) -> None:
        try:
            taken = self._hands.swap(swap, at)
        except SpokenError:  # the folder cannot be written, no broker answers
            raise WorkRefused("not_taken") from None
        if not taken:
            raise WorkRefused("not_taken")
        wanted = swap.rules, swap.matter_rules
        self._see(lambda: (now := self._runs()) is not None and (now.rules, now.on_matters) == wanted)


@contextmanager
def _told() -> Iterator[None]:
    """What the shelf refuses, as pages say it."""
    try:
        yield
    except ReleaseError as fault:
        raise WorkRefused(FAULTS[fault.name]) from None
