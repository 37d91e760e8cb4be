"""The pages as a site: `make html`. The whole house is the source, so that a link that works in a file works here too.

Nothing is fetched, neither while it is built nor while it is read.
"""

import tomllib
from pathlib import Path
from typing import Final

HOUSE: Final = Path(__file__).parents[2]
PROJECT: Final = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))["project"]

project = "Tocsin"
author = "the Tocsin authors"
release = PROJECT["version"]
extensions = ["myst_parser", "docs.html.tree"]
root_doc = "docs/index"
include_patterns = ["*.md", "docs/**.md", "examples/*/data/README.md"]
exclude_patterns = [".*", "alerts", "benchmarks", "build", "dist", "rules", "streams", "tests", "var"]
source_suffix = {".md": "markdown"}

myst_heading_anchors = 4  # the anchors of headings are those that a forge makes
myst_links_external_new_tab = False

html_theme = "furo"
html_title = f"Tocsin {release}"
html_extra_path = ["extra"]  # its index.html leads to the root page
html_copy_source = False
html_show_sphinx = False
html_theme_options: dict[str, list[str]] = {"footer_icons": [], "top_of_page_buttons": []}
pygments_style = "friendly"
pygments_dark_style = "github-dark"
