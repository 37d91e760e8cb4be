"""Files and folders that feeds come in: read on as they grow, each piece once."""

from streams.watch.files import Piece, Source, sources_of
from streams.watch.watcher import Watcher

__all__ = ["Piece", "Source", "Watcher", "sources_of"]
