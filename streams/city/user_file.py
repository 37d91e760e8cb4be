"""users.yaml: the first accounts. Duty numbers, never names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from streams.city.schema import Code, Form, checked
from streams.city.yaml import Document
from streams.problems import Problems

FILE: Final = "users.yaml"
APART: Final = ("system", "security", "audit")
"""Roles of which an account holds at most one: who keeps the machine does not judge its journal."""

Role = Literal["viewer", "officer", "supervisor", "operator", "system", "security", "audit"]


def _duty_number(value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Z]{0,3}-?[0-9]{1,6}", value):
        return value
    raise PydanticCustomError("duty-number", "no duty number")  # what stands there may name a person: not repeated


DutyNumber = Annotated[str, BeforeValidator(_duty_number)]


class UserForm(Form):
    number: DutyNumber = Field(description="Duty number: up to three capitals and six digits; no name, no telephone.")
    roles: list[Role] = Field(min_length=1, description="What the account may do.")
    areas: list[Code] = Field(min_length=1, description="Areas it may see, with all below them.")


class UsersFile(Form):
    users: list[UserForm] = Field(description="The first accounts.")


def check_users(document: Document, areas: Mapping[str, object] | None, problems: Problems) -> UsersFile | None:
    """The accounts, or None after saying what is wrong. `areas` None: not known."""
    file = checked(document, UsersFile, problems)
    if file is None:
        return None
    seen: dict[str, int] = {}
    for number, user in enumerate(file.users):
        path = ("users", number)
        place = document.place((*path, "number"))
        if user.number in seen:
            problems.say(document.file, place, "user-repeated", number=user.number, line=seen[user.number])
        seen.setdefault(user.number, place.line)
        apart = [role for role in user.roles if role in APART]
        if len(apart) > 1:
            problems.say(document.file, document.place((*path, "roles")), "roles-apart", roles=apart)
        for at, area in enumerate(user.areas):
            if areas is not None and area not in areas:
                place = document.place((*path, "areas", at))
                meant = problems.guess(area, areas)
                problems.say(document.file, place, "area-unknown", code=area, guess=meant)
    return file
