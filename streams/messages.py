"""What the runtime and the command line say to people: where, what is so, what to do; in English and Chinese.

`SpokenError` carries the message's name and its values; the words are chosen where it is shown. Values are paths, names
of the city's own files and figures, never what came in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
    "secrets-missing": {
        "en": "TOCSIN_SECRETS: no such folder: {folder}: mount it or unset the variable",
        "zh-CN": "TOCSIN_SECRETS：目录不存在：{folder}：请挂载该目录或取消此变量",
    },
    "setting-wrong": {
        "en": "{name}: {why}: mend it in the environment or the secrets folder",
        "zh-CN": "{name}：{why}：请在环境变量或密钥目录中更正",
    },
    # cities
    "as-it-is": {"en": "{text}", "zh-CN": "{text}"},
    "feed-unconnected": {
        "en": "{city}: a feed cannot be connected: run tocsin check {city}",
        "zh-CN": "{city}：有数据源无法连接：请运行 tocsin check {city}",
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
    # rules
    "rule-not-there": {
        "en": "{rule}: {city} has no such rule: take one of {known}",
        "zh-CN": "{rule}：{city} 没有该规则：可选 {known}",
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
    "order-start-taken": {
        "en": "{rule} judges again, what begins from now on",
        "zh-CN": "{rule} 已恢复，自现在开始的时段重新判断",
    },
    "order-stop-taken": {
        "en": "{rule} is stopped; what it had running is over",
        "zh-CN": "{rule} 已停止；其进行中的告警随之结束",
    },
    "order-waits": {
        "en": "the order waits: {city} is not served, or is catching up; it is taken as soon as it serves",
        "zh-CN": "指令等待中：{city} 未在运行或正在追赶；恢复服务后即执行",
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
    # what went well
    "serving": {"en": "Tocsin serves {cities} at {address}", "zh-CN": "Tocsin 正在 {address} 为 {cities} 提供服务"},
    "city-written": {
        "en": "A small working city lies in {folder}. Look at it, then: tocsin serve {folder}",
        "zh-CN": "{folder} 中已写入一个可运行的小城市。查看后运行：tocsin serve {folder}",
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
