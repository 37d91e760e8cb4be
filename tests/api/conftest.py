"""The town behind its gate, of the tests of access."""

from tests.access.conftest import fresh, town

__all__ = ["fresh", "town"]
