"""Fills the reference parts of the documents from the source: `make docs`, or `python -m docs.reference`.

A page holds blocks between `<!-- from the source: NAME -->` and `<!-- end -->`; what stands between is written
anew from the objects themselves. A test asks that nothing would change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import typer
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

PAGES: Final = Path(__file__).parent
BLOCK: Final = re.compile(r"(<!-- from the source: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def cell(text: object) -> str:
    """Text as it may stand in a table's cell."""
    return re.sub(r"\s+", " ", str(text)).strip().replace("|", "\\|")


def code(text: object) -> str:
    return f"`{cell(text)}`" if str(text) else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def first_paragraph(text: str | None) -> str:
    return cell((text or "").strip().split("\n\n")[0])


def type_words(kind: Any) -> str:
    """A type as a reader of YAML or of an environment sees it."""
    if kind is None or kind is type(None):
        return "nothing"
    origin, inner = get_origin(kind), get_args(kind)
    if origin is None:
        return {
            "str": "text",
            "SecretStr": "secret text",
            "Path": "path",
            "bool": "true or false",
            "int": "integer",
            "float": "number",
        }.get(getattr(kind, "__name__", str(kind)), getattr(kind, "__name__", str(kind)))
    name = getattr(origin, "__name__", str(origin))
    if name == "Literal":
        return ", ".join(f"`{value}`" for value in inner)
    if name in {"Union", "UnionType"}:
        return " or ".join(type_words(part) for part in inner if part is not type(None))
    if name == "Annotated":
        return type_words(inner[0])
    if name in {"list", "tuple", "frozenset", "set"}:
        return f"list of {type_words(inner[0])}" if inner else "list"
    if name in {"dict", "Mapping"}:
        return f"map of {type_words(inner[0])} to {type_words(inner[1])}" if inner else "map"
    return name


def default_words(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, BaseModel):
        return ""
    if isinstance(value, (list, tuple, dict, set, frozenset)):
        return "" if not value else code(", ".join(map(str, value)))
    return "" if value is None or value == "" else code(str(value).lower() if isinstance(value, bool) else value)


def fields(model: type[BaseModel]) -> str:
    """A table of a model's fields: key, type, default, meaning."""
    return table(
        ("key", "type", "default", "meaning"),
        (
            (
                code(field.alias or name),
                type_words(field.annotation),
                default_words(field),
                cell(field.description or ""),
            )
            for name, field in model.model_fields.items()
        ),
    )


def settings() -> str:
    from streams.settings import Settings  # noqa: PLC0415 - a page needs only its own source

    return table(
        ("variable", "type", "default", "meaning"),
        (
            (
                code(f"TOCSIN_{name.upper()}"),
                type_words(field.annotation),
                default_words(field),
                cell(field.description),
            )
            for name, field in Settings.model_fields.items()
        ),
    )


def metrics() -> str:
    from streams.metrics import Metrics  # noqa: PLC0415 - a page needs only its own source

    return table(
        ("metric", "kind", "meaning"), ((code(n), kind, cell(text)) for n, kind, text in Metrics().catalogue())
    )


def commands() -> str:
    from streams.cli import app  # noqa: PLC0415 - a page needs only its own source

    return "\n".join(_command_page(path, command) for path, command in every_command(typer.main.get_command(app)))


def every_command(command: Any, path: tuple[str, ...] = ("tocsin",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Each command that does something, with the words that call it."""
    children = getattr(command, "commands", None)
    if children is None:
        yield path, command
        return
    for name, child in children.items():
        if not child.hidden:
            yield from every_command(child, (*path, name))


def _command_page(path: tuple[str, ...], command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument" and not p.hidden]
    options = [p for p in command.params if p.param_type_name == "option" and p.name != "help" and not p.hidden]
    usage = " ".join([*path, *(["[OPTIONS]"] if options else []), *(_usage(a) for a in arguments)])
    text = f"## {' '.join(path)}\n\n```text\n{usage}\n```\n\n{_prose(command.help)}\n"
    if arguments or options:
        rows = [(code(_usage(a)), cell(a.help or "")) for a in arguments]
        rows += [(code(_option(o)), cell(o.help or "") + _option_default(o)) for o in options]
        text += "\n" + table(("argument or option", "meaning"), rows)
    return text


def _usage(argument: Any) -> str:
    name = (argument.metavar or argument.name.upper()) + ("..." if argument.nargs != 1 else "")
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    words = ", ".join(option.opts)
    if option.secondary_opts:
        words += " / " + ", ".join(option.secondary_opts)
    return words if option.is_flag else f"{words} {option.metavar or option.name.upper()}"


def _option_default(option: Any) -> str:
    shown = option.default
    if option.is_flag or shown is None or callable(shown) or str(shown) in {"", "()", "[]"}:
        return " **Required.**" if option.required else ""
    return f" Default: {code(shown)}."


def _prose(text: str | None) -> str:
    paragraphs = (text or "").replace("\f", "\n").strip().split("\n\n")
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", paragraph) for paragraph in paragraphs)


def refusals() -> str:
    from streams.refusals import MEANINGS, Reason  # noqa: PLC0415 - a page needs only its own source

    return table(
        ("reason", "meaning", "含义"), ((code(r), cell(MEANINGS[r]["en"]), cell(MEANINGS[r]["zh-CN"])) for r in Reason)
    )


def event() -> str:
    """The fields of an event, out of the JSON Schema that `tocsin contract` prints."""
    from streams.contract import Event, schema  # noqa: PLC0415 - a page needs only its own source

    found = schema()
    shape = found["$defs"][Event.__name__]
    rows = []
    for name, says in shape["properties"].items():
        one = next((part for part in says.get("anyOf", [says]) if part.get("type") != "null"), says)
        if "$ref" in one:
            one = found["$defs"][one["$ref"].rpartition("/")[2]]
        default = "**required**" if name in shape["required"] else code(json.dumps(says["default"]))
        rows.append((code(name), _json_type(one), default.replace("`null`", ""), cell(one.get("description", ""))))
    return table(("field", "type", "default", "meaning"), rows)


def _json_type(says: dict[str, Any]) -> str:
    if "enum" in says:
        return ", ".join(code(value) for value in says["enum"])
    if "properties" in says:
        return f"object of {', '.join(code(name) for name in says['properties'])}"
    if "maxLength" in says:
        return f"text, at most {says['maxLength']:,} characters"
    return f"{says['type']}, {says['minimum']:,} to {says['maximum']:,}"


def detectors() -> str:
    from rules.detectors.register import DETECTORS, parameters  # noqa: PLC0415 - a page needs only its own source

    rows = []
    for kind, made in DETECTORS.items():
        offered = ", ".join(f"`{name}: {value:g}`" for name, value in parameters(kind).items()) or "none"
        rows.append((f"[`{kind}`](detectors/{kind}.md)", first_paragraph(made.__doc__), offered))
    return table(("kind", "what it hears", "parameters with their defaults"), rows)


def decisions() -> str:
    found = sorted((PAGES / "decisions").glob("[0-9]*.md"))
    return "".join(f"- [{_title(path)}]({path.name})\n" for path in found)


def detector_pages() -> str:
    return "".join(
        f"- [{_title(path)}](detectors/{path.name})\n" for path in sorted((PAGES / "detectors").glob("*.md"))
    )


def _title(path: Path) -> str:
    return path.read_text("utf-8").splitlines()[0].lstrip("# ")


BLOCKS: Final[dict[str, Callable[[], str]]] = {
    "settings": settings,
    "metrics": metrics,
    "commands": commands,
    "refusals": refusals,
    "event": event,
    "detectors": detectors,
    "detector-pages": detector_pages,
    "decisions": decisions,
}


def filled(page: str) -> str:
    """The page with every block written anew. Raises KeyError for a block that nobody fills."""
    return BLOCK.sub(lambda found: found[1] + "\n" + BLOCKS[found[2]]() + "\n" + found[4], page)


def pages() -> Iterator[tuple[Path, str]]:
    """Every page that holds a block, with its present text."""
    for path in sorted(PAGES.rglob("*.md")):
        text = path.read_text("utf-8")
        if BLOCK.search(text):
            yield path, text


def main() -> None:
    for path, text in pages():
        new = filled(text)
        if new != text:
            path.write_text(new, "utf-8")
            typer.echo(f"wrote {path.relative_to(PAGES.parent)}")


if __name__ == "__main__":
    main()
