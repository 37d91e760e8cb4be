"""What the documents show to be copied works as it stands: rules, parts of rules, commands that send an event."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from streams.city import check
from tests.streams.town import in_service, make_town

HOUSE: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*(HOUSE / "docs").rglob("*.md"), *HOUSE.glob("*.md")])
CITIES: Final = ("streams/city/template", "examples/montgomery", "examples/boston")
SENDING: Final = ("README.md", "docs/http.md")


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """(page, text) of every block that is marked as of this language."""
    for page in PAGES:
        for text in re.findall(rf"^```{language}\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            yield str(page.relative_to(HOUSE)), text


SHOWN: Final = [(page, text) for page, text in blocks("yaml") if re.search(r"^(detector|matters):", text, re.MULTILINE)]
WHOLE: Final = [(page, text) for page, text in SHOWN if re.search(r"^id:", text, re.MULTILINE)]
PARTS: Final = [shown for shown in SHOWN if shown not in WHOLE and "detector:" in shown[1]]


def said_of(rule: str, text: str, example: str, folder: Path) -> str:
    """What the check of a city says to a rule of it; nothing where all is well."""
    shutil.copytree(HOUSE / example, folder, ignore=shutil.ignore_patterns("data"))
    (folder / f"rules/{rule}.yaml").write_text(text, "utf-8")
    code, told = check(folder)
    return told if code else ""


@pytest.mark.parametrize(("page", "text"), WHOLE, ids=[page for page, _ in WHOLE])
def test_a_whole_rule_that_is_shown_is_a_rule_of_a_city_of_the_documents(page: str, text: str, tmp_path: Path) -> None:
    rule = re.findall(r"^id: (\S+)", text, re.MULTILINE)[0]
    told = [said_of(rule, text, city, tmp_path / str(number)) for number, city in enumerate(CITIES)]
    assert "" in told, f"{page}: {told[0]}"


@pytest.mark.parametrize(("page", "text"), PARTS, ids=[page for page, _ in PARTS])
def test_a_part_of_a_rule_that_is_shown_can_be_copied_into_one(page: str, text: str, tmp_path: Path) -> None:
    keys = re.findall(r"^([a-z_]+):", text, re.MULTILINE)
    whole = (HOUSE / CITIES[0] / "rules/traffic-surge.yaml").read_text("utf-8")
    rest = [line for line in whole.splitlines() if line.partition(":")[0] not in keys]
    assert said_of("traffic-surge", "\n".join([*rest, text]), CITIES[0], tmp_path / "city") == "", page


def test_every_kind_of_detector_is_shown_once_on_a_page_of_its_own() -> None:
    kinds = {page: re.findall(r"kind: (\w+)", text)[0] for page, text in PARTS}
    assert {Path(page).stem for page in kinds} >= {"threshold", "ratio", "surprise"}
    assert all(Path(page).stem == kind for page, kind in kinds.items())


def sent(page: str) -> list[str]:
    """The words that curl gets from the first command of a page that sends an event, as a shell reads it."""
    command = next(text for where, text in blocks("sh") if where == page and "occurred_at" in text)
    script = f'curl() {{ printf "%s\\0" "$@"; }}\n{command}'
    return subprocess.run(["bash", "-c", script], check=True, capture_output=True).stdout.decode().split("\0")[:-1]


@pytest.mark.parametrize("page", SENDING)
def test_the_event_that_a_page_sends_is_accepted_by_a_new_city(page: str, tmp_path: Path) -> None:
    words = sent(page)
    url = urlsplit(next(word for word in words if word.startswith("http://")))
    name, _, value = words[words.index("-H") + 1].partition(": ")
    with in_service(make_town(tmp_path / "mycity"), tmp_path / "var") as scene:
        answer = scene.client.post(
            f"{url.path}?{url.query}",
            content=words[words.index("--data-binary") + 1].encode(),
            headers={name: value},
        )
    assert (answer.status_code, answer.json()["events"]) == (202, [{"status": "accepted"}])


def test_both_pages_send_the_same_event() -> None:
    first, second = ([re.sub(r"T\d\d:\d\d:\d\dZ", "", word) for word in sent(page)] for page in SENDING)
    assert first == second
