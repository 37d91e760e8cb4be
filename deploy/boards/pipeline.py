"""How the pipeline is doing on one machine: what comes in, what is refused, how far time has come, who was told."""

from __future__ import annotations

from typing import Final

from deploy.boards.figures import Board, Figure, Row, Said, spread
from deploy.boards.well import age_of_the_tick, who_answers

BY_CITY: Final = '{city=~"$city"}'


PIPELINE: Final = Board(
    "pipeline",
    Said("Tocsin: pipeline", "Tocsin：处理流程"),
    Said("From the event that comes in to the notice that goes out.", "从事件进入到通知发出。"),
    (
        Row(
            Said("Is it well", "是否正常"),
            (
                age_of_the_tick(6, BY_CITY),
                who_answers("tocsin-.*", 6),
                Figure(
                    Said("Silent feeds", "无声的数据源"),
                    Said(
                        "While a feed is silent nothing that rests on it recovers.",
                        "数据源无声期间，依赖它的一切都不会解除。",
                    ),
                    ((f"sum by (city) (tocsin_feed_silent_flag{BY_CITY})", "{{city}}"),),
                    "short",
                    "number",
                    6,
                    worry=1,
                    bad=2,
                ),
                Figure(
                    Said("Rules that are stopped", "已停用的规则"),
                    Said("By hand, or because they raised.", "人工停用，或因规则出错。"),
                    ((f"sum by (city) (tocsin_rules_stopped_flag{BY_CITY})", "{{city}}"),),
                    "short",
                    "number",
                    6,
                    worry=1,
                    bad=3,
                ),
            ),
        ),
        Row(
            Said("What comes in", "进入"),
            (
                Figure(
                    Said("Events a second", "每秒事件"),
                    Said("Raw records taken in, refused ones too.", "接收的原始记录，含被拒收的。"),
                    (
                        (
                            f"sum by (city, feed) (rate(tocsin_events_received_total{BY_CITY}[$__rate_interval]))",
                            "{{city}} {{feed}}",
                        ),
                    ),
                    "reqps",
                ),
                Figure(
                    Said("Refused a second, by reason", "每秒拒收，按原因"),
                    Said("Set aside, scrubbed, with place and reason.", "已隔离并脱敏，附位置与原因。"),
                    (
                        (
                            f"sum by (feed, reason) (rate(tocsin_events_refused_total{BY_CITY}[$__rate_interval]))",
                            "{{feed}} {{reason}}",
                        ),
                    ),
                    "reqps",
                ),
                Figure(
                    Said("What the engine said of rows", "引擎对各行的判定"),
                    Said(
                        "Counted, known already, too late, ahead of its time.",
                        "计入、重复、过迟、超前。",
                    ),
                    (
                        (
                            f"sum by (answer) (rate(tocsin_rows_answered_total{BY_CITY}[$__rate_interval]))",
                            "{{answer}}",
                        ),
                    ),
                    "reqps",
                ),
                Figure(
                    Said("Answers to senders", "对发送方的应答"),
                    Said("429: the queue is full. 503: nothing can be promised.", "429：队列已满。503：无法保证。"),
                    (("sum by (status) (rate(tocsin_requests_answered_total[$__rate_interval]))", "{{status}}"),),
                    "reqps",
                ),
                Figure(
                    Said("From the last byte to the answer", "从最后字节到应答"),
                    Said("The fsync included.", "含落盘。"),
                    spread("tocsin_request_answer_seconds"),
                    "s",
                ),
                Figure(
                    Said("Queue, and its bound", "队列及其上限"),
                    Said("Beyond the bound senders get 429; nothing is lost.", "超过上限时发送方收到 429；不会丢失。"),
                    (
                        (f"tocsin_queue_waiting_events{BY_CITY}", "{{city}}"),
                        (f"max(tocsin_queue_bound_events{BY_CITY})", "bound"),
                    ),
                ),
                Figure(
                    Said("Since a feed was heard", "距数据源上次有声"),
                    Said("A feed is called silent by its own rhythm.", "按各数据源自身节奏判定无声。"),
                    ((f"time() - (tocsin_feed_heard_timestamp_seconds{BY_CITY} > 0)", "{{city}} {{feed}}"),),
                    "s",
                ),
            ),
        ),
        Row(
            Said("Journal and memory", "日志与记忆"),
            (
                Figure(
                    Said("One commit", "一次提交"),
                    Said("A group of events, fsync included.", "一组事件，含落盘。"),
                    spread("tocsin_journal_commit_seconds", "city", BY_CITY, "{{city}} "),
                    "s",
                ),
                Figure(
                    Said("Records written a second", "每秒写入记录"),
                    Said("Frames, ticks and orders.", "数据帧、时刻与指令。"),
                    (
                        (
                            f"sum by (city, kind) (rate(tocsin_records_written_total{BY_CITY}[$__rate_interval]))",
                            "{{city}} {{kind}}",
                        ),
                    ),
                    "wps",
                ),
                Figure(
                    Said("Age of the last snapshot", "最近快照距今"),
                    Said("A restart judges what came after it again.", "重启时会重新判断其后的内容。"),
                    ((f"city:tocsin_snapshot_age_seconds:max{BY_CITY}", "{{city}}"),),
                    "s",
                ),
                Figure(
                    Said("The engine over one group of frames", "引擎处理一组数据帧"),
                    Said("A slow rule shows here.", "慢规则会在此显现。"),
                    spread("tocsin_frame_apply_seconds", "city", BY_CITY, "{{city}} "),
                    "s",
                ),
                Figure(
                    Said("Kept from being emptied by a long reader", "被长时间读取占住的日志"),
                    Said("An audit, explain or backup that runs for long.", "长时间运行的 audit、explain 或备份。"),
                    ((f"tocsin_journal_held_bytes{BY_CITY}", "{{city}}"),),
                    "bytes",
                ),
                Figure(
                    Said("The clock's step", "时钟跳变"),
                    Said("Not believed; 0 is well.", "不予采信；0 为正常。"),
                    (("tocsin_clock_stepped_seconds", "{{instance}}"),),
                    "s",
                ),
            ),
        ),
        Row(
            Said("What goes out", "发出"),
            (
                Figure(
                    Said("Signals an hour, by rule", "每小时信号，按规则"),
                    Said("What the engine says; an alert has several.", "引擎的输出；一个告警含多个信号。"),
                    (
                        (
                            f"3600 * sum by (rule) (rate(tocsin_signals_raised_total{BY_CITY}[$__rate_interval]))",
                            "{{rule}}",
                        ),
                    ),
                ),
                Figure(
                    Said("Alerts that run, by desk", "进行中的告警，按值班台"),
                    Said("Taken ones too.", "含已接手的。"),
                    ((f"tocsin_alerts_open_alerts{BY_CITY}", "{{city}} {{desk}}"),),
                ),
                Figure(
                    Said("Tries of notices a second, by outcome", "每秒通知发送尝试，按结果"),
                    Said("accepted: the channel has it.", "accepted：通道已接收。"),
                    (
                        (
                            f"sum by (channel, outcome) (rate(tocsin_notices_tried_total{BY_CITY}[$__rate_interval]))",
                            "{{channel}} {{outcome}}",
                        ),
                    ),
                ),
                Figure(
                    Said("Notices that channels owe", "通道待发通知"),
                    Said("They survive a restart.", "重启后仍保留。"),
                    ((f"tocsin_channel_pending_notices{BY_CITY}", "{{channel}}"),),
                ),
                Figure(
                    Said("Age of the oldest notice owed", "最旧待发通知的时长"),
                    Said("0: it owes none.", "0：没有待发。"),
                    ((f"channel:tocsin_notice_age_seconds:max{BY_CITY}", "{{channel}}"),),
                    "s",
                ),
                Figure(
                    Said("Dead letters", "无法投递的通知"),
                    Said("Refused, or given up after a day.", "被拒收，或一天后放弃。"),
                    ((f"tocsin_channel_dead_notices{BY_CITY}", "{{channel}}"),),
                ),
            ),
        ),
    ),
    ("city", "tocsin_tick_written_timestamp_seconds", Said("City", "城市")),
)
