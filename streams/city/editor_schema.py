"""JSON Schema of rule and case files, for editors: completion, the meaning of each key, and most mistakes while typing.

What only a whole city can tell (twins, windows that a detector cannot judge) stays with `tocsin check`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from pydantic import BaseModel

from rules.detectors.register import DETECTORS
from streams.city.case_file import CasesFile
from streams.city.deadline_file import DeadlinesFile
from streams.city.matter_file import MatterRuleFile
from streams.city.reading import City
from streams.city.rule_file import RuleFile

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]


def rule_schema(city: City | None = None) -> Schema:
    """Of rules/*.yaml; with a city's own levels, categories, feeds, colours and languages where one is given."""
    rule, on_matters = _schema(RuleFile, "A rule of Tocsin"), _schema(MatterRuleFile, "A rule on matters")
    blocks = {**rule.pop("$defs"), **on_matters.pop("$defs"), "Rule": rule, "RuleOnMatters": on_matters}
    blocks["DetectorForm"]["properties"]["kind"]["enum"] = sorted(DETECTORS)
    if city is not None:
        _name(rule, "categories", city.book.categories.levels)
        for form in (rule, on_matters):
            _name(form, "areas", city.book.areas.levels)
            _keys(form, "colours", city.book.ladder)
            _keys(form, "guidance", city.languages)
            _keys(form, "names", city.languages)
        for block in ("Counts", "Heard", "First", "Step"):
            _name(blocks[block], "category", city.book.categories.by_code)
        for block in ("Counts", "Heard"):
            _name(blocks[block], "feeds", city.book.feed_by_name)
    return {
        "$schema": DIALECT,
        "title": "A rule of Tocsin",
        "if": {"required": ["matters"]},
        "then": {"$ref": "#/$defs/RuleOnMatters"},
        "else": {"$ref": "#/$defs/Rule"},
        "$defs": blocks,
    }


def deadlines_schema(city: City | None = None) -> Schema:
    """Of deadlines.yaml; with a city's own categories where one is given."""
    schema = _schema(DeadlinesFile, "The legal clocks of a city")
    if city is not None:
        _name(schema["$defs"]["ClocksForm"], "category", city.book.categories.by_code)
    return schema


def cases_schema(city: City | None = None) -> Schema:
    """Of rules/*.cases.yaml; with a city's own areas, categories, feeds, colours and desks where one is given."""
    schema = _schema(CasesFile, "Cases of a rule of Tocsin")
    for key in ("spoke", "quiet"):
        schema["$defs"]["Expected"]["properties"][key]["anyOf"].append({"const": True})
    if city is not None:
        book = city.book
        known: dict[str, Sequence[str]] = {
            "area": tuple(book.areas.by_code),
            "areas": tuple(book.areas.by_code),
            "level": book.areas.levels,
            "category": tuple(book.categories.by_code),
            "categories": tuple(book.categories.by_code),
            "feed": tuple(book.feed_by_name),
            "colour": book.ladder,
            "desk": tuple(desk.desk for desk in book.desks),
        }
        for block in schema["$defs"].values():
            for key in set(known) & set(block["properties"]):
                _name(block, key, known[key])
    return schema


def _schema(model: type[BaseModel], title: str) -> Schema:
    schema = {"$schema": DIALECT, **model.model_json_schema(by_alias=True), "title": title}
    for block in (schema, *schema["$defs"].values()):
        for says in block["properties"].values():
            if says.get("type") == "string" and not isinstance(says.get("default"), str):
                says.pop("default", None)  # milliseconds: what is read, not what is written
    return schema


def _name(block: Schema, key: str, known: Iterable[str]) -> None:
    """Let `key` take no other word than the known ones, where a word stands: alone, in a list, or beside `null`."""
    for place in _texts(block["properties"][key]):
        place.pop("pattern", None)
        place["enum"] = list(known)


def _texts(says: Schema) -> list[Schema]:
    if says.get("type") == "string":
        return [says]
    parts = [*says.get("anyOf", ()), *([says["items"]] if "items" in says else [])]
    return [text for part in parts for text in _texts(part)]


def _keys(block: Schema, key: str, known: Iterable[str]) -> None:
    block["properties"][key]["propertyNames"] = {"enum": list(known)}
