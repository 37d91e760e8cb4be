"""What is said of a desk of the Kafka road, and of a store that two processes want; in English and Chinese.

A part of `streams.messages.MESSAGES`, which is where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_DESKS: Final[Mapping[str, Mapping[str, str]]] = {
    "desk-open": {
        "en": "the desk of {cities} is open at {address}",
        "zh-CN": "{cities} 值班台已在 {address} 开放",
    },
    "city-held": {
        "en": "{city}: another process works on this city's schema of the database: stop it first; one that was cut off"
        " lets go within 20 seconds",
        "zh-CN": "{city}：另一进程正在使用该城市的数据库模式：请先停止它；被中断的进程会在 20 秒内释放",
    },
    "desk-offsets-gone": {
        "en": "{city}: the desk has heard {topic} up to {kept}, and there lies {low} to {high}: were topics made anew?"
        " Bring back the topics or the database that belong together, or begin with an empty database",
        "zh-CN": "{city}：值班台已读至 {topic} 的 {kept}，而该主题现存 {low} 至 {high}：主题是否重建过？"
        "请恢复相互对应的主题或数据库，或从空数据库开始",
    },
    "desk-signals-anew": {
        "en": "{city}: {topic} was made anew: the desk has heard another topic of this name up to {kept}. Bring back"
        " the topics or the database that belong together, or begin with an empty database",
        "zh-CN": "{city}：{topic} 已被重建：值班台曾读至另一同名主题的 {kept}。"
        "请恢复相互对应的主题或数据库，或从空数据库开始",
    },
    "events-open": {
        "en": "events of {cities} are taken at {address}/v1/events",
        "zh-CN": "{cities} 的事件在 {address}/v1/events 接收",
    },
    "events-at": {
        "en": "--events {at}: is no host:port: write for example 127.0.0.1:8001",
        "zh-CN": "--events {at}：不是“主机:端口”：例如 127.0.0.1:8001",
    },
    "kafka-book-laid": {
        "en": "{city}: the rules of its folder lie in {topic} as {book}",
        "zh-CN": "{city}：其目录中的规则已写入 {topic}，编号 {book}",
    },
    "desk-other-clock": {
        "en": "{city}: its log keeps {clock} time: start the desk with --clock {clock}",
        "zh-CN": "{city}：其日志使用 {clock} 时钟：请以 --clock {clock} 启动值班台",
    },
}
