"""What is said of orders that one operator gave at once, and of their reviews; in English and Chinese.

A part of `streams.messages.MESSAGES`, which is where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_ORDERS: Final[Mapping[str, Mapping[str, str]]] = {
    "order-start-taken": {
        "en": "{rule} judges again, what begins from now on",
        "zh-CN": "{rule} 已恢复，自现在开始的时段重新判断",
    },
    "order-stop-taken": {
        "en": "{rule} is stopped; what it had running is over",
        "zh-CN": "{rule} 已停止；其进行中的告警随之结束",
    },
    "order-mute-taken": {
        "en": "{feed} is muted: what it sends is kept and counted nowhere, until tocsin feeds hear",
        "zh-CN": "{feed} 已屏蔽：其数据照常保存但不计数，直到执行 tocsin feeds hear",
    },
    "order-hear-taken": {
        "en": "{feed} is listened to again, what comes from now on",
        "zh-CN": "{feed} 已恢复接听，自现在起到达的数据计数",
    },
    "order-exclude-taken": {
        "en": "{area}, {category}: this time teaches no baseline from each rule's next learning on;"
        " what was learned of it in the last 7 to 14 days is learned again",
        "zh-CN": "{area}、{category}：自各规则下次学习起，此时段不再计入基线；最近 7 至 14 天内已学到的将重新学习",
    },
    "order-waits": {
        "en": "the order waits: {city} is not served, or is catching up; it is taken as soon as it serves",
        "zh-CN": "指令等待中：{city} 未在运行或正在追赶；恢复服务后即执行",
    },
    "order-to-review": {
        "en": "a second account reviews it within 24 h: tocsin orders review {city} {id} --by NUMBER --reason WHY",
        "zh-CN": "须在 24 小时内由第二个账号复核：tocsin orders review {city} {id} --by 值班号 --reason 理由",
    },
    "order-reviewed": {
        "en": "{id}: the review is written down",
        "zh-CN": "{id}：复核已记录",
    },
    "order-not-owed": {
        "en": "{id}: no order of {city} with this id waits for a review; these do: {known}",
        "zh-CN": "{id}：{city} 没有此编号的待复核指令；待复核的有：{known}",
    },
    "order-own": {
        "en": "{number} gave this order: another account has to review it",
        "zh-CN": "该指令由 {number} 发出：须由另一个账号复核",
    },
    "order-may-not": {
        "en": "{number} may not do this in {city}: it needs an account there with one of the roles {roles}",
        "zh-CN": "{number} 在 {city} 无权执行：须有该城市的账号，并具有以下角色之一：{roles}",
    },
    "order-reason": {
        "en": "give a --reason of one line, at most {most} characters",
        "zh-CN": "请用 --reason 给出一行理由，最多 {most} 个字符",
    },
    "order-reason-tells": {
        "en": "the reason holds what looks like a person's name, number or address: say it without",
        "zh-CN": "理由中疑似含有个人姓名、号码或地址：请改写",
    },
    "order-code": {
        "en": "{code}: {file} has no such code",
        "zh-CN": "{code}：{file} 中没有该编码",
    },
    "hand-rule-stopped": {"en": "{rule}: stopped by hand", "zh-CN": "{rule}：已人工停止"},
    "hand-feed-muted": {"en": "{feed}: muted since {since}", "zh-CN": "{feed}：自 {since} 起屏蔽"},
    "hand-excluded": {
        "en": "{area}, {category}: {since} to {until} is no part of what is usual",
        "zh-CN": "{area}、{category}：{since} 至 {until} 不计入平时基线",
    },
    "hand-stop": {"en": "rule {about} stopped", "zh-CN": "停止规则 {about}"},
    "hand-start": {"en": "rule {about} started", "zh-CN": "恢复规则 {about}"},
    "hand-mute-feed": {"en": "feed {about} muted", "zh-CN": "屏蔽数据源 {about}"},
    "hand-hear-feed": {"en": "feed {about} listened to again", "zh-CN": "恢复接听数据源 {about}"},
    "hand-exclude": {"en": "{about} left out of the baselines", "zh-CN": "{about} 不计入基线"},
    "hand-use-book": {"en": "rules rolled back{about}", "zh-CN": "规则回退{about}"},
    "review-owed": {
        "en": "{id}: {what}, by {by} at {at} ({reason}); to be reviewed by {due}",
        "zh-CN": "{id}：{what}，{by} 于 {at} 发出（{reason}）；须在 {due} 前复核",
    },
    "review-overdue": {
        "en": "{id}: {what}, by {by} at {at} ({reason}); OVERDUE since {due}",
        "zh-CN": "{id}：{what}，{by} 于 {at} 发出（{reason}）；复核自 {due} 起已逾期",
    },
    "review-none": {"en": "no order waits for a review", "zh-CN": "没有待复核的指令"},
}
