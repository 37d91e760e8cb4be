"""What is said where a command did what it was asked for; in English and Chinese.

A part of `streams.messages.MESSAGES`, which is where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_WHAT_WENT_WELL: Final[Mapping[str, Mapping[str, str]]] = {
    # what went well
    "serving": {"en": "Tocsin serves {cities} at {address}", "zh-CN": "Tocsin 正在 {address} 为 {cities} 提供服务"},
    "city-written": {
        "en": "A small working city lies in {folder}. Look at it, then: tocsin serve {folder}",
        "zh-CN": "{folder} 中已写入一个可运行的小城市。查看后运行：tocsin serve {folder}",
    },
    "purge-would": {"en": "{city}: this would go", "zh-CN": "{city}：将删除"},
    "purge-done": {
        "en": "{city}: purged, and written into the chain of moves",
        "zh-CN": "{city}：已删除，并已记入操作链",
    },
    "purge-nothing": {"en": "{city}: nothing is old enough to go", "zh-CN": "{city}：没有到期可删除的内容"},
    "purge-table": {
        "en": "  {table}: {rows} rows, {gone} go, {left} stay",
        "zh-CN": "  {table}：{rows} 行，删除 {gone}，保留 {left}",
    },
    "purge-owed": {
        "en": "  {count} old alerts stay: somebody owes their outcome, or they are held; close them first",
        "zh-CN": "  {count} 条旧警报保留：尚未办结或仍在暂存，请先办结",
    },
    "purge-young": {
        "en": "  the chain is cut no further: what is left of it is young",
        "zh-CN": "  操作链不再截短：其余部分尚未到期",
    },
    "purge-no-head": {
        "en": "  the chain is not cut: no head of it was sent outside that is old enough (heads in desks.yaml)",
        "zh-CN": "  操作链未截短：没有足够旧且已送出系统外的链首（见 desks.yaml 的 heads）",
    },
    "purge-alerts": {
        "en": "  the chain is cut no further: an alert that it speaks of is still there",
        "zh-CN": "  操作链不再截短：其中所涉警报仍然保留",
    },
    "purge-mute": {
        "en": "  the chain is cut no further: a mute that it speaks of has no report yet",
        "zh-CN": "  操作链不再截短：其中所涉静默尚无报告",
    },
    "simulated": {
        "en": "{folder}: {events} made events; {truths} spikes, gaps, bulk loads and wrong clocks are told in {truth}. "
        "Then: tocsin replay {folder} --out out",
        "zh-CN": "{folder}：已生成 {events} 个模拟事件；其中 {truths} 处激增、中断、集中补报和时钟错误记录在 {truth}。"
        "随后可运行：tocsin replay {folder} --out out",
    },
    "folder-not-empty": {
        "en": "{folder}: is there already and is not empty: name a new folder",
        "zh-CN": "{folder}：已存在且非空：请指定新目录",
    },
    "replayed": {
        "en": "{city}: {events} events in {seconds} s ({rate} a second), {refused} refused, {left_out} left out, "
        "{alerts} alerts, {memory} MiB at most",
        "zh-CN": "{city}：{events} 个事件，用时 {seconds} 秒（每秒 {rate} 个），拒收 {refused}，略去 {left_out}，"
        "告警 {alerts} 条，内存峰值 {memory} MiB",
    },
    "played": {
        "en": "{city}: {events} events in {seconds} s, {alerts} alerts, {memory} MiB at most",
        "zh-CN": "{city}：{events} 个事件，用时 {seconds} 秒，告警 {alerts} 条，内存峰值 {memory} MiB",
    },
    "on-the-way": {
        "en": "at {day}: {done} of {events} events",
        "zh-CN": "已到 {day}：{done} / {events} 个事件",
    },
    "learning": {
        "en": "learning until {day}: what is unusual is said from then on; to hear more, begin --from earlier",
        "zh-CN": "学习至 {day}：此后才报告异常；如需更早的结果，请将 --from 提前",
    },
    "loaded": {
        "en": "{city}: {written} events loaded, {passed} were in the log already, "
        "{refused} refused, {left_out} left out",
        "zh-CN": "{city}：载入 {written} 个事件，{passed} 个已在日志中，拒收 {refused}，略去 {left_out}",
    },
    "no-refusals": {"en": "Nothing was refused.", "zh-CN": "没有拒收记录。"},
    "retried": {
        "en": "{city}: {read} records read again, {accepted} accepted now, {refused} refused again, {lost} not found",
        "zh-CN": "{city}：重读 {read} 条记录，现接收 {accepted} 条，再次拒收 {refused} 条，找不到 {lost} 条",
    },
    "came-by-load": {
        "en": "{city}: {count} records came by load: mend the feed's file, then run load again into a new data folder",
        "zh-CN": "{city}：有 {count} 条记录来自 load：请更正数据源文件，再用新的数据目录重新运行 load",
    },
    "span-empty": {
        "en": "--from {since} --to {until}: the end lies before the beginning: name a span of time",
        "zh-CN": "--from {since} --to {until}：结束早于开始：请指定一段时间",
    },
    "retracted": {
        "en": "{city}: {events} events of {feed} taken back, {already} had been before",
        "zh-CN": "{city}：已撤回数据源 {feed} 的 {events} 个事件，另有 {already} 个此前已撤回",
    },
    "retraction-waits": {
        "en": "{city}: {events} events of {feed} are handed over to the process that serves the city, which has not "
        "taken them all yet: look at /readyz; it takes them when it has caught up",
        "zh-CN": "{city}：数据源 {feed} 的 {events} 个事件已交给正在运行的进程，尚未全部处理："
        "请查看 /readyz；追上进度后会继续处理",
    },
    "format-unknown": {
        "en": "{path}: its name does not tell how it is written: say --format csv, json or jsonl",
        "zh-CN": "{path}：文件名未表明格式：请用 --format 指明 csv、json 或 jsonl",
    },
    "looked-lists": {
        "en": "lists of objects (say --records PATH to look into one): {lists}",
        "zh-CN": "对象列表（用 --records 路径 查看其中一个）：{lists}",
    },
    "looked": {
        "en": "{records} records, {broken} of them broken, {columns} columns; filled, and forms of what stands there:",
        "zh-CN": "{records} 条记录，其中 {broken} 条损坏，{columns} 列；已填数量及内容形式：",
    },
    "tried": {
        "en": "{feed}: {records} records, {accepted} accepted with {events} events, {refused} refused, "
        "{left_out} left out",
        "zh-CN": "{feed}：{records} 条记录，接收 {accepted} 条（{events} 个事件），拒收 {refused} 条，"
        "略去 {left_out} 条",
    },
    "tried-refused": {
        "en": "  {count} refused as {reason} at {field}: records {places}",
        "zh-CN": "  {count} 条因 {reason}（{field}）拒收：记录 {places}",
    },
    "tried-areas": {"en": "  by area: {counts}", "zh-CN": "  按区域：{counts}"},
    "tried-categories": {"en": "  by category: {counts}", "zh-CN": "  按类别：{counts}"},
    "demo-missing": {
        "en": "{folder}: the example city is not here: run the demo from a checkout, or name a city folder",
        "zh-CN": "{folder}：找不到示例城市：请在代码目录中运行演示，或指定城市目录",
    },
    "demo-learning": {
        "en": "Reading the calls of December and January, so that the county's usual hours are known ...",
        "zh-CN": "正在读取十二月至一月的报警记录，以便了解该县的平时水平……",
    },
    "demo-open": {
        "en": "The board is at {address}: the blizzard of January 2016, {pace} minutes of it a second. Ctrl-C ends it.",
        "zh-CN": "看板地址：{address}：2016 年 1 月暴风雪，每秒播放 {pace} 分钟。按 Ctrl-C 结束。",
    },
}
