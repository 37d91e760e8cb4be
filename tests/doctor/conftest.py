"""The database of these tests."""

from tests.postgres.fixtures import postgres

__all__ = ["postgres"]
