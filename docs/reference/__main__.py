"""`python -m docs.reference`: write every page whose source has changed."""

import sys

from docs.reference.blocks import FOLDER, filled, pages

for path, text in pages():
    new = filled(text)
    if new != text:
        path.write_text(new, "utf-8")
        sys.stdout.write(f"wrote {path.relative_to(FOLDER.parent)}\n")
