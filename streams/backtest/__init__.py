"""Rules on the past: what a version, or a change of it, would have said, against labels, load and promises."""

from streams.backtest.labels import Label, LabelsError, read_labels
from streams.backtest.page import page
from streams.backtest.report import Report, Scope, Side, report
from streams.backtest.trials import Ground, Group, Trial, groups_of, judged, only
from streams.backtest.words import lines

__all__ = [
    "Ground", "Group", "Label", "LabelsError", "Report", "Scope", "Side", "Trial", "groups_of", "judged", "lines",
    "only", "page", "read_labels", "report",
]  # fmt: skip
