"""What Grafana's boards read of a store: the names of things, and views that its role alone may read.

The views are made by the migrations, in PostgreSQL. They show counts, names, and of alerts what is no secret of a desk:
nothing of the chain, of accounts, of notices and where they went.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Engine, select, text
from sqlalchemy.engine import Connection

from alerts import tables
from alerts.named import Named, by_code

ROLE: Final = "tocsin_boards"
"""Of the database. An administrator makes it; where it is, each start lets it read the views."""
VIEWS: Final = ("shown_alerts", "shown_counts", "shown_names")
_FIELDS: Final = Named.__struct_fields__


class BoardRows:
    """Names in a store."""

    _writer: Engine
    _reader: Engine

    def put_names(self, city: str, rows: Sequence[Named]) -> None:
        """What things are called from now on; nothing is written where nothing has changed."""
        wanted = by_code(rows)
        if self.names(city) == wanted:
            return
        with self._writer.begin() as db:
            db.execute(tables.names.delete().where(tables.names.c.city == city))
            if wanted:
                db.execute(tables.names.insert(), [{"city": city, **msgspec.structs.asdict(row)} for row in wanted])

    def names(self, city: str) -> list[Named]:
        c = tables.names.c
        query = select(*(c[name] for name in _FIELDS)).where(c.city == city)
        with self._reader.connect() as db:
            return by_code(Named(*row) for row in db.execute(query))


def let_boards_read(db: Connection) -> None:
    """Let the role of the boards read the views of this store, where there is such a role and it may not yet."""
    if db.dialect.name != "postgresql":
        return
    if db.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": ROLE}) is None:
        return
    schema = db.scalar(text("SELECT current_schema()"))
    may = [db.scalar(text("SELECT has_schema_privilege(:role, :schema, 'USAGE')"), {"role": ROLE, "schema": schema})]
    may += [
        db.scalar(
            text("SELECT has_table_privilege(:role, CAST(:view AS regclass), 'SELECT')"), {"role": ROLE, "view": view}
        )
        for view in VIEWS
    ]
    if not all(may):
        quoted = db.dialect.identifier_preparer.quote(str(schema))
        db.execute(text(f"GRANT USAGE ON SCHEMA {quoted} TO {ROLE}"))
        db.execute(text(f"GRANT SELECT ON {', '.join(VIEWS)} TO {ROLE}"))
