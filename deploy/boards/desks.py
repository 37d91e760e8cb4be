"""What alerts ask of the desks, against the lines of EEMUA 191: averages hide floods, so the worst ten minutes too."""

from __future__ import annotations

from typing import Final

from deploy.boards.figures import Board, Column, Figure, Row, Said
from deploy.boards.store import ALERTS, CITY, EARNEST, OUTCOMES, TOLD, called, outcomes

HOURLY: Final = 6.0
"""One in ten minutes: very likely acceptable (EEMUA 191, survey of 1998)."""
FLOOD: Final = 10.0
"""Ten in ten minutes: a flood."""
DAILY: Final = 144.0
"""One in ten minutes, all day (IEC 62682)."""
DESK: Final = Column("desk", Said("Desk", "值班台"))
BY_DESK: Final = f"{called('desk', 'a.desk')} AS metric"

BOARD: Final = Board(
    "desks",
    Said("Tocsin: desk load", "Tocsin：值班台负荷"),
    Said(
        "How often desks are interrupted, how soon they answer, what they found. From the alert store in PostgreSQL.",
        "值班台被打扰的频率、响应速度与核查结论。来自 PostgreSQL 预警库。",
    ),
    (
        Row(
            Said("Load", "负荷"),
            (
                Figure(
                    Said("Alerts a desk-hour", "每台每小时预警"),
                    Said(
                        "That interrupted the first desk. Line: 6 an hour, very likely acceptable.",
                        "打扰第一值班台的预警。参考线：每小时 6 条（每十分钟 1 条）很可能可以承受。",
                    ),
                    sql=f"SELECT to_timestamp(told_ms / 3600000 * 3600) AS time, {BY_DESK}, count(*) AS value"
                    f" FROM {ALERTS} a WHERE {TOLD} GROUP BY 1, 2 ORDER BY 1",
                    kind="bars",
                    span=16,
                    worry=HOURLY,
                ),
                Figure(
                    Said("Worst ten minutes", "最忙的十分钟"),
                    Said(
                        "Most alerts of any ten minutes, by desk. More than one is above the line, ten are a flood.",
                        "任意十分钟内最多的预警，按值班台。超过 1 条即高于参考线，10 条为洪水。",
                    ),
                    sql="SELECT desk, max(n) AS alerts FROM (SELECT"
                    f" {called('desk', 'a.desk')} AS desk, count(*) OVER (PARTITION BY a.desk ORDER BY told_ms"
                    f" RANGE BETWEEN 599999 PRECEDING AND CURRENT ROW) AS n FROM {ALERTS} a WHERE {TOLD}) AS windows"
                    " GROUP BY desk ORDER BY alerts DESC",
                    kind="table",
                    span=8,
                    worry=2,
                    bad=FLOOD,
                    columns=(DESK, Column("alerts", Said("Alerts", "预警"))),
                ),
                Figure(
                    Said("Alerts a day, by desk", "每日预警，按值班台"),
                    Said("Line: 144 a day, one in ten minutes.", "参考线：每日 144 条，即每十分钟 1 条。"),
                    sql=f"SELECT to_timestamp(told_ms / 86400000 * 86400) AS time, {BY_DESK}, count(*) AS value"
                    f" FROM {ALERTS} a WHERE {TOLD} GROUP BY 1, 2 ORDER BY 1",
                    kind="bars",
                    span=16,
                    worry=DAILY,
                ),
                Figure(
                    Said("Held just now, by desk", "当前暂留，按值班台"),
                    Said("Nothing of it is dropped.", "均不丢弃。"),
                    sql=f"SELECT {called('desk', 'a.desk')} AS desk, count(*) FILTER (WHERE held_since IS NOT NULL)"
                    f" AS held, min(held_since) AS since FROM {ALERTS} a WHERE {EARNEST}"
                    " GROUP BY a.desk ORDER BY held DESC",
                    kind="table",
                    span=8,
                    columns=(DESK, Column("held", Said("Held", "暂留")), Column("since", Said("Since", "起始"))),
                ),
            ),
        ),
        Row(
            Said("Answers", "响应"),
            (
                Figure(
                    Said("Time to take", "接手用时"),
                    Said(
                        "From the first desk's interruption to the take that stands: half, and nine in ten.",
                        "从打扰第一值班台到有效接手：中位数与九成位。",
                    ),
                    sql=f"SELECT {called('desk', 'a.desk')} AS desk, count(*) AS alerts, count(taken) AS taken,"
                    " percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM taken - told)) AS half,"
                    " percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM taken - told)) AS most"
                    f" FROM {ALERTS} a WHERE {TOLD} GROUP BY a.desk ORDER BY alerts DESC",
                    kind="table",
                    span=12,
                    columns=(
                        DESK,
                        Column("alerts", Said("Alerts", "预警")),
                        Column("taken", Said("Taken", "已接手")),
                        Column("half", Said("Half within", "半数在"), unit="s"),
                        Column("most", Said("Nine in ten within", "九成在"), unit="s"),
                    ),
                ),
                Figure(
                    Said("Outcomes, by desk", "核查结论，按值班台"),
                    Said("Of alerts that interrupted it in this time.", "此时段内打扰过它的预警。"),
                    sql=f"SELECT {called('desk', 'a.desk')} AS desk, {outcomes()} FROM {ALERTS} a WHERE {TOLD}"
                    " GROUP BY a.desk ORDER BY 1",
                    kind="table",
                    span=12,
                    columns=(DESK, *OUTCOMES),
                ),
                Figure(
                    Said("Alerts of which nobody has said an outcome", "尚无结论的预警"),
                    Said("By the hour in which they were told.", "按通知的小时。"),
                    sql=f"SELECT to_timestamp(told_ms / 3600000 * 3600) AS time, {BY_DESK}, count(*) AS value"
                    f" FROM {ALERTS} a WHERE {TOLD} AND outcome = '' AND stage NOT IN ('withdrawn', 'merged')"
                    " GROUP BY 1, 2 ORDER BY 1",
                    kind="bars",
                    span=24,
                ),
            ),
        ),
    ),
    picks=(CITY,),
    marks=f"SELECT told AS time, {called('desk', 'a.desk')} || ': ' || {called('area', 'a.area')} AS text,"
    f" colour AS tags FROM {ALERTS} a WHERE {TOLD} AND rank > 1 ORDER BY told_ms DESC LIMIT 200",
    back="now-7d",
)
