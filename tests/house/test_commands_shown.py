"""Every command that a page shows is one that there is: its words, its flags, and what they must be given."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any, Final

import pytest
import typer

from streams.cli import app
from tests.house.shown import HOUSE, Shown, shown

TOCSIN: Final = typer.main.get_command(app)
MAKEFILE: Final = (HOUSE / "Makefile").read_text("utf-8")
ALL: Final = list(shown())
FLAG_SHOWN: Final = re.compile(r"`(--[a-z][a-z-]+)[^`]*`")
FOREIGN: Final = frozenset({"--data-binary", "--dist", "--no-sandbox"})
"""Flags of other programs of which a page speaks."""


def plain(words: str) -> list[str]:
    """A form as its longest example: what may be left out is there, of alternatives the first, nothing is repeated."""
    words = re.sub(r"\$\([^)]*\)", "NOW", words)
    words = re.split(r"\s(?:\||>|<|&&|;)(?:\s|$)", words)[0].replace("...", "").replace("…", "")
    return [word for word in shlex.split(re.sub(r"[\[\]]", " ", words)) if word != "OPTIONS"]


def fault_of(words: list[str], *, whole: bool) -> str:
    """Why `tocsin` would not take these words; nothing where it would. `whole`: nothing that it needs may lack."""
    command: Any = TOCSIN
    rest = words[1:]
    while hasattr(command, "commands"):
        if not rest or rest[0].startswith("-"):
            return "" if not whole else "names no command"
        if rest[0].isupper():
            return ""  # any command
        if rest[0] not in command.commands:
            return f"{rest[0]} is no command"
        command, rest = command.commands[rest[0]], rest[1:]
    context = command.context_class(command, info_name=command.name)
    try:
        given, left, _ = command.make_parser(context).parse_args(rest if whole else list(_with_values(command, rest)))
    except Exception as fault:  # noqa: BLE001 - typer carries its own click: whatever it raises is said to a person
        return f"{fault}"
    if left:
        return f"{left[0]} is too much"
    lacking = [p.name for p in command.params if p.required and given.get(p.name) in {None, ()}]
    return f"{', '.join(lacking)} is missing" if whole and lacking else ""


def _with_values(command: Any, words: list[str]) -> Iterator[str]:
    """The words, where a flag that takes a value is named without one, with one."""
    valued = {option for p in command.params for option in p.opts if not getattr(p, "is_flag", False)}
    for word, following in zip(words, [*words[1:], "--"], strict=False):
        yield word
        if word in valued and following.startswith("--"):
            yield "VALUE"


def is_whole(one: Shown) -> bool:
    """Whether it stands there to be typed, rather than to be spoken of."""
    return one.language != "inline" and "[OPTIONS]" not in one.words


def told(kind: str) -> list[Shown]:
    return [one for one in ALL if one.words.split()[0] == kind]


def test_the_pages_show_commands_of_every_kind() -> None:
    assert {one.language for one in ALL} >= {"console", "sh", "text", "inline"}
    assert len(told("tocsin")) > 150


def test_every_command_that_is_shown_is_taken_by_the_command_line() -> None:
    """Where this fails a command or flag was renamed: mend the page that is named."""
    faults = [(str(one), fault_of(plain(one.words), whole=is_whole(one))) for one in told("tocsin")]
    assert [f"{place}: {fault}" for place, fault in faults if fault] == []


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        ("tocsin chek mycity", "is no command"),
        ("tocsin check mycity --pats", "--pats"),
        ("tocsin check", "missing"),
        ("tocsin check mycity yourcity", "too much"),
        ("tocsin feeds retract mycity calls --from", "--from"),
    ],
)
def test_a_command_that_there_is_not_is_told(words: str, fault: str) -> None:
    assert fault in fault_of(plain(words), whole=True)


def test_every_target_of_make_that_is_shown_is_one_and_takes_the_variables() -> None:
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    variables = set(re.findall(r"\$\((?:if \$\()?([A-Z]+)\b", MAKEFILE))
    wrong = []
    for one in told("make"):
        for word in plain(one.words)[1:]:
            name, equals, _ = word.partition("=")
            if name not in (variables if equals else targets):
                wrong.append(f"{one}: {word}")
                break
    assert wrong == []


def test_every_module_that_is_shown_is_there_and_knows_the_flags() -> None:
    wrong = []
    for one in told("python"):
        _, _, module, *words = plain(one.words)
        found = HOUSE / module.replace(".", "/")
        files = [*found.glob("*.py"), *found.parent.glob(f"{found.name}.py")]
        if not files:
            wrong.append(f"{one}: no module")
            continue
        source = "".join(path.read_text("utf-8") for path in files)
        wrong += [f"{one}: {word}" for word in words if word.startswith("--") and f'"{word}"' not in source]
    assert wrong == []


def test_every_flag_of_which_a_page_speaks_is_a_flag_of_some_command() -> None:
    known = {"--help", *FOREIGN}
    waiting: list[Any] = [TOCSIN]
    while waiting:
        command = waiting.pop()
        waiting += getattr(command, "commands", {}).values()
        known.update(option for p in command.params for option in (*p.opts, *p.secondary_opts))
    sources = [*(HOUSE / "benchmarks").rglob("*.py"), *(HOUSE / "tests/simulation").rglob("*.py")]
    known.update(flag for path in sources for flag in re.findall(r'"(--[a-z-]+)"', path.read_text("utf-8")))
    spoken = {
        (str(page.relative_to(HOUSE)), flag)
        for page in sorted(
            {*(HOUSE / "docs").glob("*.md"), *(HOUSE / "docs/detectors").glob("*.md"), HOUSE / "README.md"}
        )
        for flag in FLAG_SHOWN.findall(page.read_text("utf-8"))
    }
    assert sorted((page, flag) for page, flag in spoken if flag not in known) == []
