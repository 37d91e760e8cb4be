"""Planted identities: made-up numbers, plates, addresses and names, in every field, dress and nesting.

Only form is right about them: no real person's. `planted(seed, n)` is used by the gate's own tests and by the scan
over everything that a running city writes.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

from streams.gate.card import luhn
from streams.gate.citizen import CHECKS, WEIGHTS

Event = dict[str, object]

FIELDS: Final = (
    "id", "source", "category", "area", "stage", "matter", "place", "office", "occurred_at", "due_at", "kind",
    "severity", "count", "revision", "location", "unknown field", "unknown key", "nested", "list", "envelope",
)  # fmt: skip
_SURNAMES: Final = "王李张刘陈杨赵吴周徐"
_GIVEN: Final = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超"
_FIRST: Final = ("James", "Mary", "Robert", "Linda", "Michael", "Jennifer", "David", "Susan")
_LAST: Final = ("Smith", "Johnson", "Williams", "Brown", "Miller", "Davis", "Wilson", "Moore")


def citizen_number(dice: Random) -> str:
    county = dice.choice(("110105", "330106", "440305", "510104", "310115"))
    body = f"{county}{dice.randint(1940, 2010)}{_birthday(dice)}{dice.randint(1, 999):03d}"
    return body + CHECKS[sum(w * int(d) for w, d in zip(WEIGHTS, body, strict=True)) % 11]


def old_citizen_number(dice: Random) -> str:
    county = dice.choice(("110105", "330106", "440305"))
    return f"{county}{dice.randint(40, 99)}{_birthday(dice)}{dice.randint(1, 999):03d}"


def _birthday(dice: Random) -> str:
    return f"{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}"


def mobile(dice: Random) -> str:
    return f"1{dice.choice('3456789')}{dice.randrange(10**9):09d}"


def us_phone(dice: Random) -> str:
    return f"({dice.randint(201, 989)}) {dice.randint(201, 989)}-{dice.randrange(10**4):04d}"


def card_number(dice: Random) -> str:
    body = dice.choice(("622202", "621700", "411111", "555555")) + f"{dice.randrange(10**9):09d}"
    return next(body + digit for digit in "0123456789" if luhn(body + digit))


def plate(dice: Random) -> str:
    rest = "".join(dice.choice("ABCDEFGH0123456789") for _ in range(4))
    return f"{dice.choice('京沪粤浙川')}{dice.choice('ABCDE')}{rest}{dice.choice('0123456789')}"


def email(dice: Random) -> str:
    name = f"{dice.choice(_FIRST).lower()}.{dice.choice(_LAST).lower()}{dice.randrange(10**6)}"
    return f"{name}@example.{dice.choice(('com', 'cn', 'org'))}"


def chinese_name(dice: Random) -> str:
    return dice.choice(_SURNAMES) + dice.choice(_GIVEN) + dice.choice(_GIVEN) + dice.choice(("先生", "女士"))


def latin_name(dice: Random) -> str:
    return f"Mr. {dice.choice(_FIRST)} {dice.choice(_LAST)}{dice.choice('abcdefgh')}{dice.choice('klmnopq')}"


def bare_name(dice: Random) -> str:
    if dice.random() < 0.5:
        return dice.choice(_SURNAMES) + dice.choice(_GIVEN) + dice.choice(_GIVEN)
    return f"{dice.choice(_FIRST)} {dice.choice(_LAST)}"


KINDS: Final[tuple[Callable[[Random], str], ...]] = (
    citizen_number, old_citizen_number, mobile, us_phone, card_number, plate, email, chinese_name, latin_name,
    bare_name,
)  # fmt: skip


def as_is(text: str) -> str:
    return text


def full_width(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def spaced(text: str) -> str:
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


def zero_width(text: str) -> str:
    return "\u200b".join(text)


def based(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


def utf16(text: str) -> str:
    return base64.b64encode(text.encode("utf-16")).decode()


def utf16_raw(text: str) -> str:
    return text.encode("utf-16-be").decode("latin-1")


def zipped(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def entities(text: str) -> str:
    return "".join(f"&#{ord(char)};" for char in text)


def twice(text: str) -> str:
    return based(percent(text))


def escaped(text: str) -> str:
    return html.escape("".join(f"\\u{ord(char):04x}" for char in text))


def other_digits(text: str) -> str:
    return text.translate({ord(str(i)): chr(0x660 + i) for i in range(10)})


DRESSES: Final[tuple[Callable[[str], str], ...]] = (
    as_is, full_width, spaced, zero_width, based, percent, utf16, utf16_raw, zipped, entities, twice, escaped,
    other_digits,
)  # fmt: skip


def blank_event(number: int) -> Event:
    """An event that would pass, with codes of the small city of the tests."""
    return {
        "id": f"e-{number}",
        "source": "test",
        "kind": "incident",
        "category": "fire",
        "area": "north",
        "occurred_at": "2016-01-23T10:00:00Z",
    }


def plant(event: Event, field: str, text: str, dice: Random) -> Event:
    """The event with the text in that field, or around it."""
    if field == "unknown field":
        return {**event, "remark": text}
    if field == "unknown key":
        return {**event, text: dice.choice(("yes", 1, None))}
    if field == "nested":
        return {**event, "caller": {"person": {"told": text}}}
    if field == "list":
        return {**event, "tags": ["a", [text]]}
    if field == "location":
        return {**{k: v for k, v in event.items() if k != "area"}, "location": {"lat": 1.0, "lon": 2.0, "note": text}}
    if field == "envelope":
        return {
            "specversion": "1.0",
            "id": text,
            "source": text,
            "type": "tocsin.event.incident",
            "subject": text,
            "data": event,
        }
    if field in ("severity", "count", "revision") and text.isdigit() and text.isascii() and dice.random() < 0.5:
        return {**event, field: int(text)}
    return {**event, field: text}


def planted(seed: int, n: int) -> Iterator[tuple[bytes, str, str]]:
    """`n` events as JSON bytes, each with the secret that it holds and a word on what was planted where.

    What to look for is the secret itself and every one of `faces(secret)`.
    """
    dice = Random(seed)
    for number in range(n):
        kind = KINDS[number % len(KINDS)]
        field = FIELDS[(number // len(KINDS)) % len(FIELDS)]
        dress = DRESSES[(number // (len(KINDS) * len(FIELDS))) % len(DRESSES)]
        secret = kind(dice)
        text = dress(secret)
        if dice.random() < 0.3 and dress in (as_is, full_width, zero_width):
            text = f"{dice.choice(('call ', '来电', 'see '))}{text}{dice.choice((' now', ' 等', '.'))}"
        event = plant(blank_event(number), field, text, dice)
        data = json.dumps(event, ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
        yield data, secret, f"{kind.__name__} as {dress.__name__} in {field}"


def faces(secret: str) -> tuple[bytes, ...]:
    """Every dress of a secret as bytes, in UTF-8 and UTF-16: none of these may stand in anything that is kept."""
    texts = [dress(secret) for dress in DRESSES]
    texts += ["".join(char for char in secret if char.isalnum())]
    return tuple({text.encode(code) for text in texts for code in ("utf-8", "utf-16-le") if len(text) >= 3})
