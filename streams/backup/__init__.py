"""`tocsin backup` and `tocsin restore`: a city's data copied while it is served, laid out anew, and proved."""

from streams.backup.laying import restore
from streams.backup.manifest import Manifest, Proof
from streams.backup.taking import back_up

__all__ = ["Manifest", "Proof", "back_up", "restore"]
