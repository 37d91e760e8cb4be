"""How the Kafka road is doing: intakes, workers, how far they are behind, what their memory costs."""

from __future__ import annotations

from typing import Final

from deploy.boards.figures import Board, Figure, Row, Said, spread
from deploy.boards.well import age_of_the_tick, who_answers

KAFKA: Final = Board(
    "kafka",
    Said("Tocsin: Kafka road", "Tocsin：Kafka 通道"),
    Said("Intakes and workers that share the cities.", "分担各城市的接收进程与工作进程。"),
    (
        Row(
            Said("Is it well", "是否正常"),
            (
                age_of_the_tick(8),
                who_answers("tocsin-(intake|worker)", 8),
                Figure(
                    Said("Records not yet judged", "尚未判断的记录"),
                    Said("Of the partitions that each worker holds.", "各工作进程所持分区的积压。"),
                    (("tocsin_worker_unread_records", "{{instance}}"),),
                    "short",
                    "number",
                    8,
                    worry=1000,
                    bad=5000,
                ),
            ),
        ),
        Row(
            Said("Intakes", "接收进程"),
            (
                Figure(
                    Said("Raw records a second", "每秒原始记录"),
                    Said("Ticks too.", "含时刻。"),
                    (("rate(tocsin_intake_read_records_total[$__rate_interval])", "{{instance}}"),),
                    "reqps",
                ),
                Figure(
                    Said("Refused a second, by reason", "每秒拒收，按原因"),
                    Said("They lie in tocsin.refused, scrubbed.", "保存在 tocsin.refused，已脱敏。"),
                    (
                        (
                            "sum by (reason) (rate(tocsin_intake_refused_records_total[$__rate_interval]))",
                            "{{reason}}",
                        ),
                    ),
                    "reqps",
                ),
                Figure(
                    Said("Written to the logs a second", "每秒写入日志"),
                    Said("Frames, ticks and orders, by city.", "数据帧、时刻与指令，按城市。"),
                    (
                        (
                            "sum by (city) (rate(tocsin_intake_written_records_total[$__rate_interval]))",
                            "{{city}}",
                        ),
                    ),
                    "wps",
                ),
                Figure(
                    Said("One transaction", "一次事务"),
                    Said("Frames and offsets together.", "数据帧与位移一并提交。"),
                    spread("tocsin_intake_commit_seconds", "instance"),
                    "s",
                ),
                Figure(
                    Said("Partitions held", "所持分区"),
                    Said("By intakes and by workers.", "接收进程与工作进程。"),
                    (
                        ("tocsin_intake_held_partitions", "intake {{instance}}"),
                        ("tocsin_worker_held_partitions", "worker {{instance}}"),
                    ),
                ),
            ),
        ),
        Row(
            Said("Workers", "工作进程"),
            (
                Figure(
                    Said("Records read a second", "每秒读取记录"),
                    Said("Of the cities' logs.", "来自各城市日志。"),
                    (("rate(tocsin_worker_read_records_total[$__rate_interval])", "{{instance}}"),),
                    "reqps",
                ),
                Figure(
                    Said("The engine over one record", "引擎处理一条记录"),
                    Said("A slow rule shows here.", "慢规则会在此显现。"),
                    spread("tocsin_worker_judge_seconds", "instance"),
                    "s",
                ),
                Figure(
                    Said("Signals an hour, by city", "每小时信号，按城市"),
                    Said("Those that are said again too.", "含重复发出的。"),
                    (
                        (
                            "3600 * sum by (city) (rate(tocsin_worker_said_signals_total[$__rate_interval]))",
                            "{{city}}",
                        ),
                    ),
                ),
                Figure(
                    Said("Cities dealt out anew", "城市重新分配"),
                    Said("Nothing is judged meanwhile.", "期间不做判断。"),
                    (("increase(tocsin_worker_rebalanced_total[$__rate_interval])", "{{instance}}"),),
                ),
                Figure(
                    Said("Signals and memory of one partition", "单个分区的信号与记忆"),
                    Said("A save.", "一次保存。"),
                    spread("tocsin_memory_write_seconds", "instance"),
                    "s",
                ),
                Figure(
                    Said("Memory written a second", "每秒写入记忆"),
                    Said("Rows and heads of the engines.", "引擎的行与头。"),
                    (
                        (
                            "sum by (city) (rate(tocsin_memory_written_bytes_total[$__rate_interval]))",
                            "{{city}}",
                        ),
                    ),
                    "Bps",
                ),
            ),
        ),
    ),
)
