"""Every command, setting, rule kind, metric and refusal reason is documented; the documents lead somewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest
import typer
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel

from benchmarks import pictures
from docs import reference
from rules.detectors.register import SHIPPED, parameters
from streams.city.city_file import CityFile
from streams.city.desk_file import DeskForm
from streams.city.rule_file import RuleFile
from streams.cli import app
from streams.feeds.spec import FeedFile
from streams.kafka.metrics import RoadMetrics
from streams.metrics import Metrics
from streams.refusals import MEANINGS, Reason
from streams.settings import Settings

HOUSE: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*(HOUSE / "docs").rglob("*.md"), *HOUSE.glob("*.md")])
LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCED: Final = re.compile(r"```.*?```", re.DOTALL)


def page(name: str) -> str:
    return (HOUSE / "docs" / name).read_text("utf-8")


def anchors(text: str) -> set[str]:
    """The anchors that the headings of a page make."""
    heads = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_every_reference_part_is_as_the_source_says() -> None:
    """Where this fails: `make docs`, and read what it wrote."""
    stale = [str(path.relative_to(HOUSE)) for path, text in reference.pages() if reference.filled(text) != text]
    assert stale == []


def test_every_reference_part_stands_in_exactly_one_page() -> None:
    standing = [block[1] for _, text in reference.pages() for block in reference.BLOCK.findall(text)]
    assert sorted(standing) == sorted(reference.BLOCKS)


def test_a_block_that_nobody_fills_is_told() -> None:
    with pytest.raises(KeyError):
        reference.filled("<!-- from the source: nothing-of-ours -->\n<!-- end -->")


def test_every_command_is_in_the_documents() -> None:
    commands = [" ".join(path) for path, _ in reference.every_command(typer.main.get_command(app))]
    assert {"tocsin serve", "tocsin replay", "tocsin demo", "tocsin check"} <= set(commands)
    assert [command for command in commands if f"## {command}\n" not in page("commands.md")] == []


def test_every_setting_is_in_the_documents() -> None:
    names = [f"`TOCSIN_{name.upper()}`" for name in Settings.model_fields]
    assert [name for name in names if name not in page("settings.md")] == []


def test_every_metric_is_in_the_documents() -> None:
    pages = Metrics().page() + RoadMetrics().page()
    scraped = {line.split()[2] for line in pages.decode().splitlines() if line.startswith("# TYPE")}
    scraped = {name for name in scraped if not name.endswith("_created")}
    assert scraped != set()
    assert [name for name in sorted(scraped) if f"`{name}`" not in page("metrics.md")] == []


def test_every_refusal_reason_is_in_the_documents_in_both_languages() -> None:
    rows = [f"| `{reason}` | {MEANINGS[reason]['en']} | {MEANINGS[reason]['zh-CN']} |" for reason in Reason]
    assert [row for row in rows if row not in page("refusals.md")] == []


def test_every_kind_of_detector_has_its_page_and_its_parameters_are_named() -> None:
    missing = [kind for kind in SHIPPED if f"](detectors/{kind}.md)" not in page("rules.md")]
    unnamed = {
        f"{kind}.{name}"
        for kind in SHIPPED
        for name in parameters(kind)
        if f"`{name}`" not in page(f"detectors/{kind}.md")
    }
    assert (missing, unnamed) == ([], set())


def test_every_detector_s_page_shows_it_at_work_and_says_what_it_misses_and_costs() -> None:
    drawn = {kind: f"](../pictures/{kind}.svg)" in page(f"detectors/{kind}.md") for kind in SHIPPED}
    priced = {kind: "**Price" in page(f"detectors/{kind}.md") for kind in SHIPPED}
    misses = {kind: "misses" in page(f"detectors/{kind}.md").lower() for kind in SHIPPED}
    assert set(pictures.SCENES) == set(SHIPPED)
    assert [kind for kind in SHIPPED if not (drawn[kind] and priced[kind] and misses[kind])] == []


@pytest.mark.parametrize(
    ("name", "model"),
    [("city-folder.md", CityFile), ("city-folder.md", DeskForm), ("feeds.md", FeedFile), ("rules.md", RuleFile)],
)
def test_every_key_that_people_write_is_documented_with_a_meaning(name: str, model: type[BaseModel]) -> None:
    keys = {field.alias or key for key, field in model.model_fields.items()}
    told = set(re.findall(r"^\| `([a-z_]+)` \|.*\| [^|]{4,} \|$", page(name), re.MULTILINE))
    assert keys - told == set()


def test_every_local_link_leads_to_a_file_and_a_heading() -> None:
    broken = []
    for source in PAGES:
        for target in LINK.findall(FENCED.sub("", source.read_text("utf-8"))):
            if target.startswith(("https://", "http://", "mailto:")):
                continue
            name, _, anchor = target.partition("#")
            file = (source.parent / name) if name else source
            if not file.exists() or (anchor and anchor not in anchors(file.read_text("utf-8"))):
                broken.append(f"{source.relative_to(HOUSE)}: {target}")
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [HOUSE / "README.md"]
    while waiting:
        source = waiting.pop().resolve()
        if source in reached:
            continue
        reached.add(source)
        for target in LINK.findall(source.read_text("utf-8")):
            file = source.parent / target.partition("#")[0]
            if file.suffix == ".md" and file.is_file():
                waiting.append(file)
    assert [str(path.relative_to(HOUSE)) for path in PAGES if path.resolve() not in reached] == []


@pytest.mark.parametrize("source", [HOUSE / "README.md", HOUSE / "CONTRIBUTING.md"], ids=lambda path: path.name)
def test_every_make_target_that_is_named_exists(source: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (HOUSE / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(
        re.findall(r"\bmake ([a-z]+)", " ".join(re.findall(r"```.*?```|`[^`]+`", source.read_text("utf-8"), re.DOTALL)))
    )
    assert named != set()
    assert named - targets == set()


def test_the_page_of_dependencies_names_every_one_with_its_locked_version() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"]
    wishes = [*project["project"]["dependencies"], *groups["docs"], *groups["test"]]
    lock = (HOUSE / "requirements/test.txt").read_text("utf-8")
    locked = {
        canonicalize_name(name): pin for name, pin in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", lock, re.MULTILINE)
    }
    told = dict(re.findall(r"^\| ([a-z0-9.-]+) \| ([0-9.!]+) \|", page("dependencies.md"), re.MULTILINE))
    names = [Requirement(wish).name.lower() for wish in wishes]
    assert {name: told.get(name) for name in names} == {name: locked[canonicalize_name(name)] for name in names}
    wished = [wish for extra in project["project"]["optional-dependencies"].values() for wish in extra]
    extras = {r.name: str(r.specifier)[2:] for r in map(Requirement, wished)}
    assert set(told) - set(names) == set(extras)
    assert {name: told[name] for name in extras} == extras
