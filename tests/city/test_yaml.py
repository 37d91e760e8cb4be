"""Our own walk over YAML: what it reads, what it refuses, and that nothing makes it fall."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from streams.city.city_file import CityFile
from streams.city.folder import Folder
from streams.city.schema import checked
from streams.city.yaml import DEEPEST, Document, parse, read_document, resolve
from streams.problems import Place, Problems


def _read(text: str) -> tuple[Document | None, list[str]]:
    problems = Problems()
    document = parse("a.yaml", text, problems)
    return document, [problem.message for problem in problems.all()]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("true", True), ("false", False), ("null", None), ("", None), ("~", None), ("12", 12), ("-3", -3)],
        *[("2.50", 2.5), ("yes", "yes"), ("NO", "NO"), ("on", "on"), ("True", "True"), ("1h", "1h"), ("١٢", "١٢")],
        *[("2026-01-01", "2026-01-01"), ("08:00", "08:00"), ("012", "012"), ("1_000", "1_000"), ("0x1f", "0x1f")],
        *[("1e3", "1e3"), (".inf", ".inf"), (".nan", ".nan"), ("1.10.2", "1.10.2"), ("9" * 19, "9" * 19)],
    ],
)
def test_only_switches_nothing_integers_and_decimals_are_more_than_text(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


def test_quoted_text_stays_text() -> None:
    document, _ = _read("a: \"12\"\nb: 'true'\nc: |\n  12\n")
    assert document is not None
    assert document.value == {"a": "12", "b": "true", "c": "12\n"}


def test_places_count_characters_from_one_also_after_chinese_text() -> None:
    document, _ = _read("# 注释\nnames: {zh-CN: 蒙哥马利县, en: County}\nlist:\n  - 一\n  - {键: 二}\n")
    assert document is not None
    assert document.place(("names", "zh-CN")) == Place(2, 16)
    assert document.key_place(("names", "en")) == Place(2, 23)
    assert document.place(("list", 1, "键")) == Place(5, 9)
    assert document.place(("list", 1, "not there")) == document.place(("list", 1)) == Place(5, 5)


def test_the_first_of_repeated_keys_is_read_on_and_each_repeat_is_told() -> None:
    document, told = _read("a: 1\nb: {c: 1, c: 2, c: 3}\na: {a: 4, a: 5}\n")
    assert document is not None
    assert document.value == {"a": 1, "b": {"c": 1}}
    assert told == ["yaml-repeated-key"] * 4


def test_a_merge_key_is_only_a_key() -> None:
    document, _ = _read("<<: {a: 1}\n")
    assert document is not None
    assert document.value == {"<<": {"a": 1}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: &x 1\nb: 2", "yaml-anchor"), ("a: *x", "yaml-alias"), ("*x : 1", "yaml-alias"), ("&x a: 1", "yaml-anchor"),
        ("a: !!python/object:os.system ls", "yaml-tag"), ("!!map {a: 1}", "yaml-tag"), ("a: !x {}", "yaml-tag"),
        ("[" * 100_000, "yaml-too-deep"), ("- " * 100_000, "yaml-too-deep"), ("{a: " * 1000, "yaml-too-deep"),
        ("? " * 1000 + "a", "yaml-key-not-text"), ("a\n---\nb", "yaml-documents"), ("", "file-empty"),
        ("# a\n", "file-empty"), ("a: \x00", "yaml-character"), ("a: \ud800", "yaml-character"),
        ("%YAML 99999999999999999999.1\n---\na: 1", "yaml-broken"),
    ],
)  # fmt: skip
def test_what_is_more_than_plain_values_is_refused(text: str, message: str) -> None:
    document, told = _read(text)
    assert document is None
    assert message in told


def test_a_bomb_of_aliases_never_grows() -> None:
    layers = "".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]\n" for n in range(1, 30))
    document, told = _read("l0: &l0 lol\n" + layers)
    assert document is None
    assert set(told) == {"yaml-anchor", "yaml-alias"}


def test_what_is_just_deep_enough_is_read() -> None:
    document, told = _read("[" * DEEPEST + "]" * DEEPEST)
    assert document is not None
    assert told == []


_SIGNS = "-:?[]{},#&*!|>'\"%@`~\\\n\t \x85\u2028\ufeff中a1"
_WORDS = [": ", "- ", "? ", "  ", "&x ", "*x", "!t ", "!!", "---\n", "...\n", "<<", "null", "2.5", "%TAG "]
_PIECES = st.lists(st.sampled_from([*_SIGNS, *_WORDS])).map("".join)


@given(text=st.one_of(_PIECES, st.text()))
@example(text="%TAG ! !\n---\n!a b")
@example(text="\ufeff")
@example(text="a: !<")
@example(text="&")
def test_no_text_whatever_makes_the_walk_fall(text: str) -> None:
    document, told = _read(text)
    assert document is not None or told


@given(data=st.one_of(st.binary(), _PIECES.map(str.encode)))
def test_no_bytes_whatever_make_reading_a_city_file_fall(data: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "city.yaml").write_bytes(data)
    problems = Problems()
    document = read_document(Folder(folder, problems), "city.yaml")
    city = checked(document, CityFile, problems) if document else None
    assert city is None
    assert problems.all()
    assert all(problem.render(language) for problem in problems.all() for language in ("en", "zh-CN"))


_PLAIN = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=8)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), _PLAIN),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_PLAIN, inner, max_size=3)),
    max_leaves=8,
)


@given(value=st.dictionaries(_PLAIN, _VALUES, max_size=4))
def test_json_is_read_as_json_reads_it(value: dict[str, Any]) -> None:
    document, told = _read(json.dumps(value, ensure_ascii=False))
    assert told == []
    assert document is not None
    assert document.value == value


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes("\ufeffa: 1\r\nb:\r\n  - 中\r\n".encode())
    problems = Problems()
    document = read_document(Folder(tmp_path, problems), "a.yaml")
    assert document is not None
    assert document.value == {"a": 1, "b": ["中"]}
    assert document.place(("b", 0)) == Place(3, 5)
