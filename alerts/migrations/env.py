"""Read by Alembic alone. The connection comes from `alerts.schema`, inside its transaction."""

from alembic import context

from alerts.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table by making it anew
)
context.run_migrations()
