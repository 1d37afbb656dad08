"""On PostgreSQL, bytes are stored as they are: to compress a file costs five times as much as all else about it."""

from collections.abc import Sequence

from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

TABLES = ("job_inputs", "dataset_content", "dataset_parts", "checkpoints", "tensors", "predictions")


def upgrade() -> None:
    _store("EXTERNAL")


def downgrade() -> None:
    _store("EXTENDED")


def _store(how: str) -> None:
    """Says how from now on; what is there stays as it is, and can be read."""
    if op.get_bind().dialect.name == "postgresql":
        for table in TABLES:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN content SET STORAGE {how}")
