"""Releases of a city's rules: what runs is the one in force, whatever has been written into the folder since."""

from streams.releases.drift import Drift, changed_rules, drift
from streams.releases.shelf import Entry, Release, ReleaseError, Shelf, shelf_of
from streams.releases.swap import Swap, released

__all__ = [
    "Drift",
    "Entry",
    "Release",
    "ReleaseError",
    "Shelf",
    "Swap",
    "changed_rules",
    "drift",
    "released",
    "shelf_of",
]
