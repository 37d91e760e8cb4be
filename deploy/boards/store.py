"""SQL over the views that boards may read: names in the reader's language, and who may be chosen."""

from __future__ import annotations

from typing import Final

from deploy.boards.figures import Column, Pick, Said

ALERTS: Final = '"${city:raw}".shown_alerts'
COUNTS: Final = '"${city:raw}".shown_counts'
NAMES: Final = '"${city:raw}".shown_names'
EARNEST: Final = "kind <> 'exercise'"
"""An exercise is an alert of its own kind, which nothing counts."""
TOLD: Final = f"told_ms BETWEEN $__from AND $__to AND {EARNEST}"
"""A desk was interrupted in the time that is looked at, not by an exercise. In ms and not as a time: the index is of
those."""
BEGUN: Final = "start_ms BETWEEN $__from AND $__to"

CITY: Final = Pick(
    "city",
    Said("City", "城市"),
    "SELECT substr(nspname, 8) AS __text, nspname AS __value FROM pg_namespace"
    " WHERE nspname LIKE 'tocsin\\_%' AND has_schema_privilege(oid, 'USAGE') ORDER BY 1",
)
"""A schema of the database a city: those that the role of the boards may enter."""

HUES: Final = (
    Column("red", Said("Red", "红色"), "red"),
    Column("orange", Said("Orange", "橙色"), "orange"),
    Column("yellow", Said("Yellow", "黄色"), "yellow"),
    Column("blue", Said("Blue", "蓝色"), "blue"),
)
OUTCOMES: Final = (
    Column("confirmed", Said("Confirmed", "属实")),
    Column("expected", Said("Expected", "在预期内")),
    Column("not_real", Said("Not real", "不实")),
    Column("data_fault", Said("Data fault", "数据故障")),
    Column("cannot_tell", Said("Cannot tell", "无法判断")),
    Column("open", Said("No outcome yet", "尚无结论")),
)


def called(kind: str, code: str) -> str:
    """The name of a thing in the reader's language; its code where it has none by now. `code`: an SQL expression."""
    name = "CASE '${language}' WHEN 'zh' THEN n.zh ELSE n.en END"
    return f"COALESCE((SELECT {name} FROM {NAMES} n WHERE n.kind = '{kind}' AND n.code = {code} LIMIT 1), {code})"


def outcomes() -> str:
    """How many alerts have each outcome."""
    told = [
        f"count(*) FILTER (WHERE outcome = '{one.name if one.name != 'open' else ''}') AS {one.name}"
        for one in OUTCOMES
    ]
    return ", ".join(told)
