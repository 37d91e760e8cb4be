"""Why a request is not done: problem+json (RFC 9457) in the reader's language, never with a value that came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal, get_args

import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response

from alerts.duty import Fault
from alerts.workfaults import WorkFault

MEDIA_TYPE: Final = "application/problem+json"
LANGUAGES: Final = ("en", "zh-CN")

Trouble = Literal[
    "who", "not_allowed", "unknown", "method", "led_here", "login_refused", "too_many_tries", "password_unfit",
    "wrong_form", "wrong_cursor", "no_desk", "identity", "conflict", "too_large", "broken", "mute_long",
    "top_once", "reason_long", "override_empty", "exclude_unfit", "exclude_span", "exclude_there", WorkFault,
]  # fmt: skip

STATUS: Final[Mapping[Trouble | Fault, int]] = {
    "who": 401,
    "not_allowed": 403,
    "unknown": 404,
    "method": 405,
    "led_here": 403,
    "login_refused": 401,
    "too_many_tries": 429,
    "password_unfit": 422,
    "wrong_form": 422,
    "wrong_cursor": 400,
    "no_desk": 403,
    "identity": 422,
    "conflict": 503,
    "too_large": 413,
    "broken": 500,
    "mute_long": 422,
    "top_once": 422,
    "reason_long": 422,
    "override_empty": 422,
    "exclude_unfit": 409,
    "exclude_span": 422,
    "exclude_there": 409,
    **dict.fromkeys(get_args(WorkFault), 409),
    "changed": 412,
    "key_used": 422,
    **dict.fromkeys((fault for fault in get_args(Fault) if fault not in ("changed", "key_used")), 409),
}

WORDS: Final[Mapping[Trouble | Fault, Mapping[str, str]]] = {
    "who": {"en": "Log in first.", "zh-CN": "请先登录。"},
    "not_allowed": {"en": "Your role may not do this.", "zh-CN": "您的角色无权执行此操作。"},
    "unknown": {"en": "There is nothing here that you may see.", "zh-CN": "此处没有您可查看的内容。"},
    "method": {"en": "This address takes other methods: see Allow.", "zh-CN": "该地址只接受 Allow 所列的方法。"},
    "led_here": {
        "en": "Another site made your browser send this: nothing was done. Go back and use our own page.",
        "zh-CN": "该请求由其他网站触发，未执行任何操作：请返回本系统页面操作。",
    },
    "login_refused": {"en": "Number, password or code is wrong.", "zh-CN": "值班号、口令或验证码有误。"},
    "too_many_tries": {"en": "Too many tries: wait, see Retry-After.", "zh-CN": "尝试过多：请按 Retry-After 等待。"},
    "password_unfit": {
        "en": "The new password must have 12 to 256 characters, and stand there twice alike.",
        "zh-CN": "新口令须为 12 至 256 个字符，且两次输入一致。",
    },
    "wrong_form": {
        "en": "What was sent has not the form that /v1/openapi.json gives: see errors.",
        "zh-CN": "发送内容不符合 /v1/openapi.json 的格式：见 errors。",
    },
    "wrong_cursor": {
        "en": "This cursor is none of ours: begin anew without it.",
        "zh-CN": "游标无效：请去掉后重新开始。",
    },
    "no_desk": {"en": "You may not act for that desk.", "zh-CN": "您不能代表该值班台操作。"},
    "identity": {
        "en": "The text looks as if it names a person (a number, an address, a name): write it without.",
        "zh-CN": "文字疑似含有个人信息（号码、地址或姓名）：请去掉后再提交。",
    },
    "conflict": {"en": "Others were faster, many times over: try again.", "zh-CN": "他人反复抢先修改：请重试。"},
    "too_large": {"en": "What was sent is too large.", "zh-CN": "发送内容过大。"},
    "mute_long": {"en": "That is longer than this desk may mute.", "zh-CN": "超过该值班台允许的最长静默时间。"},
    "top_once": {
        "en": "To hide the top rank too, say so twice: top and top_again.",
        "zh-CN": "如需连最高级别一并静默，请确认两次：top 与 top_again。",
    },
    "reason_long": {"en": "A reason has at most 200 characters.", "zh-CN": "理由最多 200 个字符。"},
    "rule_gone": {"en": "There is no such rule in force.", "zh-CN": "没有此条生效中的规则。"},
    "not_taken": {
        "en": "The city has not taken it yet: it lies ready, and is taken as soon as the city can.",
        "zh-CN": "城市尚未接收：指令已备好，待其可用时立即执行。",
    },
    "order_own": {
        "en": "You gave this order: another account has to look at it.",
        "zh-CN": "此指令由您下达：须由另一个账号复核。",
    },
    "override_empty": {
        "en": "Say how many times rarer, or from how many events on.",
        "zh-CN": "请填写“稀少倍数”或“最少事件数”。",
    },
    "exclude_unfit": {
        "en": "Only the time of an alert on counts, found confirmed or a fault of the data within the last 35 days, is"
        " kept out from here.",
        "zh-CN": "仅可排除最近 35 天内结论为“属实”或“数据故障”的计数类警报的时段。",
    },
    "exclude_span": {
        "en": "The time must end after it begins, and have some of the alert's own time in it.",
        "zh-CN": "结束时间须晚于开始时间，且与该警报的时段有重叠。",
    },
    "exclude_there": {
        "en": "All of that time is kept out already.",
        "zh-CN": "该时段已全部排除，无需重复操作。",
    },
    "draft_changed": {
        "en": "Another account has saved this draft since you read it: look at theirs, yours is below.",
        "zh-CN": "您读取后另一账号已保存此草稿：请先查看对方的内容，您的内容保留在下方。",
    },
    "draft_gone": {"en": "There is no such draft any more.", "zh-CN": "该草稿已不存在。"},
    "draft_unfit": {
        "en": "The text has problems: they stand beside its lines. Only a text without any is published.",
        "zh-CN": "文本存在问题，已标注在相应行：无问题的文本才能发布。",
    },
    "cases_fail": {
        "en": "A case of the draft is not as it expects: try the draft, its page shows which. Nothing was published.",
        "zh-CN": "草稿有用例结果与预期不符，未予发布：请先试算该草稿，页面会列出不符之处。",
    },
    "cases_unplayed": {
        "en": "The cases of the draft came to no end within a minute: try the draft. Nothing was published.",
        "zh-CN": "草稿的用例未能在一分钟内运行完毕，未予发布：请先试算该草稿。",
    },
    "draft_long": {
        "en": "A rule, or its cases, has at most 20,000 characters.",
        "zh-CN": "规则或其用例最多 20000 个字符。",
    },
    "drafts_full": {"en": "There are 100 drafts: throw one away first.", "zh-CN": "草稿已达 100 份：请先弃用一份。"},
    "trials_full": {
        "en": "Three trials wait already: try again when one is over.",
        "zh-CN": "已有三项试算在等待：请稍后再试。",
    },
    "not_kept": {
        "en": "Nothing was kept: the data folder takes no more. Whoever runs the service has to look.",
        "zh-CN": "未能保存：数据目录无法写入。请联系系统运维人员。",
    },
    "release_changed": {
        "en": "Another release runs since you looked: see which, and go back from it if need be.",
        "zh-CN": "您查看之后已有其他版本生效：请确认当前版本，必要时再回退。",
    },
    "rule_known": {"en": "There is a rule or a draft of this id already.", "zh-CN": "已有同名规则或草稿。"},
    "rule_name": {
        "en": "An id has letters, digits, - and _ alone, 64 at most.",
        "zh-CN": "规则编号只能含字母、数字、- 和 _，最多 64 个字符。",
    },
    "override_unread": {
        "en": "The text cannot be read as a rule on counts: mend its problems first.",
        "zh-CN": "该文本不能作为计数规则读取：请先修正问题。",
    },
    "override_gone": {"en": "There is no override of that area.", "zh-CN": "该区域没有例外。"},
    "release_same": {"en": "This is what runs already.", "zh-CN": "当前运行的就是此版本。"},
    "release_own": {
        "en": "You published it: another account has to approve it.",
        "zh-CN": "由您发布：须由另一账号批准。",
    },
    "release_overtaken": {
        "en": "Another release has come in force since it was published: publish it again and look at the difference.",
        "zh-CN": "发布之后已有其他版本生效：请重新发布并查看差异。",
    },
    "release_gone": {"en": "There is no such release.", "zh-CN": "没有此版本。"},
    "release_first": {
        "en": "No other release ran before: there is nothing to go back to.",
        "zh-CN": "此前没有其他版本运行过：无法回退。",
    },
    "release_unfit": {
        "en": "The release does not fit the rest of the city's folder any more: run tocsin check.",
        "zh-CN": "该版本与城市目录中的其他文件不再匹配：请运行 tocsin check。",
    },
    "release_differs": {
        "en": "Areas, categories, calendar, feeds or desks of the folder are not those in force: load it first.",
        "zh-CN": "目录中的区域、类别、日历、数据源或席位与生效的不同：请先重新加载目录。",
    },
    "release_young": {
        "en": "It brings a rule that has not been in shadow for its shifts: promote it on the page of the rule, which"
        " asks why.",
        "zh-CN": "其中有规则的影子运行未满所需班次：请在该规则页面转正，并说明理由。",
    },
    "shadow_same": {
        "en": "Nothing to try in shadow: this text runs already, or takes the rule away.",
        "zh-CN": "没有可影子运行的内容：该文本已在运行，或是移除此规则。",
    },
    "shadow_there": {
        "en": "Another text of this rule is in shadow already: drop it first.",
        "zh-CN": "此规则已有另一文本在影子运行：请先结束它。",
    },
    "shadow_gone": {"en": "This rule is not in shadow.", "zh-CN": "此规则没有影子运行。"},
    "shadow_own": {
        "en": "You began this shadow: another account has to promote it.",
        "zh-CN": "该影子运行由您启动：须由另一账号转正。",
    },
    "shadow_stopped": {
        "en": "The candidate judges nothing, so it cannot be promoted: drop it, mend its text, begin anew.",
        "zh-CN": "候选规则已停止判断，不能转正：请结束它，修正文本后重新开始。",
    },
    "shadow_young": {
        "en": "It has not been in shadow for its shifts: wait, or say why it cannot.",
        "zh-CN": "影子运行未满所需班次：请等待，或说明为何不能等。",
    },
    "shadow_differs": {
        "en": "The city's folder would make another rule of this text than the one in shadow: begin the shadow anew.",
        "zh-CN": "按当前城市目录，此文本得到的规则与影子运行的不同：请重新开始影子运行。",
    },
    "shadows_full": {
        "en": "Eight rules are in shadow, and no more may be: drop one first.",
        "zh-CN": "已有八条规则在影子运行，达到上限：请先结束一条。",
    },
    "release_broken": {
        "en": "What lies there is not what was published: put it back from a copy.",
        "zh-CN": "存放的内容与发布时不符：请从备份恢复。",
    },
    "order_gone": {"en": "This order waits for no review.", "zh-CN": "此指令无须复核。"},
    "broken": {"en": "This failed on our side; it was written down.", "zh-CN": "系统内部出错，已记录。"},
    "not_from_here": {"en": "The alert is not where this can be done.", "zh-CN": "警报当前状态不允许此操作。"},
    "not_a_hand": {"en": "Clocks do this, not people.", "zh-CN": "此操作由系统时钟执行，不能人工执行。"},
    "outcome_missing": {"en": "Say what it was: the outcome.", "zh-CN": "请填写核查结论。"},
    "outcome_elsewhere": {"en": "An outcome belongs to a closing.", "zh-CN": "结论只能在办结时填写。"},
    "reason_missing": {"en": "Say why, in a few words.", "zh-CN": "请简要说明理由。"},
    "cannot_confirm": {
        "en": "A feed is silent: nobody can see that nothing happens. Confirm it, call it a fault of the data, or say"
        " that you cannot tell.",
        "zh-CN": "数据源中断，无法确认无事发生：可选“属实”“数据故障”或“无法判断”。",
    },
    "desk_elsewhere": {
        "en": "An alert is raised to a desk above those that know of it.",
        "zh-CN": "只能上报给尚未知情的上级值班台。",
    },
    "desk_missing": {"en": "There is no desk above.", "zh-CN": "没有上级值班台。"},
    "desk_has_it": {"en": "That desk has it already.", "zh-CN": "该值班台已收到此警报。"},
    "text_long": {"en": "At most 500 characters.", "zh-CN": "最多 500 个字符。"},
    "changed": {"en": "The alert has moved since you looked: look again.", "zh-CN": "警报已有变化：请刷新后再操作。"},
    "key_used": {
        "en": "Something else was asked for under this Idempotency-Key: take a fresh one.",
        "zh-CN": "该 Idempotency-Key 已用于其他内容：请换用新的。",
    },
    "not_held": {"en": "The alert is not held.", "zh-CN": "该警报未被暂存。"},
}


class TroubleError(Exception):
    """A request that is not done. `errors`: names of our own fields that were wrong."""

    def __init__(self, trouble: Trouble | Fault, errors: Sequence[str] = (), wait: int = 0) -> None:
        super().__init__(trouble)
        self.trouble = trouble
        self.errors = errors
        self.wait = wait


def language_of(headers: Headers) -> str:
    """English, unless Chinese is asked for first."""
    return "zh-CN" if headers.get("accept-language", "").strip().lower().startswith("zh") else "en"


def problem(
    headers: Headers,
    trouble: Trouble | Fault,
    *,
    allow: Sequence[str] = (),
    errors: Sequence[str] = (),
    wait: int = 0,
) -> Response:
    """The answer in words. `wait`: ms until it may be tried again."""
    status = STATUS[trouble]
    body: dict[str, object] = {
        "type": f"urn:tocsin:{trouble}",
        "title": WORDS[trouble][language_of(headers)],
        "status": status,
    }
    if errors:
        body["errors"] = list(errors)
    said = {"Cache-Control": "no-store", "Vary": "Accept-Language"}
    if allow:
        said["Allow"] = ", ".join(allow)
    if wait:
        said["Retry-After"] = str(-(-wait // 1000))
    if status == 401:
        said["WWW-Authenticate"] = "Bearer"
    return Response(msgspec.json.encode(body), status, said, MEDIA_TYPE)
