"""What rules are worth: promised against achieved, the noisiest, and what came near to speaking."""

from __future__ import annotations

from typing import Final

from deploy.boards.figures import Board, Column, Figure, Row, Said
from deploy.boards.store import ALERTS, BEGUN, CITY, COUNTS, NAMES, OUTCOMES, called, outcomes

RULE: Final = Column("rule", Said("Rule", "规则"))
DESK: Final = Column("desk", Said("Desk", "值班台"))
ALERT_COUNT: Final = Column("alerts", Said("Alerts", "预警"))
SAID: Final = "said_ms BETWEEN $__from AND $__to AND kind NOT IN ('silence', 'stopped', 'review', 'exercise')"
MONTHS: Final = "(($__to - $__from) / 2592000000.0)"
"""Of 30 days."""

BOARD: Final = Board(
    "rules",
    Said("Tocsin: rules", "Tocsin：规则"),
    Said(
        "What rules promise and what came, by the outcomes that officers gave. From the alert store in PostgreSQL.",
        "规则的承诺与实际，依据值班员给出的结论。来自 PostgreSQL 预警库。",
    ),
    (
        Row(
            Said("Promised against achieved", "承诺与实际"),
            (
                Figure(
                    Said("False alarms a month, by rule and first desk", "每月误报，按规则与第一值班台"),
                    Said(
                        "At least: not real, or a data fault. At most: with those of no outcome, or none can tell."
                        " A month is 30 days. Who is counted by outcomes closes by them: do not pay or blame.",
                        "至少：不实与数据故障；至多：另加无结论与无法判断的。一月按 30 天。勿以此奖惩，否则结论失真。",
                    ),
                    sql=f"SELECT * FROM (SELECT {called('rule', 'r.code')} AS rule,"
                    f" {called('desk', 'a.desk')} AS desk, r.promise AS promised,"
                    f" round((count(*) FILTER (WHERE outcome IN ('not_real', 'data_fault')) / {MONTHS})::numeric, 2)"
                    " AS at_least,"
                    " round((count(*) FILTER (WHERE outcome IN ('not_real', 'data_fault', '', 'cannot_tell')"
                    f" AND a.id IS NOT NULL) / {MONTHS})::numeric, 2) AS at_most, count(a.id) AS alerts"
                    f" FROM {NAMES} r LEFT JOIN (SELECT * FROM {ALERTS} WHERE {SAID}) a ON a.rule = r.code"
                    " WHERE r.kind = 'rule' GROUP BY r.code, r.promise, a.desk) AS cards"
                    " ORDER BY at_least / NULLIF(promised, 0) DESC NULLS LAST, alerts DESC",
                    kind="table",
                    span=24,
                    columns=(
                        RULE,
                        DESK,
                        Column("promised", Said("Promised", "承诺")),
                        Column("at_least", Said("At least", "至少")),
                        Column("at_most", Said("At most", "至多")),
                        ALERT_COUNT,
                    ),
                ),
            ),
        ),
        Row(
            Said("Noise", "噪声"),
            (
                Figure(
                    Said("The ten noisiest", "噪声最多的十条"),
                    Said(
                        "Alerts found not real, a data fault, or expected.",
                        "结论为不实、数据故障或在预期内的预警。",
                    ),
                    sql=f"SELECT {called('rule', 'a.rule')} AS rule, count(*) FILTER (WHERE outcome IN"
                    " ('not_real', 'data_fault', 'expected')) AS noise, count(*) AS alerts"
                    f" FROM {ALERTS} a WHERE {SAID} GROUP BY a.rule ORDER BY noise DESC, alerts DESC LIMIT 10",
                    kind="table",
                    span=10,
                    columns=(RULE, Column("noise", Said("Noise", "噪声")), ALERT_COUNT),
                ),
                Figure(
                    Said("Outcomes, by rule", "核查结论，按规则"),
                    Said("Of alerts said in this time.", "此时段发出的预警。"),
                    sql=f"SELECT {called('rule', 'a.rule')} AS rule, {outcomes()} FROM {ALERTS} a WHERE {SAID}"
                    " GROUP BY a.rule ORDER BY 1",
                    kind="table",
                    span=14,
                    columns=(RULE, *OUTCOMES),
                ),
                Figure(
                    Said("Alerts a day, by rule", "每日预警，按规则"),
                    Said("When they were first said.", "按首次发出的时间。"),
                    sql="SELECT to_timestamp(said_ms / 86400000 * 86400) AS time,"
                    f" {called('rule', 'a.rule')} AS metric, count(*) AS value FROM {ALERTS} a WHERE {SAID}"
                    " GROUP BY 1, 2 ORDER BY 1",
                    kind="bars",
                    span=14,
                ),
                Figure(
                    Said("Near misses, by rule", "接近触线，按规则"),
                    Said(
                        "Hours within a tenth of their limit, or one short of it, not reached. Without drops.",
                        "距触发线不足一成或只差一起而未达到的小时。不含下降类规则。",
                    ),
                    sql=f"SELECT {called('rule', 'c.rule')} AS rule, count(*) AS hours, count(DISTINCT area) AS areas"
                    f' FROM {COUNTS} c WHERE {BEGUN} AND "limit" >= 5 AND count < "limit"'
                    ' AND "limit" > COALESCE(expected, 0)'
                    ' AND (("limit" - count) * 10 <= "limit" OR "limit" - count = 1)'
                    " GROUP BY c.rule ORDER BY hours DESC LIMIT 20",
                    kind="table",
                    span=10,
                    columns=(
                        RULE,
                        Column("hours", Said("Hours", "小时")),
                        Column("areas", Said("Areas", "区域")),
                    ),
                ),
            ),
        ),
    ),
    picks=(CITY,),
    marks=f"SELECT said AS time, ended AS timeend, {called('rule', 'a.rule')} || ': ' || {called('area', 'a.area')}"
    f" AS text, colour AS tags FROM {ALERTS} a WHERE {SAID} AND rank > 1 ORDER BY said_ms DESC LIMIT 200",
    back="now-30d",
)
