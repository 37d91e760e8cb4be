"""The page: board and alert card, served live."""

from alerts.console.app import create_app
from alerts.console.bell import Bell
from alerts.console.source import RECENT, BoardSource, City, FeedState

__all__ = ["RECENT", "Bell", "BoardSource", "City", "FeedState", "create_app"]
