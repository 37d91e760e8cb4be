"""What is said of releases of rules, and of what their alerts were worth; in English and Chinese.

A part of `streams.messages.MESSAGES`, which is where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_RELEASES: Final[Mapping[str, Mapping[str, str]]] = {
    "release-published": {
        "en": "release {id} is published; a second account puts it in force:"
        " tocsin rules approve {city} {id} --by NUMBER --reason WHY",
        "zh-CN": "版本 {id} 已发布；须由第二个账号批准生效：tocsin rules approve {city} {id} --by 值班号 --reason 理由",
    },
    "release-taken": {
        "en": "release {id} is in force; counts, and alerts of rules that did not change, go on",
        "zh-CN": "版本 {id} 已生效；计数与未变规则的告警不受影响",
    },
    "release-cases": {
        "en": "{text}nothing is released: mend the rule, or what the case expects, and publish again",
        "zh-CN": "{text}未发布：请修正规则或用例的预期后重新发布",
    },
    "release-same": {"en": "{id}: this is what runs already", "zh-CN": "{id}：当前运行的就是此版本"},
    "release-unknown": {
        "en": "{id}: there is no such release: take one of {known}",
        "zh-CN": "{id}：没有此版本：可选 {known}",
    },
    "release-own": {
        "en": "{number} published {id}: another account has to approve it",
        "zh-CN": "{id} 由 {number} 发布：须由另一个账号批准",
    },
    "release-overtaken": {
        "en": "{id} was made when {base} ran, and {now} runs now: publish it again and look at the difference",
        "zh-CN": "{id} 发布时运行的是 {base}，现在是 {now}：请重新发布并查看差异",
    },
    "release-first": {
        "en": "no other release ran before: there is nothing to go back to",
        "zh-CN": "此前没有其他版本运行过：无法回退",
    },
    "release-never-ran": {
        "en": "{id}: never ran, and must be approved first; these ran: {known}",
        "zh-CN": "{id}：从未运行过，须先批准；运行过的有：{known}",
    },
    "release-damaged": {
        "en": "{id}: what lies in {path} is not what was published: put it back from a copy, or publish it again",
        "zh-CN": "{id}：{path} 中的内容与发布时不符：请从备份恢复，或重新发布",
    },
    "release-history": {
        "en": "{path}:{line}: no line of a history of releases: put the file back from a copy",
        "zh-CN": "{path}:{line}：不是有效的版本记录：请从备份恢复该文件",
    },
    "release-unfit": {
        "en": "release {id} does not fit the rest of the folder any more: {text}",
        "zh-CN": "版本 {id} 与目录中的其他文件不再匹配：{text}",
    },
    "release-folder-differs": {
        "en": "{city}: areas, categories, calendar, feeds or desks of the folder are not those in force, and a release"
        " brings rules alone: load the folder first (SIGHUP, or a restart)",
        "zh-CN": "{city}：目录中的区域、类别、日历、数据源或席位与当前生效的不同，而版本只包含规则："
        "请先重新加载目录（SIGHUP 或重启）",
    },
    "release-none": {
        "en": "{city}: no release yet: what runs is the folder (tocsin rules publish makes one)",
        "zh-CN": "{city}：尚无版本：当前运行的是目录内容（用 tocsin rules publish 发布）",
    },
    "release-in-the-way": {
        "en": "{folder}: other rule files lie there: name an empty folder, or say --overwrite",
        "zh-CN": "{folder}：已有其他规则文件：请指定空目录，或使用 --overwrite",
    },
    "release-exported": {
        "en": "release {id}: {count} files written to {folder}",
        "zh-CN": "版本 {id}：已写入 {count} 个文件到 {folder}",
    },
    "release-runs": {"en": "{id} runs", "zh-CN": "当前运行 {id}"},
    "release-waits": {
        "en": "{id} waits for its approval; {by} published it",
        "zh-CN": "{id} 等待批准；由 {by} 发布",
    },
    "release-was-published": {
        "en": "{at}  {id} published by {by}: {reason}",
        "zh-CN": "{at}  {id} 由 {by} 发布：{reason}",
    },
    "release-was-approved": {
        "en": "{at}  {id} approved by {by}: {reason}",
        "zh-CN": "{at}  {id} 由 {by} 批准：{reason}",
    },
    "release-was-rolled-back": {
        "en": "{at}  back to {id} by {by}: {reason}",
        "zh-CN": "{at}  由 {by} 回退到 {id}：{reason}",
    },
    "drift-added": {"en": "the folder has more: {files}", "zh-CN": "目录中多出：{files}"},
    "drift-gone": {"en": "the folder lacks: {files}", "zh-CN": "目录中缺少：{files}"},
    "drift-changed": {"en": "the folder has otherwise: {files}", "zh-CN": "目录中不同：{files}"},
    "drift-none": {"en": "the folder is what runs", "zh-CN": "目录内容与当前运行的一致"},
    "judge-title": {
        "en": "{city}: {rules:rule|rules}, alerts first told in the last {days:day|days}, the noisiest first",
        "zh-CN": "{city}：{rules} 条规则，最近 {days} 天首次通知的告警，噪声最多者在前",
    },
    "judge-rule": {
        "en": "{rank}. {rule} {version} ({owner}): {alerts:alert|alerts}, {noise} of them noise",
        "zh-CN": "{rank}. {rule} {version}（{owner}）：告警 {alerts} 条，其中噪声 {noise} 条",
    },
    "judge-outcomes": {
        "en": "confirmed {confirmed}, expected {expected}, not real {not_real}, data fault {data_fault},"
        " cannot tell {cannot_tell}, without outcome {open}",
        "zh-CN": "属实 {confirmed}，在预期内 {expected}，不实 {not_real}，数据故障 {data_fault}，"
        "无法判断 {cannot_tell}，未定 {open}",
    },
    "judge-take": {
        "en": "taken after {minutes} min (median of {taken})",
        "zh-CN": "接手用时中位数 {minutes} 分钟（{taken} 条）",
    },
    "judge-desk": {
        "en": "{desk}: {span} false alarms a month, {promised} promised ({alerts:alert|alerts})",
        "zh-CN": "{desk}：每月误报 {span} 次，承诺 {promised} 次（告警 {alerts} 条）",
    },
    "judge-desk-unpromised": {
        "en": "{desk}: {span} false alarms a month, none promised ({alerts:alert|alerts})",
        "zh-CN": "{desk}：每月误报 {span} 次，无承诺（告警 {alerts} 条）",
    },
    "judge-areas": {"en": "most noise: {areas}", "zh-CN": "噪声最多：{areas}"},
    "judge-near": {
        "en": "{count:area|areas} within 10 % of speaking in the last {hours} h",
        "zh-CN": "最近 {hours} 小时有 {count} 个区域距触线不到 10%",
    },
    "judge-near-one": {
        "en": "{area}, {category}: {observed} of {limit}",
        "zh-CN": "{area}、{category}：实计 {observed}，触线 {limit}",
    },
    "judge-retire": {
        "en": "PROPOSED: retire {rule}, or make it rarer: none of its alerts was ever confirmed",
        "zh-CN": "建议：停用 {rule} 或提高其触线：其告警从未属实",
    },
    "judge-override": {
        "en": "PROPOSED: override {rule} in its noisiest area, which makes most of its noise",
        "zh-CN": "建议：为 {rule} 噪声最多的区域设置例外参数",
    },
    "judge-promise": {
        "en": "PROPOSED: look at {rule}: it is over twice its promise, for sure",
        "zh-CN": "建议：检查 {rule}：其误报确定超过承诺的两倍",
    },
    "drift-more": {"en": "... and {count} lines more", "zh-CN": "……另有 {count} 行"},
}
