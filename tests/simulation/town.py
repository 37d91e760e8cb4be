"""A small town out of a seed: areas, categories, feeds, rules, as the folder that an operator would write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from streams.city import City
from streams.opened import city_of

NAME = "town"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as text, and what the laws that count by hand must know of it."""

    id: str
    text: str


def lay(folder: Path, dice: Random, body_ms: int) -> None:
    """Write the town's folder; its feeds carry a body every `body_ms`."""
    for name in ("feeds", "rules"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    levels, areas = _areas(dice)
    kinds = _categories(dice)
    feeds = _feeds(dice, body_ms // 60_000)
    zone = dice.choice(("UTC", "Asia/Shanghai", "America/New_York"))
    (folder / "city.yaml").write_text(
        f"name: {NAME}\nnames: {{en: Town}}\nzone: {zone}\nlanguages: [en]\narea_levels: [{', '.join(levels)}]\n"
        f"colours: [blue, yellow, orange, red]\nlateness: 20m\nhorizon: 2d\n"
    )
    (folder / "areas.csv").write_text("\n".join(["code,parent,level,name.en", *areas]) + "\n")
    (folder / "categories.yaml").write_text(kinds)
    for name, text in feeds.items():
        (folder / "feeds" / f"{name}.yaml").write_text(text)
    for rule in rules(dice, levels, tuple(feeds)):
        (folder / "rules" / f"{rule.id}.yaml").write_text(rule.text)
    (folder / "calendar.yaml").write_text("holidays:\n  2026-03-11: {en: Market day}\nworkdays: {}\n")
    (folder / "desks.yaml").write_text(_desks(dice, areas))
    (folder / "users.yaml").write_text("users: []\n")


def change(folder: Path, dice: Random) -> None:
    """Edit one rule as an operator would: another promise, another `keep`, other windows, or none at all any more."""
    files = sorted((folder / "rules").iterdir())
    file = dice.choice(files)
    text = file.read_text()
    way = dice.choice(("words", "keep", "window", "gone"))
    if way == "gone" and len(files) > 1:
        file.unlink()
    elif way == "keep":
        file.write_text(text.replace("at_least: ", "at_least: 1"))
    elif way == "window":
        file.write_text(text.replace("window: [1h, 3h]", "window: [2h]").replace("window: [30m, 1h]", "window: [30m]"))
    else:
        file.write_text(text.replace("{en: Look.}", "{en: Look again.}"))


def town_of(folder: Path) -> City:
    return city_of(folder)


def _areas(dice: Random) -> tuple[list[str], list[str]]:
    """Levels, and lines of areas.csv: a town of districts, now and then with quarters below them."""
    deep = dice.random() < 0.5
    rows = [f"{NAME},,town,Town"]
    for n in range(dice.randint(2, 3)):
        rows.append(f"d{n},{NAME},district,District {n}")
        if deep:
            rows += [f"d{n}q{m},d{n},quarter,Quarter {n}.{m}" for m in range(dice.randint(1, 3))]
    return ["town", "district", "quarter"] if deep else ["town", "district"], rows


def _categories(dice: Random) -> str:
    lines = ["levels: [all, service, type]", "categories:", "  - {code: any, level: all, names: {en: Any}}"]
    for service in ("fire", "road")[: dice.randint(1, 2)]:
        lines.append(f"  - {{code: {service}, parent: any, level: service, names: {{en: {service}}}}}")
        types = [f"{service}.t{n}" for n in range(dice.randint(1, 2))]
        lines += [f"  - {{code: {code}, parent: {service}, level: type, names: {{en: {code}}}}}" for code in types]
    return "\n".join(lines) + "\n"


def _feeds(dice: Random, minutes: int) -> dict[str, str]:
    found = {}
    for name in ("calls", "tips", "meters")[: dice.randint(1, 3)]:
        lateness = f"{minutes * dice.choice((1, 2, 3, 3)) // 2}m"
        silence = "false" if dice.random() < 0.4 else "true"
        found[name] = (
            f"names: {{en: {name}}}\nkind: incident\ncomes: {{push: true}}\nformat: contract\n"
            f"lateness: {lateness}\nsilence: {silence}\n"
        )
    return found


def _desks(dice: Random, areas: Sequence[str]) -> str:
    roads = "[console, {kind: jsonlines, path: radio.jsonl}]"
    text = f"desks:\n  - {{id: city, names: {{en: City}}, areas: [{NAME}], categories: [any], channels: {roads}}}\n"
    if dice.random() < 0.5:
        text += "  - {id: north, names: {en: North}, areas: [d0], categories: [any], channels: [console]}\n"
    return text


def rules(dice: Random, levels: Sequence[str], feeds: Sequence[str]) -> list[Rule]:
    """Some rules of all kinds; there is always a plain threshold, which the laws can count by hand."""
    found = [_rule(dice, "plain", "threshold", levels, feeds, plain=True)]
    kinds = dice.sample(("threshold", "ratio", "surprise", "drop", "first_seen"), dice.randint(1, 2))
    found += [_rule(dice, f"by-{kind.replace('_', '-')}", kind, levels, feeds) for kind in kinds]
    return [rule for n, rule in enumerate(found) if _judged(rule) not in map(_judged, found[:n])]  # no twins


def _judged(rule: Rule) -> list[str]:
    return sorted(line for line in rule.text.splitlines() if not line.startswith(("id:", "names:", "keep:")))


def _rule(
    dice: Random, rule_id: str, kind: str, levels: Sequence[str], feeds: Sequence[str], *, plain: bool = False
) -> Rule:
    step, windows = dice.choice((("10m", "[30m, 1h]"), ("20m", "[1h]"), ("30m", "[1h, 6h]"), ("1h", "[1h, 3h]")))
    if kind == "first_seen":
        step, windows = "1h", "[2d]"
    if kind == "drop":
        step, windows = dice.choice((("1h", "[3h, 1d]"), ("1h", "[6h]")))
    parameters = {
        "threshold": f"{{n: {dice.choice((6, 10, 18))}}}",
        "ratio": f"{{times: {dice.choice((2, 3))}, against: {dice.choice((2, 4))}}}",
        "surprise": "{learn_days: 1}",
        "drop": "{learn_days: 1}",
        "first_seen": "{}",
    }[kind]
    lines = [
        f"id: {rule_id}",
        f"names: {{en: {rule_id}}}",
        f"counts: {{category: any{_only(dice, feeds)}}}",
        f"areas: {dice.choice(levels[1:])}",
        f"window: {windows}",
        f"step: {step}",
        f"detector: {{kind: {kind}, parameters: {parameters}}}",
        f"keep: {dice.choice(('30m', '1h', '2h') if step.endswith('m') else ('1h', '3h'))}",
        f"at_least: {dice.choice((1, 3))}",
        f"attribution: {'none' if plain else dice.choice(('smallest', 'smallest', 'none'))}",
        "owner: duty",
        "guidance: {en: Look.}",
    ]
    if dice.random() < 0.5 and not plain:
        lines.append(f"categories: {dice.choice(('service', 'type'))}")
    if plain:
        lines.append("once: none")
    elif kind != "first_seen":
        lines.append(f"once: {dice.choice(('none', '{per: place, within: 1h}', '{per: place, within: 3h}'))}")
    if kind in ("surprise", "drop"):
        lines.append(f"false_alarms: {dice.choice((1, 5, 30))} per month")
    return Rule(rule_id, "\n".join(lines) + "\n")


def _only(dice: Random, feeds: Sequence[str]) -> str:
    return f", feeds: [{dice.choice(feeds)}]" if dice.random() < 0.3 else ""
