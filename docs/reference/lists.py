"""The closed lists of the project as tables: settings, metrics, refusals, the contract, detectors, decisions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from docs.reference.markdown import cell, code, first_paragraph, table
from docs.reference.models import default_words, type_words
from rules.detectors.register import SHIPPED, parameters
from streams.contract import Event, schema
from streams.http.trouble import HEADERS, STATUS, WORDS, Trouble
from streams.kafka.metrics import RoadMetrics
from streams.kafka.rights import DOES
from streams.kafka.rights import rights as kafka_rights
from streams.metrics import Metrics
from streams.refusals import MEANINGS, Reason
from streams.settings import Settings

DOCS: Final = Path(__file__).parents[1]
RETRY: Final = "Retry-After"


def settings() -> str:
    rows = (
        (code(f"TOCSIN_{name.upper()}"), type_words(field.annotation), default_words(field), cell(field.description))
        for name, field in Settings.model_fields.items()
    )
    return table(("variable", "type", "default", "meaning"), rows)


def metrics() -> str:
    rows = ((code(name), kind, cell(text)) for name, kind, text in Metrics().catalogue())
    return table(("metric", "kind", "meaning"), rows)


def road_metrics() -> str:
    rows = ((code(name), kind, cell(text)) for name, kind, text in RoadMetrics().catalogue())
    return table(("metric", "kind", "meaning"), rows)


def rights() -> str:
    """Rights at the brokers by process: a row a kind of thing and what is done with it."""
    rows = []
    for process, granted in kafka_rights().items():
        named: dict[tuple[str, str], list[str]] = {}
        for right in granted:
            named.setdefault((right.kind, right.operation), []).append(right.name + ("*" if right.prefixed else ""))
        for n, ((kind, operation), names) in enumerate(named.items()):
            who = (code(process), cell(DOES[process])) if n == 0 else ("", "")
            rows.append((*who, operation, kind, ", ".join(map(code, names))))
    return table(("user", "process", "may", "what", "names"), rows)


def refusals() -> str:
    rows = ((code(reason), cell(MEANINGS[reason]["en"]), cell(MEANINGS[reason]["zh-CN"])) for reason in Reason)
    return table(("reason", "meaning", "含义"), rows)


def troubles() -> str:
    rows = (
        (str(STATUS[trouble]), code(trouble), cell(WORDS[trouble]["en"]), cell(HEADERS.get(trouble, {}).get(RETRY, "")))
        for trouble in sorted(Trouble, key=lambda trouble: (STATUS[trouble], trouble))
    )
    return table(("status", "trouble", "what it says", RETRY), rows)


def event() -> str:
    """The fields of an event, out of the JSON Schema that `tocsin contract` prints."""
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
    if says["type"] == "boolean":
        return "true or false"
    return f"{says['type']}, {says['minimum']:,} to {says['maximum']:,}"


def detectors() -> str:
    rows = []
    for kind, made in SHIPPED.items():
        offered = ", ".join(code(f"{name}: {value:g}") for name, value in parameters(kind).items()) or "none"
        rows.append((f"[`{kind}`](detectors/{kind}.md)", first_paragraph(made.__doc__), offered))
    return table(("kind", "what it hears", "parameters with their defaults"), rows)


def detector_pages() -> str:
    return _contents("detectors", "detectors/")


def decisions() -> str:
    return _contents("decisions", "")


def _contents(folder: str, prefix: str) -> str:
    pages = (path for path in sorted((DOCS / folder).glob("*.md")) if path.stem != "README")
    return "".join(f"- [{_title(path)}]({prefix}{path.name})\n" for path in pages)


def _title(path: Path) -> str:
    return path.read_text("utf-8").splitlines()[0].lstrip("# ")
