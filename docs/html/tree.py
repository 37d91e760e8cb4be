"""The tree of the pages, out of the lists of links that stand in them: no page holds anything but plain Markdown.

A heading of `docs/index.md` with its links becomes a part of the tree. A page that nobody listed hangs under its
folder's page, or in a last part of its own, so that a new page is never lost and never breaks the build.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Final

from pygments.lexers.special import TextLexer  # type: ignore[import-untyped]  # no types there
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

ROOT: Final = "docs/index"
FOLDERS: Final = {"docs/decisions/": "docs/decisions/README", "docs/detectors/": "docs/rules"}
"""A folder of pages -> the page under which they hang."""

REST: Final = "Further pages"
HEADING: Final = re.compile(r"^## (.+)$", re.MULTILINE)
LINK: Final = re.compile(r"\]\(([^)#\s]+)\.md(?:#[^)\s]*)?\)")


def parts(text: str) -> dict[str, list[str]]:
    """Heading -> the pages that stand under it, each page where it is named first."""
    pieces = HEADING.split(text)
    seen: set[str] = {ROOT}
    found: dict[str, list[str]] = {}
    for heading, body in zip(pieces[1::2], pieces[2::2], strict=True):
        names = [posixpath.normpath(posixpath.join(posixpath.dirname(ROOT), name)) for name in LINK.findall(body)]
        found[heading] = [name for name in dict.fromkeys(names) if name not in seen]
        seen.update(names)
    return {heading: names for heading, names in found.items() if names}


def below(page: str, every: Iterable[str]) -> list[str]:
    """The pages that hang under a page because they lie in its folder."""
    folders = tuple(folder for folder, owner in FOLDERS.items() if owner == page)
    return sorted(name for name in every if name != page and folders and name.startswith(folders))


def unlisted(listed: Iterable[str], every: Iterable[str]) -> list[str]:
    """Pages that stand in no part and lie in no folder that has a page."""
    return sorted(name for name in {*every} - {*listed} - {ROOT} if not name.startswith(tuple(FOLDERS)))


def toctree(names: Iterable[str], caption: str = "") -> Iterator[str]:
    """A hidden toctree of these pages."""
    yield "\n```{toctree}\n:hidden:\n"
    yield f":caption: {caption}\n\n" if caption else "\n"
    yield from (f"/{name}\n" for name in names)
    yield "```\n"


def grown(page: str, text: str, every: Iterable[str]) -> str:
    """The text of a page with its part of the tree behind it."""
    every = list(every)
    if page != ROOT:
        names = below(page, every)
        return text + "".join(toctree(names)) if names else text
    tree = parts(text)
    if rest := unlisted({name for names in tree.values() for name in names}, every):
        tree[REST] = rest
    return text + "".join("".join(toctree(names, caption)) for caption, names in tree.items())


def _read(app: Sphinx, page: str, source: list[str]) -> None:
    source[0] = grown(page, source[0], app.env.found_docs)


def setup(app: Sphinx) -> ExtensionMetadata:
    """What Sphinx calls."""
    app.connect("source-read", _read)
    app.add_lexer("csv", TextLexer)
    return {"parallel_read_safe": True}
