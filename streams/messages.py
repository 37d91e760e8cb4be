"""What the runtime and the command line say to people: where, what is so, what to do; in English and Chinese.

`SpokenError` carries the message's name and its values; the words are chosen where it is shown. Values are paths, names
of the city's own files and figures, never what came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from streams.backup_messages import OF_BACKUPS
from streams.calibrate_messages import OF_CALIBRATIONS
from streams.desk_messages import OF_DESKS
from streams.doctor_messages import OF_DOCTOR
from streams.done_messages import OF_WHAT_WENT_WELL
from streams.drill_messages import OF_DRILLS
from streams.explain_messages import OF_EXPLAIN
from streams.order_messages import OF_ORDERS
from streams.privacy_messages import OF_PRIVACY
from streams.release_messages import OF_RELEASES
from streams.rule_messages import OF_RULES
from streams.setting_messages import OF_SETTINGS
from streams.shadow_messages import OF_SHADOWS
from streams.wire_messages import OF_WIRES

MESSAGES: Final[Mapping[str, Mapping[str, str]]] = {
    # the journal
    "journal-missing": {
        "en": "{path}: no journal here: serve or load the city first, or name another data folder",
        "zh-CN": "{path}：此处没有日志：请先运行 serve 或 load，或指定其他数据目录",
    },
    "journal-version": {
        "en": "{path}: journal of version {found}, this program reads {wanted}: use the release that wrote it",
        "zh-CN": "{path}：日志版本为 {found}，本程序只读版本 {wanted}：请使用写入它的发行版",
    },
    "record-unknown": {
        "en": "{path}: record {offset} is whole and of a kind that journal version {version} does not know:"
        " use the release that wrote it",
        "zh-CN": "{path}：记录 {offset} 完好，但日志版本 {version} 不认识这种记录：请使用写入它的发行版",
    },
    "journal-older": {
        "en": "{path}: journal of version {found}, this program reads {wanted}: start the city once (tocsin serve),"
        " it is brought up to date then",
        "zh-CN": "{path}：日志版本为 {found}，本程序只读版本 {wanted}："
        "请先启动一次该城市（tocsin serve），届时会自动升级",
    },
    "journal-unusable": {
        "en": "{path}: cannot be read or written ({code}): look at the disk, then start again",
        "zh-CN": "{path}：无法读写（{code}）：请检查磁盘后重新启动",
    },
    "journal-damaged": {
        "en": "{path}: record {offset} does not match its checksum and good ones follow: restore a backup",
        "zh-CN": "{path}：第 {offset} 条记录校验和不符，且其后仍有完好记录：请从备份恢复",
    },
    "journal-row-damaged": {
        "en": "{path}: a row of the table {table} does not match its checksum: restore a backup",
        "zh-CN": "{path}：表 {table} 中有一行与校验和不符：请从备份恢复",
    },
    "wal-damaged": {
        "en": "{path}: damaged, and commits behind the damage were answered for: restore a backup",
        "zh-CN": "{path}：文件已损坏，且损坏处之后仍有已确认的提交：请从备份恢复",
    },
    "store-version": {
        "en": "{path}: alert store of schema {found}, this program knows {wanted}: use the release that wrote it",
        "zh-CN": "{path}：警报库的结构版本为 {found}，本程序只认识到 {wanted}：请使用写入它的发行版",
    },
    "store-damaged": {
        "en": "{path}: the alert store is damaged ({what}): move it away; the journal makes it again, without notices",
        "zh-CN": "{path}：警报库已损坏（{what}）：请将其移走；系统会根据日志重建，且不再发送通知",
    },
    "store-older": {
        "en": "{path}: alert store of schema {found}, this program reads {wanted}: start the city once (tocsin serve),"
        " it is brought up to date then",
        "zh-CN": "{path}：警报库的结构版本为 {found}，本程序只读 {wanted}："
        "请先启动一次该城市（tocsin serve），届时会自动升级",
    },
    "store-missing": {
        "en": "{path}: no alert store here: serve or load the city first, or name another data folder",
        "zh-CN": "{path}：此处没有警报库：请先运行 serve 或 load，或指定其他数据目录",
    },
    "database-driver": {
        "en": "TOCSIN_DATABASE names PostgreSQL and its driver is not installed: pip install 'tocsin[postgres]'{why}",
        "zh-CN": "TOCSIN_DATABASE 指向 PostgreSQL，但未安装驱动：请运行 pip install 'tocsin[postgres]'{why}",
    },
    "database-address": {
        "en": "TOCSIN_DATABASE is no address of PostgreSQL: write postgresql://user@host:5432/database{why}",
        "zh-CN": "TOCSIN_DATABASE 不是 PostgreSQL 地址：请写成 postgresql://用户@主机:5432/数据库{why}",
    },
    "database-answer": {
        "en": "the database of TOCSIN_DATABASE cannot be used ({why}): look whether it runs, and whether the account"
        " may create a schema",
        "zh-CN": "无法使用 TOCSIN_DATABASE 所指的数据库（{why}）：请检查其是否运行，以及账号可否创建 schema",
    },
    "verified": {
        "en": "{city}: {entries} moves, each behind the one before; {proven} of them are proven by heads sent out,"
        " the last at {at}",
        "zh-CN": "{city}：共 {entries} 个动作，首尾相接；其中 {proven} 个已由送出的链头证实，最近一次为 {at}",
    },
    "verified-alone": {
        "en": "{city}: {entries} moves, each behind the one before; no head that was sent out was found, so a cut tail"
        " or a rewriting of the whole would not be seen: name heads in desks.yaml, or give --heads",
        "zh-CN": "{city}：共 {entries} 个动作，首尾相接；未找到送出的链头，因此无法发现截尾或整体改写："
        "请在 desks.yaml 中写明 heads，或使用 --heads",
    },
    "verify-failed": {
        "en": "{city}: {count} faults in {entries} moves; what was sent outside tells what stood there",
        "zh-CN": "{city}：{entries} 个动作中有 {count} 处问题；外部保存的链头可证明原来的内容",
    },
    "verify-changed": {"en": "  move {seq}: was changed", "zh-CN": "  动作 {seq}：被改动"},
    "verify-missing": {"en": "  move {seq}: one or more before it are missing", "zh-CN": "  动作 {seq}：其前有缺失"},
    "verify-order": {"en": "  move {seq}: does not follow the one before", "zh-CN": "  动作 {seq}：与前一动作不相接"},
    "verify-unreadable": {"en": "  move {seq}: cannot be read", "zh-CN": "  动作 {seq}：无法读取"},
    "verify-cut": {
        "en": "  move {seq}: was there when a head was sent out, and is not: the tail was cut",
        "zh-CN": "  动作 {seq}：送出链头时存在，现已不在：链尾被截",
    },
    "verify-rewritten": {
        "en": "  move {seq}: is not what it was when a head was sent out: the chain was written anew",
        "zh-CN": "  动作 {seq}：与送出的链头不符：整条链被改写",
    },
    "verify-impossible": {
        "en": "  move {seq}: cannot have been made (alert {alert})",
        "zh-CN": "  动作 {seq}：不可能发生（警报 {alert}）",
    },
    "verify-state": {
        "en": "  alert {alert}: is not where its moves took it",
        "zh-CN": "  警报 {alert}：状态与其动作不符",
    },
    "verify-signature": {
        "en": "  head of move {seq}: is not signed with this city's key",
        "zh-CN": "  动作 {seq} 的链头：不是用本城市的密钥签名",
    },
    "user-wrong-number": {
        "en": "this is no duty number: up to three capitals and six digits, such as 1001 or A-17; never a name{what}",
        "zh-CN": "这不是值班号：最多三个大写字母加六位数字，如 1001 或 A-17；不得使用姓名{what}",
    },
    "user-wrong-role": {
        "en": "give at least one --role, out of {what}, or write the account into users.yaml",
        "zh-CN": "请至少给出一个 --role（可选 {what}），或将账号写入 users.yaml",
    },
    "user-wrong-apart": {
        "en": "of {what} an account holds at most one",
        "zh-CN": "{what} 中每个账号至多担任一个",
    },
    "user-roles-elsewhere": {
        "en": "this number has the roles {what} in {where}, and roles hold in every city: give the same, end it first"
        " (users end), or take another number",
        "zh-CN": "该值班号在 {where} 的角色为 {what}，角色对所有城市生效："
        "请使用相同角色，先停用（users end），或改用其他值班号",
    },
    "heads-none": {
        "en": "{path}: no head of {city} lies there: put the file back, or name another with --heads",
        "zh-CN": "{path}：其中没有 {city} 的链头：请恢复该文件，或用 --heads 指定其他文件",
    },
    "user-wrong-area": {
        "en": "{what}: no such area: see areas.csv of the city; give at least one --area",
        "zh-CN": "{what}：没有该区域：请查看城市的 areas.csv；至少给出一个 --area",
    },
    "user-password-short": {
        "en": "the password is shorter than {what} characters",
        "zh-CN": "口令短于 {what} 个字符",
    },
    "user-password-long": {
        "en": "the password is longer than {what} characters",
        "zh-CN": "口令长于 {what} 个字符",
    },
    "user-unknown": {
        "en": "there is no such account: see tocsin users list",
        "zh-CN": "没有该账号：请运行 tocsin users list 查看",
    },
    "user-added": {
        "en": "{number}: {roles} for {areas} of {city}. Sessions and tokens from before have ended."
        " The second factor is shown once: read it with an authenticator, then clear the screen",
        "zh-CN": "{number}：{city} 的 {areas}，角色 {roles}。此前的会话与令牌已失效。"
        "第二因素仅显示一次：请用验证器读取后清屏",
    },
    "user-none": {
        "en": "no account yet: whoever is on this machine may do everything, and nobody from elsewhere comes in;"
        " make one with tocsin users add",
        "zh-CN": "尚无账号：本机用户可执行一切操作，外部无法访问；请运行 tocsin users add 创建",
    },
    "user-ended": {
        "en": "{number}: ended, with all its sessions and tokens",
        "zh-CN": "{number}：已停用，其会话与令牌全部失效",
    },
    "user-token": {
        "en": "A token of {number} for programs, 90 days, shown once (Authorization: Bearer ...)",
        "zh-CN": "{number} 的程序令牌，90 天有效，仅显示一次（Authorization: Bearer ...）",
    },
    "heads-unreadable": {
        "en": "{path}: heads cannot be read there ({why}): name another file with --heads",
        "zh-CN": "{path}：无法读取链头（{why}）：请用 --heads 指定其他文件",
    },
    "disk-full": {
        "en": "{path}: the disk is full: make space; events are answered with 503 until then",
        "zh-CN": "{path}：磁盘已满：请腾出空间；在此之前事件均以 503 应答",
    },
    # the Kafka road
    "kafka-not-installed": {
        "en": "the Kafka road needs packages that are not installed: pip install 'tocsin[kafka]'",
        "zh-CN": "Kafka 方式所需的软件包尚未安装：请运行 pip install 'tocsin[kafka]'",
    },
    "kafka-unreachable": {
        "en": "{address}: no Kafka broker answers ({why}): start it, or set TOCSIN_KAFKA",
        "zh-CN": "{address}：没有 Kafka 代理应答（{why}）：请启动它，或设置 TOCSIN_KAFKA",
    },
    "kafka-refused": {
        "en": "{address}: the broker refused ({why}): look at its log",
        "zh-CN": "{address}：代理拒绝了请求（{why}）：请查看其日志",
    },
    "kafka-replicas": {
        "en": "--replicas {replicas}: there are {brokers} brokers: take at most as many",
        "zh-CN": "--replicas {replicas}：现有 {brokers} 个代理：副本数不得超过代理数",
    },
    "kafka-topic-made": {
        "en": "{topic}: made",
        "zh-CN": "{topic}：已创建",
    },
    "kafka-topic-missing": {
        "en": "{topic}: is not there: run tocsin kafka setup",
        "zh-CN": "{topic}：不存在：请运行 tocsin kafka setup",
    },
    "kafka-foreign-topic-missing": {
        "en": "{topic}: a feed of {city} reads it, and it is not there: whoever writes it must make it",
        "zh-CN": "{topic}：{city} 的数据源需要读取它，但它不存在：须由写入方创建",
    },
    "kafka-partitions-differ": {
        "en": "{topic}: {found} partitions, {wanted} wanted, as many for all of ours: what a city wrote would lie"
        " elsewhere; make it anew while nothing runs",
        "zh-CN": "{topic}：有 {found} 个分区，应为 {wanted} 个，所有自有主题须一致：否则城市已写入的数据会落在别处；"
        "请在全部停止时重新创建",
    },
    "kafka-config-differs": {
        "en": "{topic}: {name} is {found}, {wanted} wanted: change it with kafka-configs.sh, or leave it knowingly",
        "zh-CN": "{topic}：{name} 为 {found}，应为 {wanted}：请用 kafka-configs.sh 修改，或明知而保留",
    },
    "kafka-key": {
        "en": "TOCSIN_KEY is not set: all intakes of a city must hash with the same secret",
        "zh-CN": "未设置 TOCSIN_KEY：同一城市的所有接入进程必须使用相同的密钥计算哈希",
    },
    "pouring": {
        "en": "pouring: {day}, {done} of {events} events",
        "zh-CN": "正在灌入：{day}，{events} 个事件中的第 {done} 个",
    },
    "poured": {
        "en": "{records} raw records, ticks included, lie at {address}",
        "zh-CN": "{records} 条原始记录（含时钟记录）已写入 {address}",
    },
    "kafka-crowded": {
        "en": "{cities} cities in one partition are more than a broker keeps marks of: take more partitions",
        "zh-CN": "同一分区内有 {cities} 座城市，超出代理可记录的数量：请增加分区数",
    },
    "kafka-not-taken": {
        "en": "not all records were taken by the brokers ({why}): look at their logs, then pour again",
        "zh-CN": "并非所有记录都被代理接收（{why}）：请查看其日志后重新灌入",
    },
    "metrics-unserved": {
        "en": "--metrics {at}: no metrics can be served there: name host:port of this machine that nobody listens at",
        "zh-CN": "--metrics {at}：无法在此提供指标：请给出本机无人占用的 主机:端口",
    },
    "kafka-cities-differ": {
        "en": "partition {partition}: {cities} was taken in before and is not among those given: give it too, or say"
        " --without for one that is taken in no more",
        "zh-CN": "分区 {partition}：此前已接入 {cities}，但本次未给出：请一并给出；若不再接入，请用 --without 指明",
    },
    "kafka-retry-asked": {
        "en": "{city}: {count} refused records are read again by the intake that holds the city; tocsin refused list"
        " --road kafka shows those that are still refused; {lost} lie where no feed reads any more",
        "zh-CN": "{city}：负责该市的 intake 将重新读取 {count} 条被拒记录；tocsin refused list --road kafka"
        " 列出仍被拒绝的记录；另有 {lost} 条所在之处已无数据源读取",
    },
    "kafka-fenced": {
        "en": "partition {partition}: another intake writes it now: this one ends; start it again to share the cities",
        "zh-CN": "分区 {partition}：已由另一个接入进程写入，本进程结束；重新启动即可继续分担城市",
    },
    "kafka-broke": {
        "en": "partition {partition}: the brokers refused a transaction ({why}): nothing is lost; start it again",
        "zh-CN": "分区 {partition}：代理拒绝了事务（{why}）：没有数据丢失，请重新启动",
    },
    "kafka-as-wanted": {
        "en": "{address}: all {topics} topics are as they should be, {partitions} partitions",
        "zh-CN": "{address}：全部 {topics} 个主题均符合要求，{partitions} 个分区",
    },
    "clock-differs": {
        "en": "this log keeps {was} time since its first record: start it with --clock {was}",
        "zh-CN": "该日志自首条记录起使用 {was} 时钟：请以 --clock {was} 启动",
    },
    "stream-clock-open": {
        "en": "{host}: --clock stream believes every sender's clock, so it listens on loopback alone: use 127.0.0.1",
        "zh-CN": "{host}：--clock stream 采信发送方的时钟，仅可监听本机回环地址：请使用 127.0.0.1",
    },
    "crash-point-unknown": {
        "en": "TOCSIN_CRASH_AT: {said}: write name:n; the crash points are {known}",
        "zh-CN": "TOCSIN_CRASH_AT：{said}：应写作 名称:次数；可用的崩溃点为 {known}",
    },
    "crash-point-live": {
        "en": "TOCSIN_CRASH_AT kills the process and is for tests with --clock stream: unset it",
        "zh-CN": "TOCSIN_CRASH_AT 会终止进程，仅用于 --clock stream 的测试：请取消此变量",
    },
    "log-is-live": {
        "en": "this log is live: the past comes in before the first live tick: begin a new data folder for it",
        "zh-CN": "该日志已投入运行：历史数据须在首个实时时刻之前载入：请改用新的数据目录",
    },
    "log-empty": {
        "en": "the log of this city has not begun: serve or load the city first",
        "zh-CN": "该城市的日志尚未开始：请先运行 serve 或 load",
    },
    # data folder, key, settings
    "folder-unwritable": {
        "en": "{folder}: cannot be written ({why}): take another --data",
        "zh-CN": "{folder}：无法写入（{why}）：请用 --data 指定其他目录",
    },
    "folder-held": {
        "en": "{folder}: another process works on this city: stop it, or take another --data",
        "zh-CN": "{folder}：另一进程正在使用该城市的数据：请先停止它，或用 --data 指定其他目录",
    },
    "key-short": {
        "en": "TOCSIN_KEY: {length} bytes are too few: give {least} or more",
        "zh-CN": "TOCSIN_KEY：{length} 字节太短：至少需要 {least} 字节",
    },
    "key-cut": {
        "en": "{path}: the key is cut short: restore it; with another key no old event is known again",
        "zh-CN": "{path}：密钥不完整：请恢复原密钥；换用其他密钥将无法识别旧事件",
    },
    # cities
    "as-it-is": {"en": "{text}", "zh-CN": "{text}"},
    "feed-unconnected": {
        "en": "{city}: a feed cannot be connected: run tocsin check {city}",
        "zh-CN": "{city}：有数据源无法连接：请运行 tocsin check {city}",
    },
    "feed-unpolled": {
        "en": "{feed}: its address cannot be polled: {why}: mend `comes` in feeds/{feed}.yaml",
        "zh-CN": "{feed}：无法轮询其地址：{why}：请更正 feeds/{feed}.yaml 的 comes",
    },
    "feed-secret-missing": {
        "en": "{feed}: there is no secret {secret}: lay it into the folder of TOCSIN_SECRETS",
        "zh-CN": "{feed}：没有密钥 {secret}：请将其放入 TOCSIN_SECRETS 目录",
    },
    "channel-unopened": {
        "en": "{city}: a channel cannot be opened: {why}",
        "zh-CN": "{city}：无法打开通知渠道：{why}",
    },
    "channel-told": {"en": "{name}  hears everything", "zh-CN": "{name}  每条通知都发送"},
    "channel-stands-in": {
        "en": "{name}  stands in for the one before it after {seconds} s",
        "zh-CN": "{name}  前一渠道 {seconds} 秒未送达时替补",
    },
    "channel-called": {
        "en": "{name}  is called where nobody has taken it after so long: {waits}",
        "zh-CN": "{name}  超过时限无人受理时呼叫：{waits}",
    },
    "channel-unknown": {
        "en": "{city} has no channel {name}: take one of {known}",
        "zh-CN": "{city} 没有通知渠道 {name}：可选 {known}",
    },
    "drill-nowhere": {
        "en": "{name}: nothing leaves over the console, it shows what is in the store: look at the page",
        "zh-CN": "{name}：看板渠道不发送消息，只显示库中的内容：请查看页面",
    },
    "drill-heard": {
        "en": "{name}: the drill was heard ({detail}); look whether it is to be seen there",
        "zh-CN": "{name}：演练消息已被接收（{detail}）；请到对方界面确认能看到",
    },
    "drill-unheard": {
        "en": "{name}: the drill was not heard ({outcome}: {detail}): look at the address, the secret and the network",
        "zh-CN": "{name}：演练消息未送达（{outcome}：{detail}）：请检查地址、密钥和网络",
    },
    "one-name-twice": {
        "en": "{names}: two of the cities have one name: give each its own",
        "zh-CN": "{names}：有两个城市同名：请为每个城市取不同的名称",
    },
    "address-taken": {
        "en": "{host}:{port}: cannot listen there ({why}): take another --port",
        "zh-CN": "{host}:{port}：无法监听（{why}）：请用 --port 指定其他端口",
    },
    "renamed": {
        "en": "city.yaml: the city is called {name} now: serve it as another one",
        "zh-CN": "city.yaml：城市现名为 {name}：请将其作为另一城市运行",
    },
    # the past
    "feed-unknown": {
        "en": "{feed}: no such feed: take one of {known}",
        "zh-CN": "{feed}：没有该数据源：可选 {known}",
    },
    "which-feed": {
        "en": "several feeds: say with --feed which one the files belong to",
        "zh-CN": "有多个数据源：请用 --feed 指明文件属于哪一个",
    },
    "no-archive": {
        "en": "{feed}: its feed file names no archive: name files after the options",
        "zh-CN": "{feed}：其数据源文件未列出历史文件：请在选项后写明文件",
    },
    "file-missing": {
        "en": "{path}: no such file: name one that is there",
        "zh-CN": "{path}：文件不存在：请指定已有文件",
    },
    "file-unreadable": {
        "en": "{feed}: a file of the past cannot be read ({why}): mend or leave it out",
        "zh-CN": "{feed}：有历史文件无法读取（{why}）：请修复或略去",
    },
    "past-too-old": {
        "en": "{feed}: {count} of its events arrived before {at}, up to which this log is loaded: "
        "load all feeds of a city together, oldest files first, or begin a new data folder",
        "zh-CN": "{feed}：有 {count} 个事件早于该日志已载入的时刻 {at}："
        "请将全部数据源一起载入，旧文件在前，或改用新的数据目录",
    },
    "time-wrong": {
        "en": "{text}: no time: write 2016-01-23 or 2016-01-23T12:00:00-05:00",
        "zh-CN": "{text}：不是时间：请写成 2016-01-23 或 2016-01-23T12:00:00-05:00",
    },
    "out-unwritable": {
        "en": "{path}: cannot be written ({why}): take another --out",
        "zh-CN": "{path}：无法写入（{why}）：请用 --out 指定其他目录",
    },
    # the audit
    "audit-feed": {
        "en": "{feed}, {days} days: received {received} = refused {refused} + duplicate {duplicate}"
        " + redelivered {redelivered} + accepted {accepted}; accepted = counted {counted} + counted late {counted_late}"
        " + too late {too_late} + superseded {superseded} + cancelled {cancelled} + held {held}"
        " + beyond horizon {beyond_horizon} + not for counting {not_for_counting}",
        "zh-CN": "{feed}，{days} 天：收到 {received} = 拒收 {refused} + 重复 {duplicate} + 重投 {redelivered}"
        " + 接收 {accepted}；接收 = 计入 {counted} + 迟到计入 {counted_late} + 待计入 {too_late} + 被取代 {superseded}"
        " + 取消 {cancelled} + 暂存 {held} + 超出时限 {beyond_horizon} + 不计数 {not_for_counting}",
    },
    "audit-differs": {
        "en": "DIFFERS: {feed}, {day}, {what}: the log holds {log}, the engine says {engine}",
        "zh-CN": "不符：{feed}，{day}，{what}：日志中为 {log}，引擎为 {engine}",
    },
    "audit-cell": {
        "en": "DIFFERS: rule {rule}, {area}, {category}, bucket of {at}: recounted {log}, the engine holds {engine}",
        "zh-CN": "不符：规则 {rule}，{area}，{category}，时段 {at}：重新计数为 {log}，引擎为 {engine}",
    },
    "audit-more": {
        "en": "rules {rules}: {more} more buckets differ",
        "zh-CN": "规则 {rules}：另有 {more} 个时段不符",
    },
    "audit-balanced": {
        "en": "{city} is balanced up to record {offset} (time {tick}): every row lies in one box, and {cells} buckets"
        " of series hold the same {events} events in both countings",
        "zh-CN": "{city} 截至第 {offset} 条记录（时间 {tick}）账目相符：每行恰在一处，"
        "{cells} 个序列时段两次计数同为 {events}",
    },
    "audit-unbalanced": {
        "en": "{city} is NOT balanced up to record {offset} (time {tick}): {differ} figures differ"
        " ({cells} buckets of series with {events} events were compared): keep the data folder and report this",
        "zh-CN": "{city} 截至第 {offset} 条记录（时间 {tick}）账目不符：{differ} 处不同"
        "（已比较 {cells} 个序列时段、{events} 个事件）：请保留数据目录并报告此问题",
    },
    # the watchdog
    "desk-unknown": {
        "en": "{desk}: {city} has no such desk: take one of {known}",
        "zh-CN": "{desk}：{city} 没有该值班台：可选 {known}",
    },
    "watching": {
        "en": "Watching over {cities}: said when no new tick comes for {limit} s",
        "zh-CN": "正在看护 {cities}：{limit} 秒没有新的时刻即告知",
    },
    "watched-well": {"en": "Time goes on.", "zh-CN": "时间正常推进。"},
    "watched-ill": {
        "en": "NOT well: a city stands still or does not answer; what was said lies in {folder}",
        "zh-CN": "异常：有城市停止推进或无应答；通知内容见 {folder}",
    },
    "watchdog-still-title": {
        "en": "{city}: time stands still, no alert can come",
        "zh-CN": "{city}：时间停止推进，无法发出任何告警",
    },
    "watchdog-still": {
        "en": "The last tick of {city} was at {tick}; no other has come for {seconds} s. Nothing is judged and no alert"
        " can be raised until it goes on. The process was ended, is paused, hangs, or cannot write. What to do: look"
        " whether it runs, at its log and at the disk; then start it again. Nothing that was accepted is lost.",
        "zh-CN": "{city} 的最后时刻为 {tick}，已有 {seconds} 秒没有新的时刻。在恢复之前不做任何判断，也发不出告警。"
        "进程可能已结束、被暂停、卡住或无法写入。处置：检查进程是否运行、其日志和磁盘，然后重新启动。已接收的事件不会丢失。",
    },
    "watchdog-unreachable-title": {
        "en": "{city}: does not answer at its address",
        "zh-CN": "{city}：服务地址无应答",
    },
    "watchdog-unreachable": {
        "en": "{city} has not answered at its address for {seconds} s; its last tick was seen at {tick}. Its page and"
        " pushed events are cut off, alerts may still be judged. What to do: look at the process, the address and the"
        " network between.",
        "zh-CN": "{city} 的服务地址已有 {seconds} 秒无应答；最后看到的时刻为 {tick}。页面与推送已中断，"
        "判断可能仍在进行。处置：检查进程、地址及其间的网络。",
    },
    "watchdog-over-title": {"en": "{city}: time goes on again", "zh-CN": "{city}：时间恢复推进"},
    "watchdog-over": {
        "en": "{city} goes on. It stood for about {seconds} s after {tick}. What was accepted is judged now; what was"
        " to be said meanwhile comes late.",
        "zh-CN": "{city} 已恢复，自 {tick} 起约停顿 {seconds} 秒。期间接收的事件正在判断，其告警会迟到。",
    },
    **OF_BACKUPS,
    **OF_CALIBRATIONS,
    **OF_DOCTOR,
    **OF_DRILLS,
    **OF_PRIVACY,
    **OF_EXPLAIN,
    **OF_DESKS,
    **OF_ORDERS,
    **OF_RELEASES,
    **OF_SHADOWS,
    **OF_RULES,
    **OF_SETTINGS,
    **OF_WHAT_WENT_WELL,
    **OF_WIRES,
}
"""Message -> language -> text with {placeholders}. A test holds both languages to the same placeholders."""


def say(name: str, language: str, /, **values: object) -> str:
    """The message in `language`, English where we do not speak it. Raises KeyError for an unknown message."""
    words = MESSAGES[name]
    return words.get(language, words["en"]).format(**values)


class SpokenError(Exception):
    """A problem that a person can mend. Shown as one clear line, never as a traceback."""

    def __init__(self, name: str, /, **values: object) -> None:
        super().__init__(say(name, "en", **values))
        self.name = name
        self.values = values

    def render(self, language: str) -> str:
        return say(self.name, language, **self.values)
