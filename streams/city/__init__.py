"""A city is a folder: read whole, checked whole, compiled into the book that the engine reads."""

from streams.city.commands import check, init
from streams.city.reading import City, Reading, read_city

__all__ = ["City", "Reading", "check", "init", "read_city"]
