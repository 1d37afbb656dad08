"""Alembic's door: runs the migrations on the connection that `steelyard.store.migration` hands over."""

from alembic import context

from steelyard.store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite alters a table by recreating it
)
context.run_migrations()
