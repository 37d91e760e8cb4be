"""Names of persons. In a plain text by lists of names; in an identity or a place only with a word that says so.

No list is whole. What may hold a name for certain, free text, is not in the contract; this catches what is put
into a field that should have been a code.
"""

from __future__ import annotations

import re
from typing import Final

from streams.gate.view import Class, View

_SURNAMES: Final = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾"
    "夏付方邹熊白孟秦邱侯江尹薛闫雷龙黎史陶贺毛段郝顾龚邵覃武钱戴莫孔向汤严温康施牛樊葛邢安齐庞颜倪庄聂章鲁岳翟殷詹申耿关兰焦俞柳欧"
)
_DOUBLE: Final = "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|宇文|长孙|司徒|端木|轩辕|夏侯|南宫"
_HAN_NAME: Final = re.compile(rf"(?:{_DOUBLE})[\u4e00-\u9fff]{{1,2}}|[{_SURNAMES}][\u4e00-\u9fff]{{1,2}}")
_NO_NAME: Final = re.compile(
    r"[局办处科院所队厅委站社区县市镇乡村街路桥山河湖江港湾口庄园城门楼店馆校部署会庙寺桥坝岛类型件案险灾害水火电气]$"
)
_TITLED: Final = re.compile(
    rf"[{_SURNAMES}][\u4e00-\u9fff]{{0,2}}(?:先生|女士|小姐|太太|同志|师傅|老师|某某?|大爷|大妈|阿姨)"
    r"|(?:姓名|名字|联系人|当事人|报警人|举报人|投诉人|来访人|信访人|申请人)\s*[:：是为]?\s*[\u4e00-\u9fffA-Za-z]"
    r"|(?<![a-z])(?:mr|mrs|ms|miss|madam)(?![a-z])\.?\s+[a-z]{2,}"
    r"|(?<![a-z])(?:my name is|full name|first name|last name|surname|caller name|name\s?[:=])\s*\W?\s*[a-z]{2,}",
    re.IGNORECASE,
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GIVEN: Final = _words(
    """james john robert michael william david richard joseph thomas charles christopher daniel matthew anthony mark
    donald steven paul andrew joshua kenneth kevin brian george edward ronald timothy jason jeffrey ryan jacob gary
    nicholas eric jonathan stephen larry justin scott brandon benjamin samuel gregory frank alexander raymond patrick
    jack dennis jerry tyler aaron jose adam nathan henry douglas zachary peter kyle walter ethan jeremy harold keith
    christian roger noah gerald carl terry sean arthur austin lawrence jesse dylan bryan joe jordan billy bruce albert
    mary patricia jennifer linda elizabeth barbara susan jessica sarah karen lisa nancy betty margaret sandra ashley
    kimberly emily donna michelle carol amanda dorothy melissa deborah stephanie rebecca sharon laura cynthia kathleen
    amy angela shirley anna brenda pamela emma nicole helen samantha katherine christine debra rachel carolyn janet
    catherine maria heather diane ruth julie olivia joyce virginia victoria kelly lauren christina joan evelyn judith
    megan andrea cheryl hannah jacqueline martha gloria teresa ann sara madison frances kathryn janice jean abigail
    alice julia judy sophia grace denise amber doris marilyn danielle beverly isabella theresa diana natalie brittany
    charlotte marie kayla alexis lori jane bob bill tom jim mike dave steve dan sam ben alex chris matt nick tony wei
    fang xiaoming xiuying mohammed ahmed ali fatima juan carlos luis pedro ivan olga vladimir"""
)
_PINYIN_SURNAMES: Final = _words(
    """wang li zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he lin gao luo zheng liang xie song tang deng
    han feng cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lv lu ding ren yao shen zhong cui
    tan fan liao shi jin jia xia fu fang zou xiong bai meng qin qiu hou yin xue yan lei long tao mao hao gu gong shao"""
)
_WORDS: Final = re.compile(r"[A-Za-z][a-z']+|[A-Z]{2,}")
_LATIN_NAME: Final = re.compile(r"\W*[A-Za-z][A-Za-z'.-]+(?:[ ,]+[A-Za-z][A-Za-z'.-]*){1,3}\W*")


def name(view: View) -> bool:
    """Whether a person's name seems to stand in the text."""
    if _TITLED.search(view.plain) or (not view.plain.isascii() and _TITLED.search("".join(view.plain.split()))):
        return True
    if view.kind in (Class.PLACE, Class.PART) or (view.kind is Class.ID and view.disguised):
        return False  # a street may be called like a person, and random bytes make Chinese characters
    return looks_like_name(view.plain)


def looks_like_name(text: str) -> bool:
    """Whether the whole text has the form of a name: a Chinese surname with one or two characters, or two to four
    Latin words with a common given name or a Chinese surname among the outer ones.

    >>> looks_like_name("李小明"), looks_like_name("John A. Smith"), looks_like_name("Vehicle accident")
    (True, True, False)
    """
    text = text.strip()
    if _HAN_NAME.fullmatch(text):
        return _NO_NAME.search(text) is None
    if not _LATIN_NAME.fullmatch(text):
        return False
    words = [word.lower() for word in _WORDS.findall(text)]
    if len(words) < 2:
        return False
    if words[0] in _GIVEN or words[-1] in _GIVEN:
        return True
    return (words[0] in _PINYIN_SURNAMES or words[-1] in _PINYIN_SURNAMES) and all(len(word) <= 10 for word in words)
