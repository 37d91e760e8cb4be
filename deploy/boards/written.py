"""Boards drawn with grafana-foundation-sdk, and the JSON of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.builders import common, dashboard, prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as models

from deploy.boards.figures import Board, Figure, Said

FOLDER: Final = Path(__file__).parents[1] / "grafana" / "boards"
SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="tocsin-prometheus")
ALERTS: Final = 'ALERTS{alertname=~"Tocsin.*", alertname!="TocsinDeadMansSwitch", alertstate="firing"}'
TOLD: Final = Said("Alerts of Tocsin itself", "Tocsin 自身告警")
GREEN, YELLOW, RED = "green", "yellow", "red"


def pages(boards: Iterable[Board], languages: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """Where each board lies, and what stands there."""
    boards = tuple(boards)
    for language in languages:
        for board in boards:
            text = json.dumps(drawn(board, language), cls=JSONEncoder, ensure_ascii=False, indent=1, sort_keys=True)
            yield FOLDER / language / f"{board.name}.json", text + "\n"


def drawn(board: Board, language: str) -> models.Dashboard:
    made = (
        dashboard.Dashboard(board.title.in_(language))
        .uid(f"tocsin-{board.name}-{language.lower()}")
        .description(board.meaning.in_(language))
        .tags(["tocsin", language])
        .readonly()
        .timezone("browser")
        .refresh("30s")
        .time("now-6h", "now")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .annotation(
            dashboard.AnnotationQuery()
            .name(TOLD.in_(language))
            .datasource(SOURCE)
            .enable(True)
            .icon_color(RED)
            .expr(ALERTS)
        )
    )
    if board.chooses is not None:
        label, metric, words = board.chooses
        made.with_variable(
            dashboard.QueryVariable(label)
            .label(words.in_(language))
            .datasource(SOURCE)
            .query(f"label_values({metric}, {label})")
            .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .include_all(True)
            .all_value(".*")
            .multi(True)
        )
    for row in board.rows:
        made.with_row(dashboard.Row(row.title.in_(language)))
        for figure in row.figures:
            made.with_panel(_panel(figure, language))
    return made.build()


def _panel(figure: Figure, language: str) -> Any:
    made: Any
    if figure.kind == "lines":
        made = timeseries.Panel().fill_opacity(8).line_width(1).show_points(shapes.VisibilityMode.NEVER)
        made.legend(common.VizLegendOptions().show_legend(True).display_mode(shapes.LegendDisplayMode.LIST))
    elif figure.kind == "number":
        made = stat.Panel().graph_mode(shapes.BigValueGraphMode.AREA)
        made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    else:
        made = statetimeline.Panel().show_value(shapes.VisibilityMode.NEVER)
    made.title(figure.title.in_(language)).description(figure.meaning.in_(language)).datasource(SOURCE)
    made.unit(figure.unit).span(figure.span).height(7 if figure.kind == "lines" else 5)
    if figure.worry is not None or figure.bad is not None:
        made.thresholds(_bounds(figure)).color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
    for number, (query, legend) in enumerate(figure.queries):
        target = prometheus.Dataquery().expr(query).legend_format(legend).ref_id(chr(ord("A") + number))
        made.with_target(target.datasource(SOURCE))
    return made


def _bounds(figure: Figure) -> dashboard.ThresholdsConfig:
    steps = [(None, GREEN), (figure.worry, YELLOW), (figure.bad, RED)]
    told = [models.Threshold(value=at, color=colour) for at, colour in steps if at is not None or colour == GREEN]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(told)
