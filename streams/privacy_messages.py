"""What `tocsin privacy-report` says; in English and Chinese. A part of `streams.messages.MESSAGES`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_PRIVACY: Final[Mapping[str, Mapping[str, str]]] = {
    "privacy-refused": {
        "en": "{city}: records refused and still known (a record that is put through or forgotten is not):",
        "zh-CN": "{city}：被拒绝且仍有记录的条目（已重新送入或已清除的除外）：",
    },
    "privacy-feed": {
        "en": "  feed {feed}: {people} for a value that may name somebody, {others} for anything else",
        "zh-CN": "  数据源 {feed}：{people} 条含疑似个人信息，{others} 条为其他原因",
    },
    "privacy-reason": {"en": "    {count} by {reason}: {means}", "zh-CN": "    {count} 条 {reason}：{means}"},
    "privacy-looked": {
        "en": "looked at {texts} texts in {files} files and stores, by the gate that refuses at the door:",
        "zh-CN": "已用入口处的同一检测逐一检查 {files} 个文件与存储中的 {texts} 段文字：",
    },
    "privacy-file": {"en": "  {file}: {texts} texts", "zh-CN": "  {file}：{texts} 段文字"},
    "privacy-found": {
        "en": "{file}: {where}: {means} ({reason}): look there, find out who writes it, and take it out",
        "zh-CN": "{file}：{where}：{means}（{reason}）：请到该处查看，查明来源并清除",
    },
    "privacy-more": {"en": "and {count} more", "zh-CN": "另有 {count} 处"},
    "privacy-nothing": {
        "en": "nothing there looks like a person's number, address or name",
        "zh-CN": "未发现任何疑似个人号码、地址或姓名的内容",
    },
    "privacy-kept": {
        "en": "something there may name somebody: it is told above where, never what",
        "zh-CN": "存在疑似个人信息：上文只给出位置，不显示内容",
    },
    "privacy-unread": {
        "en": "not all of it could be read ({why}), so nothing is proven: run it as the user that serves the city",
        "zh-CN": "部分内容无法读取（{why}），无法得出结论：请以运行服务的用户身份执行",
    },
}
