"""How a data set's bytes are to be read, kept with them: its columns may have to be read again."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Data sets from before have their columns stored, and are not read again.
    op.add_column("datasets", sa.Column("read_with", sa.JSON(), nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_column("datasets", "read_with")
