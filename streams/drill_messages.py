"""What `tocsin drill` says; in English and Chinese. A part of `streams.messages.MESSAGES`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_DRILLS: Final[Mapping[str, Mapping[str, str]]] = {
    "drill-no-feed": {
        "en": "{city}: no feed takes pushes in the contract's own words (comes: {{push: true}}, format: contract), so"
        " nothing can be drilled through the door: add one, or test channels with tocsin channels test",
        "zh-CN": "{city}：没有数据源以契约格式接收推送（comes: {{push: true}}，format: contract），无法从入口演练："
        "请添加一个，或用 tocsin channels test 测试通知渠道",
    },
    "drill-no-node": {
        "en": "{what}: {city} has no such {tree}: see {file}",
        "zh-CN": "{what}：{city} 中没有此{tree}：请查看 {file}",
    },
    "drill-unsent": {
        "en": "{url}: the exercise was not taken ({why}): is tocsin serve at work there, and does TOCSIN_TOKEN hold its"
        " token?",
        "zh-CN": "{url}：演练事件未被接收（{why}）：请确认 tocsin serve 正在该地址运行，且 TOCSIN_TOKEN 为其令牌",
    },
    "drill-sent": {
        "en": "1. sent {count} events marked as an exercise to the feed {feed}: {area}, {category}; all were accepted",
        "zh-CN": "1. 已向数据源 {feed} 发送 {count} 条演练事件：{area}，{category}；全部接收",
    },
    "drill-unsaid": {
        "en": "no alert came of it within {seconds} s: ask tocsin doctor {folder} --url {url}",
        "zh-CN": "{seconds} 秒内未产生预警：请运行 tocsin doctor {folder} --url {url}",
    },
    "drill-said": {
        "en": "2. after {seconds} s the desk {desk} was told of an exercise: {url}/alert/{alert}",
        "zh-CN": "2. {seconds} 秒后值班台 {desk} 收到演练预警：{url}/alert/{alert}",
    },
    "drill-notice": {
        "en": "3. notice by {channel}: {state}",
        "zh-CN": "3. 通知渠道 {channel}：{state}",
    },
    "drill-no-notice": {
        "en": "3. no channel carries it: it is on the board alone",
        "zh-CN": "3. 没有通知渠道：仅显示在看板上",
    },
    "drill-taken": {
        "en": "4. taken by the desk {desk} after {seconds} s",
        "zh-CN": "4. 值班台 {desk} 在 {seconds} 秒后接手",
    },
    "drill-untaken": {
        "en": "4. nobody has taken it yet; it waits as any alert does, and is counted nowhere (--answer SECONDS waits"
        " for it)",
        "zh-CN": "4. 尚无人接手；它与普通预警一样等待，但不计入任何统计（--answer 秒数 可等待接手）",
    },
}
