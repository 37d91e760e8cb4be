"""What the city is like: counts against what is usual by area and category, alerts by colour, a map, feeds."""

from __future__ import annotations

from typing import Final

from deploy.boards.figures import Board, Column, Figure, Pick, Row, Said
from deploy.boards.store import ALERTS, BEGUN, CITY, COUNTS, EARNEST, HUES, NAMES, called

OF_CITY: Final = '{city=~"${city:text}"}'
COUNTED: Final = Column("counted", Said("Counted", "实计"))
EXPECTED: Final = Column("expected", Said("Expected", "预期"), dashed=True)
TIMES: Final = Column("times", Said("Counted over expected", "实计比预期"), unit="percentunit")
AREA: Final = Column("area", Said("Area", "区域"))
CATEGORY: Final = Column("category", Said("Category", "类别"))
RULE: Final = Column("rule", Said("Rule", "规则"))
DESK: Final = Column("desk", Said("Desk", "值班台"))
SAID: Final = f"said_ms BETWEEN $__from AND $__to AND {EARNEST}"
SUMS: Final = (
    "sum(count) AS counted, round(sum(expected)::numeric, 1) AS expected,"
    " round((sum(count) FILTER (WHERE expected IS NOT NULL) / NULLIF(sum(expected), 0))::numeric, 2) AS times"
)

BOARD: Final = Board(
    "city",
    Said("Tocsin: city", "Tocsin：城市"),
    Said(
        "Counts against what is usual, alerts, and who is heard. From the alert store in PostgreSQL.",
        "实计与平时对照、预警、数据源状况。来自 PostgreSQL 预警库。",
    ),
    (
        Row(
            Said("Now", "当前"),
            (
                Figure(
                    Said("Alerts that run", "进行中的预警"),
                    Said("Held ones not.", "不含暂留的。"),
                    sql=f"SELECT count(*) AS running FROM {ALERTS} WHERE state = 'open' AND held_since IS NULL"
                    f" AND {EARNEST}",
                    kind="number",
                    span=6,
                    worry=10,
                    bad=50,
                ),
                Figure(
                    Said("Held alerts", "暂留的预警"),
                    Said("By budgets and mutes, or explained by another.", "因额度、静音，或由其他预警说明。"),
                    sql=f"SELECT count(*) AS held FROM {ALERTS} WHERE held_since IS NOT NULL AND {EARNEST}",
                    kind="number",
                    span=6,
                ),
                Figure(
                    Said("Areas that came near", "接近触线的区域"),
                    Said(
                        "An hour within a tenth of its limit that did not reach it.",
                        "某小时距触发线不足一成而未达到。",
                    ),
                    sql=f'SELECT count(DISTINCT area) AS near FROM {COUNTS} WHERE {BEGUN} AND "limit" >= 5'
                    ' AND count < "limit" AND (("limit" - count) * 10 <= "limit" OR "limit" - count = 1)',
                    kind="number",
                    span=6,
                ),
                Figure(
                    Said("Hours that were not heard", "未收到数据的小时"),
                    Said(
                        "A feed was missing: their counts can only be higher.",
                        "有数据源缺失：这些小时的实际数只会更高。",
                    ),
                    sql=f"SELECT count(DISTINCT start_ms) FILTER (WHERE missing) AS hours FROM {COUNTS} WHERE {BEGUN}",
                    kind="number",
                    span=6,
                    worry=1,
                    bad=6,
                ),
            ),
        ),
        Row(
            Said("Counts against what is usual", "实计与平时对照"),
            (
                Figure(
                    Said("The chosen rule, area and category", "所选规则、区域与类别"),
                    Said(
                        "By the hour; the last hours count on. The band holds nine in ten quiet counts.",
                        "按小时，与页面一致；最近几小时仍在计数。灰带含九成平静时的计数。",
                    ),
                    sql=f'SELECT "time", count AS counted, expected, low, high, "limit" FROM {COUNTS}'
                    f" WHERE {BEGUN} AND rule = ${{rule:sqlstring}} AND area = ${{area:sqlstring}}"
                    " AND category = ${category:sqlstring} ORDER BY 1",
                    span=24,
                    columns=(
                        COUNTED,
                        EXPECTED,
                        Column("high", Said("Usual up to", "平时上限"), "grey", band=True),
                        Column("low", Said("Usual from", "平时下限"), "grey"),
                        Column("limit", Said("Limit", "触发线"), "text"),
                    ),
                ),
                Figure(
                    Said("By area, of the chosen rule", "所选规则，按区域"),
                    Said("Hours that have settled.", "仅已定的小时。"),
                    sql=f"SELECT {called('area', 'c.area')} AS area, {SUMS} FROM {COUNTS} c"
                    f" WHERE {BEGUN} AND settled AND rule = ${{rule:sqlstring}}"
                    f" AND EXISTS (SELECT FROM {NAMES} n WHERE n.kind = 'area' AND n.code = c.area AND n.level > 0)"
                    " GROUP BY c.area ORDER BY times DESC NULLS LAST, counted DESC LIMIT 50",
                    kind="table",
                    span=12,
                    columns=(AREA, COUNTED, EXPECTED, TIMES),
                ),
                Figure(
                    Said("By category, of the whole city", "全市，按类别"),
                    Said("Hours that have settled, each rule for itself.", "仅已定的小时，各规则分列。"),
                    sql=f"SELECT {called('category', 'c.category')} AS category, {called('rule', 'c.rule')} AS rule,"
                    f" {SUMS} FROM {COUNTS} c WHERE {BEGUN} AND settled"
                    f" AND EXISTS (SELECT FROM {NAMES} n WHERE n.kind = 'area' AND n.code = c.area AND n.level = 0)"
                    " GROUP BY c.category, c.rule ORDER BY times DESC NULLS LAST, counted DESC LIMIT 50",
                    kind="table",
                    span=12,
                    columns=(CATEGORY, RULE, COUNTED, EXPECTED, TIMES),
                ),
            ),
        ),
        Row(
            Said("Alerts", "预警"),
            (
                Figure(
                    Said("Alerts an hour, by colour", "每小时预警，按颜色"),
                    Said("When they were first said.", "按首次发出的时间。"),
                    sql="SELECT to_timestamp(said_ms / 3600000 * 3600) AS time, colour AS metric, count(*) AS value"
                    f" FROM {ALERTS} WHERE {SAID} GROUP BY 1, 2 ORDER BY 1",
                    kind="bars",
                    span=12,
                    columns=HUES,
                ),
                Figure(
                    Said("Counted by area", "各区域实计"),
                    Said(
                        "A point within each area that has a shape, as large as the count of the chosen rule.",
                        "有边界的区域各一点，大小为所选规则的实计。",
                    ),
                    sql=f"SELECT n.latitude, n.longitude, {called('area', 'n.code')} AS area,"
                    f" COALESCE((SELECT sum(count) FROM {COUNTS} c WHERE c.area = n.code AND {BEGUN}"
                    " AND rule = ${rule:sqlstring}), 0) AS value,"
                    f" (SELECT count(*) FROM {ALERTS} a WHERE a.area = n.code AND a.state = 'open'"
                    f" AND {EARNEST}) AS running"
                    f" FROM {NAMES} n WHERE n.kind = 'area' AND n.latitude IS NOT NULL AND n.level > 0",
                    kind="map",
                    span=12,
                    columns=(
                        AREA,
                        Column("value", Said("Counted", "实计")),
                        Column("running", Said("Alerts that run", "进行中的预警")),
                    ),
                ),
                Figure(
                    Said("Latest alerts", "最近的预警"),
                    Said("The top rank first among those that run.", "进行中的在前，级别高的优先。"),
                    sql=f"SELECT said, colour, {called('area', 'a.area')} AS area,"
                    f" {called('category', 'a.category')} AS category, {called('rule', 'a.rule')} AS rule,"
                    f" {called('desk', 'a.desk')} AS desk, ended FROM {ALERTS} a"
                    f" WHERE {SAID} ORDER BY (state = 'open') DESC, rank DESC, said_ms DESC LIMIT 50",
                    kind="table",
                    span=24,
                    columns=(
                        Column("said", Said("Said", "发出")),
                        Column("colour", Said("Colour", "颜色")),
                        AREA,
                        CATEGORY,
                        RULE,
                        DESK,
                        Column("ended", Said("Over", "解除")),
                    ),
                ),
            ),
        ),
        Row(
            Said("Feeds", "数据源"),
            (
                Figure(
                    Said("Silent feeds", "无声的数据源"),
                    Said("1: silent. What rests on it is not known to be quiet.", "1：无声。依赖它的区域不能算平静。"),
                    ((f"tocsin_feed_silent_flag{OF_CITY}", "{{feed}}"),),
                    kind="state",
                    span=12,
                    worry=1,
                ),
                Figure(
                    Said("Since a feed was heard", "距数据源上次有声"),
                    Said("A feed is called silent by its own rhythm.", "按各数据源自身节奏判定无声。"),
                    ((f"time() - (tocsin_feed_heard_timestamp_seconds{OF_CITY} > 0)", "{{feed}}"),),
                    "s",
                    span=12,
                ),
            ),
        ),
    ),
    picks=(
        CITY,
        Pick(
            "rule",
            Said("Rule", "规则"),
            f"SELECT {called('rule', 'c.rule')} AS __text, c.rule AS __value FROM {COUNTS} c"
            f" WHERE {BEGUN} GROUP BY c.rule ORDER BY sum(count) FILTER (WHERE settled) DESC NULLS LAST, 1",
        ),
        Pick(
            "area",
            Said("Area", "区域"),
            f"SELECT {called('area', 'c.area')} AS __text, c.area AS __value FROM {COUNTS} c"
            f" WHERE {BEGUN} AND rule = ${{rule:sqlstring}} GROUP BY c.area"
            f" ORDER BY (SELECT level FROM {NAMES} n WHERE n.kind = 'area' AND n.code = c.area), 1",
        ),
        Pick(
            "category",
            Said("Category", "类别"),
            f"SELECT {called('category', 'c.category')} AS __text, c.category AS __value FROM {COUNTS} c"
            f" WHERE {BEGUN} AND rule = ${{rule:sqlstring}} AND area = ${{area:sqlstring}} GROUP BY c.category"
            f" ORDER BY (SELECT level FROM {NAMES} n WHERE n.kind = 'category' AND n.code = c.category), 1",
        ),
    ),
    marks=f"SELECT said AS time, ended AS timeend, {called('area', 'a.area')} || ', '"
    f" || {called('category', 'a.category')} AS text, colour AS tags FROM {ALERTS} a"
    f" WHERE {SAID} AND rank > 0 ORDER BY said_ms DESC LIMIT 500",
    back="now-24h",
)
