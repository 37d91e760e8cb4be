"""`tocsin doctor`: looks at everything that a city stands on, changes nothing, and says what is well or what to do."""

from streams.doctor.finding import Finding, bad, good, note
from streams.doctor.round import examine, lines

__all__ = ["Finding", "bad", "examine", "good", "lines", "note"]
