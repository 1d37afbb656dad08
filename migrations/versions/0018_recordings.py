"""The recording of a job: statistics and weights at some of its epochs."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "job_recordings",
        sa.Column("job_id", sa.String(40), sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("layout", sa.JSON(), nullable=False),
    )
    op.create_table(
        "recorded_epochs",
        sa.Column("job_id", sa.String(40), sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("epoch", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("statistics", sa.LargeBinary(), nullable=True),
        sa.Column("weights", sa.LargeBinary(), nullable=True),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("hashes", sa.LargeBinary(), nullable=True),
        sa.Column("at_end", sa.Boolean(), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("recorded_epochs")
    op.drop_table("job_recordings")
