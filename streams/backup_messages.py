"""What is said of backups and restores; in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_BACKUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "backed-up": {
        "en": "{city}: copied and proved up to record {offset} (time {tick}), {alerts} alerts, {entries} entries of the"
        " chain: {folder}. It holds the city's key: keep it as you keep that",
        "zh-CN": "{city}：已备份并验证到第 {offset} 条记录（时间 {tick}），{alerts} 个告警，链 {entries} 条：{folder}。"
        "其中含城市密钥：请同样妥善保管",
    },
    "backed-up-ill": {
        "en": "{city}: copied up to record {offset} (time {tick}), and it is NOT well: tocsin audit and tocsin verify"
        " tell what; the copy in {folder} cannot be restored",
        "zh-CN": "{city}：已复制到第 {offset} 条记录（时间 {tick}），但数据异常：tocsin audit 与 tocsin verify 会说明；"
        "{folder} 中的副本无法恢复",
    },
    "backup-apart": {
        "en": "Alerts lie in the database of TOCSIN_DATABASE: take its own backup (pg_dump) before this one",
        "zh-CN": "告警位于 TOCSIN_DATABASE 的数据库中：请在本次备份之前先做数据库自身的备份（pg_dump）",
    },
    "restored": {
        "en": "{city}: restored and proved up to record {offset} (time {tick}), {alerts} alerts, {entries} entries of"
        " the chain. Start it: tocsin serve; what came since is sent again by its sources",
        "zh-CN": "{city}：已恢复并验证到第 {offset} 条记录（时间 {tick}），{alerts} 个告警，链 {entries} 条。"
        "请启动：tocsin serve；此后的数据由各来源重新发送",
    },
    "backup-none": {
        "en": "{path}: no backup here ({why}): name the folder that tocsin backup made",
        "zh-CN": "{path}：此处没有备份（{why}）：请指定 tocsin backup 生成的目录",
    },
    "backup-unreadable": {
        "en": "{path}: cannot be read as a backup's list: take another backup",
        "zh-CN": "{path}：无法作为备份清单读取：请换用其他备份",
    },
    "backup-format": {
        "en": "{path}: a backup of format {found}, this program reads {wanted}: use the release that made it",
        "zh-CN": "{path}：备份格式为 {found}，本程序只读 {wanted}：请使用生成它的发行版",
    },
    "backup-changed": {
        "en": "{path}: is not what the backup's list says of it: take another backup",
        "zh-CN": "{path}：与备份清单不符：请换用其他备份",
    },
    "backup-unproved": {
        "en": "{city}: what was laid out does not prove itself (found: {found}; wanted: {wanted}): take another backup",
        "zh-CN": "{city}：恢复的数据未通过验证（实际：{found}；应为：{wanted}）：请换用其他备份",
    },
    "backup-key": {
        "en": "{path}: the backup holds no key, and TOCSIN_KEY is not set: set it as it was",
        "zh-CN": "{path}：备份中没有密钥，且未设置 TOCSIN_KEY：请按原值设置",
    },
}
