"""A seeded world: made events of a city, with what was put into them told beside. No people, no text."""

from streams.simulate.faults import Faults
from streams.simulate.sent import Sent
from streams.simulate.truth import Truth
from streams.simulate.world import Made, Plan, make
from streams.simulate.written import TRUTH, write

__all__ = ["TRUTH", "Faults", "Made", "Plan", "Sent", "Truth", "make", "write"]
