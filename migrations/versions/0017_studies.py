"""Studies: groups of jobs that answer one question."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "studies",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("origin", sa.String(40), nullable=True),
        sa.Column("question", sa.JSON(), nullable=False),
    )
    op.create_index("ix_studies_origin", "studies", ["origin"])
    op.create_table(
        "study_jobs",
        sa.Column("job_id", sa.String(40), sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("study_id", sa.String(40), sa.ForeignKey("studies.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("place", sa.JSON(), nullable=False),
    )
    op.create_index("ix_study_jobs_study_id", "study_jobs", ["study_id"])


def downgrade() -> None:
    op.drop_table("study_jobs")
    op.drop_table("studies")
