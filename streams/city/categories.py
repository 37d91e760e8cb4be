"""categories.yaml: the category tree, a flat list of nodes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import Field

from rules.trees import Node
from streams.city.durations import Day
from streams.city.folder import Folder
from streams.city.names import check_languages
from streams.city.schema import Code, Form, Names, checked
from streams.city.tree_checks import Grown, Planted, grow
from streams.city.yaml import Document, read_document

FILE: Final = "categories.yaml"


class CategoryForm(Form):
    code: Code = Field(description="The category's key; never changes its meaning.")
    parent: Code | None = Field(default=None, description="Code of the category above; none for the root.")
    level: Code = Field(description="One of `levels`.")
    names: Names = Field(description="Its name by language.")
    valid_from: Day | None = Field(default=None, description="First local day on which it is used.")
    valid_to: Day | None = Field(default=None, description="First local day on which it is used no more.")
    replaced_by: Code | None = Field(default=None, description="The category that took over.")


class CategoriesFile(Form):
    levels: list[Code] = Field(min_length=1, description="Levels of the tree, the root's first.")
    categories: list[CategoryForm] = Field(min_length=1, description="The nodes, in any order; one root.")


def read_categories(folder: Folder, languages: Sequence[str]) -> Grown:
    """The tree in categories.yaml, or what is known of it after saying what is wrong."""
    document = read_document(folder, FILE)
    if document is None:
        return Grown()
    file = checked(document, CategoriesFile, folder.problems)
    if file is None:
        return Grown()
    for number, level in enumerate(file.levels):
        if level in file.levels[:number]:
            folder.problems.say(FILE, document.place(("levels", number)), "listed-twice", value=level)
    planted = [_node(document, number, form) for number, form in enumerate(file.categories)]
    for number, form in enumerate(file.categories):
        check_languages(document, ("categories", number, "names"), form.names, languages, folder.problems)
    return grow(FILE, planted, file.levels, languages, folder.problems)


def _node(document: Document, number: int, form: CategoryForm) -> Planted:
    path = ("categories", number)
    places = {key: document.place((*path, key)) for key in CategoryForm.model_fields}
    places |= {f"name.{language}": document.place((*path, "names", language)) for language in form.names}
    node = Node(
        code=form.code,
        parent=form.parent or "",
        level=form.level,
        names=dict(form.names),
        valid_from=form.valid_from or "",
        valid_to=form.valid_to or "",
        replaced_by=form.replaced_by or "",
    )
    return Planted(node, document.place(path), places)
