"""The door by HTTP: events in, health and metrics out, the console beside them."""

from streams.http.app import City, create_app

__all__ = ["City", "create_app"]
