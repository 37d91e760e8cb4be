"""What `tocsin doctor` says of each part: what is so, and where it is broken, what to do; in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_DOCTOR: Final[Mapping[str, Mapping[str, str]]] = {
    "doctor-good": {"en": "ok  ", "zh-CN": "正常"},
    "doctor-note": {"en": "note", "zh-CN": "注意"},
    "doctor-bad": {"en": "BAD ", "zh-CN": "故障"},
    "doctor-part-settings": {"en": "settings", "zh-CN": "设置"},
    "doctor-part-city": {"en": "city", "zh-CN": "城市"},
    "doctor-part-clock": {"en": "clock", "zh-CN": "时钟"},
    "doctor-part-disk": {"en": "disk", "zh-CN": "磁盘"},
    "doctor-part-sqlite": {"en": "files", "zh-CN": "数据文件"},
    "doctor-part-postgresql": {"en": "database", "zh-CN": "数据库"},
    "doctor-part-kafka": {"en": "brokers", "zh-CN": "消息代理"},
    "doctor-part-topics": {"en": "topics", "zh-CN": "主题"},
    "doctor-part-lag": {"en": "lag", "zh-CN": "积压"},
    "doctor-part-feeds": {"en": "feeds", "zh-CN": "数据源"},
    "doctor-part-channels": {"en": "channels", "zh-CN": "通道"},
    "doctor-part-service": {"en": "service", "zh-CN": "服务"},
    "bundled": {
        "en": "{path}: {names}. It holds no event, alert, account or secret; look into it before you send it",
        "zh-CN": "{path}：{names}。其中不含事件、告警、账户或密钥；发送前请查看",
    },
    # settings
    "doctor-settings-good": {"en": "all can be used", "zh-CN": "全部可用"},
    "doctor-open-intake": {
        "en": "TOCSIN_HOST {host} takes events from anybody: set TOCSIN_TOKEN",
        "zh-CN": "TOCSIN_HOST {host} 接受任何人的事件：请设置 TOCSIN_TOKEN",
    },
    "doctor-no-account": {
        "en": "TOCSIN_HOST {host} and no account: nobody gets in, Prometheus neither: tocsin users add",
        "zh-CN": "TOCSIN_HOST {host} 但没有账户：包括 Prometheus 在内无人可进入：请运行 tocsin users add",
    },
    "doctor-crash-at": {
        "en": "TOCSIN_CRASH_AT is set, which is for tests alone: unset it",
        "zh-CN": "设置了仅供测试的 TOCSIN_CRASH_AT：请取消",
    },
    # city
    "doctor-city": {
        "en": "{folder} cannot be read as a city: tocsin check {folder} tells every mistake",
        "zh-CN": "{folder} 无法作为城市读取：tocsin check {folder} 会列出所有错误",
    },
    "doctor-city-good": {
        "en": "{city} reads well: {rules} rules, {feeds} feeds",
        "zh-CN": "{city} 可读：{rules} 条规则，{feeds} 个数据源",
    },
    # clock
    "doctor-clock-good": {"en": "goes on, and something keeps it", "zh-CN": "正常推进，且有对时服务"},
    "doctor-clock-unkept": {
        "en": "nothing keeps it, as far as the kernel tells: run chrony or systemd-timesyncd on the host",
        "zh-CN": "内核显示无对时服务：请在主机上运行 chrony 或 systemd-timesyncd",
    },
    "doctor-clock-behind": {
        "en": "{seconds} s behind the last tick of the journal: it was ahead or is wrong now: set it right, then wait",
        "zh-CN": "比日志的最后时刻慢 {seconds} 秒：曾经超前或现在有误：请校准后等待",
    },
    "doctor-clock-apart": {
        "en": "{seconds} s apart from the database's: let one time server keep both machines",
        "zh-CN": "与数据库的时钟相差 {seconds} 秒：请让两台机器使用同一时间服务器",
    },
    "doctor-clock-stepped": {
        "en": "stepped by {seconds} s under the running process, and is not believed: set it right, then restart that",
        "zh-CN": "进程运行期间时钟跳变 {seconds} 秒，已不采信：请校准后重启进程",
    },
    # disk
    "doctor-disk-good": {"en": "{free} are free under {folder}", "zh-CN": "{folder} 下有 {free} 可用"},
    "doctor-disk-unwritable": {
        "en": "{folder} cannot be written ({why}): give it to the account of the process, or name another --data",
        "zh-CN": "{folder} 无法写入（{why}）：请授权给进程账户，或用 --data 指定其他目录",
    },
    "doctor-disk-network": {
        "en": "{folder} lies on {kind}, across a network, where SQLite's locks do not hold: take a disk of its own",
        "zh-CN": "{folder} 位于网络文件系统 {kind}，SQLite 的锁在此无效：请使用本机磁盘",
    },
    "doctor-disk-full": {
        "en": "{free} are free under {folder}, {least} are needed at least: make room, or lower TOCSIN_RESERVE_BYTES",
        "zh-CN": "{folder} 下仅有 {free} 可用，至少需要 {least}：请腾出空间，或降低 TOCSIN_RESERVE_BYTES",
    },
    "doctor-journal-full": {
        "en": "{city} takes no events: its disk is full: make room, it goes on by itself",
        "zh-CN": "{city} 因磁盘已满不接收事件：请腾出空间，系统会自行恢复",
    },
    # files
    "doctor-journal-none": {
        "en": "{path} is not there yet: tocsin serve or load makes it",
        "zh-CN": "{path} 尚不存在：tocsin serve 或 load 会创建",
    },
    "doctor-journal-good": {"en": "{path} is whole up to record {offset}", "zh-CN": "{path} 到第 {offset} 条记录完好"},
    "doctor-alerts-good": {"en": "{path} is whole", "zh-CN": "{path} 完好"},
    "doctor-file-damaged": {
        "en": "{path} is damaged ({what}): stop the city, keep a copy, restore a backup",
        "zh-CN": "{path} 已损坏（{what}）：请停止该城市，保留副本，并从备份恢复",
    },
    # database
    "doctor-postgres-good": {
        "en": "PostgreSQL {version} at {at} answers",
        "zh-CN": "{at} 的 PostgreSQL {version} 应答正常",
    },
    "doctor-postgres-plain": {
        "en": "the connection is not encrypted: add ?sslmode=verify-full to TOCSIN_DATABASE",
        "zh-CN": "连接未加密：请在 TOCSIN_DATABASE 中加上 ?sslmode=verify-full",
    },
    "doctor-postgres-password": {
        "en": "it refuses the password: mend it in TOCSIN_DATABASE, or set it anew with ALTER ROLE",
        "zh-CN": "数据库拒绝该密码：请更正 TOCSIN_DATABASE，或用 ALTER ROLE 重设密码",
    },
    "doctor-postgres-hba": {
        "en": "it lets nobody in from here: add a line for this machine to pg_hba.conf",
        "zh-CN": "数据库不允许从本机连接：请在 pg_hba.conf 中为本机添加一行",
    },
    "doctor-postgres-host": {
        "en": "the name of its machine is not known here: mend it in TOCSIN_DATABASE, or the name service",
        "zh-CN": "无法解析其主机名：请更正 TOCSIN_DATABASE 或域名服务",
    },
    "doctor-postgres-missing": {
        "en": "it has no such role or database: CREATE ROLE, CREATE DATABASE, or mend TOCSIN_DATABASE",
        "zh-CN": "数据库中没有该角色或数据库：请 CREATE ROLE、CREATE DATABASE，或更正 TOCSIN_DATABASE",
    },
    "doctor-postgres-certificate": {
        "en": "its certificate is not believed, or it offers none: mend sslmode and sslrootcert in TOCSIN_DATABASE",
        "zh-CN": "其证书不被信任或未提供证书：请更正 TOCSIN_DATABASE 中的 sslmode 和 sslrootcert",
    },
    "doctor-postgres-answer": {
        "en": "nobody answers at its address: look whether it runs, at listen_addresses, and at the network between",
        "zh-CN": "其地址无应答：请检查是否在运行、listen_addresses 以及网络",
    },
    "doctor-postgres-old": {
        "en": "it is of version {found}: {wanted} or newer is needed",
        "zh-CN": "其版本为 {found}：需要 {wanted} 或更新",
    },
    "doctor-postgres-read-only": {
        "en": "it takes no changes (a standby, or read-only by default): name the one that writes",
        "zh-CN": "其不接受写入（备库，或默认只读）：请指定可写的主库",
    },
    "doctor-postgres-schema": {
        "en": "our role may not make the schema {schema}: GRANT CREATE ON DATABASE, or make it for us",
        "zh-CN": "本角色无权创建模式 {schema}：请 GRANT CREATE ON DATABASE，或代为创建",
    },
    # Kafka
    "doctor-kafka-good": {"en": "{address} answers", "zh-CN": "{address} 应答正常"},
    "doctor-kafka-open": {
        "en": "the wire to the brokers is open, whoever is on it reads along and may write: set"
        " TOCSIN_KAFKA_SECURITY to SSL"
        " or SASL_SSL (docs/kafka.md)",
        "zh-CN": "与代理之间为明文连接，线路上的任何人都可读写：请将 TOCSIN_KAFKA_SECURITY 设为 SSL 或 SASL_SSL"
        "（docs/kafka.md）",
    },
    "doctor-topics-good": {
        "en": "all {topics} are as they should be, of {partitions} partitions",
        "zh-CN": "{topics} 个主题均符合要求，各 {partitions} 个分区",
    },
    "doctor-lag-good-intake": {
        "en": "intakes are {records} raw records behind",
        "zh-CN": "接收进程落后 {records} 条原始记录",
    },
    "doctor-lag-good-worker": {"en": "workers are {records} records behind", "zh-CN": "工作进程落后 {records} 条记录"},
    "doctor-lag-no-intake": {
        "en": "no intake has read anything yet: start tocsin intake",
        "zh-CN": "尚无接收进程读取过数据：请启动 tocsin intake",
    },
    "doctor-lag-no-worker": {
        "en": "no worker has read anything yet: start tocsin worker",
        "zh-CN": "尚无工作进程读取过数据：请启动 tocsin worker",
    },
    "doctor-lag-unasked-intake": {
        "en": "how far the intakes are could not be asked ({why}): look at the brokers, and at the doctor's rights",
        "zh-CN": "无法查询接收进程的进度（{why}）：请检查代理，以及本账户能否查看消费组",
    },
    "doctor-lag-unasked-worker": {
        "en": "how far the workers are could not be asked ({why}): look at the brokers, and at the doctor's rights",
        "zh-CN": "无法查询工作进程的进度（{why}）：请检查代理，以及本账户能否查看消费组",
    },
    "doctor-lag-unasked-desk": {
        "en": "where the signals for {city} end could not be asked ({why}): look at the brokers",
        "zh-CN": "无法查询 {city} 信号的末端（{why}）：请检查代理",
    },
    "doctor-lag-good-desk": {
        "en": "the desk of {city} is {records} signals and counts behind",
        "zh-CN": "{city} 值班台落后 {records} 条信号与计数",
    },
    "doctor-lag-no-desk": {
        "en": "no desk of {city} has heard anything yet, as far as its store tells: start tocsin desk, or look from"
        " where its store is",
        "zh-CN": "从存储看，{city} 值班台尚未读取数据：请启动 tocsin desk，或在其存储所在处检查",
    },
    "doctor-lag-desk": {
        "en": "the desk of {city} is {records} signals and counts behind: look whether it runs, and what /readyz says",
        "zh-CN": "{city} 值班台落后 {records} 条信号与计数：请检查其是否运行，以及 /readyz 的说明",
    },
    "doctor-lag-intake": {
        "en": "intakes are {records} raw records behind: look whether they run, add one",
        "zh-CN": "接收进程落后 {records} 条原始记录：请检查其是否运行，或增加一个",
    },
    "doctor-lag-worker": {
        "en": "workers are {records} records behind: look whether they run, add one",
        "zh-CN": "工作进程落后 {records} 条记录：请检查其是否运行，或增加一个",
    },
    # feeds and channels
    "doctor-feeds-good": {"en": "all {count} can be connected", "zh-CN": "{count} 个均可连接"},
    "doctor-feed-missing": {
        "en": "{feed} watches {path}, which is not there: make it, or mend `comes` in feeds/{feed}.yaml",
        "zh-CN": "{feed} 监视的 {path} 不存在：请创建，或更正 feeds/{feed}.yaml 的 comes",
    },
    "doctor-feed-unreadable": {
        "en": "{feed} watches {path}, which this account may not read: chmod or chown it",
        "zh-CN": "{feed} 监视的 {path} 本账户无权读取：请用 chmod 或 chown 授权",
    },
    "doctor-feed-topic": {
        "en": "{feed} comes by a Kafka topic: `tocsin intake` reads it, `tocsin serve` does not",
        "zh-CN": "{feed} 来自 Kafka 主题：由 `tocsin intake` 读取，`tocsin serve` 不读取",
    },
    "doctor-feed-unpolled": {
        "en": "{feed} cannot be polled: {why}: look at `comes` in feeds/{feed}.yaml, its secret and the network",
        "zh-CN": "{feed} 无法轮询：{why}：请检查 feeds/{feed}.yaml 的 comes、其密钥与网络",
    },
    "doctor-feed-silent": {
        "en": "{feed} is silent: ask its sender; nothing that rests on it recovers meanwhile",
        "zh-CN": "{feed} 无声：请联系发送方；在此期间依赖它的一切都不会解除",
    },
    "doctor-channels-good": {
        "en": "all {count} can be opened; tocsin channels test tries one",
        "zh-CN": "{count} 个均可打开；tocsin channels test 可试发",
    },
    "doctor-channel": {
        "en": "{channel} cannot be opened: {why}: mend desks.yaml, or lay the secret into the folder of TOCSIN_SECRETS",
        "zh-CN": "{channel} 无法打开：{why}：请更正 desks.yaml，或将密钥放入 TOCSIN_SECRETS 目录",
    },
    "doctor-nobody-called": {
        "en": "nobody is called outside: alerts are on the board and in files alone: add a channel to desks.yaml",
        "zh-CN": "没有任何对外通道：告警仅在看板和文件中：请在 desks.yaml 中添加通道",
    },
    "doctor-channel-dead": {
        "en": "{channel} gave up {count} notices: tell the desk otherwise, then tocsin channels test {city} {channel}",
        "zh-CN": "{channel} 放弃了 {count} 条通知：请先以其他方式通知，再运行 tocsin channels test {city} {channel}",
    },
    "doctor-channel-owes": {
        "en": "{channel} owes a notice for {seconds} s: tocsin channels test {city} {channel} tells what it answers",
        "zh-CN": "{channel} 有通知已拖欠 {seconds} 秒：tocsin channels test {city} {channel} 会说明其应答",
    },
    # service
    "doctor-service-good": {"en": "{url} answers, and its figures are well", "zh-CN": "{url} 应答正常，各项数据良好"},
    "doctor-service-silent": {
        "en": "nobody answers at {url} ({why}): look whether it runs, at its log and its port",
        "zh-CN": "{url} 无应答（{why}）：请检查其是否运行、日志和端口",
    },
    "doctor-service-unready": {
        "en": "{url} is not ready: GET /readyz tells what it waits for",
        "zh-CN": "{url} 尚未就绪：GET /readyz 会说明在等待什么",
    },
    "doctor-service-closed": {
        "en": "{url} shows us no figures ({status}): TOCSIN_WATCHDOG_TOKEN needs a token of a system account",
        "zh-CN": "{url} 不向我们显示数据（{status}）：TOCSIN_WATCHDOG_TOKEN 需要 system 账户的令牌",
    },
    "doctor-still": {
        "en": "time stands still for {seconds} s, nothing is judged: look at the process, its log and the disk",
        "zh-CN": "时间已停止 {seconds} 秒，不做任何判断：请检查进程、日志和磁盘",
    },
    "doctor-book-missing": {
        "en": "signals of {city} wait for a book that is not in tocsin.rules: tocsin kafka book CITY lays the folder's;"
        " the log says which one and at which place (book_missing)",
        "zh-CN": "{city} 的信号在等待 tocsin.rules 中缺失的规则集：tocsin kafka book CITY 可写入目录中的规则集；"
        "日志（book_missing）说明是哪一个及其位置",
    },
    "doctor-rule-stopped": {
        "en": "the rule {rule} judges nothing: tocsin rules list {city} tells why; mend it, then tocsin rules start",
        "zh-CN": "规则 {rule} 已停用：tocsin rules list {city} 说明原因；修正后运行 tocsin rules start",
    },
}
