"""The page of commands, out of the typer application itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from docs.reference.markdown import cell, code, flowing, table
from streams.cli import app


def commands() -> str:
    """A section for every command that does something."""
    return "\n".join(_section(path, command) for path, command in every_command(typer.main.get_command(app)))


def every_command(command: Any, path: tuple[str, ...] = ("tocsin",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command that does something, with the words that call it."""
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        if not child.hidden:
            yield from every_command(child, (*path, name))


def _section(path: tuple[str, ...], command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument" and not p.hidden]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help" and not p.hidden]
    usage = " ".join([*path, *(["[OPTIONS]"] if options else []), *(_usage(a) for a in arguments)])
    text = f"## {' '.join(path)}\n\n```text\n{usage}\n```\n\n{flowing(command.help)}\n"
    if arguments or options:
        rows = [(code(_usage(a)), cell(a.help or "")) for a in arguments]
        rows += [(code(_option(o)), cell(o.help or "") + _default(o)) for o in options]
        text += "\n" + table(("argument or option", "meaning"), rows)
    return text


def _usage(argument: Any) -> str:
    name = str(argument.metavar or argument.name.upper()).strip("[].") + ("..." if argument.nargs != 1 else "")
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    words = ", ".join(option.opts)
    if option.secondary_opts:
        words += " / " + ", ".join(option.secondary_opts)
    return words if option.is_flag else f"{words} {option.metavar or option.name.upper()}"


def _default(option: Any) -> str:
    shown = option.default
    if option.is_flag or shown is None or callable(shown) or str(shown) in {"", "()", "[]"}:
        return " **Required.**" if option.required else ""
    return f" Default: {code(shown)}."
