"""What is said of rules: written, held against cases, against the past and against labels; in English and Chinese.

A part of `streams.messages.MESSAGES`, which is where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_RULES: Final[Mapping[str, Mapping[str, str]]] = {
    # rules
    "rule-not-there": {
        "en": "{rule}: {city} has no such rule: take one of {known}",
        "zh-CN": "{rule}：{city} 没有该规则：可选 {known}",
    },
    "rule-override": {
        "en": "  in {area} and below: {what}. Why: {reason} ({by}{on})",
        "zh-CN": "  在 {area} 及其下级：{what}。理由：{reason}（{by}{on}）",
    },
    "override-rarer": {"en": "{times} times rarer than the promise", "zh-CN": "比承诺稀少 {times} 倍"},
    "override-at-least": {
        "en": "fewer than {count:event|events} never speak",
        "zh-CN": "少于 {count} 个事件从不告警",
    },
    "rule-runs": {"en": "{rule}: judges", "zh-CN": "{rule}：正常判断"},
    "rule-stopped-by-hand": {
        "en": "{rule}: STOPPED by hand at record {offset}; tocsin rules start {city} {rule} lifts it",
        "zh-CN": "{rule}：已人工停止（第 {offset} 条记录）；用 tocsin rules start {city} {rule} 恢复",
    },
    "rule-raised": {
        "en": "{rule}: STOPPED at record {offset}, because it raised {why}; mend it or report this, then"
        " tocsin rules start {city} {rule}",
        "zh-CN": "{rule}：在第 {offset} 条记录处因错误停止（{why}）；请修复或报告，"
        "然后 tocsin rules start {city} {rule}",
    },
    "process-killed": {
        "en": "one of {processes} processes was killed: there is too little memory; try --processes 1",
        "zh-CN": "{processes} 个进程中有一个被终止：内存不足；请尝试 --processes 1",
    },
    # cases of rules
    "case-no-alert": {"en": "{case}: no alert was said", "zh-CN": "{case}：没有发出任何告警"},
    "case-other-alert": {
        "en": "{case}: of {count:alert|alerts} none fits; the nearest:",
        "zh-CN": "{case}：{count} 个告警均不符合；最接近的是：",
    },
    "case-spoke": {
        "en": "{case}: nothing new was to be told, and this was ({count}):",
        "zh-CN": "{case}：此处不应有新告警，实际有 {count} 个：",
    },
    "case-running": {"en": "{case}: at {at} other alerts run:", "zh-CN": "{case}：在 {at} 进行中的告警与预期不同："},
    "case-alerts": {
        "en": "{case}: {found:alert stands|alerts stand}, {wanted} expected",
        "zh-CN": "{case}：成立的告警有 {found} 个，预期 {wanted} 个",
    },
    "case-signals": {
        "en": "{case}: {found} signals were said, {wanted} expected",
        "zh-CN": "{case}：发出的信号有 {found} 个，预期 {wanted} 个",
    },
    "case-rule-raised": {
        "en": "{case}: the rule raised an error ({why})",
        "zh-CN": "{case}：规则运行出错（{why}）",
    },
    "cases-passed": {
        "en": "{cases:case|cases} of {rules:rule|rules}: all as expected ({seconds} s)",
        "zh-CN": "{rules} 条规则的 {cases} 个用例全部符合预期（{seconds} 秒）",
    },
    "cases-failed": {
        "en": "{failed} of {cases:case|cases} failed ({seconds} s)",
        "zh-CN": "{cases} 个用例中有 {failed} 个未通过（{seconds} 秒）",
    },
    "cases-none": {
        "en": "{rule} has no cases: write rules/{rule}.cases.yaml",
        "zh-CN": "{rule} 没有用例：请编写 rules/{rule}.cases.yaml",
    },
    # rules held against the past, and against today
    "rule-counts-nothing": {
        "en": "{file}:{line}:{column}: of {events} events from {since} to {to} {rule} counts none ({why})",
        "zh-CN": "{file}:{line}:{column}：{since} 至 {to} 的 {events} 个事件中，{rule} 一个也不统计（{why}）",
    },
    "counts-nothing-but": {
        "en": "without `{part}` it would count {count}: look at that",
        "zh-CN": "去掉 `{part}` 则会统计 {count} 个：请检查该项",
    },
    "counts-nothing-at-all": {
        "en": "no single key is the cause: look at all of `counts`",
        "zh-CN": "并非某一项所致：请检查整个 `counts`",
    },
    "rule-never-reached": {
        "en": "{file}:{line}:{column}: {rule} needs {needed} events in {window},"
        " and from {since} to {to} the most were {most}: lower {part}, or take a longer window",
        "zh-CN": "{file}:{line}:{column}：{rule} 需要在 {window} 内达到 {needed} 个事件，"
        "而 {since} 至 {to} 最多只有 {most} 个：请降低 {part}，或取更长的窗口",
    },
    "past-whole": {
        "en": "against {events} events from {since} to {to}: every rule counts some, and can reach its limit",
        "zh-CN": "对照 {since} 至 {to} 的 {events} 个事件：每条规则都有可统计的事件，且可能达到上限",
    },
    "review-missing": {
        "en": "{file}:{line}:{column}: note: {rule} has no review date: add `review: {then}`",
        "zh-CN": "{file}:{line}:{column}：提示：{rule} 没有复核日期：请添加 `review: {then}`",
    },
    "review-due": {
        "en": "{file}:{line}:{column}: note: {rule} was to be reviewed by {day}: look at what it said, set a new date",
        "zh-CN": "{file}:{line}:{column}：提示：{rule} 应于 {day} 前复核：请查看其告警情况后填写新的日期",
    },
    # backtests
    "backtest-change-name": {
        "en": "{path}: a change is a rule file called after its rule: call it ID.yaml",
        "zh-CN": "{path}：变更须为以规则命名的文件：请命名为 ID.yaml",
    },
    "backtest-empty": {
        "en": "nothing arrived from {since} to {until}: name another span",
        "zh-CN": "{since} 至 {until} 没有任何事件到达：请另选时段",
    },
    "backtest-on-the-way": {
        "en": "judged: {done} of {events} events, over all rules",
        "zh-CN": "已判断：全部规则合计 {events} 个事件中的 {done} 个",
    },
    "labels-columns": {
        "en": "{path}: labels need the columns {missing} too: add them to the first line",
        "zh-CN": "{path}：标注文件还缺少列 {missing}：请在首行补上",
    },
    "labels-unreadable": {
        "en": "{path}: labels cannot be read ({why}): name a CSV file in UTF-8",
        "zh-CN": "{path}：无法读取标注（{why}）：请给出 UTF-8 编码的 CSV 文件",
    },
    "label-names": {
        "en": "{path}:{line}: none of {names} is an area or category of the city: use its codes, or ALL",
        "zh-CN": "{path}:{line}：{names} 都不是本市的区域或类别：请使用代码，或填 ALL",
    },
    "label-times": {
        "en": "{path}:{line}: {start} to {end} is no span: write local dates or times such as 2016-01-23 12:00",
        "zh-CN": "{path}:{line}：{start} 至 {end} 不是时段：请填写本地日期或时间，例如 2016-01-23 12:00",
    },
    "backtest-written": {"en": "report: {path}", "zh-CN": "报告：{path}"},
    "backtest-title": {"en": "{city}: rules on the past", "zh-CN": "{city}：规则回测"},
    "backtest-span": {
        "en": "{since} to {until}, {days} days, {events} events judged",
        "zh-CN": "{since} 至 {until}，共 {days} 天，判断了 {events} 个事件",
    },
    "backtest-learned": {
        "en": "rules that learn what is usual could not speak before {day}",
        "zh-CN": "需要学习常态的规则在 {day} 之前不会发出告警",
    },
    "backtest-changed": {"en": "changed: {rules}", "zh-CN": "变更的规则：{rules}"},
    "backtest-stopped": {
        "en": "{rule} raised an error and judged no further ({why})",
        "zh-CN": "{rule} 运行出错，其后未再判断（{why}）",
    },
    "backtest-line": {
        "en": "alerts over time, old above new; grey: labels",
        "zh-CN": "各时刻的告警，上为旧、下为新；灰色为标注时段",
    },
    "backtest-differences": {"en": "What the change makes", "zh-CN": "变更带来的差异"},
    "backtest-lost": {"en": "labels lost: {count}", "zh-CN": "丢失的标注：{count}"},
    "backtest-gained": {"en": "gained: {count}", "zh-CN": "新增命中：{count}"},
    "backtest-earlier": {"en": "earlier: {count}", "zh-CN": "更早：{count}"},
    "backtest-later": {"en": "later: {count}", "zh-CN": "更晚：{count}"},
    "backtest-dropped": {"en": "unexplained alerts gone: {count}", "zh-CN": "消失的无标注告警：{count}"},
    "backtest-added": {"en": "unexplained alerts new: {count}", "zh-CN": "新增的无标注告警：{count}"},
    "backtest-kind-lost": {"en": "lost", "zh-CN": "丢失"},
    "backtest-kind-gained": {"en": "gained", "zh-CN": "命中"},
    "backtest-kind-earlier": {"en": "earlier", "zh-CN": "更早"},
    "backtest-kind-later": {"en": "later", "zh-CN": "更晚"},
    "backtest-kind-dropped": {"en": "gone", "zh-CN": "消失"},
    "backtest-kind-added": {"en": "new", "zh-CN": "新增"},
    "backtest-minutes": {"en": "{minutes:+g} min", "zh-CN": "{minutes:+g} 分钟"},
    "backtest-evidence-old": {"en": "evidence, old", "zh-CN": "旧告警依据"},
    "backtest-evidence-new": {"en": "evidence, new", "zh-CN": "新告警依据"},
    "backtest-labels": {"en": "Labels, and when they were heard", "zh-CN": "标注及其告警时间"},
    "backtest-no-labels": {
        "en": "no label lies in the span: name a file with --labels",
        "zh-CN": "该时段内没有标注：请用 --labels 指定文件",
    },
    "backtest-label": {"en": "label", "zh-CN": "标注"},
    "backtest-where": {"en": "where, what", "zh-CN": "区域与类别"},
    "backtest-after": {"en": "after {minutes:g} min", "zh-CN": "{minutes:g} 分钟后"},
    "backtest-missed": {"en": "missed", "zh-CN": "漏报"},
    "backtest-old": {"en": "old", "zh-CN": "旧"},
    "backtest-new": {"en": "new", "zh-CN": "新"},
    "backtest-now": {"en": "in force", "zh-CN": "现行"},
    "backtest-alerts-now": {"en": "Alerts ({count})", "zh-CN": "告警（{count} 个）"},
    "backtest-line-now": {"en": "alerts over time; grey: labels", "zh-CN": "各时刻的告警；灰色为标注时段"},
    "backtest-months": {"en": "Alerts by desk and month", "zh-CN": "各值班台每月告警数"},
    "backtest-loads": {"en": "Alerts a shift", "zh-CN": "每班次告警数"},
    "backtest-load": {
        "en": "median {middle:g}, 95 % {high:g}, most {most}",
        "zh-CN": "中位数 {middle:g}，95 分位 {high:g}，最多 {most}",
    },
    "backtest-desk": {"en": "desk", "zh-CN": "值班台"},
    "backtest-rule": {"en": "rule", "zh-CN": "规则"},
    "backtest-shifts": {"en": "shifts", "zh-CN": "班次"},
    "backtest-budget": {"en": "budget", "zh-CN": "限额"},
    "backtest-promises": {
        "en": "False alarms a month: promised, and alerts that no label explains",
        "zh-CN": "每月误报：承诺值与无标注告警数",
    },
    "backtest-promised": {"en": "promised", "zh-CN": "承诺"},
    "backtest-alerts-old": {"en": "Alerts, old ({count})", "zh-CN": "告警（旧，{count} 个）"},
    "backtest-alerts-new": {"en": "Alerts, new ({count})", "zh-CN": "告警（新，{count} 个）"},
    "backtest-shown": {
        "en": "{shown} of them are shown; report.json holds all.",
        "zh-CN": "此处显示其中 {shown} 个；全部见 report.json。",
    },
    "backtest-figures": {
        "en": "{observed} counted, {expected:g} expected, speaks at {limit}, in {minutes} min",
        "zh-CN": "{minutes} 分钟内计数 {observed}，预期 {expected:g}，达到 {limit} 即告警",
    },
    "backtest-band": {
        "en": "counts, the usual band, the limit (dashed)",
        "zh-CN": "计数、常态区间与上限（虚线）",
    },
}
