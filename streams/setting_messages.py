"""What is said of settings that cannot be used: the variable, what is so, what to do; never the value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OF_SETTINGS: Final[Mapping[str, Mapping[str, str]]] = {
    "secrets-missing": {
        "en": "TOCSIN_SECRETS: no such folder: {folder}: mount it or unset the variable",
        "zh-CN": "TOCSIN_SECRETS：目录不存在：{folder}：请挂载该目录或取消此变量",
    },
    "setting-unknown": {
        "en": "{name}: there is no such setting: write {guess}, or unset it",
        "zh-CN": "{name}：没有这个设置项：请改为 {guess}，或取消此变量",
    },
    "setting-twice": {
        "en": "{name}: given twice, also as {name}_FILE: unset one of them",
        "zh-CN": "{name}：重复设置，同时还设置了 {name}_FILE：请取消其中之一",
    },
    "setting-file": {
        "en": "{name}: {path} cannot be read ({why}): mount the file, and let this account read it",
        "zh-CN": "{name}：无法读取 {path}（{why}）：请挂载该文件，并允许本账户读取",
    },
    "setting-file-large": {
        "en": "{name}: {path} holds more than {most} bytes: name the file that holds the value alone",
        "zh-CN": "{name}：{path} 超过 {most} 字节：请指定只含该值的文件",
    },
    "setting-whole": {
        "en": "{name}: not a whole number: write digits alone",
        "zh-CN": "{name}：不是整数：请只写数字",
    },
    "setting-number": {
        "en": "{name}: not a number: write one such as 2.5",
        "zh-CN": "{name}：不是数字：请写成 2.5 这样",
    },
    "setting-least": {
        "en": "{name}: too small: {bound} is the least",
        "zh-CN": "{name}：太小：最小为 {bound}",
    },
    "setting-above": {
        "en": "{name}: too small: it must be more than {bound}",
        "zh-CN": "{name}：太小：必须大于 {bound}",
    },
    "setting-most": {
        "en": "{name}: too large: {bound} is the most",
        "zh-CN": "{name}：太大：最大为 {bound}",
    },
    "setting-choice": {
        "en": "{name}: none of the words that it takes: write {bound}",
        "zh-CN": "{name}：不是可用的取值：请写 {bound}",
    },
    "setting-shape": {
        "en": "{name}: not of the form that it must have: see docs/settings.md",
        "zh-CN": "{name}：格式不符：请参阅 docs/settings.md",
    },
    "setting-wrong": {
        "en": "{name}: {why}: mend it in the environment or the secrets folder",
        "zh-CN": "{name}：{why}：请在环境变量或密钥目录中更正",
    },
}
