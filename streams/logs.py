"""Logs: structlog, JSON in production and colours on a terminal, never a value that came in.

The list of processors is the whole pipeline. An exception is logged by its kind and the places it passed
through; its message is left out, because messages of libraries quote what they choked on.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from types import TracebackType
from typing import TextIO

import msgspec
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

DEEPEST = 12
"""Frames of a traceback that are told, innermost last."""


def _places(trace: TracebackType | None) -> list[str]:
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return places[-DEEPEST:]


def tell_exceptions_without_words(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace `exc_info` by the exception's kind and places."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    if isinstance(info, tuple) and info[0] is not None:
        event["fault"] = info[0].__name__
        event["places"] = _places(info[2])
    return event


def _json(event: EventDict, **_: object) -> str:
    return msgspec.json.encode(event, enc_hook=repr).decode()


def configure(form: str = "auto", *, stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Send our logs and those of the libraries to `stream` (stderr) in one form: auto, json or console."""
    out = stream or sys.stderr
    plain = form == "json" or (form == "auto" and not out.isatty())
    writer: Processor = structlog.processors.JSONRenderer(_json) if plain else structlog.dev.ConsoleRenderer()
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        tell_exceptions_without_words,
    ]
    structlog.configure(
        processors=[*before, writer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=[_strip, writer]))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(level, logging.WARNING))


def _strip(logger: WrappedLogger, method: str, event: EventDict) -> EventDict:
    """What a library logged: its name and level stay; its words stay out, they may quote what came in."""
    record = event.get("_record")
    told = structlog.stdlib.ProcessorFormatter.remove_processors_meta(logger, method, event)
    told["event"] = "library_said"
    if isinstance(record, logging.LogRecord):
        told["library"] = record.name
        told["place"] = f"{record.filename}:{record.lineno}"
    return told
