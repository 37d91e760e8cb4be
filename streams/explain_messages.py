"""What `tocsin explain` says; in English and Chinese.

A part of `streams.messages.MESSAGES`, which is where it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_EXPLAIN: Final[Mapping[str, Mapping[str, str]]] = {
    # explain
    "alert-unknown": {
        "en": "{alert}: the log of this city says nothing of such an alert: take an id from the board or alerts.jsonl",
        "zh-CN": "{alert}：该城市的日志中没有此告警：请使用看板或 alerts.jsonl 中的编号",
    },
    "alert-unclear": {
        "en": "{alert}: several alerts begin so: give more of the id, as in {ids}",
        "zh-CN": "{alert}：有多条告警以此开头：请给出更长的编号，如 {ids}",
    },
    "explain-what": {
        "en": "name the ID of an alert, or --area with --at",
        "zh-CN": "请给出告警编号，或同时给出 --area 与 --at",
    },
    "node-unknown": {
        "en": "{code}: {city} had no such area or category then: take a code of areas.csv or categories.yaml{guess}",
        "zh-CN": "{code}：{city} 当时没有该区域或类别：请使用 areas.csv 或 categories.yaml 中的编码{guess}",
    },
    "rule-unknown": {
        "en": "{rule}: {city} had no such rule then: take one of {known}",
        "zh-CN": "{rule}：{city} 当时没有该规则：可选 {known}",
    },
    "before-the-log": {
        "en": "{at}: the log of this city begins later, at {first}",
        "zh-CN": "{at}：该城市的日志始于 {first}",
    },
    "kafka-log-empty": {
        "en": "{city}: its log at the brokers has not begun: start tocsin intake with this city first",
        "zh-CN": "{city}：该市在 Kafka 中的日志尚未开始：请先启动包含该市的 tocsin intake",
    },
    "kafka-log-cut": {
        "en": "{city}: its log at the brokers begins at {day}, what was before is no longer kept (tocsin.frames,"
        " retention.ms), so it cannot be judged again: keep frames longer",
        "zh-CN": "{city}：该市在 Kafka 中的日志始于 {day}，此前的记录已不再保留（tocsin.frames 的 retention.ms），"
        "因此无法重新判断：请延长 frames 的保留时间",
    },
    "judged-again": {
        "en": "at {day}: {done} of {events} records judged again",
        "zh-CN": "已到 {day}：重新判断 {done} / {events} 条记录",
    },
    "explain-title": {
        "en": "{area} at {at}, as it stood then (record {offset} of the log)",
        "zh-CN": "{area}，{at} 当时的情况（日志第 {offset} 条记录）",
    },
    "explain-rule": {
        "en": "{name} ({rule}): {area}, {category}; first desk {desk}",
        "zh-CN": "{name}（{rule}）：{area}，{category}；首接值班台 {desk}",
    },
    "explain-speaks": {"en": "SPEAKS: alert {alert} runs since {since}.", "zh-CN": "正在告警：{alert}，始于 {since}。"},
    "explain-ending": {
        "en": "ENDING: alert {alert} runs since {since}; it has been quiet long enough, and is over once that has"
        " settled and every feed is heard.",
        "zh-CN": "即将结束：告警 {alert} 始于 {since}；已平静足够久，待时段结算且各数据源有数据后结束。",
    },
    "explain-part-of": {
        "en": "It reached its limit, and is told within a larger alert: {other}.",
        "zh-CN": "已达到限值，并入更大范围的告警：{other}。",
    },
    "explain-explained": {
        "en": "It reached its limit, but the excess is explained by what lies below it: {other}.",
        "zh-CN": "已达到限值，但超出部分由下级解释：{other}。",
    },
    "explain-ended-alerts": {"en": "alerts that have ended", "zh-CN": "已结束的告警"},
    "explain-stopped": {
        "en": "The rule is stopped ({by}): it judges nothing until tocsin rules start.",
        "zh-CN": "规则已停止（{by}）：在 tocsin rules start 之前不作判断。",
    },
    "explain-by-order": {"en": "by hand", "zh-CN": "人工停止"},
    "explain-not-counted": {
        "en": "Says nothing: the rule does not count this category here.",
        "zh-CN": "未告警：该规则在此处不统计这一类别。",
    },
    "explain-not-begun": {
        "en": "Says nothing: no baseline is in force for this time yet, or the rule began later.",
        "zh-CN": "未告警：该时段尚无生效的基线，或规则此后才启用。",
    },
    "explain-no-history": {
        "en": "Says nothing: {days} days of past are not enough to know what is usual here.",
        "zh-CN": "未告警：仅有 {days} 天的历史，不足以了解此处的平时水平。",
    },
    "explain-blind": {
        "en": "Says nothing: a feed was not heard, and of that no drop is concluded.",
        "zh-CN": "未告警：有数据源未收到数据，不能据此判断下降。",
    },
    "explain-no-event": {
        "en": "Says nothing new: a limit stands reached, but only a bucket that brings an event speaks.",
        "zh-CN": "没有新告警：虽已达到限值，但只有带来事件的时段才会告警。",
    },
    "explain-too-few": {
        "en": "Says nothing: it would be unusual enough, but fewer than {at_least} events never speak.",
        "zh-CN": "未告警：已足够异常，但少于 {at_least} 个事件时从不告警。",
    },
    "explain-below": {
        "en": "Says nothing: no window reached its limit; the nearest, {window}, is {short} short.",
        "zh-CN": "未告警：没有窗口达到限值；最接近的是{window}，还差 {short}。",
    },
    "explain-below-low": {
        "en": "Says nothing: no window fell to its limit; the nearest, {window}, is {short} above it.",
        "zh-CN": "未告警：没有窗口降至限值；最接近的是{window}，高出 {short}。",
    },
    "explain-below-none": {
        "en": "Says nothing: no count would speak here.",
        "zh-CN": "未告警：此处任何计数都不会告警。",
    },
    "explain-other": {"en": "{area}, {category} (alert {alert})", "zh-CN": "{area}，{category}（告警 {alert}）"},
    "explain-window": {
        "en": "{length} up to {until}: counted {observed}, usual {expected}; speaks at {limit}",
        "zh-CN": "{length}，至 {until}：计数 {observed}，平时 {expected}；达到 {limit} 即告警",
    },
    "explain-window-low": {
        "en": "{length} up to {until}: counted {observed}, usual {expected}; speaks at {limit} or fewer",
        "zh-CN": "{length}，至 {until}：计数 {observed}，平时 {expected}；不多于 {limit} 即告警",
    },
    "explain-window-fixed": {
        "en": "{length} up to {until}: counted {observed}; speaks at {limit}",
        "zh-CN": "{length}，至 {until}：计数 {observed}；达到 {limit} 即告警",
    },
    "explain-window-unknown": {
        "en": "{length} up to {until}: counted {observed}; what is usual is not known yet",
        "zh-CN": "{length}，至 {until}：计数 {observed}；尚不了解平时水平",
    },
    "explain-window-mute": {
        "en": "{length} up to {until}: counted {observed}, usual {expected}; no count would speak",
        "zh-CN": "{length}，至 {until}：计数 {observed}，平时 {expected}；任何计数都不会告警",
    },
    "explain-larger": {
        "en": "The rule keeps no counts as small as {area}: this is of what holds it.",
        "zh-CN": "该规则不单独统计 {area}：以下为其上级的情况。",
    },
    "explain-short": {"en": ", {short} away", "zh-CN": "，相差 {short}"},
    "explain-reached": {"en": ", reached", "zh-CN": "，已达到"},
    "explain-taken": {"en": "; {count} of them explained by alerts below", "zh-CN": "；其中 {count} 由下级告警解释"},
    "explain-folded": {
        "en": "; {count} more of the same place and time count once",
        "zh-CN": "；另有 {count} 行同地事件只计一次",
    },
    "explain-cut": {"en": "; begins after the alert before", "zh-CN": "；自上一告警之后起算"},
    "explain-missing": {
        "en": "; a feed was not heard in part of it",
        "zh-CN": "；其间有数据源未收到数据",
    },
    "explain-history": {
        "en": "Rests on {days} days of past; fewer than {at_least} events never speak.",
        "zh-CN": "依据 {days} 天的历史；少于 {at_least} 个事件从不告警。",
    },
    "explain-bar": {
        "en": "Speaks from a score of {height} on, the height for {promised} false alarms a month at this desk; "
        "now at most {score}.",
        "zh-CN": "得分达到 {height} 即告警（按该值班台每月误报 {promised} 次的承诺定出）；目前最高 {score}。",
    },
    "story-bar": {
        "en": "score {score}; it spoke from {height} on, the height for {promised} false alarms a month at this desk",
        "zh-CN": "得分 {score}；达到 {height} 即告警，该线按该值班台每月误报 {promised} 次的承诺定出",
    },
    "explain-override": {
        "en": "An override of {area} holds here: {what}. Why: {reason} ({by}{on}).",
        "zh-CN": "此处适用 {area} 的例外参数：{what}。理由：{reason}（{by}{on}）。",
    },
    "explain-reset": {
        "en": "An alert here, or of what holds it, ended: what was before {at} is not held against the limits again.",
        "zh-CN": "此处或其上级的告警已结束：{at} 之前的事件不再重复计入。",
    },
    "explain-last-alert": {
        "en": "The last alert of it: {alert}, since {since}, {state}.",
        "zh-CN": "最近的告警：{alert}，始于 {since}，{state}。",
    },
    "explain-below-too": {"en": "Below it speaks: {other}.", "zh-CN": "其下级也在告警：{other}。"},
    "explain-feed": {"en": "Feed {feed}: last heard at {at}.", "zh-CN": "数据源 {feed}：最近收到于 {at}。"},
    "explain-feed-silent": {
        "en": "Feed {feed}: SILENT since {since}; what is not heard is missing, not zero.",
        "zh-CN": "数据源 {feed}：自 {since} 起无数据；未收到不等于零。",
    },
    "explain-state-running": {"en": "running", "zh-CN": "持续中"},
    "explain-state-open": {"en": "running", "zh-CN": "持续中"},
    "explain-state-over": {"en": "over", "zh-CN": "已结束"},
    "explain-state-withdrawn": {"en": "withdrawn", "zh-CN": "已撤回"},
    "explain-state-merged": {"en": "joined with another", "zh-CN": "已并入其他告警"},
    "story-title": {
        "en": "Alert {alert}: {name} ({rule}), {area}, {category}; desk {desk}; {state} after {signals} signals",
        "zh-CN": "告警 {alert}：{name}（{rule}），{area}，{category}；值班台 {desk}；{signals} 次信号后{state}",
    },
    "story-first": {"en": "SAID FIRST", "zh-CN": "首次告警"},
    "story-worse": {"en": "WORSE", "zh-CN": "加重"},
    "story-spread": {"en": "SPREAD", "zh-CN": "扩大"},
    "story-corrected": {"en": "CORRECTED", "zh-CN": "更正"},
    "story-over": {"en": "OVER", "zh-CN": "结束"},
    "story-withdrawn": {"en": "WITHDRAWN", "zh-CN": "撤回"},
    "story-merged": {"en": "JOINED WITH ANOTHER", "zh-CN": "并入其他告警"},
    "story-untold": {"en": "changed, the desk was not told", "zh-CN": "有变化，未通知值班台"},
    "story-between": {
        "en": "... then {count} changes up to {until} of which the desk was not told ({colour}, peak {observed})",
        "zh-CN": "……此后至 {until} 有 {count} 次变化未通知值班台（{colour}，峰值 {observed}）",
    },
    "story-by-frame": {
        "en": ", by record {offset}: {rows} rows ({feeds})",
        "zh-CN": "，第 {offset} 条记录：{rows} 行（{feeds}）",
    },
    "story-by-tick": {"en": ", by record {offset}: time passed", "zh-CN": "，第 {offset} 条记录：时间推进"},
    "story-by-order": {"en": ", by record {offset}: order {order}", "zh-CN": "，第 {offset} 条记录：指令 {order}"},
    "story-figures": {
        "en": "{colour}: {observed} counted in {window} (bucket of {peak}), usual {expected}, speaks at {limit}",
        "zh-CN": "{colour}：{window}内计数 {observed}（时段 {peak}），平时 {expected}，达到 {limit} 即告警",
    },
    "story-changed-state": {"en": "was {before}, is {after}", "zh-CN": "由{before}变为{after}"},
    "story-changed-colour": {"en": "colour: {before}, now {after}", "zh-CN": "颜色：{before}，现为 {after}"},
    "story-changed-area": {"en": "names {after}, before {before}", "zh-CN": "所指区域：{before}，现为 {after}"},
    "story-changed-category": {"en": "of {after}, before {before}", "zh-CN": "类别：{before}，现为 {after}"},
    "story-changed-observed": {"en": "counted {after}, before {before}", "zh-CN": "计数：{before}，现为 {after}"},
    "story-changed-first": {"en": "begins {after}, before {before}", "zh-CN": "开始：{before}，现为 {after}"},
    "story-changed-last": {
        "en": "spoke last until {after}, before {before}",
        "zh-CN": "最近告警时段：{before}，现为 {after}",
    },
    "story-changed-merged-into": {"en": "goes on as {after}", "zh-CN": "并入 {after}"},
    "story-parts": {"en": "made of: {parts}", "zh-CN": "构成：{parts}"},
    "story-would-speak": {
        "en": "{later} later, {taken_back} taken back: would have spoken",
        "zh-CN": "此后迟到 {later} 条，撤回 {taken_back} 条：按现有数据仍会告警",
    },
    "story-would-not-speak": {
        "en": "{later} later, {taken_back} taken back: would not have spoken",
        "zh-CN": "此后迟到 {later} 条，撤回 {taken_back} 条：按现有数据本不会告警",
    },
    "story-late": {
        "en": "said late: the events arrived after their time had settled",
        "zh-CN": "迟到的告警：事件在其时段结算之后才到达",
    },
    # matters
    "explain-matters": {
        "en": "{rule} ({name}), {area}: {followed} matters followed in the city, speaks from {at_least} an office on",
        "zh-CN": "{rule}（{name}），{area}：全市跟踪 {followed} 件事项，同一承办部门达 {at_least} 件即发出",
    },
    "explain-office": {
        "en": "{office}: {soon} due soon, {late} late, the first since {since}; alert {alert}",
        "zh-CN": "{office}：即将到期 {soon} 件，已逾期 {late} 件，最早自 {since}；告警 {alert}",
    },
    "explain-no-office": {"en": "nothing is due soon or late here", "zh-CN": "此处没有即将到期或逾期的事项"},
    "story-owed": {
        "en": "{office}: {late} late, the first since {oldest}; {soon} due soon; {colour}",
        "zh-CN": "{office}：已逾期 {late} 件，最早自 {oldest}；即将到期 {soon} 件；{colour}",
    },
}
