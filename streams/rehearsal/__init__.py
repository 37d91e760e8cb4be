"""Cases of rules, played: the fake timelines, what was expected, what differs."""

from streams.rehearsal.rehearse import Outcome, Rehearsal, lines, played

__all__ = ["Outcome", "Rehearsal", "lines", "played"]
