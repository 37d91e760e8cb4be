"""The door by HTTP: events in, health and metrics out, the console beside them."""

from streams.http.app import City, TakesBodies, create_app, create_way_in

__all__ = ["City", "TakesBodies", "create_app", "create_way_in"]
