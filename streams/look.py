"""A first look at a strange file: its columns as a feed's file names them, how many are filled, and the forms of
what stands in them. Never a value: the file may hold what must not be shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from streams.contract import decode_record
from streams.feeds.packed import opened
from streams.feeds.readers import LARGEST_DOCUMENT, Broken, Record, records_in
from streams.feeds.records import flat, text_of
from streams.feeds.spec import FeedFile
from streams.gate import Class, Gate
from streams.messages import SpokenError, say
from streams.refusals import Refused

FORMATS: Final = {".csv": "csv", ".json": "json", ".geojson": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}
MOST_COLUMNS: Final = 200
MOST_RECORDS: Final = 100_000
FORMS_TOLD: Final = 3
LONGEST_FORM: Final = 40
_DIGIT: Final = re.compile(r"[0-9]")
_WORDS: Final = re.compile(r"[^\W\d_]+(?:[ '][^\W\d_]+)*")


def format_of(path: Path) -> str:
    """csv, json or jsonl, by the file's name. Raises SpokenError where it does not tell."""
    suffix = Path(path.stem).suffix if path.suffix in (".gz", ".xz") else path.suffix
    if suffix.lower() not in FORMATS:
        raise SpokenError("format-unknown", path=path)
    return FORMATS[suffix.lower()]


def sketch(form: str, records: str, delimiter: str) -> FeedFile:
    """A feed's file that reads any column, for a look alone."""
    return FeedFile.model_validate(
        {
            "kind": "incident",
            "format": form,
            "csv": {"delimiter": delimiter},
            "json": {"records": records},
            "columns": {
                "id": "-",
                "occurred_at": "-",
                "category": {"otherwise": "-"},
                "area": {"otherwise": "-"},
            },
        }
    )


def look(path: Path, file: FeedFile, language: str) -> Iterator[str]:
    """What there is, line by line. Raises Refused where the file cannot be read as a whole, OSError."""
    if file.format == "json" and not file.json_.records:
        lists = _lists(path)
        if lists:
            yield say("looked-lists", language, lists=", ".join(f"{name} ({n})" for name, n in lists))
            return
    filled: Counter[str] = Counter()
    forms: dict[str, Counter[str]] = {}
    number = broken = 0
    for record in islice(records_in(path, file), MOST_RECORDS):
        number += 1
        cells = _cells(record)
        if cells is None:
            broken += 1
            continue
        for name, cell in cells.items():
            if name in forms or len(forms) < MOST_COLUMNS:
                text = text_of(cell).strip()
                filled[name] += bool(text)
                if text:
                    forms.setdefault(name, Counter())[form_of(text)] += 1
                else:
                    forms.setdefault(name, Counter())
    yield say("looked", language, records=number, broken=broken, columns=len(forms))
    strangers = Gate().judge(list(forms), Class.PLAIN)
    for place, (name, seen) in enumerate(forms.items()):
        shown = name if place not in strangers else f"#{place + 1}"
        told = "  ".join(f"{form} ({n})" for form, n in seen.most_common(FORMS_TOLD))
        yield f"{shown}: {filled[name]}/{number - broken}  {told}".rstrip()


def form_of(text: str) -> str:
    """A text with `#` for a digit and `a` for words.

    >>> form_of("25.10.2026 02:30"), form_of("Quay Lane 4 / Old Town")
    ('##.##.#### ##:##', 'a # / a')
    """
    form = _WORDS.sub("a", _DIGIT.sub("#", text[: 2 * LONGEST_FORM]))
    return form if len(form) <= LONGEST_FORM else form[: LONGEST_FORM - 1] + "…"


def _cells(record: Record) -> Mapping[str, Any] | None:
    """The record's columns; None where it is broken."""
    try:
        value = decode_record(record.data) if isinstance(record.data, bytes) else record.data
    except Refused:
        return None
    if isinstance(value, Broken) or not isinstance(value, Mapping):
        return None
    return flat(value, frozenset())


def _lists(path: Path) -> list[tuple[str, int]]:
    """Lists of objects in a JSON document: path and number of objects, the longest first."""
    with opened(path) as stream:
        try:
            value = msgspec.json.decode(stream.read(LARGEST_DOCUMENT))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return []  # the reading of its records says why
    found: Counter[str] = Counter()

    def walk(name: str, inner: Any) -> None:
        if isinstance(inner, Mapping):
            for key, deeper in inner.items():
                walk(f"{name}.{key}" if name else str(key), deeper)
        elif isinstance(inner, list):
            found[name] += sum(isinstance(item, Mapping) for item in inner)
            for item in inner:
                walk(name, item)

    walk("", value)
    return [(name, n) for name, n in found.most_common(10) if name and n]
