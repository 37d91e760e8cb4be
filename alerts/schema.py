"""Brings an alert store to the newest schema when it is opened. The steps lie in `migrations`, and in the wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.engine import Connection

MIGRATIONS: Final = Path(__file__).parent / "migrations"


class StoreTooNewError(Exception):
    """The store was written by a newer Tocsin: it is left untouched."""

    def __init__(self, path: Path | str, revision: str, known: str) -> None:
        super().__init__(f"{path}: written by a newer version (schema {revision}, here {known}): update")
        self.path = path
        self.revision = revision
        self.known = known


class StoreTooOldError(Exception):
    """The store is of an older version and was only to be read: a start of the city brings it up to date."""

    def __init__(self, path: Path | str, revision: str, known: str) -> None:
        super().__init__(f"{path}: written by an older version (schema {revision}, here {known})")
        self.path = path
        self.revision = revision
        self.known = known


def upgrade(engine: Engine, path: Path | str) -> None:
    """Run the steps that are missing, in one transaction: a kill leaves the old schema or the new one."""
    with engine.begin() as db:
        known = _known()
        revision = MigrationContext.configure(db).get_current_revision()
        if revision is not None and revision not in known:
            raise StoreTooNewError(path, revision, known[0])
        command.upgrade(configuration(db), "head")


def check(db: Connection, path: Path | str) -> None:
    """Whether a store can be read as it is. Raises StoreTooNewError, StoreTooOldError: also where its tables are just
    being made."""
    known = _known()
    revision = MigrationContext.configure(db).get_current_revision() or ""
    if revision and revision not in known:
        raise StoreTooNewError(path, revision, known[0])
    if revision != known[0]:
        raise StoreTooOldError(path, revision, known[0])


def _known() -> list[str]:
    """Newest first."""
    return [step.revision for step in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]


def configuration(db: Connection) -> Config:
    """Alembic's settings, made in code: the connection is handed to `migrations/env.py`."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = db
    return config
