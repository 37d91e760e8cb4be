"""Files, folders and addresses that feeds come by: read on as they change, each piece once."""

from streams.watch.feeder import Feeder
from streams.watch.fetch import Fetch, FetchError, opened_fetch
from streams.watch.files import Piece, Source, sources_of
from streams.watch.poller import Poller
from streams.watch.watcher import Watcher

__all__ = ["Feeder", "Fetch", "FetchError", "Piece", "Poller", "Source", "Watcher", "opened_fetch", "sources_of"]
