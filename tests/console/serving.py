"""A real server around the console, on a free port of this machine."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import uvicorn

from alerts.console import BoardSource, create_app


@contextmanager
def served(
    sources: Mapping[str, BoardSource], *, beat: float = 10.0, pause: float = 0.01, port: int = 0
) -> Generator[str]:
    """The address at which `sources` are shown; stops the server, its streams first. `port` 0: any free one."""
    app = create_app(sources, beat=beat, pause=pause)
    config = uvicorn.Config(app, port=port, log_level="error", lifespan="off", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    started = threading.Event()
    announce = server.startup

    async def startup(sockets: list[object] | None = None) -> None:
        await announce(None)
        started.set()

    server.startup = startup  # type: ignore[method-assign, assignment]  # uvicorn has no other word for "ready"
    thread.start()
    assert started.wait(30), "the server did not start"
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        app.state.streams.stop()
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive(), "the server did not stop"
