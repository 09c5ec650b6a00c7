"""What Alembic runs: the migrations that a schema lacks, over the connection that it is given."""

from alembic import context

from tocsin.book.metadata import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table_schema=context.config.attributes["schema"],
)
with context.begin_transaction():
    context.run_migrations()
