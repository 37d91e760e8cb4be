"""What is said of candidates of rules in shadow; in English and Chinese.

A part of `streams.messages.MESSAGES`, which is where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_SHADOWS: Final[Mapping[str, Mapping[str, str]]] = {
    "shadow-begun": {
        "en": "{rule}: version {version} judges in shadow now, and nobody hears of it; what it would have told:"
        " tocsin rules shadow report {city} {rule}",
        "zh-CN": "{rule}：版本 {version} 已开始影子运行，不通知任何人；查看它本会发出的告警："
        "tocsin rules shadow report {city} {rule}",
    },
    "shadow-dropped": {
        "en": "{rule}: judges in shadow no longer; what it said is forgotten",
        "zh-CN": "{rule}：影子运行已结束，其结果不再保留",
    },
    "shadow-runs": {
        "en": "{rule}: version {version} in shadow beside {in_force} since {at}, by {by}: {reason}",
        "zh-CN": "{rule}：版本 {version} 自 {at} 起与 {in_force} 并行影子运行，由 {by} 启动：{reason}",
    },
    "shadow-unsaved": {
        "en": "{city}: no worker has saved what it judges yet: ask again in a minute",
        "zh-CN": "{city}：工作进程尚未保存过状态：请一分钟后再试",
    },
    "shadow-none": {"en": "{city}: no rule is in shadow", "zh-CN": "{city}：没有规则在影子运行"},
    "shadow-not-there": {
        "en": "{rule}: is not in shadow; these are: {known}",
        "zh-CN": "{rule}：没有影子运行；影子运行中的有：{known}",
    },
    "shadow-there": {
        "en": "{rule}: another candidate is in shadow already: drop it first, tocsin rules shadow drop {city} {rule}",
        "zh-CN": "{rule}：已有另一个候选在影子运行：请先结束它，tocsin rules shadow drop {city} {rule}",
    },
    "shadow-same": {
        "en": "{rule}: this text is in force, there is nothing to try",
        "zh-CN": "{rule}：该文本已经生效，没有可试的内容",
    },
    "shadow-most": {
        "en": "{most} candidates are in shadow, and no more may be at a time: drop one first",
        "zh-CN": "已有 {most} 个候选在影子运行，达到上限：请先结束一个",
    },
    "shadow-shifts": {
        "en": "desk {desk}: {shifts} of {needed} whole shifts",
        "zh-CN": "席位 {desk}：已满 {shifts} 个整班，须 {needed} 个",
    },
    "shadow-stopped": {
        "en": "{rule}: judges nothing, for it raised an error: {why}; drop it, mend the file, begin anew",
        "zh-CN": "{rule}：出错后已停止判断：{why}；请结束它，修正文件后重新开始",
    },
    "shadow-unfit": {
        "en": "{rule}: judges nothing, for the folder in force has not the category or levels that it names",
        "zh-CN": "{rule}：当前生效的目录中没有它所指的类别或层级，未作判断",
    },
    "shadow-own": {
        "en": "{number} began the shadow of {rule}: another account has to promote it",
        "zh-CN": "{rule} 的影子运行由 {number} 启动：须由另一个账号转正",
    },
    "shadow-young": {
        "en": "{rule}: has not been in shadow for {needed} whole shifts of each desk yet ({told}): wait, or say why it"
        ' cannot wait: tocsin rules shadow promote ... --early "WHY"',
        "zh-CN": "{rule}：影子运行尚未在每个席位满 {needed} 个整班（{told}）：请等待，或说明为何不能等："
        'tocsin rules shadow promote ... --early "理由"',
    },
    "shadow-differs": {
        "en": "{rule}: the folder would make another rule of its text than the one in shadow: load the folder first"
        " (SIGHUP, or a restart), or begin the shadow anew",
        "zh-CN": "{rule}：按当前目录，其文本得到的规则与影子运行的不同：请先重新加载目录（SIGHUP 或重启），"
        "或重新开始影子运行",
    },
    "shadow-week": {
        "en": "{since} to {until}: {ours} in shadow, {theirs} told, {both} the same ({agreed}); first by {minutes} min",
        "zh-CN": "{since} 至 {until}：影子 {ours} 条，已发 {theirs} 条，相同 {both} 条（{agreed}）；早 {minutes} 分钟",
    },
    "shadow-confirmed": {
        "en": "confirmed alerts: {kept} kept, {lost} lost; {gained} gained that were written down as missed",
        "zh-CN": "已确认的告警：保留 {kept} 条，丢失 {lost} 条；另得到 {gained} 条曾登记为漏报的",
    },
    "shadow-earlier": {
        "en": "confirmed alerts: first by {minutes} minutes (median)",
        "zh-CN": "已确认的告警：提前 {minutes} 分钟（中位数）",
    },
    "shadow-false": {
        "en": "false alerts: {dropped} dropped, {kept} kept",
        "zh-CN": "误报：减少 {dropped} 条，保留 {kept} 条",
    },
    "shadow-others": {
        "en": "other alerts: {kept} kept, {dropped} dropped; {new} new ones, which nobody has judged",
        "zh-CN": "其他告警：保留 {kept} 条，减少 {dropped} 条；新增 {new} 条，尚无人评定",
    },
    "shadow-load": {
        "en": "desk {desk}: alerts a shift {ours} (median / 95th percentile / most), now {theirs}; a month {a_month},"
        " now {was}, promised {promised}",
        "zh-CN": "席位 {desk}：每班告警 {ours}（中位 / 95 分位 / 最多），现为 {theirs}；每月 {a_month}，现为 {was}，"
        "承诺 {promised}",
    },
    "shadow-let-go": {
        "en": "{count:older alert|older alerts} let go, and not in these figures",
        "zh-CN": "有 {count} 条较早的告警不再保留，未计入以上数字",
    },
}
