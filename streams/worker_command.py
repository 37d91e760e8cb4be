"""`tocsin worker` from the command line. Little is imported here: its start counts (streams/entry.py)."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from streams import logs
from streams.arguments import settings_of
from streams.messages import SpokenError

if TYPE_CHECKING:
    from streams.kafka.metrics import RoadMetrics
    from streams.settings import Settings

Brokers = Annotated[str | None, typer.Option("--kafka", help="Brokers; else TOCSIN_KAFKA, else 127.0.0.1:9092.")]

MetricsAt = Annotated[
    str | None, typer.Option("--metrics", help="Answer GET /metrics at host:port; left out, they are counted unseen.")
]


def worker(
    brokers: Brokers = None,
    member: Annotated[
        str | None, typer.Option(help="Name of this worker: under it it keeps its cities over a restart.")
    ] = None,
    metrics: MetricsAt = None,
) -> None:
    """Judge the cities whose logs lie in Kafka. Any number of workers share them; ends on SIGTERM."""
    settings = settings_of(kafka=brokers)
    logs.configure(settings.log)
    points = road("crashpoints")
    crash = points.armed(settings.crash_at if points.on_this_machine(settings.kafka) else "")
    counts = counted(metrics, settings)
    road("worker").run(settings.brokers, member=member, crash=crash, metrics=counts)


def alone(words: Sequence[str]) -> None:
    """The command by itself."""
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    app.command()(worker)
    app(args=list(words), prog_name="tocsin worker")


def counted(at: str | None, settings: Settings) -> RoadMetrics:
    """Metrics of this process, served where `at` says. Raises SpokenError."""
    road_metrics = road("metrics")
    metrics: RoadMetrics = road_metrics.RoadMetrics()
    if at is not None:
        road_metrics.serve(metrics, at, settings.certificate, settings.certificate_key)
    return metrics


def road(name: str) -> ModuleType:
    """A module of the Kafka road. Raises SpokenError where its packages are missing."""
    try:
        return import_module(f"streams.kafka.{name}")
    except ModuleNotFoundError:
        raise SpokenError("kafka-not-installed") from None
