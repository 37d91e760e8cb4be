"""The watchdog: a process apart that says so when a city's time stands still, for then no alert can say anything."""

from streams.watchdog.dog import Watchdog
from streams.watchdog.judge import News, Seen, Watch
from streams.watchdog.kennel import watch_over

__all__ = ["News", "Seen", "Watch", "Watchdog", "watch_over"]
