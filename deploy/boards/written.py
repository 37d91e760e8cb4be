"""Boards drawn with grafana-foundation-sdk, and the JSON of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from grafana_foundation_sdk.builders import (
    common,
    dashboard,
    geomap,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog import builder, variants
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common as shapes
from grafana_foundation_sdk.models import dashboard as models

from deploy.boards.figures import Board, Column, Figure, Said

FOLDER: Final = Path(__file__).parents[1] / "grafana" / "boards"
SOURCE: Final = models.DataSourceRef(type_val="prometheus", uid="tocsin-prometheus")
STORE: Final = models.DataSourceRef(type_val="grafana-postgresql-datasource", uid="tocsin-postgres")
ALERTS: Final = 'ALERTS{alertname=~"Tocsin.*", alertname!="TocsinDeadMansSwitch", alertstate="firing"}'
TOLD: Final = Said("Alerts of Tocsin itself", "Tocsin 自身告警")
TOLD_DESKS: Final = Said("Alerts", "预警")
GREEN, YELLOW, RED = "green", "yellow", "red"
CLEAR: Final = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
"""A tile of nothing: a map's ground would be fetched from outside."""
WORDS: Final = {"en": "en", "zh-CN": "zh"}
"""Of a page's language the column that has names in it."""


class Whole(builder.Builder[Any]):
    """A value of the SDK's that is whole, where the SDK asks for the builder of one."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def build(self) -> Any:
        return self._value


class Target(variants.Dataquery):
    """A statement of a panel. The SDK has no builder for PostgreSQL: this is the form that its plug-in reads."""

    def __init__(self, sql: str, form: str) -> None:
        self._told = {
            "refId": "A", "datasource": STORE, "rawQuery": True, "editorMode": "code", "format": form, "rawSql": sql,
        }  # fmt: skip

    def to_json(self) -> dict[str, object]:
        return self._told


class Marks(models.AnnotationQuery):
    """Marks out of the alert store: columns time, timeend, text, tags."""

    sql = ""

    def to_json(self) -> dict[str, object]:
        return {**super().to_json(), "target": Target(self.sql, "table").to_json()}


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
        .time(board.back, "now")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .annotation(_marks(board, language))
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
    if board.picks:
        made.with_variable(dashboard.ConstantVariable("language").value(WORDS[language]))
    for pick in board.picks:
        made.with_variable(
            dashboard.QueryVariable(pick.name)
            .label(pick.said.in_(language))
            .datasource(STORE)
            .query(pick.sql)
            .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        )
    for row in board.rows:
        made.with_row(dashboard.Row(row.title.in_(language)))
        for figure in row.figures:
            made.with_panel(_panel(figure, language))
    return made.build()


def _marks(board: Board, language: str) -> Any:
    if board.marks:
        made = Marks(TOLD_DESKS.in_(language), STORE, icon_color=RED)
        made.sql = board.marks
        return Whole(made)
    told = dashboard.AnnotationQuery().name(TOLD.in_(language)).datasource(SOURCE).enable(True)
    return told.icon_color(RED).expr(ALERTS)


def _panel(figure: Figure, language: str) -> Any:
    source = STORE if figure.sql else SOURCE
    made = _drawing(figure)
    made.title(figure.title.in_(language)).description(figure.meaning.in_(language)).datasource(source)
    made.unit(figure.unit).span(figure.span).height(5 if figure.kind in ("number", "state") else 8 if figure.sql else 7)
    if figure.worry is not None or figure.bad is not None:
        made.thresholds(_bounds(figure))
        if figure.kind in ("lines", "bars"):
            made.thresholds_style(common.GraphThresholdsStyleConfig().mode(shapes.GraphThresholdsStyleMode.LINE))
        else:
            made.color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
    for column in figure.columns:
        made.override_by_name(column.name, _said(column, language))
    if figure.sql:
        over_time = figure.kind in ("lines", "bars")
        made.with_target(Whole(Target(figure.sql, "time_series" if over_time else "table")))
    for number, (query, legend) in enumerate(figure.queries):
        target = prometheus.Dataquery().expr(query).legend_format(legend).ref_id(chr(ord("A") + number))
        made.with_target(target.datasource(SOURCE))
    return made


def _drawing(figure: Figure) -> Any:
    match figure.kind:
        case "lines" | "bars":
            made = timeseries.Panel().show_points(shapes.VisibilityMode.NEVER)
            legend = common.VizLegendOptions().show_legend(True).display_mode(shapes.LegendDisplayMode.LIST)
            if figure.kind == "lines":
                return made.line_width(1).legend(legend).fill_opacity(0 if figure.sql else 8)
            stacked = common.StackingConfig().mode(shapes.StackingMode.NORMAL)
            return made.draw_style(shapes.GraphDrawStyle.BARS).legend(legend).fill_opacity(80).stacking(stacked)
        case "number":
            shown = stat.Panel().graph_mode(
                shapes.BigValueGraphMode.NONE if figure.sql else shapes.BigValueGraphMode.AREA
            )
            return shown.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        case "state":
            return statetimeline.Panel().show_value(shapes.VisibilityMode.NEVER)
        case "table":
            return table.Panel()
        case "map":
            return _map()


def _map() -> Any:
    """Points alone: tiles would be fetched from outside."""
    size = {"field": "value", "fixed": 8, "min": 4, "max": 28}
    colour = {"field": "running", "fixed": "grey"}
    points = shapes.MapLayerOptions(
        "markers",
        "tocsin",
        config={"showLegend": False, "style": {"size": size, "color": colour, "opacity": 0.6}},
        location=shapes.FrameGeometrySource(
            shapes.FrameGeometrySourceMode.COORDS, latitude="latitude", longitude="longitude"
        ),
        tooltip=True,
    )
    nothing = shapes.MapLayerOptions("xyz", "none", config={"url": CLEAR})
    return (
        geomap.Panel()
        .view(geomap.MapViewConfig().id("fit").all_layers(True).lat(0).lon(0).zoom(10))
        .basemap(Whole(nothing))
        .layers([Whole(points)])
    )


def _said(column: Column, language: str) -> list[models.DynamicConfigValue]:
    told = [models.DynamicConfigValue(id_val="displayName", value=column.said.in_(language))]
    if column.hue:
        told.append(models.DynamicConfigValue(id_val="color", value={"mode": "fixed", "fixedColor": column.hue}))
    if column.dashed:
        told.append(models.DynamicConfigValue(id_val="custom.lineStyle", value={"fill": "dash", "dash": [6, 4]}))
    if column.band:
        told += [
            models.DynamicConfigValue(id_val="custom.fillBelowTo", value="low"),
            models.DynamicConfigValue(id_val="custom.fillOpacity", value=18),
            models.DynamicConfigValue(id_val="custom.lineWidth", value=0),
        ]
    if column.unit:
        told.append(models.DynamicConfigValue(id_val="unit", value=column.unit))
    return told


def _bounds(figure: Figure) -> dashboard.ThresholdsConfig:
    steps = [(None, GREEN), (figure.worry, YELLOW), (figure.bad, RED)]
    told = [models.Threshold(value=at, color=colour) for at, colour in steps if at is not None or colour == GREEN]
    return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(told)
