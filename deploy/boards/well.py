"""What every board shows first: whether time goes on, and who answers."""

from __future__ import annotations

from deploy.boards.figures import Figure, Said


def age_of_the_tick(span: int, match: str = "") -> Figure:
    return Figure(
        Said("Age of the last tick", "最后时刻距今"),
        Said("Above 60 s nothing is judged and no alert can come.", "超过 60 秒即不做判断，发不出告警。"),
        ((f"city:tocsin_tick_age_seconds:max{match}", "{{city}}"),),
        "s",
        "number",
        span,
        worry=15,
        bad=60,
    )


def who_answers(jobs: str, span: int) -> Figure:
    """`jobs`: a pattern of the names that Prometheus gives to our processes."""
    return Figure(
        Said("Processes that answer", "有应答的进程"),
        Said("1: Prometheus reads its figures.", "1：Prometheus 可读取其数据。"),
        ((f'up{{job=~"{jobs}"}}', "{{instance}}"),),
        "short",
        "state",
        span,
    )
