"""Work that is not training: predictions for a whole data set."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("kind", sa.String(length=16), nullable=False, server_default="training"))


def downgrade() -> None:
    op.execute("DELETE FROM jobs WHERE kind <> 'training'")
    op.drop_column("jobs", "kind")
