"""Accounts, roles and what each may do, in which part of a city. Values and pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from alerts.alert import Alert
from alerts.desks import Desk
from rules.book import Book
from rules.trees import Tree

Role = Literal["viewer", "officer", "supervisor", "operator", "system", "security", "audit"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)
APART: Final[frozenset[Role]] = frozenset(("system", "security", "audit"))
"""Of these an account holds at most one: who keeps the machine, or its doors, does not judge its chain."""

Action = Literal["public", "known", "view", "move", "supervise", "scrape", "revoke", "audit", "tune", "review"]
"""public: anybody. known: any account. The others: those whose role grants them."""

GRANTS: Final[Mapping[Role, frozenset[Action]]] = {
    "viewer": frozenset(("view",)),
    "officer": frozenset(("view", "move")),
    "supervisor": frozenset(("view", "move", "supervise", "review")),
    "operator": frozenset(("view", "scrape", "tune", "review")),
    "system": frozenset(("scrape",)),
    "security": frozenset(("revoke",)),
    "audit": frozenset(("audit",)),
}

NUMBER: Final = re.compile(r"[A-Z]{0,3}-?[0-9]{1,6}")
"""A duty number: what an account is called. Nothing else is known of whoever holds it."""
LOCAL: Final = "local"
"""Who acts over loopback while there is no account yet."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks. `areas`: city -> roots of the area subtrees that may be seen there; `None`: all of every city.

    `session` is the key of the row that says so; empty for whoever needs none.
    """

    account: str
    roles: tuple[Role, ...]
    areas: Mapping[str, tuple[str, ...]] | None
    session: str = ""
    by_cookie: bool = False

    def may(self, action: Action) -> bool:
        return action in ("public", "known") or any(action in GRANTS[role] for role in self.roles)

    @property
    def role(self) -> Role:
        """The role under which a move is written: the highest that may move."""
        return "supervisor" if "supervisor" in self.roles else "officer"

    def sees_city(self, city: str) -> bool:
        return self.areas is None or bool(self.areas.get(city))

    def sees_area(self, city: str, tree: Tree, area: str) -> bool:
        """Whether `area` lies in what may be seen. A code that the tree no longer holds is read as its root."""
        code = area if area in tree.by_code else tree.root
        return self.areas is None or any(
            root in tree.by_code and tree.holds(root, code) for root in self.areas.get(city, ())
        )

    def sees_whole(self, book: Book) -> bool:
        """Whether all of the city may be seen: rules and the chain are whole or nothing."""
        return self.sees_area(book.city, book.areas, book.areas.root)

    def sees(self, alert: Alert, book: Book) -> bool:
        return self.sees_area(book.city, book.areas, alert.signal.area)

    def answers_for(self, desk: Desk, book: Book) -> bool:
        """Whether the account may act for a desk: all of the desk's areas lie in its own."""
        return all(self.sees_area(book.city, book.areas, area) for area in desk.areas)


EVERYBODY: Final = Who(LOCAL, ("supervisor", "operator", "audit", "security"), None)
"""Over loopback, while there is no account: somebody must make the first one."""


def mistakes(number: str, roles: Iterable[str]) -> str:
    """Why an account cannot be: number, role or apart; empty where it can."""
    wanted = set(roles)
    if not NUMBER.fullmatch(number):
        return "number"
    if not wanted or not wanted <= set(ROLES):
        return "role"
    return "apart" if len(wanted & APART) > 1 else ""
