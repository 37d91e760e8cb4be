"""What is said of releases of rules; in English and Chinese.

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
    "drift-more": {"en": "... and {count} lines more", "zh-CN": "……另有 {count} 行"},
}
