"""Refusals: bad data set aside with its place and a reason out of a closed list, and never its value."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class Reason(StrEnum):
    """Why a record was refused. Closed: a new reason needs its meaning in both languages and its line in the docs."""

    NOT_UTF8 = "not_utf8"
    MALFORMED = "malformed"
    DUPLICATE_KEY = "duplicate_key"
    TOO_LARGE = "too_large"
    TOO_DEEP = "too_deep"
    BOMB = "bomb"
    BAD_ENVELOPE = "bad_envelope"
    UNKNOWN_FEED = "unknown_feed"
    MISPLACED = "misplaced"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    BAD_VALUE = "bad_value"
    BAD_TIME = "bad_time"
    TIME_WITHOUT_OFFSET = "time_without_offset"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    LEAP_SECOND = "leap_second"
    AMBIGUOUS_TIME = "ambiguous_time"
    NONEXISTENT_TIME = "nonexistent_time"
    WRONG_KIND = "wrong_kind"
    WRONG_SOURCE = "wrong_source"
    UNKNOWN_AREA = "unknown_area"
    RETIRED_AREA = "retired_area"
    FOREIGN_AREA = "foreign_area"
    UNKNOWN_CATEGORY = "unknown_category"
    UNKNOWN_STAGE = "unknown_stage"
    UNKNOWN_OFFICE = "unknown_office"
    CITIZEN_NUMBER = "citizen_number"
    PHONE = "phone"
    PLATE = "plate"
    CARD = "card"
    EMAIL = "email"
    NAME = "name"


MEANINGS: Final[dict[Reason, dict[str, str]]] = {
    Reason.NOT_UTF8: {"en": "the bytes are not UTF-8", "zh-CN": "字节不是 UTF-8 编码"},
    Reason.MALFORMED: {"en": "the record cannot be parsed", "zh-CN": "记录无法解析"},
    Reason.DUPLICATE_KEY: {"en": "a JSON object names a key twice", "zh-CN": "JSON 对象中有重复的键"},
    Reason.TOO_LARGE: {"en": "the record or a value is longer than allowed", "zh-CN": "记录或其中的值超出长度上限"},
    Reason.TOO_DEEP: {"en": "the record is nested deeper than allowed", "zh-CN": "记录嵌套层数超出上限"},
    Reason.BOMB: {"en": "the compressed data unpacks to more than allowed", "zh-CN": "压缩数据解开后超出上限"},
    Reason.BAD_ENVELOPE: {"en": "the CloudEvents envelope is not valid", "zh-CN": "CloudEvents 信封无效"},
    Reason.UNKNOWN_FEED: {"en": "no feed of this name exists in the city", "zh-CN": "本市没有这个名称的数据源"},
    Reason.MISPLACED: {"en": "the record belongs to another city", "zh-CN": "记录属于另一座城市"},
    Reason.UNKNOWN_FIELD: {
        "en": "a field that the contract or the feed does not know",
        "zh-CN": "契约或数据源未定义的字段",
    },
    Reason.MISSING_FIELD: {"en": "a required field is missing or empty", "zh-CN": "必填字段缺失或为空"},
    Reason.BAD_VALUE: {"en": "a value has the wrong type or is out of range", "zh-CN": "值的类型不对或超出范围"},
    Reason.BAD_TIME: {"en": "the time fits none of the formats", "zh-CN": "时间不符合任何一种格式"},
    Reason.TIME_WITHOUT_OFFSET: {"en": "the time has no offset from UTC", "zh-CN": "时间没有写明与 UTC 的时差"},
    Reason.TIME_OUT_OF_RANGE: {"en": "the time lies outside 1970 to 2199", "zh-CN": "时间不在 1970 年至 2199 年之间"},
    Reason.LEAP_SECOND: {"en": "second 60 is not accepted; send second 59", "zh-CN": "不接受第 60 秒；请改为第 59 秒"},
    Reason.AMBIGUOUS_TIME: {
        "en": "the local time occurs twice when clocks go back",
        "zh-CN": "夏令时结束时该当地时间出现两次",
    },
    Reason.NONEXISTENT_TIME: {
        "en": "the local time is skipped when clocks go forward",
        "zh-CN": "夏令时开始时该当地时间不存在",
    },
    Reason.WRONG_KIND: {"en": "the kind is not the feed's kind", "zh-CN": "事件种类与数据源的种类不符"},
    Reason.WRONG_SOURCE: {"en": "the source is not the feed's source", "zh-CN": "来源与数据源声明的来源不符"},
    Reason.UNKNOWN_AREA: {"en": "no area of the city fits", "zh-CN": "找不到对应的区域"},
    Reason.RETIRED_AREA: {"en": "the area was not valid at the time of the event", "zh-CN": "事件发生时该区域无效"},
    Reason.FOREIGN_AREA: {"en": "the area is not one that this feed may report on", "zh-CN": "该数据源无权上报此区域"},
    Reason.UNKNOWN_CATEGORY: {"en": "no category of the city fits", "zh-CN": "找不到对应的类别"},
    Reason.UNKNOWN_STAGE: {"en": "the feed names no such stage", "zh-CN": "数据源未声明该阶段"},
    Reason.UNKNOWN_OFFICE: {"en": "the office is not in the feed's list", "zh-CN": "办理单位不在数据源的清单中"},
    Reason.CITIZEN_NUMBER: {"en": "a value looks like a citizen number", "zh-CN": "值疑似公民身份号码"},
    Reason.PHONE: {"en": "a value looks like a telephone number of a person", "zh-CN": "值疑似个人电话号码"},
    Reason.PLATE: {"en": "a value looks like a vehicle plate", "zh-CN": "值疑似车牌号"},
    Reason.CARD: {"en": "a value looks like a bank card number", "zh-CN": "值疑似银行卡号"},
    Reason.EMAIL: {"en": "a value looks like an e-mail address", "zh-CN": "值疑似电子邮箱地址"},
    Reason.NAME: {"en": "a value looks like a person's name", "zh-CN": "值疑似个人姓名"},
}
"""What each reason says to people, in one line."""


class Place(msgspec.Struct, frozen=True):
    """Where a raw record lies: `offset` within `partition`, `n` the event within the record."""

    partition: str
    offset: int
    n: int = 0


class Refusal(msgspec.Struct, frozen=True):
    """A record set aside. It holds no value that could name anyone.

    `field` is a name out of the contract or the feed file, or `#7`: the seventh key of the record, whose name
    is not repeated. `kept` is the scrubbed record, at most KEPT_BYTES; empty where it could not be decoded.
    `digest` is keyed (32 hex digits) over the `length` bytes that came. `at` is its arrival, ms;
    0 where a record of the past does not tell.
    """

    feed: str
    reason: Reason
    field: str
    place: Place
    at: int
    length: int
    digest: str
    kept: bytes = b""


class Refused(Exception):
    """Raised where one record is read: why, and in which field. Its text never holds a value."""

    def __init__(self, reason: Reason, field: str = "") -> None:
        super().__init__(f"{reason}: {field}" if field else str(reason))
        self.reason = reason
        self.field = field
