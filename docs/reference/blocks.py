"""Blocks of the pages, and what fills each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from docs.reference import lists
from docs.reference.command_line import commands
from docs.reference.licences import licences
from docs.reference.models import blocks, fields
from streams.city.calendar_file import CalendarFile
from streams.city.case_file import CasesFile
from streams.city.categories import CategoryForm
from streams.city.city_file import CityFile
from streams.city.deadline_file import DeadlinesFile
from streams.city.desk_file import DeskForm
from streams.city.matter_file import MatterRuleFile
from streams.city.rule_file import RuleFile
from streams.city.user_file import UserForm
from streams.feeds.spec import FeedFile

FOLDER: Final = Path(__file__).parents[1]
BLOCK: Final = re.compile(r"(<!-- from the source: ([a-z-]+) -->\n)(.*?)(<!-- end -->)", re.DOTALL)

BLOCKS: Final[dict[str, Callable[[], str]]] = {
    "commands": commands,
    "settings": lists.settings,
    "metrics": lists.metrics,
    "road-metrics": lists.road_metrics,
    "rights": lists.rights,
    "refusals": lists.refusals,
    "event": lists.event,
    "troubles": lists.troubles,
    "detectors": lists.detectors,
    "detector-pages": lists.detector_pages,
    "decisions": lists.decisions,
    "licences": licences,
    "deadlines-file": partial(blocks, DeadlinesFile),
    "matter-file": partial(blocks, MatterRuleFile),
    "city-file": partial(fields, CityFile),
    "categories-file": partial(fields, CategoryForm),
    "calendar-file": partial(fields, CalendarFile),
    "desks-file": partial(blocks, DeskForm),
    "users-file": partial(fields, UserForm),
    "feed-file": partial(blocks, FeedFile),
    "rule-file": partial(blocks, RuleFile),
    "cases-file": partial(blocks, CasesFile),
}


def filled(page: str) -> str:
    """The page with every block written anew. Raises KeyError for a block that nobody fills."""
    return BLOCK.sub(lambda found: f"{found[1]}\n{BLOCKS[found[2]]()}\n{found[4]}", page)


def pages() -> Iterator[tuple[Path, str]]:
    """Every page that holds a block, with its present text."""
    for path in sorted(FOLDER.rglob("*.md")):
        text = path.read_text("utf-8")
        if BLOCK.search(text):
            yield path, text
