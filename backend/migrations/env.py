"""Run migrations on the connection that `backend.schema` opened: one way in, online only."""

from alembic import context

import backend.tables  # noqa: F401 - so that autogeneration knows every table
from backend.database import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
