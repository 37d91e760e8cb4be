"""`python -m deploy.boards`: write every board whose source has changed."""

import sys

from deploy.boards import BOARDS, FOLDER, LANGUAGES, pages

wanted = dict(pages(BOARDS, LANGUAGES))
for path in FOLDER.rglob("*.json"):
    if path not in wanted:
        path.unlink()
for path, text in wanted.items():
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")
        sys.stdout.write(f"wrote {path.relative_to(FOLDER.parents[2])}\n")
