"""What was chosen for a job and why, and when its training ended."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("choices", sa.JSON(), nullable=True))
    op.add_column("jobs", sa.Column("stopping", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("jobs", "stopping")
    op.drop_column("jobs", "choices")
