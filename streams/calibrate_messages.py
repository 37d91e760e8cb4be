"""What is said of calibrations, in English and Chinese. A part of `streams.messages.MESSAGES`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_CALIBRATIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "calibration-head": {
        "en": "{city}, learned up to {at}: heights out of {months:quiet month|quiet months}",
        "zh-CN": "{city}，学习截至 {at}：阈值由 {months} 个平静月推算",
    },
    "calibration-held": {
        "en": "alerts of {since} to {until}, against what chance gives nine times in ten where the promise is kept",
        "zh-CN": "{since} 至 {until} 的告警，对照承诺成立时十次中有九次的随机范围",
    },
    "calibration-rule": {"en": "rule", "zh-CN": "规则"},
    "calibration-desk": {"en": "desk", "zh-CN": "值班台"},
    "calibration-height": {"en": "h", "zh-CN": "阈值 h"},
    "calibration-alone": {"en": "h of quiet months", "zh-CN": "仅推算 h"},
    "calibration-before": {"en": "h before", "zh-CN": "原 h"},
    "calibration-promised": {"en": "promised a month", "zh-CN": "每月承诺"},
    "calibration-modelled": {"en": "modelled", "zh-CN": "推算"},
    "calibration-achieved": {"en": "achieved", "zh-CN": "实际"},
    "calibration-alerts": {"en": "alerts", "zh-CN": "告警数"},
    "calibration-confirmed": {"en": "confirmed", "zh-CN": "已确认"},
    "calibration-chance": {"en": "by chance", "zh-CN": "随机范围"},
    "calibration-hours": {"en": "hours in alert a month", "zh-CN": "每月告警小时"},
    "calibration-left": {
        "en": "left as they are, for nothing is learned in them that could be drawn: {rules}",
        "zh-CN": "保持不变（没有可供推算的学习结果）：{rules}",
    },
    "calibration-none": {
        "en": "{city}: no rule has learned enough to be calibrated: let it learn, or load its past",
        "zh-CN": "{city}：尚无规则学到足以校准的内容：请让其继续学习，或加载历史数据",
    },
    "calibration-taken": {
        "en": "{count:height is|heights are} in force in {city}, what begins from now on is judged by them",
        "zh-CN": "{count} 个阈值已在 {city} 生效，自现在开始的时段按其判断",
    },
    "calibration-sent": {
        "en": "{count:height was|heights were} sent to the orders of {city}; its intake puts them in force",
        "zh-CN": "{count} 个阈值已发送至 {city} 的指令主题，由其接收进程生效",
    },
    "calibration-dry": {
        "en": "nothing was changed; without --dry-run the heights take effect",
        "zh-CN": "未作任何更改；去掉 --dry-run 后阈值即生效",
    },
    "calibration-archive": {
        "en": "nothing was changed: these heights are of the archive, not of the log of {city}",
        "zh-CN": "未作任何更改：这些阈值来自归档，而非 {city} 的日志",
    },
    "calibrating": {
        "en": "{done} of {events} rules calibrated",
        "zh-CN": "已校准 {events} 条规则中的 {done} 条",
    },
    "rule-height": {
        "en": "    {desk}: speaks at h = {height}, calibrated; its bound would be {bound}",
        "zh-CN": "    {desk}：阈值 h = {height}（已校准；解析上界为 {bound}）",
    },
    "rule-height-bound": {
        "en": "    {desk}: speaks at h = {height}, by its bound; not calibrated yet",
        "zh-CN": "    {desk}：阈值 h = {height}（解析上界，尚未校准）",
    },
}
