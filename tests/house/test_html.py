"""The documents become a site without a warning, with every page in its tree, and the site asks nothing of the net."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from docs.html.tree import REST, ROOT, below, grown, parts, unlisted

HOUSE: Final = Path(__file__).parents[2]
PAGES: Final = sorted([*(HOUSE / "docs").rglob("*.md"), *HOUSE.glob("*.md")])
FETCHED: Final = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=\"([^\"]+)\"")
IN_STYLE: Final = re.compile(r"(?:@import\s+|url\()[\"']?([^\"')\s]+)")


def built(out: Path) -> Path:
    """The site as `make html` builds it: a warning ends it."""
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-E", "-b", "html", "-c", "docs/html", "."]
    done = subprocess.run([*build, str(out)], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return out


def lost(site: Path) -> list[str]:
    """Pages that are not in the site, or that its tree does not lead to."""
    tree = (site / f"{ROOT}.html").read_text("utf-8")
    sidebar = tree[tree.index('class="sidebar-tree"') : tree.index("</aside>")]
    led = {str((site / "docs" / href.partition("#")[0]).resolve()) for href in re.findall(r'href="([^"]+)"', sidebar)}
    names = [path.relative_to(HOUSE).with_suffix(".html") for path in PAGES]
    return [
        str(name)
        for name in names
        if not (site / name).is_file() or (str((site / name).resolve()) not in led and name != Path(f"{ROOT}.html"))
    ]


def fetched(site: Path) -> set[tuple[str, str]]:
    """(page, address) of whatever a browser would ask the net for."""
    return {
        (str(page.relative_to(site)), address)
        for pattern, kind in ((FETCHED, "*.html"), (IN_STYLE, "*.css"))
        for page in site.rglob(kind)
        for address in pattern.findall(page.read_text("utf-8"))
        if re.match(r"(?:https?:)?//", address)
    }


@pytest.mark.timeout(400)
def test_the_site_is_built_without_a_warning_holds_every_page_and_picture_and_fetches_nothing(tmp_path: Path) -> None:
    """One test, since the building is what takes time."""
    site = built(tmp_path / "site")
    assert lost(site) == []
    assert fetched(site) == set()
    text = "".join(page.read_text("utf-8") for page in site.rglob("*.html"))
    shown = re.findall(r'<img[^>]*src="(?:\.\./)*(_images/[^"]+)"', text)
    assert len({*shown}) >= 5
    assert [name for name in shown if not (site / name).is_file()] == []
    assert 'url=docs/index.html"' in (site / "index.html").read_text("utf-8")


def test_a_page_that_nobody_listed_stands_in_a_part_of_its_own() -> None:
    text = (HOUSE / f"{ROOT}.md").read_text("utf-8")
    every = [ROOT, "docs/tour", "docs/a-page-of-tomorrow"]
    assert "a-page-of-tomorrow" not in text
    assert f":caption: {REST}\n\n/docs/a-page-of-tomorrow\n" in grown(ROOT, text, every)


def test_a_page_stands_where_it_is_named_first_and_a_folder_under_its_page() -> None:
    text = "# T\n\n## One\n\n[a](a.md) [b](../B.md#c)\n\n## Two\n\n[again](a.md)\n"
    assert parts(text) == {"One": ["docs/a", "B"]}
    every = ["docs/decisions/README", "docs/decisions/0001-x", "docs/detectors/drop", "docs/z"]
    assert below("docs/decisions/README", every) == ["docs/decisions/0001-x"]
    assert below("docs/rules", every) == ["docs/detectors/drop"]
    assert below("docs/z", every) == []
    assert unlisted(["docs/a"], [*every, "docs/a", ROOT]) == ["docs/z"]
