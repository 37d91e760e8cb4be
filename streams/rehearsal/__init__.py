"""Cases of rules, played: the fake timelines, what was expected, what differs."""

from streams.rehearsal.rehearse import Outcome, Rehearsal, lines

__all__ = ["Outcome", "Rehearsal", "lines"]
