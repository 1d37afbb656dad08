"""The order of claims as an index, deaths that were not the job's fault, and time limits of resumed jobs.

`rung_at` stays: workers of the version before, which run on while an upgrade goes on, write it.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("rank", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("jobs", sa.Column("losses", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("jobs", sa.Column("uncounted_seconds", sa.Double(), nullable=True, server_default="0"))
    op.execute("UPDATE jobs SET rank = 0 WHERE fence > 0")
    op.create_index("jobs_queue", "jobs", ["status", "rank", "created_at", "id"], unique=False)
    op.drop_index("jobs_waiting", table_name="jobs")


def downgrade() -> None:
    op.create_index("jobs_waiting", "jobs", ["status", "available_at"], unique=False)
    op.drop_index("jobs_queue", table_name="jobs")
    for column in ("uncounted_seconds", "losses", "rank"):
        op.drop_column("jobs", column)
